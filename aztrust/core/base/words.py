"""A digest as words that are read aloud: the PGP word list, one word for each byte.

Words at even positions have two syllables, those at odd positions three. A word that is left out,
read twice or swapped with its neighbour is therefore heard, and found when it is typed.
"""

from __future__ import annotations

import re
from typing import Final

from aztrust.core.base.errors import UsageError
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.wordlist import EVEN, ODD

COUNT: Final = 32
"""Words of a SHA-256 digest."""

_LISTS: Final = (
    {word.lower(): value for value, word in enumerate(EVEN)},
    {word.lower(): value for value, word in enumerate(ODD)},
)


def to_words(digest: str) -> tuple[str, ...]:
    """The 32 words of a digest, `sha256:` and 64 hex digits.

    >>> to_words("sha256:" + "00ff" * 16)[:3]
    ('aardvark', 'Yucatan', 'aardvark')
    """
    data = bytes.fromhex(digest.rpartition(":")[2])
    return tuple((EVEN, ODD)[at % 2][byte] for at, byte in enumerate(data))


def split_words(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case; commas, hyphens and line breaks separate them, too."""
    return tuple(word for word in re.split(r"[\s,;.-]+", text.lower()) if word)


def from_words(words: tuple[str, ...]) -> str:
    """The 64 hex digits that these words are read for.

    Args:
        words: as `split_words` gives them.

    Raises:
        UsageError: a word is unknown, or at a position of the other list, with its number; or they
            are not 32.
    """
    values = []
    for at, word in enumerate(words):
        here, other = _LISTS[at % 2], _LISTS[1 - at % 2]
        if word in here:
            values.append(here[word])
            continue
        if word in other:
            raise UsageError(
                f"word {at + 1}, {word}, is at a wrong position: a word before it is missing,"
                " doubled or swapped",
                mend="listen again from the word before it; two and three syllables take turns",
            )
        raise UsageError(
            f"word {at + 1}, {word[:40]}, is not of the PGP word list{did_you_mean(word, here)}",
            mend="listen again to that word; each has two syllables at the odd numbers, three else",
        )
    if len(values) != COUNT:
        raise UsageError(
            f"{len(values)} words were given, and a digest has {COUNT}",
            mend="listen to all of them again",
        )
    return bytes(values).hex()
