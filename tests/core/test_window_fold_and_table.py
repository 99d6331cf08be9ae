"""The fold takes the steps of the table and no others, whatever is signed in whatever order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.window.state import WindowState
from aztrust.core.state.window.table import TABLE
from tests.core.window_ledger import AFTER_START, WAY, WindowLedger
from tests.core.window_model import BEGIN, COUNTED, EVERY_SIGNER, MOMENT, Machine

MACHINE = Machine(TABLE, most=99)


def by_the_table(state: WindowState) -> tuple[str, int, frozenset[str]]:
    """Where the machine of the table is after the steps of a window."""
    there = BEGIN
    for step in state.steps:
        moment = MOMENT
        taken = MACHINE.take(there, step.row.trigger, moment, EVERY_SIGNER)
        assert taken is not None, step.row.id
        there = taken.after
        assert (there.status, there.phase) == (step.status, step.phase)
    numbers = (len(state.holds), len(state.anomalies) + len(state.broken), len(state.blockers))
    assert there.open == numbers
    assert all(
        (number > 0) is (fact in there.facts) for number, fact in zip(numbers, COUNTED, strict=True)
    )
    return there.status, there.phase, there.facts


def last(ledger: WindowLedger, kind: str, place: int) -> VerifiedRecord | None:
    """One of the records of a kind."""
    found = [e for e in ledger.entries if isinstance(e, VerifiedRecord) and e.kind == kind]
    return found[place % len(found)] if found else None


def proceed(ledger: WindowLedger, place: int) -> None:
    if (hold := last(ledger, "launch-hold", place)) is not None:
        ledger.add(ledger.records.proceed(prior_hold_id=hold.body.hold_id))  # type: ignore[attr-defined]


def resolve(ledger: WindowLedger, place: int) -> None:
    if (anomaly := last(ledger, "launch-anomaly", place)) is not None:
        ledger.add(ledger.records.resolution(anomaly.record_id))


def close(ledger: WindowLedger, place: int) -> None:
    if (opening := last(ledger, "blocker", place)) is not None and opening.body.blocker is None:  # type: ignore[attr-defined]
        ledger.blocker(closes=opening)


def go_on(ledger: WindowLedger, place: int) -> None:
    """The next step of the way, or the one before it once more."""
    step = WAY[min(len(ledger.made) - (place % 4 == 3), len(WAY) - 1)]
    ledger.made.setdefault(step, ledger.take(step))  # type: ignore[arg-type]


def revoke(ledger: WindowLedger, place: int) -> None:
    target = ledger.entries[place % len(ledger.entries)]
    if getattr(target, "kind", "") not in ("revocation", "blocker"):
        ledger.revoke(target)


ACTS: dict[str, Callable[[WindowLedger, int], object]] = {
    "go on": go_on,
    "and on": go_on,
    "hold": lambda ledger, _: ledger.add(ledger.records.hold()),
    "proceed": proceed,
    "anomaly": lambda ledger, _: ledger.add(ledger.records.anomaly()),
    "resolve": resolve,
    "blocker": lambda ledger, _: ledger.blocker(),
    "close": close,
    "no-go": lambda ledger, _: ledger.add(ledger.records.decision("NO_GO")),
    "final check": lambda ledger, n: ledger.verdict(
        "final_checks_completed", verdict=("pass", "hold", "fail")[n % 3]
    ),
    "broken": lambda ledger, _: ledger.verdict(
        "final_checks_completed", verdict="fail", guidance="ABORT"
    ),
    "review": lambda ledger, _: ledger.verdict("go_hold_review_completed", verdict="hold"),
    "objection": lambda ledger, _: ledger.add(ledger.records.observation({"governance": "not-ok"})),
    "not ready": lambda ledger, _: ledger.verdict("restricted_posture_exit_ready", verdict="hold"),
    "amend": lambda ledger, _: ledger.add(ledger.records.amendment()),
    "defer": lambda ledger, _: ledger.add(ledger.records.defer()),
    "abort": lambda ledger, _: ledger.add(ledger.records.abort(after_start=AFTER_START)),
    "revoke": revoke,
}
MADE = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 40)), max_size=9)


def ledger_of(until: str, made: list[tuple[str, int]]) -> WindowLedger:
    ledger = WindowLedger()
    ledger.walk(until)
    for name, place in made:
        ACTS[name](ledger, place)
        ledger.wait(1)
    return ledger


@settings(max_examples=150)
@given(st.sampled_from(WAY), MADE)
@pytest.mark.clause("AZ-4.2")
def test_every_step_is_one_of_the_table(until, made):
    state = ledger_of(until, made).state()
    assert by_the_table(state) == (state.status, state.phase, state.facts)


@settings(max_examples=60)
@given(st.sampled_from(WAY[4:]), MADE)
def test_a_start_and_an_end_are_never_undone(until, made):
    ledger = ledger_of(until, made)
    started, ended = False, ""
    for count in range(len(ledger.entries) + 1):
        state = ledger.state(count=count)
        assert state.has_started or not started
        started = state.has_started
        # A deferred window can be aborted, and nothing else.
        assert ended in ("", state.status) or (ended, state.status) == ("DEFERRED", "ABORTED")
        ended = "" if state.is_running else state.status
    assert ledger.state().steps == state.steps


@settings(max_examples=40)
@given(st.sampled_from(WAY), MADE)
def test_what_was_signed_has_an_effect_or_is_listed(until, made):
    ledger = ledger_of(until, made)
    state = ledger.state()
    listed = {
        record.record_id
        for sources in (
            [step.source for step in state.steps],
            [act.source for act in state.waiting],
            [one.source for one in state.unused],
        )
        for source in sources
        for record in source.records
    }
    positive = [
        entry
        for entry in ledger.entries
        if isinstance(entry, VerifiedRecord) and entry.kind not in ("revocation", "launch-anomaly")
    ]
    revoked = {e.body.target for e in ledger.entries if getattr(e, "kind", "") == "revocation"}  # type: ignore[union-attr]
    missing = [e.kind for e in positive if e.record_id not in listed | revoked]
    assert not [kind for kind in missing if kind != "blocker"]
