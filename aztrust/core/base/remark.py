"""A warning that stops nothing: shown to who seals or approves, and bound by the review."""

from __future__ import annotations

from aztrust.core.base.value import frozen


@frozen
class Remark:
    """A warning: its code, and one sentence, escaped."""

    code: str
    text: str
