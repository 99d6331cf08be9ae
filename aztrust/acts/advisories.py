"""Recording that the advisories were read, and whether anything in them stops the launch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from aztrust.acts.attest import ADVISORIES, attester_keys
from aztrust.acts.statements import evidence_files, require_attempt, require_speaker
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.policy.model import Policy
from aztrust.core.records.readiness import AdvisoryReview
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt

Source = Literal["private", "public"]


@frozen
class Plan:
    """A review that waits to be signed."""

    body: AdvisoryReview
    holder: str
    attempt: Attempt


def reviewer_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may review advisories. Raises as `attester_keys`."""
    return attester_keys(policy, ADVISORIES)


def plan_review(
    context: Context,
    outcome: Literal["clear", "blocking"],
    sources: Iterable[Source],
    key: VerificationMaterial,
    *,
    note: str = "",
    evidence: Iterable[Path] = (),
) -> Plan:
    """The record of a review, for the attempt that is under way.

    Raises:
        Refused: no freeze is in force, the policy has expired, or the key was revoked.
        CouldNotCheck: an evidence file, or a record, cannot be read.
    """
    holder = require_speaker(context, key)
    attempt = require_attempt(context)
    body = AdvisoryReview(
        evidence=evidence_files(evidence),
        note=note,
        outcome=outcome,
        policy_digest=context.policy_digest,
        reviewed_at_unix_ms=context.request.now_unix_ms,
        scope_hash=attempt.scope_hash,
        sources=tuple(sorted(set(sources))),
    )
    return Plan(body, holder, attempt)
