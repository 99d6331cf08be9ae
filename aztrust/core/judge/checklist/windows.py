"""The windows and the change freeze of the plan, against the clock and the ledger (RC-C.windows).

The plan is a record that was fixed when the window opened. What it says is compared with the time
of this run, with the start window of the instruction, and with what was sealed since.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.times import format_minute
from aztrust.core.checklist.definitions import Item
from aztrust.core.judge.checklist.outcome import Asked, Outcome, of_checks
from aztrust.core.policy.model import PACKAGE_CLASSES
from aztrust.core.records.checklist import Status
from aztrust.core.records.checklist_plan import ChangeFreeze, Plan, Span

_MEND = "aztrust checklist plan"


def primary(asked: Asked, _: Item) -> Outcome:
    """The primary window is there, and a start is still possible in it or in the backup."""
    plan = asked.plan
    if plan is None:
        return _no_plan(asked)
    if out := _outside(asked, plan):
        return out
    if started := _started_in(asked, plan):
        return started
    window, backup = plan.primary, plan.backup
    if asked.now_unix_ms < window.until_unix_ms:
        return _says(asked, "pass", f"the primary window is {_span(window)}")
    if backup is not None and asked.now_unix_ms < backup.until_unix_ms:
        return _says(asked, "pass", f"the primary window is over; the backup is {_span(backup)}")
    return _says(asked, "fail", f"the primary window ended {format_minute(window.until_unix_ms)}")


def backup(asked: Asked, _: Item) -> Outcome:
    """There is a backup window, and it is not over."""
    plan = asked.plan
    if plan is None:
        return _no_plan(asked)
    if plan.backup is None:
        return _says(asked, "fail", "the plan has no backup window")
    if asked.window is not None and asked.window.has_started:
        return _says(asked, "pass", "the network has started; the backup is not needed")
    if asked.now_unix_ms >= plan.backup.until_unix_ms:
        ended = format_minute(plan.backup.until_unix_ms)
        return _says(asked, "fail", f"the backup window ended {ended}")
    return _says(asked, "pass", f"the backup window is {_span(plan.backup)}")


def blackouts(asked: Asked, _: Item) -> Outcome:
    """Neither this time nor the start window is in a blackout."""
    plan = asked.plan
    if plan is None:
        return _no_plan(asked)
    opens, closes = asked.window.start_window if asked.window is not None else (1, 0)
    for span in plan.blackouts:
        if span.from_unix_ms <= asked.now_unix_ms < span.until_unix_ms:
            return _says(asked, "fail", f"now is a blackout: {_span(span)}")
        if opens <= closes and opens < span.until_unix_ms and span.from_unix_ms <= closes:
            return _says(asked, "fail", f"the start window meets a blackout: {_span(span)}")
    count = len(plan.blackouts)
    return _says(asked, "pass", f"outside of all {count} blackouts of the plan")


def freeze_starts(asked: Asked, _: Item) -> Outcome:
    """The change freeze has begun, and it begins before the primary window does."""
    plan = asked.plan
    if plan is None or plan.change_freeze is None:
        return _no_freeze(asked)
    begins = plan.change_freeze.from_unix_ms
    if begins > plan.primary.from_unix_ms:
        return _says(asked, "fail", "the change freeze begins after the primary window")
    if asked.now_unix_ms < begins:
        return _says(asked, "pending", f"the change freeze begins {format_minute(begins)}")
    return _says(asked, "pass", f"the change freeze began {format_minute(begins)}")


def freeze_ends(asked: Asked, _: Item) -> Outcome:
    """The change freeze lasts until the last window is over."""
    plan = asked.plan
    if plan is None or plan.change_freeze is None:
        return _no_freeze(asked)
    ends = plan.change_freeze.until_unix_ms
    last = plan.backup if plan.backup is not None else plan.primary
    if ends < last.until_unix_ms:
        return _says(asked, "fail", "the change freeze ends before the last window does")
    has_started = asked.window is not None and asked.window.has_started
    if asked.now_unix_ms >= ends and not has_started:
        return _says(asked, "fail", f"the change freeze ended {format_minute(ends)}, without start")
    return _says(asked, "pass", f"the change freeze ends {format_minute(ends)}")


def freeze_allowed(asked: Asked, _: Item) -> Outcome:
    """What was sealed during the change freeze is a change that it allows, and is approved."""
    plan = asked.plan
    if plan is None or plan.change_freeze is None:
        return _no_freeze(asked)
    freeze = plan.change_freeze
    sealed = tuple(_sealed_since(asked, freeze))
    if not sealed:
        return _says(asked, "pass", "nothing was sealed since the change freeze began")
    what = ", ".join(text for text, _ in sealed)
    ids = tuple(id_ for _, id_ in sealed)
    if not freeze.allowed:
        return _says(asked, "fail", f"sealed in a freeze that allows nothing: {what}", ids)
    approved = of_checks(asked, *(f"{name}-approvals" for name in PACKAGE_CLASSES))
    if approved.status != "pass":
        return _says(asked, approved.status, f"sealed: {what}; {approved.detail}", ids)
    allowed = "; ".join(freeze.allowed)
    return _says(asked, "pass", f"sealed and approved: {what}; allowed are: {allowed}", ids)


def _sealed_since(asked: Asked, freeze: ChangeFreeze) -> Iterator[tuple[str, str]]:
    effective = asked.context.records.effective
    for package_class in PACKAGE_CLASSES:
        for seal in effective.seals(package_class):
            made = seal.claimed_unix_ms
            within = freeze.from_unix_ms <= made < freeze.until_unix_ms
            if within and effective.is_effective(seal):
                yield f"{package_class} by {seal.holder} {format_minute(made)}", seal.record_id


def _outside(asked: Asked, plan: Plan) -> Outcome | None:
    """That the instruction's start window is in none of the plan's windows."""
    if asked.window is None:
        return None
    opens, closes = asked.window.start_window
    if opens > closes:
        return None
    spans = (plan.primary,) if plan.backup is None else (plan.primary, plan.backup)
    if any(s.from_unix_ms <= opens and closes <= s.until_unix_ms for s in spans):
        return None
    text = f"the start window {format_minute(opens)} to {format_minute(closes)} is in no window"
    return _says(asked, "fail", f"{text} of the plan")


def _started_in(asked: Asked, plan: Plan) -> Outcome | None:
    """Once the network has started: whether that was in one of the windows."""
    started = asked.window.started if asked.window is not None else None
    if started is None:
        return None
    at = started.source.at_unix_ms
    for name, span in (("primary", plan.primary), ("backup", plan.backup)):
        if span is not None and span.from_unix_ms <= at < span.until_unix_ms:
            return _says(asked, "pass", f"started in the {name} window")
    return _says(asked, "fail", f"started {format_minute(at)}, in no window of the plan")


def _no_plan(asked: Asked) -> Outcome:
    if asked.records.unread:
        return Outcome("unknown", asked.records.unread)
    return Outcome("pending", f"no plan is fixed for this window: {_MEND}")


def _no_freeze(asked: Asked) -> Outcome:
    if asked.plan is None:
        return _no_plan(asked)
    return _says(asked, "fail", "the plan has no change freeze")


def _says(asked: Asked, status: Status, detail: str, more: tuple[str, ...] = ()) -> Outcome:
    rests_on = tuple(sorted({*more, *((asked.plan_id,) if asked.plan_id else ())}))
    return Outcome(status, detail, rests_on)


def _span(span: Span) -> str:
    return f"{format_minute(span.from_unix_ms)} to {format_minute(span.until_unix_ms)}"
