"""One thing to say about a policy, and how much it matters."""

from __future__ import annotations

from enum import StrEnum

from aztrust.core.base.value import frozen


class Severity(StrEnum):
    """How much a remark matters: no launch comes through, the goal of the profile is out of reach
    with the holders that there are, unwise, good to know.
    """

    ERROR = "error"
    HOLD = "hold"
    WARNING = "warning"
    NOTE = "note"


@frozen
class Remark:
    """A sentence about a policy; `topic` is kebab-case and stable, `mend` may be ""."""

    severity: Severity
    topic: str
    message: str
    mend: str = ""


def error(topic: str, message: str, mend: str = "") -> Remark:
    """What no launch can come through with."""
    return Remark(Severity.ERROR, topic, message, mend)


def hold(topic: str, message: str, mend: str = "") -> Remark:
    """What the launch's profile lacks before its goal can be reached."""
    return Remark(Severity.HOLD, topic, message, mend)


def warning(topic: str, message: str, mend: str = "") -> Remark:
    """Authority that is in fewer hands, or weaker, than it looks."""
    return Remark(Severity.WARNING, topic, message, mend)


def note(topic: str, message: str, mend: str = "") -> Remark:
    """A fact that everyone who relies on the policy should agree to."""
    return Remark(Severity.NOTE, topic, message, mend)
