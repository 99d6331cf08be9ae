"""What an item comes to, and what a computation may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from aztrust.core.base.findings import CheckResult
from aztrust.core.base.findings import Status as CheckStatus
from aztrust.core.base.value import field, frozen
from aztrust.core.checklist.definitions import Checklist, Item
from aztrust.core.records.checklist import Status
from aztrust.core.records.checklist_plan import Plan
from aztrust.core.records.go_hold import GoNoGoDecision, Minutes, minutes_in
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import ScoredArea
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.window.deciding import BY_CHECKLIST
from aztrust.core.state.window.state import WindowState


@frozen
class Outcome:
    """What an item is, why, and on what that rests.

    Args:
        status: `unknown` where it could not be looked at, which is never a pass (law 2).
        detail: why, in words.
        rests_on: ids of records and verdicts, and names of files.
        mitigation_owner, due_unix_ms: of a warning.
    """

    status: Status
    detail: str
    rests_on: tuple[str, ...] = ()
    mitigation_owner: str | None = None
    due_unix_ms: int | None = None


@frozen
class ShownEvidence:
    """The evidence of an item in this run: what its records name, and whether that is still so.

    Args:
        records: the evidence records that count.
        status: `pass` where every file was read and is the one that the records name; `pending`
            where there is none.
        detail: why.
    """

    records: tuple[VerifiedRecord, ...] = ()
    status: Status = "pending"
    detail: str = "no evidence was added"


@frozen
class Asked:
    """What a computation may look at: bytes, clock and ledger of this run.

    Args:
        context: the launch.
        results: the answers of a verification of the same run, by the id of the check.
        records: the records of the checklist.
        shown: whether the files of an item's evidence are the recorded ones, by item.
        attempt, window: what the launch is about; None where there is none.
        plan, plan_id: the times that were fixed for the window; None where none were.
        areas: the sign-offs, in the order of the areas.
    """

    context: Context
    results: Mapping[str, CheckResult]
    records: ChecklistRecords
    shown: Mapping[str, Outcome] = field(default_factory=dict)
    attempt: Attempt | None = None
    window: WindowState | None = None
    plan: Plan | None = None
    plan_id: str = ""
    areas: tuple[ScoredArea, ...] = ()

    @property
    def checklist(self) -> Checklist:
        """The definitions."""
        return self.records.checklist

    def evidence(self, item: str) -> ShownEvidence:
        """The evidence of an item; files that were not read leave it unknown."""
        records = self.records.items[item].evidence
        if not records:
            return ShownEvidence()
        read = self.shown.get(item) or Outcome("unknown", "its files were not read")
        return ShownEvidence(records, read.status, read.detail)

    @property
    def now_unix_ms(self) -> int:
        """The time of this run."""
        return self.context.request.now_unix_ms

    @property
    def decision(self) -> VerifiedRecord | None:
        """The decision of the window that took effect last; None before it."""
        if self.window is None:
            return None
        made = [s for s in self.window.steps if s.row.trigger in ("decide-go", "decide-no-go")]
        found = made[-1].source.first if made else None
        return found if isinstance(found, VerifiedRecord) else None

    @property
    def minutes(self) -> Minutes | None:
        """The minutes of that decision; None where it has none."""
        decision = self.decision
        return minutes_in(decision.preimages) if decision is not None else None


Computation = Callable[[Asked, Item], Outcome]


def decided(asked: Asked) -> Outcome | None:
    """That nothing was decided yet: the same answer for each item about the decision."""
    if isinstance(getattr(asked.decision, "body", None), GoNoGoDecision):
        return None
    return Outcome("pending", f"nothing is decided in this window: {BY_CHECKLIST}")


WORST: tuple[Status, ...] = ("fail", "unknown", "pending", "warning", "pass", "not-applicable")
"""Of several, the first of these decides."""

_OF_CHECK: Mapping[CheckStatus, Status] = {
    CheckStatus.PASS: "pass",
    CheckStatus.NOT_APPLICABLE: "not-applicable",
    CheckStatus.FAIL: "fail",
    CheckStatus.PENDING: "pending",
    CheckStatus.NOT_RUN: "unknown",
    CheckStatus.ERROR: "unknown",
}


def of_checks(asked: Asked, *ids: str) -> Outcome:
    """What checks of the verification come to together: the worst one decides.

    Args:
        asked: with their answers.
        ids: of the checks; one that was not asked leaves it unknown.
    """
    found = [_of_check(asked, id_) for id_ in ids]
    return worst(found, ", ".join(ids))


def _of_check(asked: Asked, id_: str) -> Outcome:
    result = asked.results.get(id_)
    if result is None:
        return Outcome("unknown", f"the check {id_} was not asked")
    why = "; ".join(finding.message for finding in result.findings) or result.detail
    status: Status = _OF_CHECK[result.status]
    text = f"{id_} is {result.status.value}" + (f": {why}" if why else "")
    return Outcome(status, text, result.evidence)


def worst(outcomes: Iterable[Outcome], passed: str) -> Outcome:
    """Several outcomes as one: the worst status, with the details of those that have it.

    Args:
        outcomes: at least one.
        passed: what to say where all pass.
    """
    found = tuple(outcomes)
    nothing: Status = "unknown"
    status = min((o.status for o in found), key=WORST.index, default=nothing)
    named = tuple(dict.fromkeys(o.detail for o in found if o.status == status))
    rests_on = tuple(sorted({id_ for o in found for id_ in o.rests_on}))
    if status == "pass":
        return Outcome("pass", passed, rests_on)
    first = next((o for o in found if o.status == status), None)
    owner = first.mitigation_owner if first is not None else None
    due = first.due_unix_ms if first is not None else None
    return Outcome(status, "; ".join(named), rests_on, owner, due)
