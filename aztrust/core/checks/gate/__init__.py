"""What a gate asks of a verdict that somebody hands over."""

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
"""The ground that a verdict stands on, as far as records show it: what is lost of it later takes
the verdict with it, though nobody revoked the verdict itself.
"""


def gate_checks(reading: GateReading) -> tuple[Check, ...]:
    """The questions of one run: what nobody asked about is left out.

    A freeze is asked for where the verdict rests on one. A signer who is trusted in the place of a
    policy has no ground that could be looked at.
    """
    asked = GATE_CHECKS if reading.binaries else GATE_CHECKS[:-1]
    if reading.wish.signer:
        return asked
    if not reading.has_launch:
        return (*asked, *_POLICY_ALONE)
    rests_on_a_freeze = reading.wish.checkpoint_class != FREEZE
    return (*asked, *_OF_A_LAUNCH, *((freeze.CHECK,) * rests_on_a_freeze))
