from __future__ import annotations

import pytest

from aztrust.core.policy.diff import diff_policies
from aztrust.core.policy.diff_change import Effect
from aztrust.core.policy.validate import parse_policy_structure
from tests.policies import HOLDERS, holder, key, policy, text

SOUND = text()


def diff(new: str, old: str = SOUND) -> list[str]:
    changes = diff_policies(*(parse_policy_structure(t.encode()) for t in (old, new)))
    return [f"{c.effect} {c.place}: {c.message}" for c in changes]


def test_the_same_authority_in_other_bytes():
    assert diff("# a comment\n" + SOUND) == []


def test_a_holder_added_and_removed():
    more = SOUND + holder("eve", ["security-lead"])
    brief = key("eve").removeprefix("sha256:")[:8]
    assert diff(more) == [f"added holders.eve: security-lead, key {brief}"]
    assert diff(SOUND, more) == [f"removed holders.eve: was security-lead, key {brief}"]


def test_a_key_added_under_an_old_name():
    old = SOUND + holder("eve", ["security-lead"])
    new = SOUND + holder("eve", ["security-lead"], [key("eve"), key("mallory")])
    assert diff(new, old) == [f"added holders.eve.keys: the key {key('mallory')}"]


def test_a_lowered_threshold_is_reported_first():
    new = text(
        holders={**HOLDERS, "eve": ["x"]},
        release_rule="distinct_holders = 2\nroles = { release-manager = 1, security-lead = 1 }",
    )
    assert diff(new)[:2] == [
        "LOWER approvals.release.distinct_holders: 3 -> 2 holders",
        "LOWER approvals.release.roles: consensus-lead is not asked any more (was 1)",
    ]
    assert "raised approvals.release.distinct_holders: 2 -> 3 holders" in diff(SOUND, new)


def test_how_many_people_it_takes_in_the_end():
    people = {**HOLDERS, "rita": ["release-manager", "genesis-custodian"]}
    (lower, role) = diff(text(holders=people))
    assert lower == (
        "LOWER holders: seal and approve both packages: it took 4 holders,"
        " now cosmin, rita and sonia can"
    )
    assert role == "added holders.rita.roles: the role genesis-custodian"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('pairs = [["release-manager", "security-lead"]]', "pairs = []", "LOWER separation.pairs"),
        ('"security-lead"]]', '"security-lead"], ["a", "b"]]', "raised separation.pairs"),
        ('"test-1"', '"test-2"', "changed launch.chain_id: was test-1, now test-2"),
        ('"devnet"', '"testnet"', "changed launch.network_class"),
        ('"packages/release"', '"dist"', "changed packages.release.path"),
        ('"#/chain_id"', '""', "LOWER packages.genesis.chain_id_at"),
        ('["genesis.json"]', '["g.json"]', "changed packages.genesis.genesis_files"),
        ('path = "node"', 'path = "node2"', "removed packages.release.artifact: node linux"),
        ('roles = ["security-lead"]\n[v', "roles = []\n[v", "removed revocation.roles"),
        ("launch-coordinator = 1, ", "", "LOWER verdicts.roles: launch-coordinator"),
        (
            'path = "packages/release"',
            'path = "packages/release"\nexclude = ["x"]',
            "LOWER packages.release.exclude: sealing may leave out x",
        ),
        (
            "version = 1\n[launch]",
            "version = 1\n[launch]\nexpires = 2099-01-01T00:00:00Z",
            "raised launch.expires",
        ),
        (
            "[separation]",
            '[[linkage]]\nname = "n"\nleft = "launch:name"\nright = "\'x\'"\n[separation]',
            "raised linkage: compared: launch:name = 'x'",
        ),
        (
            "[separation]",
            "[limits]\nartifact_member_bytes = 5\n[separation]",
            "changed limits.artifact_member_bytes",
        ),
        (
            "[separation]",
            '[readiness]\nself_built = "allow"\n[separation]',
            "LOWER readiness.self_built: a host may start a binary its operator built",
        ),
        (
            "[separation]",
            '[readiness]\nmodule = "m"\n[separation]',
            "changed readiness.module: was any, now m",
        ),
        (
            "[separation]",
            f'[ledger]\norigin = "o"\nkeeper = "{key("k")}"\n[separation]',
            "changed ledger: was none, now o kept by",
        ),
        (
            "[separation]",
            '[checks.incident-path]\nnot_applicable = "one host"\n[separation]',
            "LOWER checks.incident-path: was answered by incident-commander (no holder), good for"
            " 60m, now not applicable: one host",
        ),
        (
            "[separation]",
            '[checks.operator-preflight]\nmax_age = "3h"\n[separation]',
            "LOWER checks.operator-preflight: was answered by ops-lead (no holder), good for 60m,",
        ),
        (
            "[separation]",
            '[checks.monitoring-live]\n[checks.monitoring-live.probe]\nurl = "http://x/"\n'
            "[separation]",
            "changed checks.monitoring-live: was answered by ops-lead (no holder), good for 60m,"
            " now http://x/ answers 200",
        ),
        (
            "[separation]",
            '[checks.monitoring-live.prometheus]\nurl = "http://x/"\n[separation]',
            "changed checks.monitoring-live: was answered by ops-lead (no holder), good for 60m,"
            " now http://x/ has loaded exactly the alert rules of this policy",
        ),
        (
            "[separation]",
            '[seal]\nrelease = "security-lead"\n[separation]',
            "changed seal.release: was release-manager, now security-lead (sonia)",
        ),
    ],
)
def test_every_table_is_compared(old: str, new: str, said: str):
    assert old in SOUND
    assert any(line.startswith(said) for line in diff(SOUND.replace(old, new, 1)))
    assert diff(SOUND, SOUND.replace(old, new, 1)), "and back"


def test_a_later_expiry_is_lower_and_none_is_latest():
    def dated(year: int) -> str:
        return SOUND.replace("[launch]", f"[launch]\nexpires = {year}-01-01T00:00:00Z", 1)

    assert diff(dated(2031), dated(2030))[0].startswith("LOWER launch.expires")
    assert diff(SOUND, dated(2030))[0].startswith("LOWER launch.expires")
    assert diff(dated(2029), dated(2030))[0].startswith("raised launch.expires")


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ("15m", "2h", "LOWER"),
        ("2h", "15m", "raised"),
        ("2h", None, "LOWER"),
        (None, "2h", "raised"),
    ],
)
def test_an_older_head_that_is_allowed_is_lower(before, after, effect):
    def aged(span: str | None) -> str:
        table = f'[ledger]\norigin = "o"\nkeeper = "{key("k")}"\n'
        return SOUND.replace(
            "[separation]",
            table + (f'max_head_age = "{span}"\n' if span else "") + "[separation]",
            1,
        )

    assert diff(aged(after), aged(before))[0].startswith(f"{effect} ledger.max_head_age")


def test_a_row_that_must_be_answered_again_is_raised():
    old = SOUND.replace(
        "[separation]", '[checks.incident-path]\nnot_applicable = "one"\n[separation]', 1
    )
    assert diff(SOUND, old)[0].startswith("raised checks.incident-path")


def test_a_linkage_rule_that_is_only_called_otherwise():
    rule = '[[linkage]]\nname = "{}"\nleft = "launch:name"\nright = "\'x\'"\n'
    old, new = SOUND + rule.format("one"), SOUND + rule.format("two")
    assert diff(new, old) == ["changed linkage: called one, now two"]


BUILT = """[[packages.release.provenance]]
path = "node"
issuer = "https://issuer.example"
repository = "https://forge.example/a/b"
workflow = "https://forge.example/a/b/w.yml"
trusted_root = "sha256:{root}"
{more}"""


def built(more: str = "", root: str = "1" * 64) -> str:
    return SOUND.replace(
        "[packages.genesis]", BUILT.format(more=more, root=root) + "\n[packages.genesis]", 1
    )


def test_a_rule_about_a_builder_that_goes_is_lower():
    assert diff(built(), SOUND)[0].startswith("raised packages.release.provenance: node built")
    assert diff(SOUND, built())[0].startswith("LOWER packages.release.provenance: node built")


@pytest.mark.parametrize(
    "other", [built('ref = "refs/tags/v1"'), built(f'commit = "{"0" * 40}"'), built(root="2" * 64)]
)
def test_each_key_of_a_rule_about_a_builder_counts(other):
    assert len(diff(built(), other)) == 2
    assert diff(other, other) == []


def test_fewer_builders_are_lower():
    def builders(count: int) -> str:
        table = '[reproduction]\nroles = ["security-lead", "consensus-lead"]\n'
        return f"{SOUND}{table}distinct_holders = {count}\n"

    assert diff(builders(1), builders(2)) == ["LOWER reproduction.distinct_holders: 2 -> 1 holder"]
    assert diff(builders(2), builders(1)) == [
        "raised reproduction.distinct_holders: 1 -> 2 holders"
    ]
    assert diff(SOUND, builders(2))[0].startswith("LOWER reproduction.distinct_holders")


def test_a_freeze_that_goes_is_lower():
    plain = SOUND[: SOUND.index("[verdicts]")]
    without = f'{plain}[freeze]\nnot_applicable = "one person"\n'
    assert "LOWER freeze: the scope is not frozen: one person" in diff(without)
    assert "raised freeze: the scope is frozen again" in diff(SOUND, without)
    other = without.replace("one person", "two people")
    assert diff(other, without) == ["LOWER freeze: the scope is not frozen: two people"]


def test_another_profile_is_a_change():
    solo = SOUND.replace("chain_id =", 'profile = "testnet"\nchain_id =')
    assert "changed launch.profile: was none, now testnet" in diff(solo)


def test_a_rule_that_can_no_longer_be_met():
    new = text(holders={name: roles for name, roles in HOLDERS.items() if name != "gabi"})
    assert "raised holders: both packages can no longer be sealed and approved at all" in diff(new)
    assert "no one could" in diff(SOUND, new)[0]


def test_no_model_field_is_left_out():
    """Every field of the policy shows up when it changes; a new one must be added here."""
    assert set(type(policy()).model_json_schema()["properties"]) == {
        "version",
        "launch",
        "packages",
        "holders",
        "seal",
        "approvals",
        "separation",
        "revocation",
        "freeze",
        "verdicts",
        "ledger",
        "checks",
        "linkage",
        "limits",
        "readiness",
        "reproduction",
        "window",
        "authority",
        "anomalies",
        "early",
        "steady",
        "rollback",
        "chain",
        "checklist",
    }
    assert {e.value for e in Effect} == {"LOWER", "raised", "added", "removed", "changed"}
