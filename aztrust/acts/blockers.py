"""Opening and closing blockers: which one, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.acts.ids import record_digits, that_begin
from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.policy.model import Policy
from aztrust.core.records.readiness import Blocker
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.blockers import may_close
from aztrust.core.state.context import Context

Severity = Literal["critical", "major", "minor"]


def opener_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key: any holder may open a blocker."""
    return policy.key_holders()


def closer_keys(policy: Policy, opening: VerifiedRecord) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may close a blocker."""
    return {
        key: holder
        for key, holder in policy.key_holders().items()
        if may_close(policy, holder, opening)
    }


def find_blocker(context: Context, text: str) -> VerifiedRecord:
    """The blocker that an id, eight or more digits of one, or a record's file name denotes.

    Raises:
        UsageError: none, or several; it lists them.
    """
    every = context.state.blockers.openings
    by_id = {u.record_id: u for u in every}
    found = that_begin(by_id, record_digits(text))
    if len(found) == 1:
        return by_id[found[0]]
    known = tuple(dict.fromkeys(f"{u.record_id[7:23]}  opened by {u.holder}" for u in every))
    raise UsageError(
        f"{escape(text)[:80]} fits {len(found)} blockers"
        if found
        else f"{escape(text)[:80]} is not a blocker of this launch",
        mend="give more of its digits" if found else "aztrust blocker list",
        details=known[:20],
    )


def plan_opening(
    act: Act, severity: Severity, reason: str, key: VerificationMaterial
) -> Plan[Blocker, VerifiedRecord | None]:
    """The record that opens a blocker; it refers to no other record.

    Raises:
        Refused: the policy has expired, or the key was revoked.
        CouldNotCheck: a record that may be a revocation cannot be understood.
    """
    holder = require_usable_signer(act.context, key)
    body = Blocker(
        action="open",
        policy_digest=act.context.policy_digest,
        reason=reason,
        said_at_unix_ms=act.now_unix_ms,
        severity=severity,
    )
    return Plan("blocker", body, holder, None)


def plan_closing(
    act: Act, opening: VerifiedRecord, reason: str, key: VerificationMaterial
) -> Plan[Blocker, VerifiedRecord | None]:
    """The record that closes a blocker, about its opening. Raises as `plan_opening`."""
    holder = require_usable_signer(act.context, key)
    opened = opening.body
    body = Blocker(
        action="close",
        blocker=opening.record_id,
        policy_digest=act.context.policy_digest,
        reason=reason,
        said_at_unix_ms=act.now_unix_ms,
        severity=opened.severity if isinstance(opened, Blocker) else "critical",
    )
    already = next(iter(act.context.state.blockers.closings_of(opening)), None)
    return Plan("blocker", body, holder, opening, already)
