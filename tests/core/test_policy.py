from __future__ import annotations

import re

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model
from aztrust.core.policy.describe import describe
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Severity
from aztrust.core.policy.model import POLICY_LIMIT, Policy, policy_digest
from aztrust.core.policy.pins import parse_pins
from aztrust.core.policy.validate import parse_policy, parse_policy_structure
from tests.policies import holder, key, policy, text
from tests.shared import REPOSITORY

SOUND = text()


def refused(data: str | bytes, *words: str) -> Malformed:
    """Parse what must not parse, and look for words in the message."""
    with pytest.raises(Malformed) as caught:
        parse_policy(data.encode() if isinstance(data, str) else data)
    error = caught.value
    assert error.code == "policy-malformed"
    assert error.mend == "aztrust policy lint"
    told = "\n".join((error.message, *error.details))
    for word in words:
        assert word in told
    assert all(line.isprintable() for line in (error.message, *error.details))
    return error


def edited(old: str, new: str) -> str:
    assert old in SOUND
    return SOUND.replace(old, new)


def test_a_sound_policy_is_read():
    parsed = policy()
    assert parsed.launch.chain_id == "test-1"
    assert parsed.seal_role("release") == "release-manager"
    assert parsed.key_holders()[key("rita")] == "rita"
    assert parsed.holders_of_role("security-lead") == ("sonia",)
    assert parsed.approval_rule("genesis").distinct_holders == 2
    assert parsed.package("genesis").path == "packages/genesis"


def test_the_digest_is_over_the_exact_bytes():
    data = SOUND.encode()
    assert policy_digest(data) == sha256_id(data)
    assert policy_digest(data + b"\n") != policy_digest(data)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ("", "version is missing"),
        ("# only a comment\n", "version is missing"),
        ("version = 1\n", "launch is missing"),
        (edited("version = 1", "version = 2"), "version is 2"),
        (edited("version = 1", "version = true"), "version is True"),
        (edited("version = 1", "version = 1.0"), "version is 1.0"),
        (edited("version = 1", 'version = "1"'), "version is '1'"),
        (edited("version = 1", "version = 0x" + "f" * 5000), "beyond 64 bits"),
        (edited("version = 1", "version = " + "9" * 5000), "beyond 64 bits"),
        (edited("[separation]", "[seperation]"), "seperation; did you mean separation?"),
        (edited("pairs", "pair"), "separation.pair; did you mean pairs?"),
        (SOUND + "\n[x]\n", "unknown key x"),
        (SOUND + '\n["x\\u001b[2J\\n"]\n', "unknown key x\\x1b[2J\\n"),
        (SOUND + "version = 1\n", "unknown key"),
    ],
)
def test_a_document_that_is_not_a_policy(data: str, word: str):
    refused(data, word)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xef\xbb\xbf" + SOUND.encode(), "byte order mark"),
        (SOUND.encode("utf-16"), "not UTF-8 at byte 0"),
        (SOUND.encode() + b'x = "\xff"', "not UTF-8 at byte"),
        (SOUND.encode() + b"\0", "not TOML"),
        (edited("version = 1", "version = 1\nversion = 1"), "not TOML"),
        (SOUND + "[launch]\n", "not TOML"),
        (SOUND + holder("rita", ["security-lead"]), "not TOML"),
        (SOUND + "x = " + "[" * 100_000, "nested"),
        (SOUND + "x = " + "{a=" * 50_000, "nested"),
        (SOUND + "x = " + "[" * 80 + "]" * 80, "nested too deeply"),
        (SOUND + ".".join("a" * 20_000) + " = 1", "not TOML"),
        (SOUND + "[" + ".".join("a" * 100) + "]", "nested too deeply"),
        (SOUND + "#" * (5 * 1024 * 1024), f"larger than {POLICY_LIMIT} bytes"),
        (edited("distinct_holders = 3", "distinct_holders = 0x" + "f" * 5000), "beyond 64 bits"),
        (SOUND.rstrip("\n") + "\r", "not TOML"),
    ],
)
def test_bytes_that_are_not_strict_toml(data: str | bytes, word: str):
    refused(data, word)


def test_a_policy_of_the_largest_size_is_read():
    data = SOUND.encode()
    assert parse_policy(data + b"#" * (POLICY_LIMIT - len(data)))


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"holders": {}}, "holders is missing"),
        ({"holders": {"rita": []}}, "holders.rita.roles"),
        ({"holders": {"Rita": ["x"]}}, "holders.Rita"),
        ({"holders": {"rita": ["Security-Lead"]}}, "holders.rita.roles[0]"),
        ({"holders": {"rita": ["security-lead\\n"]}}, "holders.rita.roles[0]"),
        ({"holders": {"rita": ["security-lead "]}}, "holders.rita.roles[0]"),
        ({"release_rule": "distinct_holders = 3\nroles = {}"}, "approvals.release.roles"),
        ({"release_rule": "distinct_holders = 3"}, "approvals.release.roles is missing"),
        ({"release_rule": "roles = { a = 1 }"}, "approvals.release.distinct_holders is missing"),
        ({"release_rule": "distinct_holders = 0\nroles = { a = 1 }"}, "distinct_holders"),
        ({"release_rule": "distinct_holders = -1\nroles = { a = 1 }"}, "distinct_holders"),
        ({"release_rule": "distinct_holders = true\nroles = { a = 1 }"}, "distinct_holders"),
        ({"release_rule": "distinct_holders = 3.0\nroles = { a = 1 }"}, "distinct_holders"),
        ({"release_rule": "distinct_holders = nan\nroles = { a = 1 }"}, "distinct_holders"),
        ({"release_rule": 'distinct_holders = "3"\nroles = { a = 1 }'}, "distinct_holders"),
        ({"release_rule": "distinct_holders = 1001\nroles = { a = 1 }"}, "distinct_holders"),
        ({"release_rule": "distinct_holders = 1\nroles = { a = 0 }"}, "approvals.release.roles.a"),
        ({"release_rule": "distinct_holders = 1\nroles = { a = true }"}, "approvals.release.roles"),
        ({"rest": '[separation]\npairs = [["a"]]\n'}, "separation.pairs[0]"),
        ({"rest": '[separation]\npairs = [["a", "b", "c"]]\n'}, "separation.pairs[0]"),
        ({"rest": "[verdicts]\nroles = {}\n"}, "verdicts.roles"),
        ({"rest": '[seal]\nrelease = ""\n'}, "seal.release"),
        ({"rest": '[revocation]\nroles = "security-lead"\n'}, "revocation.roles"),
        ({"rest": '[ledger]\norigin = "x"\nkeeper = "sha256:00"\n'}, "ledger.keeper"),
        ({"rest": "[limits]\nartifact_member_bytes = 0\n"}, "limits.artifact_member_bytes"),
    ],
)
def test_authority_that_is_empty_or_of_the_wrong_type(parts: dict[str, object], word: str):
    refused(text(**parts), word)  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", ["release", "genesis"])
def test_both_approval_rules_are_needed(missing: str):
    start = SOUND.index(f"[approvals.{missing}]")
    end = SOUND.index("[", start + 1)
    refused(SOUND[:start] + SOUND[end:], f"approvals.{missing} is missing")


@pytest.mark.parametrize(
    "bad",
    ["", "sha256:", "sha256:" + "a" * 63, "sha256:" + "A" * 64, "a" * 64, "blake3:" + "a" * 64],
)
def test_a_key_is_a_whole_lowercase_fingerprint(bad: str):
    refused(SOUND + holder("eve", ["x"], [bad]), "holders.eve.keys[0]")


def test_a_holder_without_keys_is_refused():
    refused(SOUND + holder("eve", ["x"], []), "holders.eve.keys")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("2099-12-31T00:00:00", "needs a time zone"),
        ("2099-12-31", "launch.expires"),
        ('"2099-12-31T00:00:00Z"', "launch.expires"),
        ("4102444800", "launch.expires"),
        ("2099-13-31T00:00:00Z", "not TOML"),
    ],
)
def test_an_expiry_is_an_instant(value: str, word: str):
    refused(edited("[launch]", f"[launch]\nexpires = {value}"), word)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("17000", "17000"),
        ('"17000"', "17000"),
        ('"test-1 "', "test-1 "),
        ('"t\\u0435st"', "t\u0435st"),
    ],
)
def test_a_chain_id_is_kept_as_written_and_an_integer_by_its_digits(written: str, read: str):
    parsed = parse_policy(edited('chain_id = "test-1"', f"chain_id = {written}").encode())
    assert parsed.launch.chain_id == read


@pytest.mark.parametrize("bad", ["true", "1.5", '""', "[1]", "2020-01-01"])
def test_other_chain_ids_are_refused(bad: str):
    refused(edited('chain_id = "test-1"', f"chain_id = {bad}"), "launch.chain_id")


def test_a_network_class_is_one_of_three():
    refused(edited('"devnet"', '"Mainnet"'), "launch.network_class", "'Mainnet'")


UNSAFE = ["", "/etc", "../x", "a/../b", "a//b", "./a", "a/.", "a/", "a\\u0000b"]


@pytest.mark.parametrize("path", UNSAFE)
@pytest.mark.parametrize(
    "place",
    [
        ({"release": 'path = "{}"'}, "packages.release"),
        ({"genesis": 'path = "{}"\ngenesis_files = ["g"]\nchain_id_at = ""'}, "packages.genesis"),
        (
            {"genesis": 'path = "g"\ngenesis_files = ["{}"]\nchain_id_at = ""'},
            "packages.genesis",
        ),
        (
            {
                "artifact": '[[packages.release.artifact]]\npath = "{}"\nrole = "node"\n'
                'platform = "any"'
            },
            "packages.release",
        ),
    ],
    ids=["release", "genesis", "genesis-file", "artifact"],
)
def test_paths_stay_inside(path: str, place: tuple[dict[str, str], str]):
    parts, word = place
    filled = {name: part.replace("{}", path) for name, part in parts.items()}
    refused(text(**filled), word, "the path")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [p for p in UNSAFE if p != "a/"] + ["dir//"])
def test_exclusions_stay_inside(path: str):
    release = f'path = "packages/release"\nexclude = ["{path}"]'
    refused(text(release=release), "packages.release", "the path")


def test_a_directory_may_be_excluded():
    assert policy(release='path = "packages/release"\nexclude = ["dir/", "a/b"]')


def test_a_genesis_file_there_must_be():
    genesis = 'path = "g"\ngenesis_files = []\nchain_id_at = ""'
    refused(text(genesis=genesis), "packages.genesis.genesis_files")


def test_every_problem_of_the_structure_is_reported_at_once():
    data = text(holders={"Rita": []}, release_rule="distinct_holders = 0\nroles = {}")
    assert len(refused(data, "more)").details) >= 4


def test_the_nearest_known_key_is_named_for_a_list_of_tables():
    refused(text(artifact="[[packages.release.artifacts]]\n"), "did you mean artifact?")


def test_structure_alone_leaves_contradictions_to_the_linter():
    data = text(release='path = "keys/x"').encode()
    assert isinstance(parse_policy_structure(data), Policy)
    refused(data, "keys/")


def test_roles_named_covers_every_table_that_names_one():
    places = {place for _, place in policy().roles_named()}
    assert places == {
        "seal.release",
        "seal.genesis",
        "approvals.release.roles",
        "approvals.genesis.roles",
        "revocation.roles",
        "verdicts.roles",
        "separation.pairs",
    }


def test_the_documented_example_is_a_policy():
    page = (REPOSITORY / "docs/formats/policy.md").read_text("utf-8")
    example = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(example) == 1
    parsed = parse_policy(example[0].encode())
    remarks = lint_policy(example[0].encode())
    assert {r.severity for r in remarks} == {Severity.NOTE}
    told = [sentence for _, sentence in describe(parsed)]
    assert "sealing may leave out notes/" in told
    assert "published jq-S-c 2f1e0c5b" in told
    assert "ledger.atlas-zero, kept by luca b84a7c6d, then cosmin 71c8e5d2" in told
    named = {name for name, _ in _leaves(type(parsed))}
    assert {name for name in named if f"{name}" not in page} == set()
    pins = re.findall(r"^```json\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(parse_pins(pins[0].encode(), what="page")) == 1


def _leaves(model: type[Model]) -> list[tuple[str, object]]:
    schema = model.model_json_schema()
    parts = (schema, *schema["$defs"].values())
    return [item for part in parts for item in part.get("properties", {}).items()]
