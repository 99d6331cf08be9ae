"""The file from which a plan is signed: the same as the plan, with times as people write them.

[primary]
from = 2026-03-01T14:00:00Z
until = 2026-03-01T18:00:00Z
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, validate
from aztrust.core.base.schema import AfterValidator, Field
from aztrust.core.checklist.definitions import Line
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.records.checklist_plan import (
    ChangeFreeze,
    Channel,
    Plan,
    Span,
    Template,
    plan_faults,
)

MALFORMED: Final = "plan-malformed"
LIMIT: Final = 256 * 1024
"""How many bytes a file of a plan may have."""
_MEND: Final = "docs/checklist.md has an example"


def _in_utc(value: datetime) -> datetime:
    if value.utcoffset() != timedelta():
        raise ValueError("write it in UTC, such as 2026-03-01T14:00:00Z")
    return value


Instant = Annotated[datetime, AfterValidator(_in_utc)]


class SpanTable(Model):
    """`[primary]`, `[backup]`, `[[blackout]]`."""

    from_: Annotated[Instant, Field(alias="from")]
    until: Instant
    why: Line | None = None


class ChangeFreezeTable(Model):
    """`[change_freeze]`: when only what is allowed may change."""

    from_: Annotated[Instant, Field(alias="from")]
    until: Instant
    allowed: Items[Line] = ()


class PlanFile(Model):
    """The file of a plan. What has no times is in it as in the plan."""

    primary: SpanTable
    backup: SpanTable | None = None
    blackout: Annotated[Items[SpanTable], Field(max_length=64)] = ()
    change_freeze: ChangeFreezeTable | None = None
    channel: Annotated[Items[Channel], Field(max_length=64)] = ()
    template: Annotated[Items[Template], Field(max_length=64)] = ()


def parse_plan(data: bytes, what: str) -> Plan:
    """The plan in a TOML file.

    Args:
        data: its bytes, at most `LIMIT`.
        what: its name.

    Raises:
        Malformed: `plan-malformed`: it is not one, or its times contradict each other.
    """
    if len(data) > LIMIT:
        raise Malformed(f"larger than {LIMIT} bytes", subject=what, code=MALFORMED, mend=_MEND)
    try:
        document = read_toml(data, what=what, code=MALFORMED)
    except Malformed as error:
        raise Malformed(error.message, subject=what, code=MALFORMED, mend=_MEND) from None
    file = validate(PlanFile, document, what=what, code=MALFORMED, mend=_MEND)
    freeze = file.change_freeze
    plan = Plan(
        primary=_span(file.primary),
        backup=_span(file.backup) if file.backup is not None else None,
        blackouts=tuple(map(_span, file.blackout)),
        change_freeze=(
            ChangeFreeze(
                from_unix_ms=_milliseconds(freeze.from_),
                until_unix_ms=_milliseconds(freeze.until),
                allowed=freeze.allowed,
            )
            if freeze is not None
            else None
        ),
        channels=file.channel,
        templates=file.template,
    )
    faults = tuple(plan_faults(plan))
    if faults:
        raise Malformed(faults[0], subject=what, code=MALFORMED, mend=_MEND, details=faults)
    return plan


def _span(table: SpanTable) -> Span:
    return Span(
        from_unix_ms=_milliseconds(table.from_),
        until_unix_ms=_milliseconds(table.until),
        why=table.why,
    )


def _milliseconds(value: datetime) -> int:
    """Whole milliseconds since the epoch, computed without a float."""
    return int(value.replace(microsecond=0).timestamp()) * 1000 + value.microsecond // 1000
