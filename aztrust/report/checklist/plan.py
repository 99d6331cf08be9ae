"""The plan of a window as lines and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aztrust.core.base.times import format_minute
from aztrust.core.records.checklist_plan import ChangeFreeze, Plan, Span
from aztrust.core.state.checklist.plan import FixedPlan
from aztrust.core.state.context import Context
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

_WIDTH = 15


def plan_lines(plan: Plan) -> list[str]:
    """What a plan says, for the person who signs it."""
    lines = [*_span_lines("primary", plan.primary)]
    if plan.backup is not None:
        lines += _span_lines("backup", plan.backup)
    for blackout in plan.blackouts:
        lines += _span_lines("blackout", blackout)
    if plan.change_freeze is not None:
        lines += _span_lines("change freeze", plan.change_freeze)
        for allowed in plan.change_freeze.allowed:
            lines += labelled("  allowed", visible(allowed), indent=_WIDTH)
    for channel in plan.channels:
        lines += labelled("channel", f"{channel.name}: {visible(channel.at)}", indent=_WIDTH)
    for template in plan.templates:
        lines += labelled("template", f"{template.name}: {visible(template.text)}", indent=_WIDTH)
    return lines


def fixed_lines(fixed: FixedPlan) -> list[str]:
    """The plan that is in force, and who fixed it."""
    lines: list[str] = []
    if fixed.record is None or fixed.plan is None:
        lines += labelled("plan", "none is fixed for this window")
        lines += advice_lines("next", "before the final checks: aztrust checklist plan FILE")
    else:
        when = format_minute(fixed.record.claimed_unix_ms)
        lines += labelled("fixed", f"{when} by {fixed.record.holder}", indent=_WIDTH)
        lines += plan_lines(fixed.plan)
    for late in fixed.late:
        when = format_minute(late.claimed_unix_ms)
        text = f"{late.record_id[7:15]} of {when} came after a final check that passed"
        lines += labelled("late", text, indent=_WIDTH)
    return lines


def plan_document(context: Context, fixed: FixedPlan) -> dict[str, Any]:
    """The same as `--format json` gives it."""
    record, plan = fixed.record, fixed.plan
    return {
        "schema": "aztrust/checklist-plan",
        "version_major": 1,
        "version_minor": 0,
        "policy_digest": context.policy_digest,
        "record_id": record.record_id if record is not None else None,
        "fixed_by": record.holder if record is not None else None,
        "fixed_at_unix_ms": record.claimed_unix_ms if record is not None else None,
        "plan": plan.model_dump(mode="json", exclude_none=True) if plan is not None else None,
        "late": [late.record_id for late in fixed.late],
    }


def _span_lines(label: str, span: Span | ChangeFreeze) -> Iterator[str]:
    text = f"{format_minute(span.from_unix_ms)} to {format_minute(span.until_unix_ms)}"
    why = getattr(span, "why", None)
    yield from labelled(label, text + (f", {visible(why)}" if why else ""), indent=_WIDTH)
