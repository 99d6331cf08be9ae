"""Independent builders: k different holders, and what a disagreement does."""

from __future__ import annotations

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.validate import parse_policy
from tests.memory_launch import ARCHIVE, NOW, Launch, policy_text

PATH = "node.tar.gz"
SEALED = sha256_id(ARCHIVE)
OTHER = sha256_id(b"another result")
BUILDERS = ("sonia", "cosmin", "gabi")


def rule(count: int) -> str:
    """A policy's table for so many builders, of whom it has three."""
    roles = '"security-lead", "consensus-lead", "genesis-custodian"'
    return f"[reproduction]\nroles = [{roles}]\ndistinct_holders = {count}\n"


def launch_asking(count: int) -> Launch:
    return Launch.approved(verdicts=rule(count))


def attest(
    launch: Launch, by: str, built: str = SEALED, *, at: int = NOW, **changes: object
) -> str:
    fields = {
        "attested_at_unix_ms": at,
        "built_sha256": built,
        "environment": "go1.24.1",
        "package_id": launch.package_id("release"),
        "path": PATH,
        "sealed_sha256": SEALED,
        **changes,
    }
    return launch.record("build-attestation", by, **fields)


def answer(verdict: Verdict):
    return next(r for r in verdict.results if r.id == "reproduction")


def found(launch: Launch) -> list[str]:
    return [f.code for f in answer(launch.verify()).findings]


@pytest.mark.parametrize("count", [2, 3])
def test_that_many_different_holders_are_needed(count):
    launch = launch_asking(count)
    for number, by in enumerate(BUILDERS[:count]):
        finding = answer(launch.verify()).findings[0]
        assert (finding.code, finding.actual) == ("reproduction-unmet", str(number))
        assert launch.verify().exit_code == 10
        attest(launch, by)
    assert not found(launch)
    assert launch.verify().exit_code == 0


def test_one_holder_counts_once():
    launch = launch_asking(2)
    attest(launch, "sonia")
    attest(launch, "sonia", at=NOW + 1)
    assert answer(launch.verify()).findings[0].actual == "1"
    attest(launch, "cosmin")
    assert not found(launch)


def test_a_holder_with_two_keys_counts_once():
    launch = Launch(verdicts=rule(2)).with_second_key("sonia")
    launch.seal("release", "rita")
    attest(launch, "sonia")
    attest(launch, "mallory", at=NOW + 1)
    assert answer(launch.verify()).findings[0].actual == "1"


def test_who_has_no_builder_role_does_not_count():
    launch = launch_asking(2)
    attest(launch, "sonia")
    attest(launch, "rita")
    assert answer(launch.verify()).findings[0].actual == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"package_id": OTHER},
        {"path": "network.toml"},
        {"built_sha256": OTHER, "sealed_sha256": OTHER},
    ],
)
def test_a_build_of_something_else_does_not_count(changes):
    launch = launch_asking(2)
    attest(launch, "sonia")
    attest(launch, "cosmin", **changes)
    assert "reproduction-unmet" in found(launch)


def test_a_revoked_build_does_not_count():
    launch = launch_asking(2)
    attest(launch, "sonia")
    record = attest(launch, "cosmin")
    assert not found(launch)
    launch.revoke(record, "cosmin")
    assert found(launch) == ["reproduction-unmet"]


def test_a_disagreement_names_who_built_what_and_blocks():
    launch = launch_asking(2)
    for by in ("sonia", "cosmin"):
        attest(launch, by)
    assert launch.verify().exit_code == 0
    attest(launch, "gabi", OTHER)
    finding = answer(launch.verify()).findings[0]
    assert finding.code == "build-disagreement"
    assert finding.message.startswith("gabi built other bytes (with go1.24.1)")
    assert (finding.subject, finding.expected, finding.actual) == (
        f"release:{PATH}",
        SEALED,
        OTHER,
    )
    assert launch.verify().exit_code == 10


def test_a_disagreement_cannot_be_revoked():
    launch = launch_asking(2)
    for by in ("sonia", "cosmin"):
        attest(launch, by)
    launch.revoke(attest(launch, "gabi", OTHER), "gabi")
    assert found(launch) == ["build-disagreement"]


def test_only_the_same_holder_takes_a_disagreement_back_later():
    launch = launch_asking(2)
    for by in ("sonia", "cosmin"):
        attest(launch, by)
    attest(launch, "gabi", OTHER, at=NOW + 1)
    attest(launch, "sonia", at=NOW + 2)
    assert found(launch) == ["build-disagreement"]
    attest(launch, "gabi")
    assert found(launch) == ["build-disagreement"]
    attest(launch, "gabi", at=NOW + 2)
    assert not found(launch)


def test_without_a_rule_a_disagreement_is_a_notice():
    launch = Launch.approved()
    assert all(r.id != "reproduction" for r in launch.verify().results)
    attest(launch, "gabi", OTHER)
    result = answer(launch.verify())
    assert not result.findings
    assert [n.code for n in result.notices] == ["build-disagreement"]
    assert launch.verify().exit_code == 0


def test_more_builders_than_the_policy_has_are_a_contradiction():
    parse_policy(policy_text(more=rule(3)).encode())
    with pytest.raises(Malformed, match="3 holders have one of its roles"):
        parse_policy(policy_text(more=rule(4)).encode())
