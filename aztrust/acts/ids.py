"""The beginning of an id as people type it, and what it names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SHORTEST_ID: Final = 4
"""So many hex digits name a thing that is only shown, or looked at again before it is signed."""
SHORTEST_OBJECT: Final = 8
"""So many name the object of an act that takes something back or replaces it."""

_HEX: Final = re.compile(r"[0-9a-f]{1,64}")
_RECORD_FILE: Final = re.compile(r"([0-9a-f]{16})\.[a-z-]+\.[0-9a-f]{8}\.dsse\.json")


def typed_digits(text: str, shortest: int = SHORTEST_ID) -> str:
    """The hex digits of an id or of its beginning, "" where a text is neither.

    Args:
        text: with or without `sha256:`, in any case, with white space anywhere.
        shortest: so many digits are needed.
    """
    digits = "".join(text.lower().split()).removeprefix("sha256:")
    return digits if len(digits) >= shortest and _HEX.fullmatch(digits) else ""


def record_digits(text: str) -> str:
    """The same for the object of an act, which the file name of a record names, too."""
    file = _RECORD_FILE.fullmatch(text.strip().rpartition("/")[2])
    return file[1] if file else typed_digits(text, SHORTEST_OBJECT)


def that_begin(ids: Iterable[str], digits: str) -> tuple[str, ...]:
    """The ids of the form `sha256:…` that begin with these digits, each once; none for ""."""
    found = (id_ for id_ in ids if digits and id_.startswith(f"sha256:{digits}"))
    return tuple(dict.fromkeys(found))
