"""Lines of text for a person: a padded label, then text wrapped to 80 columns.

A digest is never broken: it is whole, if need be on a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.words import to_words

WIDTH = 80
LABEL = 9
READY = "READY"
STOP = "DO NOT START THIS HOST"
"""How a preflight begins: one or the other, whatever follows."""


def labelled(label: str, text: str, *, width: int = WIDTH, indent: int = LABEL) -> list[str]:
    """`label    text`, continued under the text; an empty label continues the line above.

    >>> labelled("next", "aztrust verify")
    ['next     aztrust verify']
    """
    lead = f"{label:<{indent}}" if len(label) < indent else f"{label} "
    lines = list(wrap(text, width=width, first=lead, rest=" " * indent))
    return lines or [lead.rstrip()]


def wrap(text: str, *, width: int = WIDTH, first: str = "", rest: str = "") -> Iterator[str]:
    """The text's words in lines of at most `width`, unless one word alone is longer.

    Two spaces in the text stay two spaces: they set columns apart.
    """
    line, empty = first, True
    for gap, word in _words(text):
        if not empty and len(line) + len(gap) + len(word) > width:
            yield line.rstrip()
            line, empty = rest, True
        line += word if empty else gap + word
        empty = False
    if not empty:
        yield line.rstrip()


def _words(text: str) -> Iterator[tuple[str, str]]:
    gap = ""
    for part in text.split(" "):
        if part:
            yield gap, part
            gap = " "
        else:
            gap += " "


def fitted(text: str, width: int) -> str:
    """A text in so many columns, cut where it has more.

    >>> fitted("atlas", 5), fitted("atlas-1", 5)
    ('atlas', 'atla…')
    """
    return text if len(text) <= width else f"{text[: width - 1]}…"


def short(digest: str) -> str:
    """A digest's first eight hex digits, for places where it is not compared.

    >>> short("sha256:" + "8f3a91c2" * 8)
    '8f3a91c2…'
    """
    digits = digest.rpartition(":")[2]
    return f"{digits[:8]}…" if digits else ""


def joined(words: Iterable[str], *, last: str = "and") -> str:
    """`a, b and c`.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def word_lines(digest: str) -> list[str]:
    """The 32 words of a digest, in eight lines of four."""
    words = to_words(digest)
    parts = ("  ".join(words[start : start + 4]) for start in range(0, len(words), 4))
    first, *more = parts
    return [f"{'words':<{LABEL}}{first}", *(" " * LABEL + part for part in more)]
