"""The decision, its meeting, and the sign-offs (RC-G.scoring, RC-G.decision, RC-I, RC-J)."""

from __future__ import annotations

from aztrust.core.base.times import format_minute
from aztrust.core.checklist.definitions import Item, Priority
from aztrust.core.judge.checklist.outcome import Asked, Computation, Outcome, decided, worst
from aztrust.core.records.checklist import Status
from aztrust.core.records.scorecard import AreaStatus, ScoredArea, explained

_OF_AREA: dict[AreaStatus, Status] = {
    "approve": "pass",
    "conditional": "pass",
    "reject": "fail",
    "pending": "pending",
    "stale": "fail",
    "same-holder": "fail",
}


def sign_offs(asked: Asked, _: Item) -> Outcome:
    """Each area has a sign-off, and nothing changed after it."""
    return worst([_of_area(area) for area in asked.areas], "every area is signed off")


def _of_area(area: ScoredArea) -> Outcome:
    rests_on = (area.record_id,) if area.record_id is not None else ()
    return Outcome(_OF_AREA[area.status], f"{area.area}: {area_text(area)}", rests_on)


def area_text(area: ScoredArea) -> str:
    """What became of the sign-off of an area, in words."""
    match area.status:
        case "approve":
            return f"approved by {area.holder}"
        case "conditional":
            due = format_minute(area.due_unix_ms or 0)
            return f"approved by {area.holder}, if {area.mitigation_owner} does it by {due}"
        case "reject":
            return f"rejected by {area.holder}, who cites {area.cites}"
        case "stale":
            return f"signed off by {area.holder}, and changed since: {'; '.join(area.changed)}"
        case "same-holder":
            return f"{area.holder} counts for another area"
        case _:
            return "not signed off"


def quorum(asked: Asked, _: Item) -> Outcome:
    """Each area is signed off by a holder of its own."""
    counted = {a.holder for a in asked.areas if a.status in ("approve", "conditional")}
    found = worst([_of_area(area) for area in asked.areas], "a holder for each area")
    if found.status == "pass" and len(counted) != len(asked.areas):
        raise AssertionError("a holder counts for two areas")
    return found


def score_of(priority: Priority) -> Computation:
    """The computation that the score of the decision kept the rule of one priority."""

    def computed(asked: Asked, _: Item) -> Outcome:
        if open_ := decided(asked):
            return open_
        minutes, decision = asked.minutes, asked.decision
        if minutes is None or minutes.score is None or decision is None:
            return Outcome("fail", "the decision names no score of the checklist")
        of_priority = {i.item for i in minutes.score.items if i.priority == priority}
        # A conditional sign-off is a warning of P1.
        areas = {area.area for area in minutes.score.areas} if priority == "P1" else set()
        lines = [line for line in explained(minutes.score) if line.subject in of_priority | areas]
        rests_on = (decision.record_id,)
        bad = [f"{line.subject}: {line.text}" for line in lines if line.result == "NO-GO"]
        if bad:
            return Outcome("fail", "; ".join(bad), rests_on)
        unclear = [f"{line.subject}: {line.text}" for line in lines if line.result == "OPEN"]
        if unclear:
            return Outcome("pending", "; ".join(unclear), rests_on)
        tracked = f", {len(lines)} tracked" if lines else ""
        return Outcome("pass", f"{len(of_priority)} items of {priority}{tracked}", rests_on)

    return computed


def scorecard(asked: Asked, _: Item) -> Outcome:
    """The decision names a score and the evidence that it was made on; both are in its minutes."""
    if open_ := decided(asked):
        return open_
    decision, minutes = asked.decision, asked.minutes
    if decision is None or minutes is None or minutes.score is None:
        return Outcome("fail", "the decision names no score of the checklist")
    wanted = asked.context.policy.checklist if asked.context.policy is not None else None
    if wanted is None or minutes.score.checklist_digest != wanted.digest:
        text = "the score is of another checklist than the policy's"
        return Outcome("fail", text, (decision.record_id,))
    return Outcome("pass", f"a score that came to {minutes.score.result}", (decision.record_id,))


def decision_recorded(asked: Asked, _: Item) -> Outcome:
    """A decision took effect in the window, with its signatures."""
    decision = asked.decision
    if decision is None:
        return decided(asked) or Outcome("pending", "nothing is decided")
    said = getattr(decision.body, "decision", "")
    if not asked.context.records.effective.counts(decision):
        return Outcome("fail", f"{said}, and a signature was taken back", (decision.record_id,))
    return Outcome("pass", f"{said} by {decision.holder}", (decision.record_id,))


def meeting(asked: Asked, _: Item) -> Outcome:
    """The decision has minutes, with a chair."""
    if open_ := decided(asked):
        return open_
    decision, minutes = asked.decision, asked.minutes
    if decision is None or minutes is None:
        return Outcome(
            "fail",
            "the decision has no minutes: aztrust checklist decide go --reason T --chair HOLDER",
        )
    count = len(minutes.attendees)
    return Outcome("pass", f"{minutes.chair} in the chair, {count} present", (decision.record_id,))


def attendees(asked: Asked, _: Item) -> Outcome:
    """A holder of each area's approver role was there, and for each area another one."""
    if open_ := decided(asked):
        return open_
    decision, minutes = asked.decision, asked.minutes
    if decision is None or minutes is None:
        return Outcome(
            "fail",
            "the decision has no minutes: aztrust checklist decide go --reason T --chair HOLDER",
        )
    there = {(attendee.holder, attendee.role) for attendee in minutes.attendees}
    roles = {area.approver for area in asked.checklist.area}
    missing = sorted(roles - {role for _, role in there})
    if missing:
        return Outcome("fail", f"not there: {', '.join(missing)}", (decision.record_id,))
    return Outcome("pass", f"{len(roles)} of {len(roles)} roles", (decision.record_id,))


def signed(asked: Asked, item: Item) -> Outcome:
    """Every area is signed off, and the decision is in force."""
    both = (sign_offs(asked, item), decision_recorded(asked, item))
    return worst(both, "every sign-off and the decision are in force")


def indexed(asked: Asked, item: Item) -> Outcome:
    """The decision is in the ledger, by which it can be found."""
    found = decision_recorded(asked, item)
    decision = asked.decision
    if found.status != "pass" or decision is None:
        return found
    place = asked.context.ledger_index(decision.record_id)
    if place is None:
        return Outcome("pending", "not in the ledger: aztrust ledger append", found.rests_on)
    return Outcome("pass", f"entry {place} of the ledger", found.rests_on)
