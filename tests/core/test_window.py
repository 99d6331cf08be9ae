"""What has become of a scope: nothing but signed ends ends it, and nothing brings it back."""

from __future__ import annotations

import random

import pytest

from aztrust.core.base.findings import Guidance, Status
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.package.entries import Fault
from aztrust.core.state.context import read_context
from tests.memory_launch import NOW, Launch
from tests.verdicts import ONE, TWO

MINUTE = 60_000


def approved(verdicts: str = ONE) -> Launch:
    return Launch.approved(verdicts=verdicts)


def context_of(launch: Launch):
    return read_context(launch.verify().context.request, launch.evidence())


def state(launch: Launch):
    return context_of(launch).state


def scope(launch: Launch) -> str:
    return context_of(launch).scope.hash


def defer(launch: Launch, window_id: str, by: str = "luca", **more) -> str:
    fields = {
        "deferred_at_unix_ms": NOW,
        "launch_window_id": window_id,
        "reason": "not ready",
        "scope_hash": scope(launch),
        **more,
    }
    return launch.record("launch-defer", by, **fields)


def abort(launch: Launch, window_id: str, by: str = "luca", **more) -> str:
    fields = {
        "aborted_at_unix_ms": NOW,
        "launch_window_id": window_id,
        "reason": "two genesis files",
        "scope_hash": scope(launch),
        "trigger": "conflicting-artifact-copies",
        **more,
    }
    return launch.record("launch-abort", by, **fields)


def answer(launch: Launch, id_: str, required: Stage = Stage.FROZEN):
    return next((r for r in launch.verify(required).results if r.id == id_), None)


# ---- windows -------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-16.1", "AZ-16.3")
def test_a_window_is_open_until_it_ends():
    launch = approved()
    window_id = launch.window()
    assert state(launch).open_windows[scope(launch)].body.launch_window_id == window_id
    defer(launch, window_id)
    assert scope(launch) not in state(launch).open_windows


def test_of_two_open_windows_the_later_one_is_the_window():
    launch = approved()
    launch.window(at=NOW)
    later = launch.window(at=NOW + MINUTE)
    assert state(launch).open_windows[scope(launch)].body.launch_window_id == later


@pytest.mark.parametrize("end", [defer, abort])
def test_only_a_verdict_role_opens_and_ends_windows(end):
    launch = approved()
    launch.window(by="rita")
    assert state(launch).windows == {}
    window_id = launch.window()
    end(launch, window_id, by="sonia")
    assert scope(launch) in state(launch).open_windows
    notices = [f.code for f in context_of(launch).records.notices]
    assert notices == ["signer-not-in-role"] * 2


def test_a_window_whose_key_was_compromised_is_none():
    launch = approved()
    launch.window()
    luca = next(f for f, n in context_of(launch).policy.key_holders().items() if n == "luca")
    launch.revoke(luca, "sonia", target_kind="key", reason="compromised")
    assert state(launch).open_windows == {}


# ---- what ends -----------------------------------------------------------------------------------


@pytest.mark.clause("AZ-28")
def test_a_deferred_freeze_counts_no_more_and_the_scope_may_be_frozen_again():
    launch = approved()
    window_id = launch.window()
    launch.verdict(launch_window_id=window_id)
    assert answer(launch, "freeze").status is Status.PASS
    defer(launch, window_id)
    (finding,) = answer(launch, "freeze").findings
    assert finding.code == "freeze-missing"
    assert "has ended" in finding.message
    assert context_of(launch).state.frozen == {}
    again = launch.window(at=NOW + MINUTE)
    launch.verdict(launch_window_id=again, at=NOW + MINUTE)
    assert answer(launch, "freeze").status is Status.PASS
    assert answer(launch, "scope-state").status is Status.PASS


@pytest.mark.clause("AZ-25.3", "AZ-28", "AZ-29.1")
@pytest.mark.parametrize("how", ["abort", "final check"])
def test_an_ended_scope_is_not_revived_by_anything(how):
    launch = approved()
    window_id = launch.window()
    launch.verdict(launch_window_id=window_id)
    ended = abort(launch, window_id) if how == "abort" else launch.final_check()
    verdict = launch.verify(Stage.FROZEN)
    assert (verdict.exit_code, verdict.guidance) == (10, Guidance.ABORT)
    (finding,) = answer(launch, "scope-state").findings
    assert finding.code == "scope-invalidated"
    assert answer(launch, "scope-state").evidence == (ended,)
    (finding,) = answer(launch, "freeze").findings
    assert finding.code == "freeze-missing"
    # What would be refused is not a mend.
    assert finding.mend == "a changed package makes a new scope: seal, approve and freeze it"
    # Neither a new window and freeze, nor taking the end back, changes anything.
    launch.verdict(launch_window_id=launch.window(at=NOW + MINUTE), at=NOW + MINUTE)
    launch.revoke(ended, "sonia", reason="a mistake")
    luca = next(f for f, n in context_of(launch).policy.key_holders().items() if n == "luca")
    launch.revoke(luca, "sonia", target_kind="key", reason="compromised")
    assert [f.code for f in answer(launch, "scope-state").findings] == ["scope-invalidated"]


@pytest.mark.clause("AZ-28")
@pytest.mark.parametrize(
    "changes",
    [
        {"by": "rita"},
        {"by": "sonia"},
        {"guidance": "HOLD"},
        {"guidance": "DEFER"},
        {"verdict": "hold", "guidance": "HOLD"},
        {"policy_digest": "sha256:" + "5" * 64},
    ],
)
def test_only_an_abort_by_an_entitled_signer_under_this_policy_ends_a_scope(changes):
    launch = approved()
    launch.final_check(**changes)
    assert state(launch).invalidated == {}
    assert answer(launch, "scope-state").status is Status.PASS


def test_a_signer_who_may_not_end_a_scope_is_reported():
    launch = approved()
    launch.final_check(by="rita")
    (notice,) = answer(launch, "scope-state").notices
    assert (notice.code, notice.expected) == ("signer-not-in-role", "launch-coordinator")
    launch = approved()
    launch.final_check(by="rita", verdict="hold", guidance="HOLD")
    assert answer(launch, "scope-state").notices == ()


@pytest.mark.parametrize("where", ["manifests/verdicts/x.dsse.json", "manifests/records", "keys"])
def test_what_cannot_be_read_may_have_ended_it(where):
    launch = approved()
    launch.verdict()
    evidence = launch.evidence()
    unread = replace(evidence, unreadable=(Fault("record-unreadable", where, "no"),))
    launch.evidence = lambda: unread
    assert answer(launch, "scope-state").status is Status.NOT_RUN


def test_one_of_two_verdict_signers_is_enough_to_stop():
    launch = approved(TWO)
    launch.final_check(by="sonia")
    assert scope(launch) in state(launch).invalidated


def test_a_failed_freeze_ends_nothing():
    launch = approved()
    launch.verdict(verdict="fail", rows={"scope": "fail"})
    assert state(launch).invalidated == {}


def test_an_anomaly_ends_nothing():
    launch = approved()
    launch.record(
        "launch-anomaly",
        "rita",
        anomaly_class="artifact-mismatch",
        detail="a guard saw it",
        guidance="ABORT",
        observed_at_unix_ms=NOW,
        scope_hash=scope(launch),
    )
    assert state(launch).invalidated == {}


def test_order_of_files_changes_nothing():
    launch = approved()
    window_id = launch.window()
    launch.verdict(launch_window_id=window_id)
    launch.final_check()
    defer(launch, window_id)
    abort(launch, window_id)
    expected = state(launch)
    for seed in range(5):
        for files in (launch.records, launch.verdicts):
            items = list(files.values())
            random.Random(seed).shuffle(items)
            files.clear()
            files.update({f"{n:03}.dsse.json": data for n, data in enumerate(items)})
        assert state(launch) == expected


def test_without_a_policy_nothing_is_known():
    launch = approved()
    launch.final_check()
    launch.policy = b"version = 2\n"
    context = context_of(launch)
    assert context.state.invalidated == {}
    assert context.state.frozen == {}
