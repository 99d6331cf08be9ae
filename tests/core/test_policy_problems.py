from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.policy import validate as problems_module
from aztrust.core.policy.validate import (
    overlap,
    parse_policy,
    parse_policy_structure,
    policy_problems,
)
from tests.policies import holder, key, policy, text

GENESIS = 'path = "{}"\ngenesis_files = ["genesis.json"]\nchain_id_at = ""'


def problems(**parts: str) -> tuple[str, ...]:
    return policy_problems(parse_policy_structure(text(**parts).encode()))  # type: ignore[arg-type]


def test_a_sound_policy_has_none():
    assert policy_problems(policy()) == ()


@pytest.mark.parametrize(
    "path",
    ["manifests", "manifests/x", "Manifests", "MANIFESTS/release", "keys", "keys/deep/er", "Keys"],
)
@pytest.mark.parametrize("package_class", ["release", "genesis"])
def test_a_package_is_not_in_a_folder_that_verification_reads(path: str, package_class: str):
    part = f'path = "{path}"' if package_class == "release" else GENESIS.format(path)
    found = problems(**{package_class: part})
    assert len(found) == 1
    assert f"packages.{package_class}.path" in found[0]


@pytest.mark.parametrize(
    ("release", "genesis"),
    [
        ("p", "p"),
        ("p", "p/genesis"),
        ("p/release", "p"),
        ("Packages", "packages"),
        ("packages/ﬁles", "packages/files"),
        ("p\\u00e9", "pe\\u0301"),
    ],
)
def test_packages_do_not_contain_one_another(release: str, genesis: str):
    found = problems(release=f'path = "{release}"', genesis=GENESIS.format(genesis))
    assert len(found) == 1
    assert "contain one another" in found[0]


def test_a_common_beginning_of_names_is_not_an_overlap():
    assert problems(release='path = "pack"', genesis=GENESIS.format("package")) == ()
    assert problems(release='path = "keys2"') == ()
    assert not overlap("keys2", "keys")


def test_one_key_under_two_holders():
    data = text() + holder("eve", ["security-lead"], [key("rita")])
    with pytest.raises(Malformed, match="rita and eve") as caught:
        parse_policy(data.encode())
    assert caught.value.code == "policy-malformed"


def test_one_key_twice_under_one_holder():
    data = text() + holder("eve", ["security-lead"], [key("eve"), key("eve")])
    (found,) = policy_problems(parse_policy_structure(data.encode()))
    assert "eve twice" in found


@pytest.mark.parametrize(
    ("network_class", "count"), [("devnet", 0), ("testnet", 2), ("mainnet", 2)]
)
def test_the_rehearsal_keys_are_refused_in_earnest(
    network_class: str, count: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(problems_module, "REHEARSAL_KEYS", frozenset({key("rita"), key("keeper")}))
    found = problems(
        launch=f'name = "x"\nnetwork_class = "{network_class}"\nchain_id = "1"',
        rest=f'[ledger]\norigin = "log"\nkeeper = "{key("keeper")}"\n',
    )
    assert len(found) == count
    assert all("its private half is public" in line for line in found)


@pytest.mark.parametrize(
    ("release", "genesis", "word"),
    [
        ('path = "r"\nexclude = ["node"]', GENESIS.format("g"), "leaves out the artifact node"),
        (
            'path = "r"',
            'path = "g"\nexclude = ["a/"]\ngenesis_files = ["a/g.json"]\nchain_id_at = ""',
            "leaves out the genesis file a/g.json",
        ),
        (
            'path = "r"',
            'path = "g"\ngenesis_files = ["g", "g"]\nchain_id_at = ""',
            "names a file twice",
        ),
        (
            'path = "r"',
            'path = "g"\ngenesis_files = ["g"]\nchain_id_at = "chain_id"',
            "is not a JSON Pointer",
        ),
        (
            'path = "r"',
            'path = "g"\ngenesis_files = ["g"]\nchain_id_at = "/chain_id"',
            "is not a JSON Pointer",
        ),
    ],
)
def test_packages_that_contradict_themselves(release: str, genesis: str, word: str):
    found = problems(release=release, genesis=genesis)
    assert len(found) == 1
    assert word in found[0]


def test_an_artifact_twice():
    rule = '[[packages.release.artifact]]\npath = "a"\nrole = "node"\nplatform = "any"\n'
    assert "twice" in problems(artifact=rule * 2)[0]
    assert problems(artifact=rule + rule + 'member = "m"') == ()


@pytest.mark.parametrize("left", ["elsewhere:x#/a", "release:../x#/a", "launch:policy", "'open"])
def test_linkage_names_what_can_be_read(left: str):
    rest = f'[[linkage]]\nname = "rule"\nleft = "{left}"\nright = "launch:chain_id"\n'
    (found,) = problems(rest=rest)
    assert found.startswith("linkage rule, left: ")


def test_a_blank_is_not_a_value():
    launch = 'name = "TODO"\nnetwork_class = "devnet"\nchain_id = "TODO later"'
    assert problems(launch=launch) == (
        "launch.name is still TODO",
        "launch.chain_id is still TODO",
    )


def test_names_cannot_forge_lines():
    release = 'path = "keys/\\n\\u001b[2Jok"'
    (found,) = problems(release=release)
    assert found.isprintable()
    assert "\\n" in found


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[checks.incident-paths]\n", "did you mean incident-path?"),
        ("[checks.nothing-like-it]\n", "is not a row of the final checks"),
        ('[checks.chain-id]\nnot_applicable = "x"\n', "checks.chain-id is computed"),
        (
            '[checks.incident-path]\n[checks.incident-path.probe]\nurl = "http://x/"\n',
            "only monitoring-live",
        ),
        (
            '[checks.monitoring-live]\nnot_applicable = "x"\n'
            '[checks.monitoring-live.probe]\nurl = "http://x/"\n',
            "is not applicable, and has a probe",
        ),
        (
            '[checks.monitoring-live.probe]\nurl = "https://ops:secret@status.example/"\n',
            "a policy is public",
        ),
        (
            '[checks.incident-path.prometheus]\nurl = "http://x/"\n',
            "checks.incident-path.prometheus: only monitoring-live",
        ),
        (
            '[checks.monitoring-live]\nnot_applicable = "x"\n'
            '[checks.monitoring-live.prometheus]\nurl = "http://x/"\n',
            "is not applicable, and has a prometheus",
        ),
        (
            '[checks.monitoring-live.prometheus]\nurl = "https://ops:secret@status.example/"\n',
            "checks.monitoring-live.prometheus.url carries a name or a password",
        ),
        (
            '[checks.monitoring-live.probe]\nurl = "http://x/"\n'
            '[checks.monitoring-live.prometheus]\nurl = "http://x/"\n',
            "has a probe and a prometheus",
        ),
        (
            '[checks.monitoring-live.probe]\nurl = "http://x/"\nmatches = "(all"\n',
            "is not a regular expression: missing )",
        ),
        (f'[ledger]\norigin = "a b"\nkeeper = "{key("k")}"\n', "ledger.origin"),
    ],
)
def test_final_checks_and_ledger_are_what_can_be(table: str, said: str):
    found = problems(rest=table)
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    "table",
    [
        '[checks.incident-path]\nnot_applicable = ""\n',
        '[checks.incident-path]\nmax_age = "1 hour"\n',
        '[checks.incident-path]\nmax_age = "0s"\n',
        '[checks.monitoring-live]\n[checks.monitoring-live.probe]\nurl = "file:///etc/passwd"\n',
        "[checks.monitoring-live]\n[checks.monitoring-live.probe]\n",
        f'[ledger]\norigin = "o"\nkeeper = "{key("k")}"\nmax_head_age = 900\n',
    ],
)
def test_what_a_check_cannot_say(table: str):
    with pytest.raises(Malformed):
        parse_policy_structure(text(rest=table).encode())


BUILT = {
    "path": "node",
    "issuer": "https://issuer.example",
    "repository": "https://forge.example/a/b",
    "workflow": "https://forge.example/a/b/w.yml",
    "trusted_root": f"sha256:{'1' * 64}",
}


def built(**changes: str) -> str:
    lines = "".join(f'{k} = "{v}"\n' for k, v in {**BUILT, **changes}.items())
    return f"[[packages.release.provenance]]\n{lines}"


def with_rules(*rules: str, release: str = 'path = "p"') -> str:
    return text(release=release, artifact="".join(rules))


def test_a_rule_about_a_builder_is_accepted():
    other = built(workflow="https://forge.example/c/d/w.yml")
    rules = built(ref="refs/tags/v1", commit="0" * 40)
    assert policy_problems(parse_policy_structure(with_rules(rules, other).encode())) == ()


def test_the_same_rule_about_a_builder_twice():
    found = policy_problems(parse_policy_structure(with_rules(built(), built()).encode()))
    assert found == (
        "packages.release.provenance node names the same repository and workflow twice",
    )


def test_a_built_file_that_sealing_may_leave_out():
    rules = with_rules(built(), release='path = "p"\nexclude = ["node"]')
    found = policy_problems(parse_policy_structure(rules.encode()))
    assert found == (
        "packages.release.provenance node: packages.release.exclude leaves the file out",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"path": "../node"},
        {"issuer": "http://issuer.example"},
        {"repository": "a/b"},
        {"workflow": "w.yml"},
        {"ref": "main"},
        {"commit": "283bf96"},
        {"commit": "A" * 40},
        {"trusted_root": "1" * 64},
        {"subject": "x"},
    ],
)
def test_a_rule_about_a_builder_that_is_malformed(change):
    with pytest.raises(Malformed, match=next(iter(change)) if "path" not in change else "release"):
        parse_policy_structure(with_rules(built(**change)).encode())


def test_builders_of_nothing():
    table = '[reproduction]\nroles = ["security-lead"]\ndistinct_holders = 1\n'
    found = problems(artifact="", rest=table)
    assert found == (
        "reproduction asks for builders, and packages.release.artifact names no file to build",
    )


STATED = '[freeze]\nnot_applicable = "one person"\n'
PLAIN = text()[: text().index("[verdicts]")]


def test_a_freeze_may_be_left_out_with_a_reason_but_not_on_a_mainnet():
    assert not policy_problems(parse_policy_structure((PLAIN + STATED).encode()))
    mainnet = (PLAIN + STATED).replace('network_class = "devnet"', 'network_class = "mainnet"')
    (problem,) = policy_problems(parse_policy_structure(mainnet.encode()))
    assert problem == "freeze.not_applicable: a mainnet is frozen before it starts"


def test_a_freeze_is_not_left_out_and_signed_at_once():
    (problem,) = policy_problems(parse_policy_structure((text() + STATED).encode()))
    assert "verdicts.roles names who does" in problem


def test_solo_is_not_a_profile_of_a_mainnet():
    def of(profile: str, network_class: str) -> tuple[str, ...]:
        lines = f'profile = "{profile}"\nnetwork_class = "{network_class}"'
        changed = text().replace('network_class = "devnet"', lines)
        return policy_problems(parse_policy_structure(changed.encode()))

    assert of("solo", "mainnet") == (
        "launch.profile is solo, and a mainnet takes more than one person",
    )
    assert of("solo", "testnet") == of("testnet", "mainnet") == of("mainnet", "mainnet") == ()
