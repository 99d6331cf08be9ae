"""Ctrl-C, answered where it can be.

pydantic-core swallows an interrupt that comes while it builds a validator, and builds one that
judges wrongly: a valid policy is then malformed, and the verdict an ABORT. So such an
interrupt waits until the validator is built, and a serializer, which writes documents, likewise.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

WAIT_SECONDS = 0.01
_BUILDERS = ("_validator", "_serializer")


def answer_interrupts() -> None:
    """Take SIGINT over, unless the program's parent set it to be ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted)


def interrupted(number: int, frame: FrameType | None) -> None:
    """The handler: an interrupt now, or the same signal once more a moment later.

    Raises:
        KeyboardInterrupt: no validator is being built.
    """
    if not _builds_validator(frame):
        raise KeyboardInterrupt
    from threading import Timer

    again = Timer(WAIT_SECONDS, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


def was_interrupted(error: BaseException) -> bool:
    """Whether an interrupt is what an error comes from, however often it was turned into another.

    Args:
        error: as it was caught.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, KeyboardInterrupt):
            return True
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            waiting += [one.__cause__, one.__context__]
    return False


def _builds_validator(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        module = frame.f_globals.get("__name__")
        if code.co_name in _BUILDERS and module == "aztrust.core.base.model":
            return True
        frame = frame.f_back
    return False
