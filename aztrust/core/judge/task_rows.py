"""The tasks of the final checks: a row that no one has answered, one whose answer ends soon, and a
ledger whose head does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.findings import CheckResult, Status
from aztrust.core.base.times import format_duration
from aztrust.core.base.value import replace
from aztrust.core.checks.attested import attest_command
from aztrust.core.checks.check import Stage
from aztrust.core.checks.final import FINAL_CHECKS
from aztrust.core.checks.operators import is_computed
from aztrust.core.judge.tasks import Doer, Task, Urgency
from aztrust.core.policy.authority import RowRule, holder_of_key
from aztrust.core.policy.model import Policy
from aztrust.core.state.able import able_in
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.freshness import head_age_ms, max_head_age_ms
from aztrust.core.state.lessons import is_lesson_row, rule_in
from aztrust.core.state.objections import ADVISORIES, SOURCES, review_command

SOON = 4
"""An answer is to be renewed in the last quarter of the time for which it counts."""


def row_tasks(then: Context, policy: Policy, results: Iterable[CheckResult]) -> Iterator[Task]:
    """What the rows of the final checks, and the head of the ledger, wait for.

    Args:
        then: the launch, with what waits for the ledger in it.
        policy: its policy.
        results: the rows that people answer, as the final checks answer them now; what operators
            answer by confirming is not the task of a holder.
    """
    for result in results:
        rule = rule_in(then, result.id)
        if is_computed(then, result.id):
            continue
        if result.status is Status.NOT_RUN and not rule.asks_monitoring:
            yield _row(then, policy, result.id, rule, f"{result.id}: {result.detail}")
        elif result.status is Status.PASS and _ends_soon(then, result.id, rule):
            why = f"{result.id}: the answer ends within {format_duration(rule.max_age_ms // SOON)}"
            yield replace(_row(then, policy, result.id, rule, why), urgency=Urgency.REST)
    yield from _head(then, policy)


def _row(then: Context, policy: Policy, row: str, rule: RowRule, why: str) -> Task:
    doers = tuple(
        Doer(holder, rule.role, policy.holders[holder].keys) for holder in able_in(then, rule.role)
    )
    if row == ADVISORIES:
        command = review_command(*SOURCES)
        return Task("review-advisories", row, Urgency.WAITED_FOR, why, command, doers, asks=True)
    command = attest_command(row, rule.role)
    return Task("attest", row, Urgency.WAITED_FOR, why, command, doers, asks=True)


def _ends_soon(then: Context, row: str, rule: RowRule) -> bool:
    """Whether the row is open once a part of its time has passed and nothing else has changed."""
    if is_lesson_row(row):
        # What was acknowledged is acknowledged for the window.
        return False
    later = then.request.now_unix_ms + rule.max_age_ms // SOON
    at_that_time = replace(then, request=replace(then.request, now_unix_ms=later))
    check = next(check for check in FINAL_CHECKS if check.id == row)
    answers = check.run(at_that_time, Stage.FROZEN)
    return any(answer.status is Status.NOT_RUN for answer in answers)


def _head(then: Context, policy: Policy) -> Iterator[Task]:
    ledger, limit = then.evidence.ledger, max_head_age_ms(then)
    if ledger is None or limit is None or not ledger.holds:
        return
    age = head_age_ms(then)
    if age is not None and age <= limit - limit // SOON:
        return
    is_old = age is None or age > limit
    why = f"the newest head of the ledger counts for {format_duration(limit)}"
    why += " and is too old" if is_old else f" and is {format_duration(age or 0)} old"
    doer = Doer(holder_of_key(policy, ledger.keeper), "keeper of the ledger", (ledger.keeper,))
    urgency = Urgency.WAITED_FOR if is_old else Urgency.REST
    yield Task("renew-head", "", urgency, why, "aztrust ledger head --heartbeat", (doer,))
