"""Waiting for a server no longer than a deadline, whatever it sends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Overdue(Exception):
    """The deadline passed, and there is no result."""


def within(seconds: float, act: Callable[[], T]) -> T:
    """What an act returns or raises, where it ends in time.

    The timeout of a socket starts anew with every byte, and a name's look-up has none. An act that
    still waits at the deadline is left behind in its thread, and ends with the process.

    Args:
        seconds: how long it may take.
        act: the exchange.

    Raises:
        Overdue: it has not ended.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(act())
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the other thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise Overdue
    return results[0]
