"""The records of the restricted posture, as they are proposed: entry, exit, normal operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aztrust.acts.act import checked_text
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.records import require_in_force
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.model import Model, SomeItems, validate
from aztrust.core.base.paths import escape
from aztrust.core.base.times import Duration, parse_duration
from aztrust.core.judge.posture_rows import RULES
from aztrust.core.policy.describe import joined
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.records.kind import Remark, Severity
from aztrust.core.records.observation import EpochRange, LaunchObservation
from aztrust.core.records.posture import (
    ENTRY_CONTENTS,
    EXIT_CONTENTS,
    NORMALIZATION_CONTENTS,
    ActiveRestrictions,
    ExitJustification,
    IncidentSensitivityPolicy,
    Normalization,
    RestrictedPostureEntry,
    RestrictedPostureExit,
    RestrictionRule,
    SnapshotPolicy,
)
from aztrust.core.records.records import Unsigned, VerifiedRecord

MALFORMED: Final = "restrictions-malformed"

_REMARK: Final = "a text of at most 1000 characters"
_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "rules": (f"a list of {joined(RULES, 'or')}", f'rules = ["{RULES[0]}"]'),
    "lasts": ("a span of time", 'lasts = "24h"'),
    "escalate_from": ("critical, major or minor", 'escalate_from = "major"'),
    "incidents": (_REMARK, 'incidents = "what to do"'),
    "snapshots": (_REMARK, 'snapshots = "where they are kept"'),
}
"""What each key of the file has to be, and an example."""


class Restrictions(Model):
    """The file of `--restrictions`: which rules, how long at least, and from when to escalate.

    `lasts` is a duration from the entry on, at least `[window] min_posture`.
    """

    rules: SomeItems[RestrictionRule] = RULES
    lasts: Duration | None = None
    escalate_from: Severity = "minor"
    incidents: Remark = ""
    snapshots: Remark = ""


def read_restrictions(data: bytes, what: str) -> Restrictions:
    """The restrictions in a TOML file.

    Raises:
        UsageError: it is not one.
    """
    from aztrust.core.base.errors import Malformed

    try:
        document = read_toml(data, what=what)
    except Malformed as error:
        raise _unusable(error.message, what, "write TOML") from None
    for key, value in document.items():
        if key not in _KEYS:
            raise _unusable(f"unknown key {escape(key)}", what, f"its keys: {', '.join(_KEYS)}")
        wanted, example = _KEYS[key]
        try:
            validate(Restrictions, {key: value}, what=what, code=MALFORMED)
        except Malformed:
            found = escape(str(value))[:80]
            raise _unusable(f"{key} is not {wanted}: {found}", what, f"such as {example}") from None
    return validate(Restrictions, document, what=what, code=MALFORMED)


def _unusable(cause: str, what: str, mend: str) -> UsageError:
    more = "; or --restrictions defaults for every rule"
    return UsageError(f"--restrictions {what}: {cause}", subject=what, mend=f"{mend}{more}")


def _require_observed(basis: Basis, epochs: EpochRange) -> None:
    """Refuse epochs that no one observed. Without an observation the entry is refused for that."""
    state = basis.state
    if "observed" not in state.facts:
        return
    bodies = [
        record.body
        for step in state.steps
        if "observed" in step.row.sets
        for record in step.source.records
        if isinstance(record, VerifiedRecord)
    ]
    seen = [body.observed_epoch_range for body in bodies if isinstance(body, LaunchObservation)]
    due = epochs.first
    for one in sorted(seen, key=lambda one: one.first):
        if one.first <= due <= one.last:
            due = one.last + 1
    if seen and due <= epochs.last:
        shown = ", ".join(f"{one.first} to {one.last}" for one in seen[-3:])
        raise Refused(
            f"epoch {due} is in no observation without an objection: those have {shown}",
            subject="--epochs",
            mend="name epochs that were observed, or observe these: aztrust observe --record",
        )


def posture_entry(
    basis: Basis,
    epochs: EpochRange,
    restrictions: Restrictions,
    snapshot_every: str | None = None,
) -> Unsigned:
    """The network enters the restricted posture.

    Args:
        epochs: those that were observed.
        restrictions: what holds in it.
        snapshot_every: how often a snapshot is due, None for `[window] snapshot_every`.

    Raises:
        UsageError: it is shorter, or snapshots are rarer, than the policy allows.
        Refused: one of the epochs is in no observation that is in effect.
    """
    _require_observed(basis, epochs)
    table, limits, now = basis.table, basis.limits, basis.now_unix_ms
    lasts = parse_duration(restrictions.lasts or table.min_posture)
    if lasts < limits.min_posture_ms:
        raise UsageError(
            f"a restricted posture of {restrictions.lasts} is shorter than the policy allows:"
            f" {table.min_posture}",
            subject="lasts",
            mend=f'lasts = "{table.min_posture}" or longer; [window] min_posture is the limit',
        )
    every = parse_duration(snapshot_every or table.snapshot_every, "--snapshot-every")
    if every > limits.snapshot_every_ms:
        raise UsageError(
            f"--snapshot-every {snapshot_every} is rarer than the policy allows:"
            f" {table.snapshot_every}",
            subject="--snapshot-every",
            mend=f"--snapshot-every {table.snapshot_every} or less",
        )
    active = ActiveRestrictions(
        **basis.proposal("enter-posture"),
        rules=tuple(sorted(set(restrictions.rules))),
        ends_not_before_unix_ms=now + lasts,
    )
    fields = {
        "launch_window_id": basis.attempt.launch_window_id,
        "observed_epoch_range": epochs,
        "timestamp_unix_ms": now,
    }
    made: dict[str, Model] = {
        "active_restrictions": active,
        "incident_sensitivity_policy": IncidentSensitivityPolicy(
            escalate_from=restrictions.escalate_from, text=restrictions.incidents
        ),
        "snapshot_policy": SnapshotPolicy(every_ms=every, text=restrictions.snapshots),
    }
    return Unsigned(
        "restricted-posture-entry", *ENTRY_CONTENTS.make(RestrictedPostureEntry, fields, made)
    )


def posture_exit(basis: Basis, reason: str) -> Unsigned:
    """The network leaves the restricted posture; it names the observations that took effect.

    Raises:
        Refused: `precondition-unmet`: there is none.
        UsageError: the reason is empty or too long.
    """
    require_in_force(basis, "observe", "a launch observation")
    justification = ExitJustification(
        **basis.proposal("exit-posture"), reason=checked_text(reason, "--reason")
    )
    fields = {
        "launch_window_id": basis.attempt.launch_window_id,
        "timestamp_unix_ms": basis.now_unix_ms,
    }
    made: dict[str, Model | Iterable[str] | None] = {
        "justification": justification,
        "observation": _observations(basis),
    }
    return Unsigned(
        "restricted-posture-exit", *EXIT_CONTENTS.make(RestrictedPostureExit, fields, made)
    )


def _observations(basis: Basis) -> Sequence[str]:
    steps = basis.state.steps
    return sorted({s.source.first.record_id for s in steps if s.row.trigger == "observe"})


def normalization(basis: Basis, reason: str) -> Unsigned:
    """The network is in normal operation.

    Raises:
        Refused: `precondition-unmet`: no exit is in force.
        UsageError: the reason is empty or too long.
    """
    left = require_in_force(basis, "exit-posture", "the exit from the restricted posture")
    fields = {
        **basis.bound,
        "exit_id": left.record_id,
        "launch_window_id": basis.attempt.launch_window_id,
        "normalized_at_unix_ms": basis.now_unix_ms,
        "reason": checked_text(reason, "--reason"),
    }
    return Unsigned("normalization", *NORMALIZATION_CONTENTS.make(Normalization, fields))
