"""Which command decides GO in a window: by the checklist, where the policy names one."""

from __future__ import annotations

from typing import Final

_PLAIN: Final = "aztrust window decide go --reason T"
BY_CHECKLIST: Final = "aztrust checklist decide go --reason T --chair HOLDER --attendee HOLDER"
"""With its score and its minutes; one --attendee for each who was there."""


def decide_command(*, by_checklist: bool) -> str:
    """The command that decides GO, as it is typed.

    Args:
        by_checklist: whether the policy names a checklist; a plain decision is refused then.
    """
    return BY_CHECKLIST if by_checklist else _PLAIN
