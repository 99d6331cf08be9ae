"""Digests as text: always prefixed, always lowercase (`sha256:<64 hex>`, `blake3:<64 hex>`)."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Final, NamedTuple

from blake3 import blake3

from aztrust.core.base.errors import UsageError
from aztrust.core.base.schema import Field

_SHA256: Final = r"^sha256:[0-9a-f]{64}$"
_BLAKE3: Final = r"^blake3:[0-9a-f]{64}$"
_TYPED: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_WORDS: Final = 8
"""So many words of letters are read as words: a file name or a sentence rarely has as many."""
_LONGEST: Final = 1000


Sha256 = Annotated[str, Field(pattern=_SHA256)]
Blake3 = Annotated[str, Field(pattern=_BLAKE3)]


class Digests(NamedTuple):
    """Both digests of the same bytes, prefixed (law 4)."""

    sha256: str
    blake3: str


def sha256_id(data: bytes) -> str:
    """Return `sha256:` and the 64 hex digits of SHA-256 (FIPS 180-4) over `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blake3_id(data: bytes) -> str:
    """Return `blake3:` and the 64 hex digits of the 32-byte BLAKE3 hash of `data`."""
    return "blake3:" + blake3(data).hexdigest()


def both(data: bytes) -> Digests:
    """Return both digests of `data`."""
    return Digests(sha256_id(data), blake3_id(data))


def parse_sha256(text: str) -> str:
    """Read a SHA-256 digest as people pass it on, and return its prefixed lowercase form.

    Accepted: with or without `sha256:`, any case, white space anywhere (a digest that was read
    aloud is typed in groups of four); and the 32 words of the PGP word list.

    Raises:
        UsageError: anything else, an abbreviated digest included.
    """
    compact = "".join(text.split()).lower()
    match = _TYPED.fullmatch(compact)
    if match is None and len(text) <= _LONGEST:
        from aztrust.core.base.words import from_words, split_words

        words = split_words(text)
        if len(words) >= _WORDS and all(word.isalpha() for word in words):
            return "sha256:" + from_words(words)
    if match is None:
        digits = len(compact.removeprefix("sha256:"))
        raise UsageError(
            f"not a SHA-256 digest: 64 hex digits are needed, {digits} characters were given",
            mend="give all 64 hex digits, with or without `sha256:`; case and spaces do not matter",
        )
    return "sha256:" + match[1]


def groups(digest: str) -> str:
    """Return the form that is read aloud: 16 groups of four hex digits, one space between.

    >>> groups("sha256:" + "8f3a91c2" * 8)[:19]
    '8f3a 91c2 8f3a 91c2'
    """
    digits = digest.rpartition(":")[2]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
