"""The log and the minutes of a launch window, from records that no command would sign."""

import pytest

from aztrust.core.base.value import replace
from aztrust.core.judge.window_log import window_log
from aztrust.core.judge.window_minutes import window_minutes
from aztrust.core.judge.window_view import view_window
from aztrust.core.state.context import read_context
from tests.memory_launch import NOW
from tests.verdicts import ONE
from tests.window_records import frozen_launch

MINUTE = 60_000


@pytest.fixture(scope="module")
def launch():
    """A frozen launch with a remark of each kind, and a step that its status does not allow."""
    made, records = frozen_launch(ONE)
    steps = {
        "exception": records.exception(step="freeze", happened="a disk was full"),
        "minor": records.anomaly(severity="minor", guidance="CONTINUE", detail="a slow peer"),
        "critical": records.anomaly(detail="no peers"),
        "normalization": records.normalization(exit_id="sha256:" + "9" * 64),
        "other": replace(records, launch_window_id="sha256:" + "8" * 64, at=NOW).exception(
            happened="in another window"
        ),
    }
    for draft in steps.values():
        made.envelope(draft.payload(), "luca", draft.kind)
    corrected = made.record(
        "correction",
        "luca",
        corrected_at_unix_ms=NOW + 2 * MINUTE,
        corrects=steps["exception"].record_id,
        text="it was the other disk",
    )
    assert corrected
    made.record("note", "luca", said_at_unix_ms=NOW - MINUTE, text="before this window")
    made.record("note", "luca", said_at_unix_ms=NOW + 3 * MINUTE, text="in this window")
    made.now = NOW + 4 * MINUTE
    return made


@pytest.fixture(scope="module")
def view(launch):
    context = read_context(launch.verify().context.request, launch.evidence())
    found = view_window(context)
    assert found is not None
    return found


def test_remarks_are_among_the_steps(view):
    log = window_log(view.context, view.state)
    kinds = {(entry.kind, entry.name) for entry in log}
    assert ("step", "freeze") in kinds
    assert ("step", "anomaly") in kinds
    assert {("remark", name) for name in ("exception", "correction", "note")} <= kinds
    texts = [entry.text for entry in log if entry.kind == "remark"]
    assert any(text.startswith("a disk was full; remedy: ") for text in texts)
    assert "a slow peer" in texts
    assert "in this window" in texts
    assert "before this window" not in texts
    assert not any("in another window" in text for text in texts)
    # One record is one entry, and one that stops the launch is a step.
    assert "no peers" not in texts
    assert len({entry.record_id for entry in log}) == len(log)


def test_what_has_no_effect_says_why(view):
    [unused] = [entry for entry in window_log(view.context, view.state) if entry.kind == "unused"]
    assert unused.name == "normalize"
    assert unused.findings[0].code == "step-not-possible"
    assert "RESTRICTED_POSTURE_ACTIVE" in unused.findings[0].message
    assert unused.status == ""


@pytest.mark.clause("AZ-36")
def test_each_entry_has_its_statement(view):
    said = {entry.name: entry.statement for entry in window_log(view.context, view.state)}
    assert said["freeze"] == "checkpoint freeze_confirmed = pass"
    assert said["anomaly"].startswith("anomaly of class ")
    assert said["note"].endswith(" recorded")
    assert all(said.values())


def test_without_a_ledger_the_log_is_in_the_order_of_the_claimed_times(view):
    times = [entry.at_unix_ms for entry in window_log(view.context, view.state)]
    assert times == sorted(times)
    assert all(entry.place is None for entry in window_log(view.context, view.state))


def test_an_exception_is_in_the_minutes_at_the_step_that_it_names(view):
    minutes = window_minutes(view)
    assert minutes.script is not None
    by_step = {minuted.step.row.id: minuted for minuted in minutes.steps}
    [exception] = by_step["freeze"].exceptions
    assert exception.about == "freeze"
    assert by_step["normalize"].exceptions == ()
    assert by_step["normalize"].happened == ()
    assert exception not in minutes.others
    assert any(entry.name == "correction" for entry in minutes.others)
    every = [e for m in minutes.steps for e in (*m.happened, *m.exceptions)]
    assert len(every) + len(minutes.others) == len(minutes.log)
