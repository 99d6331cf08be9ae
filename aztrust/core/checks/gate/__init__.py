"""What a gate asks of a verdict that somebody hands over."""

from __future__ import annotations

from aztrust.core.check import Check
from aztrust.core.checks.gate import anchored, binary, concluded, current, logged, signed

GATE_CHECKS: tuple[Check, ...] = (
    signed.CHECK,
    anchored.CHECK,
    concluded.CHECK,
    current.CHECK,
    logged.CHECK,
    binary.CHECK,
)


def gate_checks(*, binaries_named: bool) -> tuple[Check, ...]:
    """The questions of one run: what nobody asked about is left out."""
    return GATE_CHECKS if binaries_named else GATE_CHECKS[:-1]
