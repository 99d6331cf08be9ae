"""Waiting for a start: every answer is a new one, and time alone starts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aztrust.acts.bootstrap import Patience, Start, wait_for_start
from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.base.findings import (
    CheckClass,
    CheckResult,
    Conclusion,
    Finding,
    Guidance,
    Status,
)
from aztrust.core.base.value import replace
from aztrust.core.judge.verify import EXIT_PARTIAL, EXIT_PASS, Verdict, waive
from aztrust.core.state.context import Context, Request
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.starting import Starting

CONTEXT = Context(Request(0), Evidence(policy=b""), "")
STATUS = {0: Status.PASS, 10: Status.FAIL, 11: Status.NOT_RUN}
CONCLUSION = {0: Conclusion.PASS, 10: Conclusion.FAIL, 11: Conclusion.HOLD}


def result(name: str, status: Status, *findings: Finding, **more: Any) -> CheckResult:
    return CheckResult(name, more.pop("check_class", CheckClass.TRUTH), status, findings, **more)


def start(exit_code: int, starting: Starting | None = None, *results: CheckResult) -> Start:
    found = results or (result("bootstrap", STATUS[exit_code], detail=f"exit {exit_code}"),)
    verdict = Verdict(CONTEXT, found, CONCLUSION[exit_code], Guidance.HOLD, exit_code)
    return Start(verdict, starting)


class Waited:
    """A clock that only waiting moves, and the answers to come."""

    def __init__(self, *answers: Start | Exception) -> None:
        self.now = 1000
        self.waited: list[int] = []
        self._answers: Iterator[Start | Exception] = iter(answers)

    def question(self) -> Start:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wait(self, milliseconds: int) -> None:
        self.waited.append(milliseconds)
        self.now += milliseconds

    def run(self, *, lasting: int = 100, interval: int = 30, changes: int = 0) -> list[int | str]:
        changed = iter([True] * changes)
        patience = Patience(
            self.now + lasting,
            interval,
            lambda: self.now,
            self.wait,
            lambda: next(changed, False),
        )
        found = wait_for_start(self.question, patience)
        return [a.verdict.exit_code if isinstance(a, Start) else a.message for a in found]


def test_it_asks_until_the_start_is_authorized():
    waited = Waited(start(11), start(11), start(0))
    assert waited.run() == [11, 11, 0]
    assert waited.waited == [30, 30]


def test_it_ends_at_once_where_something_is_wrong():
    waited = Waited(start(11), start(10), start(0))
    assert waited.run() == [11, 10]


@pytest.mark.clause("AZ-30.2")
def test_time_alone_starts_nothing_and_the_wait_is_bounded():
    waited = Waited(*[start(11)] * 9)
    assert waited.run() == [11] * 5
    assert waited.waited == [30, 30, 30, 10]


def test_what_cannot_be_read_now_is_asked_again():
    waited = Waited(CouldNotCheck("no answer"), start(11), CouldNotCheck("no answer"), start(0))
    assert waited.run() == ["no answer", 11, "no answer", 0]


def test_what_changed_while_it_was_read_does_not_count():
    assert Waited(start(10), start(0), start(11)).run(changes=1) == [0]
    assert Waited(start(0), start(10), start(0)).run(changes=1) == [10]


def test_what_never_holds_still_is_answered_after_some_tries():
    waited = Waited(*[start(10)] * 9)
    assert waited.run(changes=9) == [10]
    assert len(waited.waited) == 3


def test_a_mistake_on_the_command_line_is_not_waited_for():
    with pytest.raises(UsageError):
        Waited(UsageError("no such role"), start(0)).run()


# ---- one answer ----------------------------------------------------------------------------------

NORMAL = Starting("NORMALIZED", ("node",), ("node",))


@pytest.mark.parametrize(
    ("given", "anchor", "aside"),
    [
        (Request(0, anchor="sha256:" + "1" * 64), Status.PASS, True),
        (Request(0, anchor="sha256:" + "1" * 64), Status.FAIL, False),
        (Request(0), Status.NOT_RUN, False),
        (Request(0, scope="sha256:" + "1" * 64), Status.PASS, False),
    ],
)
def test_it_steps_aside_in_normal_operation_under_the_announced_anchor_alone(given, anchor, aside):
    wrong = (result("host-binary", Status.FAIL), result("anchor", anchor))
    context = replace(CONTEXT, request=given)
    verdict = replace(start(10, NORMAL, *wrong).verdict, context=context)
    assert Start(verdict, NORMAL).may is aside
    running = Starting("NETWORK_STARTED", ("node",), ("node",))
    assert not Start(verdict, running).may


def test_the_reason_is_first_the_one_about_the_start():
    stale = result("kit-current", Status.NOT_RUN, detail="an old kit")
    missing = Finding("bootstrap-not-authorized", "bootstrap", "no instruction is in force")
    asked = result("bootstrap", Status.FAIL, missing, check_class=CheckClass.READINESS)
    assert start(11, None, stale, asked).reason == (
        "bootstrap-not-authorized: no instruction is in force"
    )
    assert start(11, None, stale).reason == "an old kit"


def test_only_open_questions_are_waived():
    results = (
        result("kit-current", Status.NOT_RUN, detail="an old kit"),
        result("host-state", Status.NOT_RUN, detail="no home"),
        result("anchor", Status.PASS),
    )
    verdict = start(11, None, *results).verdict
    assert waive(verdict, frozenset({"kit-current"}), "it runs").exit_code == EXIT_PARTIAL
    both = waive(verdict, frozenset({"kit-current", "host-state"}), "it runs")
    assert both.exit_code == EXIT_PASS
    assert [r.detail for r in both.results] == ["it runs", "it runs", ""]
    assert waive(verdict, frozenset({"anchor"}), "it runs").results[2].status is Status.PASS
    wrong = start(10, None, result("kit-current", Status.FAIL)).verdict
    assert waive(wrong, frozenset({"kit-current"}), "it runs").conclusion is Conclusion.FAIL
