"""Statements on another scope, window, policy or file decide nothing here: a second object each.

Each test has the object that counts, another one that differs in a single thing, and shows that
only the first decides.
"""

from __future__ import annotations

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.findings import CheckResult, Guidance, Status
from aztrust.core.checks.check import Stage
from tests.final_check_builders import (
    CHECKED,
    MINUTE,
    STAFFED,
    answer_all,
    attest,
    final,
    frozen,
    row,
    scope_of,
)
from tests.memory_launch import NOW, PEOPLE, Launch, codes, file_entry
from tests.verdicts import ONE

OTHER = "sha256:" + "5" * 64


def result(launch: Launch, id_: str, stage: Stage = Stage.FROZEN, **request) -> CheckResult:
    return next(r for r in launch.verify(stage, **request).results if r.id == id_)


def subjects(launch: Launch, **request) -> list[str]:
    """What drift names."""
    return sorted(f.subject for f in result(launch, "drift", **request).findings)


def abort(launch: Launch, scope: str) -> str:
    return launch.record(
        "launch-abort",
        "luca",
        aborted_at_unix_ms=NOW,
        launch_window_id=OTHER,
        reason="two genesis files",
        scope_hash=scope,
        trigger="conflicting-artifact-copies",
    )


# ---- an abort ------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-25.3", "AZ-28")
@pytest.mark.parametrize("stage", list(Stage))
def test_an_abort_ends_the_scope_where_there_is_no_verdict(stage):
    launch = Launch.approved(verdicts=ONE)
    record = abort(launch, scope_of(launch))
    verdict = launch.verify(stage)
    assert (verdict.exit_code, verdict.guidance) == (10, Guidance.ABORT)
    assert "scope-invalidated" in codes(verdict)
    assert result(launch, "scope-state").evidence == (record,)


def test_an_abort_of_another_scope_ends_that_one():
    launch = Launch.approved(verdicts=ONE)
    abort(launch, OTHER)
    verdict = launch.verify(Stage.APPROVED)
    assert (verdict.exit_code, verdict.guidance) == (0, Guidance.CONTINUE)
    assert result(launch, "scope-state").status is Status.PASS


# ---- a freeze that was taken back ----------------------------------------------------------------


@pytest.mark.clause("AZ-2.4", "AZ-5.2")
@pytest.mark.parametrize("other", [{"checkpoint_scope_hash": OTHER}, {"policy_digest": OTHER}])
def test_a_freeze_of_something_else_answers_no_revocation(other):
    launch = Launch.approved(verdicts=ONE)
    first = launch.verdict()
    # It counts, and was made before the first one was revoked.
    launch.verdict(at=NOW + MINUTE)
    assert launch.verify(Stage.FROZEN).exit_code == 0
    revocation = launch.revoke(first, "sonia")
    assert [f.code for f in result(launch, "freeze").findings] == ["freeze-revoked"]
    elsewhere = launch.verdict(at=NOW + 2 * MINUTE, **other)
    known = {v.record_id: v for v in launch.verify().context.verdicts.verdicts}
    assert revocation in known[elsewhere].statement.rests_on
    assert [f.code for f in result(launch, "freeze").findings] == ["freeze-revoked"]
    assert launch.verify(Stage.FROZEN).exit_code == 11
    launch.verdict(at=NOW + 3 * MINUTE)
    assert result(launch, "freeze").status is Status.PASS
    assert launch.verify(Stage.FROZEN).exit_code == 0


# ---- the window of an attempt --------------------------------------------------------------------


def in_the_window_of_another_scope() -> Launch:
    """Frozen at `NOW` + 5 minutes, in the name of a window that opened for an earlier release."""
    launch = Launch.approved(verdicts=ONE + STAFFED)
    window = launch.window(decide_by=NOW + 20 * MINUTE)
    launch.release.append(file_entry("zz-new", b"new"))
    release = launch.verify().context.records.effective.seals("release")
    genesis = launch.verify().context.records.effective.seals("genesis")
    launch.seal("release", "rita", prior=[u.record_id for u in release])
    launch.seal("genesis", "gabi", prior=[u.record_id for u in genesis])
    for package_class, by in (
        ("release", "rita"),
        ("release", "sonia"),
        ("genesis", "gabi"),
        ("genesis", "sonia"),
    ):
        launch.approve(package_class, by)
    launch.verdict(at=NOW + 5 * MINUTE, launch_window_id=window)
    return launch


@pytest.mark.clause("AZ-28", "AZ-6.2")
def test_a_freeze_takes_no_deadline_from_another_scope_s_window():
    launch = in_the_window_of_another_scope()
    answer_all(launch, but=("monitoring-live",))
    assert final(launch, CHECKED).guidance is Guidance.HOLD
    # In a window of its own the same deadline makes it a DEFER.
    own = frozen(decide_by=NOW + 20 * MINUTE)
    answer_all(own, but=("monitoring-live",))
    assert final(own, NOW + 20 * MINUTE - 1).guidance is Guidance.HOLD
    assert final(own, CHECKED).guidance is Guidance.DEFER


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize(("minute", "status"), [(4, Status.NOT_RUN), (6, Status.PASS)])
def test_an_attempt_begins_with_its_freeze_and_not_with_another_scope_s_window(minute, status):
    launch = in_the_window_of_another_scope()
    attest(launch, "monitoring-live", at=NOW + minute * MINUTE)
    found = row(final(launch, CHECKED), "monitoring-live")
    assert found.status is status
    assert ("check-stale" in {n.code for n in found.notices}) == (status is Status.NOT_RUN)


# ---- drift ---------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-25.1")
def test_only_a_freeze_of_this_scope_holds_the_present_files():
    launch = Launch.approved(verdicts=ONE)
    other = launch.verdict(checkpoint_scope_hash=OTHER)
    launch.release[0] = file_entry("network.toml", b"other\n")
    assert subjects(launch) == []
    assert result(launch, "drift").evidence == (other,)
    launch.release[0] = file_entry("network.toml", b'chain_id = "bench-1"\n')
    launch.verdict()
    launch.release[0] = file_entry("network.toml", b"other\n")
    assert subjects(launch) == ["release:network.toml"]


def kept(launch: Launch) -> None:
    """Keep the present policy with the launch, as a freeze does."""
    launch.policies[f"{launch.anchor[7:]}.toml"] = launch.policy


@pytest.mark.clause("AZ-25.1", "AZ-25.2")
def test_under_a_kept_policy_the_manifests_are_held_to_its_freeze_too():
    launch = Launch.approved(verdicts=ONE)
    launch.verdict()
    kept(launch)
    launch.policy += b"\n# another\n"
    assert subjects(launch, anchor="") == ["manifests/launch.toml"]
    launch.release.append(file_entry("zz-new", b"new"))
    launch.seal("release", "rita")
    launch.manifests.pop("genesis")
    assert subjects(launch, anchor="") == [
        "manifests/genesis.json",
        "manifests/launch.toml",
        "manifests/release.json",
    ]


@pytest.mark.clause("AZ-25.1")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'chain_id = "bench-1"', b'chain_id = "bench-2"'),
        (b'network_class = "devnet"', b'network_class = "testnet"'),
    ],
    ids=["another chain", "another class of network"],
)
def test_a_kept_policy_of_an_earlier_launch_holds_nothing_of_this_one(old, new):
    launch = Launch.approved(verdicts=ONE)
    launch.verdict()
    kept(launch)
    # Outside a devnet no policy may name the rehearsal's keys: the new one has others.
    for name in PEOPLE:
        launch.policy = launch.policy.replace(
            PEOPLE[name].public().fingerprint.encode(), sha256_id(name.encode()).encode()
        )
    assert subjects(launch, anchor="") == ["manifests/launch.toml"]
    assert launch.policy.count(old) == 1
    launch.policy = launch.policy.replace(old, new)
    assert launch.verify().context.policy is not None
    assert subjects(launch, anchor="") == []
