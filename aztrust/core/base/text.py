"""Plain text of at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.paths import escape

WIDTH: Final = 80


def cut(text: str, limit: int = 120) -> str:
    """Foreign text for a message: escaped, one line, at most `limit` characters."""
    shown = escape(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


def sizes(found: int, sealed: int) -> str:
    """`: 3,000 bytes, and 6,600 were sealed` for the end of a message; "" for the same size."""
    return f": {found:,} bytes, and {sealed:,} were sealed" if found != sealed else ""


def wrapped(sign: str, text: str) -> Iterator[str]:
    """A sign and its escaped text, continued on indented lines where 80 columns are not enough."""
    rest, lead = text, f"{sign} "
    while len(lead) + len(rest) > WIDTH:
        room = WIDTH - len(lead)
        half = room // 2
        at = rest.rfind(" ", half, room + 1)
        if at < 0:
            at = max(rest.rfind(".", half, room), rest.rfind("[", half, room))
        at = at if at > 0 else room
        yield (lead + rest[:at]).rstrip()
        rest, lead = rest[at:].lstrip(), "    "
    yield lead + rest


def filled(lead: str, names: tuple[str, ...]) -> Iterator[str]:
    """Names after a lead, separated by commas, on as many lines as they need."""
    line = lead
    for index, name in enumerate(names):
        word = name + (", " if index + 1 < len(names) else "")
        if len(line) + len(word.rstrip()) > WIDTH:
            yield line.rstrip()
            line = "  "
        line += word
    yield line
