"""Recording that the advisories were read, and whether anything in them stops the launch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from aztrust.acts.act import Act, Plan, evidence_files, require_usable_signer
from aztrust.acts.attest import ADVISORIES, attester_keys
from aztrust.acts.preconditions import require_attempt
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.records.readiness import AdvisoryReview
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt

Source = Literal["private", "public"]


def reviewer_keys(context: Context) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may review advisories. Raises as `attester_keys`."""
    return attester_keys(context, ADVISORIES)


def plan_review(
    act: Act,
    outcome: Literal["clear", "blocking"],
    sources: Iterable[Source],
    key: VerificationMaterial,
    *,
    note: str = "",
    evidence: Iterable[Path] = (),
) -> Plan[AdvisoryReview, Attempt]:
    """The record of a review, about the attempt that is under way.

    Raises:
        Refused: no freeze is in force, the policy has expired, or the key was revoked.
        CouldNotCheck: an evidence file, or a record, cannot be read.
    """
    holder = require_usable_signer(act.context, key)
    attempt = require_attempt(act.context)
    body = AdvisoryReview(
        evidence=evidence_files(evidence),
        note=note,
        outcome=outcome,
        policy_digest=act.context.policy_digest,
        reviewed_at_unix_ms=act.now_unix_ms,
        scope_hash=attempt.scope_hash,
        sources=tuple(sorted(set(sources))),
    )
    return Plan("advisory-review", body, holder, attempt)
