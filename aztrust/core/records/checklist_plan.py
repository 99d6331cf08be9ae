"""The plan of a launch window: its times, who is reached where, and what is announced (RC-C, RC-F).

It is a record, fixed when the window opens, so that the announced policy need not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, Name
from aztrust.core.base.schema import Field
from aztrust.core.checklist.definitions import Line
from aztrust.core.records.contents import Contents
from aztrust.core.records.kind import (
    FIXERS,
    KindText,
    RecordKind,
    UnixMs,
    about_scope,
    fixing_roles,
)


class Span(Model):
    """From a time until another one, in milliseconds since the epoch."""

    from_unix_ms: UnixMs
    until_unix_ms: UnixMs
    why: Line | None = None


class ChangeFreeze(Model):
    """When nothing changes any more, and what still may (RC-C.windows)."""

    from_unix_ms: UnixMs
    until_unix_ms: UnixMs
    allowed: Items[Line] = ()


class Template(Model):
    """A text for a page or a notice; `{chain_id}` and other names in it come from the scope."""

    name: Name
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Channel(Model):
    """Where people are reached: the incident channel, the bridge, the status page."""

    name: Name
    at: Line


class Plan(Model):
    """What `plan_hash` is over: the times of a launch, and what is announced."""

    primary: Span
    backup: Span | None = None
    blackouts: Annotated[Items[Span], Field(max_length=64)] = ()
    change_freeze: ChangeFreeze | None = None
    channels: Annotated[Items[Channel], Field(max_length=64)] = ()
    templates: Annotated[Items[Template], Field(max_length=64)] = ()


class ChecklistPlan(Model):
    """The times of one window, fixed when it opens, so that the policy need not change."""

    fixed_at_unix_ms: UnixMs
    launch_window_id: Sha256
    checklist_digest: Sha256
    plan_hash: Sha256
    policy_digest: Sha256
    scope_hash: Sha256


def _span_faults(span: Span | ChangeFreeze, what: str) -> Iterator[str]:
    if span.until_unix_ms <= span.from_unix_ms:
        yield f"its {what} ends before it begins"


def plan_faults(plan: Plan) -> Iterator[str]:
    """What is wrong with a plan whose parts are each well formed, as clauses."""
    yield from _span_faults(plan.primary, "primary window")
    if plan.backup is not None:
        yield from _span_faults(plan.backup, "backup window")
        if plan.backup.from_unix_ms < plan.primary.until_unix_ms:
            yield "its backup window begins before the primary one ends"
    if plan.change_freeze is not None:
        yield from _span_faults(plan.change_freeze, "change freeze")
    for n, blackout in enumerate(plan.blackouts, 1):
        yield from _span_faults(blackout, f"blackout {n}")
        for name, window in (("primary", plan.primary), ("backup", plan.backup)):
            if window is not None and _overlap(blackout, window):
                yield f"its {name} window overlaps blackout {n}"
    for what, names in (
        ("channel", [c.name for c in plan.channels]),
        ("template", [t.name for t in plan.templates]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"its {what} {name} is there twice"


def _overlap(one: Span, other: Span) -> bool:
    return one.from_unix_ms < other.until_unix_ms and other.from_unix_ms < one.until_unix_ms


def _plan_faults(_: ChecklistPlan, parts: Mapping[str, Any]) -> Iterator[str]:
    yield from plan_faults(parts["plan"])


PLAN_CONTENTS: Final = Contents(preimages={"plan": Plan}, faults=_plan_faults)


CHECKLIST_PLAN: Final = RecordKind(
    name="checklist-plan",
    model=ChecklistPlan,
    time_field="fixed_at_unix_ms",
    subject=about_scope,
    may_sign=fixing_roles,
    check=PLAN_CONTENTS.check,
    preimages=PLAN_CONTENTS.preimages,
    final_part="none",
    text=KindText(
        about="The times of one launch window and what is announced. `preimages.plan` has"
        " `primary`, `backup` (optional) and `blackouts`, each with `from_unix_ms`,"
        " `until_unix_ms` and `why` (optional); `change_freeze` (optional) with `allowed`;"
        " `channels` with `name` and `at`; `templates` with `name` and `text`. No window overlaps"
        " a blackout.",
        subject="`scope`, the scope hash",
        signer=FIXERS,
        fields={
            "fixed_at_unix_ms": "",
            "launch_window_id": "the window that it is for",
            "checklist_digest": "`sha256:` of the bytes of `manifests/checklist.toml`",
            "plan_hash": "SHA-256 of the canonical `preimages.plan`",
            "policy_digest": "",
            "scope_hash": "",
        },
    ),
)
KINDS: Final = (CHECKLIST_PLAN,)
