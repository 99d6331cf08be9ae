"""Signal dispositions that the tests and what they start do not inherit.

A process that is started by `nohup`, or in the background of a script, ignores SIGHUP or SIGINT,
and so do the processes that it starts: a signal that a test sends to one of those is then lost.
"""

from __future__ import annotations

import signal
from types import FrameType

# The interpreter ignores these two itself, and resets them in what `subprocess` starts.
_OWN = frozenset({signal.SIGPIPE, signal.SIGXFSZ})


def restore_dispositions() -> None:
    """Give every process that is started from now on the default of each signal.

    This process goes on unharmed by a signal that was ignored: its handler does nothing, and
    `exec` resets a handler to the default, while it passes an ignored signal on. A blocked signal
    is passed on as well, so none stays blocked.
    """
    for number in signal.valid_signals() - _OWN:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _nothing)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass
