"""What comes next, one line for each command, as it is typed: never torn."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.judge.next_steps import Step
from aztrust.report.advice import advice_lines


def step_lines(steps: Iterable[Step], *, label: str = "next") -> list[str]:
    """`next     rita: aztrust seal release`, a line for each step.

    Args:
        steps: what comes next.
        label: of the first line; "" to continue a block.
    """
    lines: list[str] = []
    for step in steps:
        who = f"{' or '.join(step.who)}: " if step.who else ""
        lines += advice_lines("" if lines else label, f"{who}{step.command}")
    return lines
