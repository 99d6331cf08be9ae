"""The head of the ledger as one line that is read out to a host without a network.

    head 27 1a2b 3c4d 5e6f 7081 92a3 at 2026-06-01T14:00:05Z

Its keeper reads it out where the store is: at that time nothing else was in the ledger. A host that
has a kit with this very ledger, or a longer one, lacks nothing that was appended until then. That
person is trusted, as with a scope; the line shows that a kit is not an old one, and nothing
else: what is in the kit is verified as always.
"""

from __future__ import annotations

import re
from typing import Final

from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_rfc3339, parse_rfc3339
from aztrust.core.base.value import frozen
from aztrust.core.formats.checkpoint_note import Head

PREFIX: Final = 20
"""Hex digits of the root in a line: 80 bits, over a log whose keeper's signature holds as well."""

_LINE: Final = re.compile(
    r"head ([1-9][0-9]{0,15}) ((?:[0-9a-f] ?){20})at ([0-9]{4}-[0-9t:.-]{5,30}z)"
)


@frozen
class HeardHead:
    """A head as it was read out.

    Args:
        size: how many entries the ledger had.
        root: the first hex digits of its root.
        at_unix_ms: when it was read out.
    """

    size: int
    root: str
    at_unix_ms: int


def head_line(head: Head, now_unix_ms: int) -> str:
    """The line of a head that is the whole ledger now."""
    digits = head.root.hex()[:PREFIX]
    groups = " ".join(digits[start : start + 4] for start in range(0, PREFIX, 4))
    return f"head {head.size} {groups} at {format_rfc3339(now_unix_ms // 1000 * 10**9)}"


def parse_head_line(text: str, option: str) -> HeardHead:
    """A line as it was typed; case and white space do not count.

    Raises:
        UsageError: it is none.
    """
    found = _LINE.fullmatch(" ".join(text.lower().split()))
    at = parse_rfc3339(found[3].upper()) if found is not None else None
    if found is None or at is None:
        raise UsageError(
            f"{escape(text)[:80]} is not the line of a head",
            subject=option,
            mend="its keeper prints it: aztrust ledger head --line",
        )
    return HeardHead(int(found[1]), found[2].replace(" ", ""), at // 1_000_000)
