"""Finding lines in text that was pasted from a chat or a mail.

A line begins with `AZ1`. White space, the marks of a quotation and the invisible characters that
chat programs add are passed over inside it; its letters may be small. Everything else of the text
is ignored. The work grows with the length of the text and not faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.records.line.code import ALPHABET, CHECKS, is_clean, one_wrong
from aztrust.core.records.line.layout import DATA, LENGTH, MARK, Printed, read

TEXT_LIMIT: Final = 16 << 20
"""How many bytes of text are searched."""

_BODY: Final = DATA + CHECKS
# White space of any kind that one line may have within it, in characters.
_REACH: Final = 4096
# Soft hyphen, joiners, marks of direction, variation selectors, byte order mark.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_QUOTED: Final = re.compile(r"^[ \t]{0,8}(?:(?:>|&gt;|\|)[ \t\u00a0]?)+", re.MULTILINE)
_MARKED: Final = re.compile(r"[Aa]\s{0,2}[Zz]\s{0,2}1")
_LETTERS: Final = re.compile(r"[A-Za-z0-8]*")
# Digits that base32 lacks, for the letters that they look like.
_VALUES: Final = {
    **{letter: value for value, letter in enumerate(ALPHABET)},
    **{letter.lower(): value for value, letter in enumerate(ALPHABET)},
    **{digit: ALPHABET.index(letter) for digit, letter in (("0", "O"), ("1", "I"), ("8", "B"))},
}
# What text after `AZ1` rarely has: a word of so many characters, or so many words with digits in
# them. `eu-az1b` is not a line that was cut.
_LONG: Final = 16
_MIXED: Final = 3
# Words shorter than this at the end of a line that was cut are the text after it.
_WORD: Final = 8


@frozen
class Misread:
    """A character that was read wrongly, and was corrected.

    Args:
        place: which of the line's characters, counted from 1.
        was: as it is in the text, a capital.
        taken: what it is taken for.
    """

    place: int
    was: str
    taken: str

    def __str__(self) -> str:
        return f"character {self.place} is {self.was} and is taken for {self.taken}"


@frozen
class Line:
    """A line in a text.

    Args:
        number: the line of the text in which it begins, from 1.
        start: its first characters, for messages.
        printed: what it carries; None where it could not be read.
        misread: the character that was corrected; None where all were right.
        fault: why it could not be read; None where it was.
    """

    number: int
    start: str
    printed: Printed | None = None
    misread: Misread | None = None
    fault: Malformed | None = None


def find_lines(text: str) -> Iterator[Line]:
    """The lines in a text, in its order, with those that are cut or were read wrongly."""
    plain = _QUOTED.sub("", _INVISIBLE.sub("", text))
    marks = [mark.span() for mark in _MARKED.finditer(plain)]
    ends = [*(start for start, _ in marks), len(plain), len(plain)]
    number, counted, done = 1, 0, 0
    for place, (start, end) in enumerate(marks):
        room, more_room = (ends[place + 1] - end, ends[place + 2] - end)
        if start < done or (room < _LONG and more_room < _BODY):
            continue
        number, counted = number + plain.count("\n", counted, start), start
        words = _words(plain[end : min(ends[place + 1], end + _REACH)])
        found = _read(number, words)
        if (found is None or found.printed is None) and ends[place + 1] < len(plain):
            # `AZI` within a line may have been copied as `AZ1`: then it goes on there.
            longer = _words(plain[end : min(ends[place + 2], end + _REACH)])
            values = _values(longer)
            if len(values) == _BODY and is_clean(values):
                found, done = _read(number, longer), ends[place + 2]
        if found is not None:
            yield found


def has_lines(text: str) -> bool:
    """Whether something in a text may be a line."""
    return next(find_lines(text), None) is not None


def _words(text: str) -> list[str]:
    """The words that can be parts of a line, up to the first character that cannot."""
    found: list[str] = []
    length = 0
    for word in text.split():
        letters = _LETTERS.match(word)
        part = letters[0] if letters else ""
        if part:
            found.append(part)
        length += len(part)
        if part != word or length >= _BODY:
            break
    return found


def _read(number: int, words: Sequence[str]) -> Line | None:
    joined = "".join(words)
    start = f"{MARK}{joined[:9].upper()}"
    values = _values(words)
    if len(values) == _BODY:
        if is_clean(values):
            return _carried(Line(number, start), values)
        wrong = one_wrong(values)
        if wrong is not None:
            misread = Misread(
                len(MARK) + wrong.index + 1, joined[wrong.index].upper(), ALPHABET[wrong.value]
            )
            values[wrong.index] = wrong.value
            return _carried(Line(number, start, misread=misread), values)
    if not _can_be_a_line(words):
        return None
    kept = _without_text(words)
    # A line that was wrapped may end in a short word; several of them are text.
    length = (
        len(joined) if len(joined) == _BODY and len(words) - len(kept) < 2 else sum(map(len, kept))
    )
    return Line(number, start, fault=_unreadable(length))


def _values(words: Sequence[str]) -> list[int]:
    return [_VALUES[letter] for letter in "".join(words)[:_BODY]]


def _carried(line: Line, values: Sequence[int]) -> Line:
    try:
        printed = read(values[:DATA])
    except Malformed as error:
        return Line(line.number, line.start, None, line.misread, error)
    return Line(line.number, line.start, printed, line.misread)


def _without_text(words: Sequence[str]) -> Sequence[str]:
    """Without the short words at the end, which are the text after a line that was cut."""
    kept = list(words)
    while kept and len(kept[-1]) < _WORD:
        kept.pop()
    return kept or words


def _can_be_a_line(words: Sequence[str]) -> bool:
    """Whether these were a line: text has neither words so long nor digits in several of them."""
    mixed = sum(1 for word in words if not word.isalpha() and not word.isdecimal())
    return mixed >= _MIXED or any(len(word) >= _LONG for word in words)


def _unreadable(length: int) -> Malformed:
    count = len(MARK) + length
    if count < LENGTH:
        cause = f"it is cut: {count} of {LENGTH} characters"
    elif count > LENGTH:
        cause = f"it has more than {LENGTH} characters, or some of them were read wrongly"
    else:
        cause = "two or more characters were read wrongly, or changed places"
    return Malformed(
        cause, code="record-malformed", mend="copy the whole line again, or ask for the file"
    )
