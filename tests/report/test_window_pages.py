"""The pages of a launch window: 80 columns, no cursor is moved, commands are whole."""

import pytest

from aztrust.core.base.advice import commands
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.history.reconcile import Pending, RecordRef
from aztrust.core.judge.window_log import window_log
from aztrust.core.judge.window_minutes import window_minutes
from aztrust.core.judge.window_view import view_window
from aztrust.core.state.context import read_context
from aztrust.core.state.current import summarize_windows
from aztrust.report.lines import WIDTH
from aztrust.report.window.log import log_lines
from aztrust.report.window.minutes import minutes_html, minutes_markdown
from aztrust.report.window.status import countdown, window_lines
from aztrust.report.window.steps import steps_lines
from tests.memory_launch import NOW
from tests.verdicts import TWO
from tests.window_records import frozen_launch

MINUTE = 60_000
NASTY = "\x1b[2Jpeers <b>are</b> silent | `x`"


@pytest.fixture(scope="module")
def view():
    launch, records = frozen_launch(TWO)
    hold = records.hold(hold_reason={"reason": NASTY})
    proceed = records.proceed()
    for draft in (hold, proceed):
        launch.envelope(draft.payload(), "luca", draft.kind)
    launch.now = NOW + 2 * MINUTE
    found = view_window(read_context(launch.verify().context.request, launch.evidence()))
    assert found is not None
    return found


def local(_):
    return None


def pages(view):
    found = summarize_windows(view.context)
    yield window_lines(view, found, local)
    yield window_lines(view, found, local, verbose=True)
    yield steps_lines(view)
    yield steps_lines(view, verbose=True)
    yield log_lines(window_log(view.context, view.state))
    yield log_lines(window_log(view.context, view.state), verbose=True)


def test_pages_are_at_most_80_columns_wide(view):
    for lines in pages(view):
        assert max(map(len, lines)) <= WIDTH, lines


def test_nothing_that_was_signed_moves_a_cursor(view):
    for lines in pages(view):
        assert all(line.isprintable() for line in lines)
    for text in (minutes_markdown(window_minutes(view)), minutes_html(window_minutes(view))):
        assert "\x1b" not in text
        assert "<b>are</b>" not in text


def test_every_step_with_a_command_shows_it_whole(view):
    shown = "\n".join(steps_lines(view, verbose=True)).replace(" \\\n", " ")
    typed = [" ".join(command.split()) for command in commands(shown)]
    for step in view.steps:
        if step.command and step.kind != "takes-back" and not step.waiting:
            assert step.command in typed, step.row.id


def test_a_countdown_ends_with_the_window(view):
    assert countdown(view).startswith("T")


def test_what_waits_is_shown_with_its_count(view):
    [waiting] = [each for each in view.waiting if each.act.trigger == "proceed"]
    assert waiting.holders == ("sonia",)
    shown = " ".join("\n".join(next(iter(pages(view)))).split())
    assert f"proceed {waiting.record_id[7:15]}: 1 of 2 signed (luca)" in shown


@pytest.mark.parametrize(("count", "left"), [(6, 0), (7, 1), (1500, 1494)])
def test_a_long_list_is_cut_what_stops_the_launch_stays_and_v_has_all(view, count, left):
    refs = [
        RecordRef(f"sha256:{n:064d}", "", "attestation", f"holder-{n}", is_negative=n == count - 1)
        for n in range(count)
    ]
    notices = tuple(Finding("signer-unknown", f"{n}.json", f"file {n}") for n in range(count))
    long = replace(view, pending=tuple(Pending(ref, "x", "luca") for ref in refs), notices=notices)
    found = summarize_windows(view.context)
    lines = window_lines(long, found, local)
    assert len(lines) < 80
    pending = [line for line in lines if "by holder-" in line]
    assert len(pending) == min(count, 6)
    # The negative one is the last of the files, and counts already.
    assert f"by holder-{count - 1}:" in pending[0]
    assert [line.strip() for line in lines if "more records: -v" in line] == (
        [f"+{left:,} more records: -v"] if left else []
    )
    assert [line.strip() for line in lines if "more notices: -v" in line] == (
        [f"+{left:,} more notices: -v"] if left else []
    )
    whole = window_lines(long, found, local, verbose=True)
    assert sum("by holder-" in line for line in whole) == count
    assert sum("signer-unknown" in line for line in whole) == count
