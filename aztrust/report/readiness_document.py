"""What `aztrust readiness --format json` gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.base.version import __version__
from aztrust.core.judge.readiness_reading import ReadinessReading
from aztrust.core.state.confirmations import Why
from aztrust.core.state.context import Anchored, require_policy
from aztrust.core.state.late_enrolments import Change
from aztrust.core.state.readiness import Group, OperatorRow, ThresholdName
from aztrust.core.state.seat_states import Status
from aztrust.report.escape import visible
from aztrust.report.model import Milliseconds

Units = Annotated[str, Field(pattern=r"^[0-9]+$")]
"""A whole number as text: power may be larger than what a program's number holds."""


class ReadinessPowers(Model):
    """Power by where it is, in whole units; the parts together are `total`."""

    ready: Units
    not_ready: Units
    silent: Units
    stale: Units
    unconfirmed: Units
    contested: Units
    total: Units


class ReadinessRole(Model):
    """A role of an operator, and where it is."""

    role: str
    status: Status


class ReadinessOperator(Model):
    """One operator; `found_is` names the wrong file where it was ever sealed."""

    operator: str
    status: Status
    power: Units
    roles: Items[ReadinessRole]
    platforms: Items[str]
    confirmed_at_unix_ms: Milliseconds | None
    reason: str | None
    found: str | None
    found_is: str | None
    aztrust_version: str | None
    warnings: Items[str]
    revoked: str | None


class ReadinessGroup(Model):
    """The operators of a role or platform: how many are where, and with how much power."""

    name: str
    operators: dict[Status, int]
    powers: dict[Status, Units]


class ReadinessThreshold(Model):
    """A threshold of the policy; `have` and `need` are units of power, or operators."""

    name: ThresholdName
    met: bool
    have: Units
    need: Units
    missing: Items[str]
    text: str


class ReadinessCopies(Model):
    """Several hosts with one wrong file."""

    reason: str
    found: str
    found_is: str | None
    operators: Items[str]
    platforms: Items[str]
    power: Units
    records: Items[Sha256]


class ReadinessNotCounted(Model):
    """A confirmation that does not count, and why."""

    record_id: Sha256
    operator: str
    why: Why
    text: str


class ReadinessLate(Model):
    """An operator that was enrolled after the freeze, or enrolled anew with something else."""

    operator: str
    change: Change
    registrar: str
    record_id: Sha256


class ReadinessFinding(Model):
    """What is wrong, or what a person has to decide."""

    code: str
    subject: str
    message: str
    this: str | None
    mend: str | None


class ReadinessReport(Model):
    """What `aztrust readiness --format json` gives."""

    schema_: Annotated[Literal["aztrust/readiness"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    aztrust_version: str
    launch: str
    chain_id: str
    at_unix_ms: Milliseconds
    exit_code: Annotated[int, Field(ge=0, le=255)]
    anchor: Anchored
    scope_hash: Sha256
    launch_window_id: Sha256
    met: bool
    collapsed: bool
    guidance: Literal["CONTINUE", "HOLD", "ABORT"]
    unit: str
    power_unknown: str | None
    powers: ReadinessPowers
    most_ready: Units
    thresholds: Items[ReadinessThreshold]
    operators: Items[ReadinessOperator]
    by_role: Items[ReadinessGroup]
    by_platform: Items[ReadinessGroup]
    copies: Items[ReadinessCopies]
    not_counted: Items[ReadinessNotCounted]
    enrolled_late: Items[ReadinessLate]
    findings: Items[ReadinessFinding]


def _guidance(reading: ReadinessReading) -> Literal["CONTINUE", "HOLD", "ABORT"]:
    if reading.readiness.collapsed:
        return "ABORT"
    return "CONTINUE" if reading.is_ready else "HOLD"


def readiness_document(reading: ReadinessReading, *, command: str) -> dict[str, Any]:
    """The count for a program."""
    context, readiness = reading.context, reading.readiness
    policy, powers = require_policy(context), readiness.powers
    return ReadinessReport(
        schema_="aztrust/readiness",
        version_major=1,
        version_minor=0,
        command=command,
        aztrust_version=__version__,
        launch=visible(policy.launch.name),
        chain_id=visible(policy.launch.chain_id),
        at_unix_ms=context.request.now_unix_ms,
        exit_code=reading.exit_code,
        anchor=context.request.anchored,
        scope_hash=reading.attempt.scope_hash,
        launch_window_id=reading.attempt.launch_window_id,
        met=readiness.met,
        collapsed=readiness.collapsed,
        guidance=_guidance(reading),
        unit=visible(readiness.unit),
        power_unknown=visible(readiness.power_unknown) or None,
        powers=ReadinessPowers(
            ready=str(powers.ready),
            not_ready=str(powers.not_ready),
            silent=str(powers.silent),
            stale=str(powers.stale),
            unconfirmed=str(powers.unconfirmed),
            contested=str(powers.contested),
            total=str(powers.total),
        ),
        most_ready=str(readiness.most_ready),
        thresholds=tuple(
            ReadinessThreshold(
                name=t.name,
                met=t.met,
                have=str(t.have),
                need=str(t.need),
                missing=t.missing,
                text=t.text,
            )
            for t in readiness.thresholds
        ),
        operators=tuple(_operator_document(row, reading.named) for row in readiness.rows),
        by_role=_group_documents(readiness.by_role),
        by_platform=_group_documents(readiness.by_platform),
        copies=tuple(
            ReadinessCopies(
                reason=group.reason,
                found=group.found,
                found_is=reading.named.get(group.found),
                operators=group.operators,
                platforms=group.platforms,
                power=str(group.power),
                records=group.records,
            )
            for group in readiness.same_digest
        ),
        not_counted=tuple(
            ReadinessNotCounted(
                record_id=one.record_id, operator=one.operator, why=one.why, text=visible(one.text)
            )
            for one in readiness.not_counted
        ),
        enrolled_late=tuple(
            ReadinessLate(
                operator=each.operator,
                change=each.change,
                registrar=visible(each.registrar),
                record_id=each.record_id,
            )
            for each in readiness.late
        ),
        findings=tuple(
            ReadinessFinding(
                code=finding.code,
                subject=visible(finding.subject),
                message=visible(finding.message),
                this=visible(finding.this) or None,
                mend=visible(finding.mend) or None,
            )
            for finding in reading.all_findings
        ),
    ).model_dump(mode="json")


def _operator_document(row: OperatorRow, named: Mapping[str, str]) -> ReadinessOperator:
    return ReadinessOperator(
        operator=row.operator,
        status=row.status,
        power=str(row.power),
        roles=tuple(ReadinessRole(role=role, status=status) for role, status in row.roles),
        platforms=row.platforms,
        confirmed_at_unix_ms=row.confirmed_at_unix_ms,
        reason=row.reason or None,
        found=row.found or None,
        found_is=named.get(row.found),
        aztrust_version=row.version or None,
        warnings=row.warnings,
        revoked=visible(row.revoked) or None,
    )


def _group_documents(groups: Iterable[Group]) -> tuple[ReadinessGroup, ...]:
    return tuple(
        ReadinessGroup(
            name=group.name,
            operators=dict(group.operators),
            powers={status: str(power) for status, power in group.powers.items()},
        )
        for group in groups
    )
