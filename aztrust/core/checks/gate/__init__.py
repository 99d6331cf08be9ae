"""What a gate checks about a verdict that it receives."""

from __future__ import annotations

from aztrust.core.checks.check import Check
from aztrust.core.checks.gate import anchored, binary, concluded, current, logged, signed
from aztrust.core.checks.host import RECORD_CHECKS
from aztrust.core.checks.launch import anchor, expiry, freeze, genesis_hash, policy
from aztrust.core.records.checkpoint import FREEZE
from aztrust.core.state.evidence import GateReading

GATE_CHECKS: tuple[Check, ...] = (
    signed.CHECK,
    anchored.CHECK,
    concluded.CHECK,
    current.CHECK,
    logged.CHECK,
    binary.CHECK,
)


_POLICY_ALONE: tuple[Check, ...] = (policy.CHECK, expiry.CHECK)
_OF_A_LAUNCH: tuple[Check, ...] = tuple(
    check
    for check in RECORD_CHECKS
    if check not in (anchor.CHECK, genesis_hash.CHECK, freeze.CHECK)
)
"""What a verdict depends on, as far as records show it: where one of these fails later, the
verdict no longer counts, even if the verdict itself was not revoked.
"""


def gate_checks(reading: GateReading) -> tuple[Check, ...]:
    """The questions of one run: what the caller did not ask about is left out.

    A freeze is asked for where the verdict rests on one. Where a signer is trusted in the place of
    a policy there is no launch to look at.
    """
    asked = GATE_CHECKS if reading.binaries else GATE_CHECKS[:-1]
    if reading.requirements.signer:
        return asked
    if not reading.has_launch:
        return (*asked, *_POLICY_ALONE)
    rests_on_a_freeze = reading.requirements.checkpoint_class != FREEZE
    return (*asked, *_OF_A_LAUNCH, *((freeze.CHECK,) * rests_on_a_freeze))
