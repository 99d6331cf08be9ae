"""One value on either side of a linkage rule, its type kept, and when two of them are equal.

Types must agree exactly unless the rule's `as` says how to read both sides: the integer 5 is not
the text "5", true is never 1, and no text is normalised, so a homoglyph or a trailing space is a
difference, and is shown as one.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.times import parse_rfc3339, parse_unix_seconds
from aztrust.core.base.value import frozen

ScalarKind: TypeAlias = Literal["string", "integer", "number", "boolean", "null", "time", "digest"]
Reading: TypeAlias = Literal["string", "integer", "hex", "time"]
READINGS: Final[tuple[Reading, ...]] = ("string", "integer", "hex", "time")

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})")
_HEX_INTEGER = re.compile(r"0[xX]([0-9a-fA-F]{1,1000})")
_HEX_BYTES = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})*)")
_SHOWN = 120


@frozen
class Scalar:
    """A scalar and its type. `text` is the value as written, integers in decimal.

    `number` is anything with a fraction or exponent; `time` a TOML date or time; `digest` the
    "sha256:…" or "blake3:…" of bytes hashed in this run.
    """

    kind: ScalarKind
    text: str

    def shown(self) -> str:
        """For a message: escaped, text in quotes so that its ends are seen, long text cut."""
        shown = escape(self.text)
        if len(shown) > _SHOWN:
            shown = f"{shown[:_SHOWN]}… ({len(self.text)} characters)"
        return f'"{shown}"' if self.kind == "string" else shown


@frozen
class Comparison:
    """Whether two scalars are equal, both as they are shown, and why not ("" when equal)."""

    holds: bool
    left: str
    right: str
    reason: str = ""


def compare(left: Scalar, right: Scalar, reading: str | None = None) -> Comparison:
    """Compare by type and value, or after reading both sides as `string|integer|hex|time`.

    `string`: the text as written, of anything but null. `integer`: integers, decimal and `0x`
    text. `hex`: bytes as hex text, whatever the case, with or without `0x`. `time`: the instant
    of RFC 3339 text or Unix seconds. A side that cannot be read so makes them unequal.

    Raises:
        UsageError: an unknown reading.
    """
    if reading is not None and reading not in READINGS:
        raise UsageError(
            f'a linkage rule cannot compare as "{cut(reading)}"',
            mend=f"Use one of {', '.join(READINGS)}, or leave `as` out.",
        )
    if reading is None:
        reason = _plain_difference(left, right)
    else:
        read_left, read_right = _read(left, reading), _read(right, reading)
        unread = left if read_left is None else right
        if read_left is None or read_right is None:
            reason = f"{unread.kind} {unread.shown()} cannot be read as {reading}"
        elif read_left == read_right:
            reason = ""
        elif reading == "string":
            reason = _text_difference(left.text, right.text)
        else:
            reason = f"read as {reading} they differ"
    return Comparison(not reason, left.shown(), right.shown(), reason)


def equal(left: Scalar, right: Scalar, reading: str | None = None) -> bool:
    """`compare(…).holds`."""
    return compare(left, right, reading).holds


def _plain_difference(left: Scalar, right: Scalar) -> str:
    if left.kind == right.kind:
        return "" if left.text == right.text else _text_difference(left.text, right.text)
    # A digest has one value and two customary spellings: bare hex is the common one in files.
    for digest, other in ((left, right), (right, left)):
        if digest.kind == "digest" and other.kind == "string":
            bare = digest.text.partition(":")[2]
            if other.text.lower() in (digest.text, bare):
                return ""
            return "they are different digests"
    article = "an" if right.kind == "integer" else "a"
    hint = "; say how to compare them with `as`" if left.text == right.text else ""
    return f"one is of type {left.kind}, the other {article} {right.kind}{hint}"


def _text_difference(left: str, right: str) -> str:
    """Where two texts differ first, and by which characters, so that look-alikes are visible."""
    at = next(
        (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    return (
        f"they part at character {at + 1}: {_character(left, at)} against {_character(right, at)}"
    )


def _character(text: str, at: int) -> str:
    if at >= len(text):
        return "the end"
    if "!" <= text[at] <= "~":
        return f"'{text[at]}'"
    import unicodedata

    return f"U+{ord(text[at]):04X} {unicodedata.name(text[at], '')}".rstrip()


def _read(scalar: Scalar, reading: str) -> str | int | bytes | None:
    if scalar.kind == "null":
        return None
    if reading == "string":
        return scalar.text
    if reading == "integer":
        if _INTEGER.fullmatch(scalar.text):
            return int(scalar.text)
        digits = _HEX_INTEGER.fullmatch(scalar.text)
        return int(digits[1], 16) if digits else None
    if reading == "hex":
        text = scalar.text.partition(":")[2] if scalar.kind == "digest" else scalar.text
        pairs = _HEX_BYTES.fullmatch(text) if scalar.kind in ("string", "digest") else None
        return bytes.fromhex(pairs[1]) if pairs else None
    if scalar.kind in ("string", "time"):
        instant = parse_rfc3339(scalar.text)
        return parse_unix_seconds(scalar.text) if instant is None else instant
    return parse_unix_seconds(scalar.text) if scalar.kind == "integer" else None
