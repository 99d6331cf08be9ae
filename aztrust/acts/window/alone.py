"""Records of a launch window that one holder signs, and that let nothing happen.

    plan = plan_alone(basis, record, key)

An anomaly stops; an exception, a correction, a note and an attestation only remark.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal

from aztrust.acts.act import Act, Plan, checked_text, evidence_files
from aztrust.acts.holders import require_holder
from aztrust.acts.ids import that_begin, typed_digits
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.sitting import prepare, same_content, signer_of
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.posture_rows import PREFIX, attesting_roles
from aztrust.core.judge.window_script import script_of
from aztrust.core.records.administration import Note
from aztrust.core.records.posture import RestrictionRule
from aztrust.core.records.readiness import CheckAttestation
from aztrust.core.records.records import KINDS, Unsigned
from aztrust.core.records.remarks import (
    CORRECTION_CONTENTS,
    EXCEPTION_CONTENTS,
    Correction,
    ExceptionRecord,
)
from aztrust.core.state.pending import with_waiting
from aztrust.core.state.window.events import trigger_of_body

_ONCE: Final = frozenset({"launch-anomaly", "exception", "correction"})
"""Kinds of which a second record with the same content says nothing new; a snapshot is attested
again and again.
"""


def plan_alone(
    act: Act, record: Unsigned, key: VerificationMaterial, basis: Basis | None = None
) -> Plan[Any, Unsigned]:
    """What one holder signs; what the window does not allow is refused.

    Args:
        act: the launch.
        record: not signed yet.
        key: who signs.
        basis: the window that the record is about; None for one that is about no window.

    Raises:
        Refused: `step-not-possible` and others; `policy-expired`, `key-revoked`.
        CouldNotCheck: a record may be a revocation and cannot be understood.
    """
    if basis is not None and trigger_of_body(record.kind, record.body) is not None:
        sitting = prepare(basis, (record,), key)
        (plan,) = sitting.plans()
        return Plan(record.kind, plan.body, sitting.holder, record, plan.earlier, plan.preimages)
    holder = signer_of(act, key, is_negative=KINDS[record.kind].is_negative(record.body))
    counts = act.context.records.effective.counts
    same = same_content(act.context, record) if record.kind in _ONCE else ()
    earlier = next((known for known in same if known.holder == holder and counts(known)), None)
    body = record.body if earlier is None else earlier.body
    return Plan(record.kind, body, holder, record, earlier, record.preimages)


def note(act: Act, text: str) -> Unsigned:
    """A remark. Raises UsageError: it is empty or too long."""
    body = Note(
        policy_digest=act.context.policy_digest,
        said_at_unix_ms=act.now_unix_ms,
        text=checked_text(text, "TEXT"),
    )
    return Unsigned("note", body)


def exception(
    basis: Basis, step: str, happened: str, remedy: str, witnesses: Iterable[str] = ()
) -> Unsigned:
    """A step went otherwise than the script of the window.

    Raises:
        UsageError: a text is empty or too long, a witness is not a holder of the policy, or the
            script has no step of that number.
    """
    seen = sorted(set(witnesses))
    for name in seen:
        require_holder(basis.act.policy, name, "--witness")
    if not step.strip() or len(step) > 200:
        raise UsageError("--step needs 1 to 200 characters", subject="--step")
    script = script_of(basis.context, basis.attempt.window)
    if script is not None and step.strip().isdecimal():
        last = len(script.steps)
        if not 1 <= int(step) <= last:
            raise UsageError(
                f"the script of this window has no step {step.strip()}",
                subject="--step",
                mend=f"its steps are 1 to {last}: aztrust window script",
            )
    fields = {
        **basis.bound,
        "happened": checked_text(happened, "--happened"),
        "happened_at_unix_ms": basis.now_unix_ms,
        "launch_window_id": basis.attempt.launch_window_id,
        "remedy": checked_text(remedy, "--remedy"),
        "step": step,
        "witnesses": tuple(seen),
    }
    return Unsigned("exception", *EXCEPTION_CONTENTS.make(ExceptionRecord, fields))


def correction(act: Act, record_id: str, text: str) -> Unsigned:
    """A text that adds to an earlier record; that one stays as it is.

    Args:
        record_id: the id of the record, or its beginning.

    Raises:
        UsageError: no record here has that id, several do, or the text is empty or too long.
    """
    verified = with_waiting(act.context).records.effective.verified
    known = {r.record_id: r for r in verified}
    found = that_begin(known, typed_digits(record_id))
    if len(found) != 1:
        raise UsageError(
            f"{escape(record_id)[:80]} is the beginning of {len(found) or 'no'} record"
            + ("s" if len(found) > 1 else ""),
            subject="RECORD_ID",
            mend="give more of its digits; what was signed: aztrust ledger list",
            details=tuple(f"{id_[7:]}  {known[id_].title} by {known[id_].holder}" for id_ in found),
        )
    fields = {
        "corrected_at_unix_ms": act.now_unix_ms,
        "corrects": found[0],
        "policy_digest": act.context.policy_digest,
        "text": checked_text(text, "TEXT"),
    }
    return Unsigned("correction", *CORRECTION_CONTENTS.make(Correction, fields))


def posture_attestation(
    basis: Basis,
    rule: RestrictionRule,
    status: Literal["pass", "fail"],
    holder: str,
    *,
    evidence: Iterable[Path] = (),
    remark: str = "",
) -> Unsigned:
    """That a rule of the restricted posture holds, or does not.

    Raises:
        Refused: no restricted posture is in force, it has no such rule; or the holder has no role
            that enters it.
        UsageError, CouldNotCheck: the remark is too long, a file cannot be read.
    """
    entry, policy = basis.state.records.get("enter-posture"), basis.act.policy
    rules = entry.preimages["active_restrictions"]["rules"] if entry is not None else ()
    if rule not in rules or basis.state.status != "RESTRICTED_POSTURE_ACTIVE":
        raise Refused(
            f"the window is {basis.state.status}, and no restricted posture with the rule {rule}"
            " is in force",
            subject=rule,
            code="precondition-unmet",
            mend="aztrust window next",
        )
    mine = [role for role in attesting_roles(policy) if role in policy.holders[holder].roles]
    if not mine:
        raise Refused(
            f"{holder} has none of the roles that attest it: {', '.join(attesting_roles(policy))}",
            subject=holder,
            code="signer-not-in-role",
            mend="a holder of one of these roles attests it",
        )
    body = CheckAttestation(
        **basis.bound,
        attested_at_unix_ms=basis.now_unix_ms,
        check=PREFIX + rule,
        evidence=evidence_files(evidence),
        note=checked_text(remark, "--note", empty=True),
        role=mine[0],
        status=status,
    )
    return Unsigned("check-attestation", body)
