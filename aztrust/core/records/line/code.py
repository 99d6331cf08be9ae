"""Four check characters that find every wrong character of a line, and show which one it is.

A character is an element of GF(32). Position (x, y) has the column (1, x, y, x² + xy + y²) in the
parity check. The form x² + xy + y² is zero at (0, 0) alone, so the columns are points of an ovoid:
any three of them are independent. One wrong character is therefore located, and two are neither
taken for none nor for one. Two characters that changed places are two wrong ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aztrust.core.base.value import frozen

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""Base32 of RFC 4648: the place of a character is its value."""

CHECKS: Final = 4
"""How many check characters there are."""

LONGEST: Final = 30 * 32
"""The most characters before them for which there are columns."""

# GF(32) is GF(2)[z] modulo z⁵ + z² + 1, in which z generates all but zero.
_MODULUS: Final = 0b100101


def _powers() -> tuple[int, ...]:
    found = [1]
    while len(found) < 31:
        doubled = found[-1] << 1
        found.append(doubled ^ _MODULUS if doubled & 32 else doubled)
    return tuple(found)


_POWERS: Final = _powers()
_LOGS: Final = {value: power for power, value in enumerate(_POWERS)}


@frozen
class Wrong:
    """The one wrong character: its index from 0, and the value that it must have."""

    index: int
    value: int


def check_characters(values: Sequence[int]) -> tuple[int, ...]:
    """The four values that follow these, each from 0 to 31; at most `LONGEST`."""
    _, x, y, form = syndrome = _sums(values, 0)
    # The check characters have the places (0, 0), (1, 0), (0, 1) and (1, 1).
    second, third, fourth = y ^ form, x ^ form, x ^ y ^ form
    return (syndrome[0] ^ second ^ third ^ fourth, second, third, fourth)


def is_clean(values: Sequence[int]) -> bool:
    """Whether these, with their four check characters at the end, are as they were made."""
    return not any(_syndrome(values))


def one_wrong(values: Sequence[int]) -> Wrong | None:
    """The character that must be another one; None where no or more than one are wrong."""
    error, x, y, form = _syndrome(values)
    if not error:
        return None
    x, y, form = (_divided(part, error) for part in (x, y, form))
    if form != _form(x, y):
        return None
    count = len(values) - CHECKS
    index = count + 2 * y + x if x < 2 and y < 2 else 32 * (y - 2) + x
    if (x < 2 and y < 2) or (y >= 2 and index < count):
        return Wrong(index, values[index] ^ error)
    return None


def _syndrome(values: Sequence[int]) -> tuple[int, ...]:
    count = len(values) - CHECKS
    return tuple(
        a ^ b for a, b in zip(_sums(values[:count], 0), _sums(values[count:], count), strict=True)
    )


def _sums(values: Sequence[int], count: int) -> tuple[int, int, int, int]:
    """The sums over columns: of the characters before the check ones, or with `count` of those."""
    error = sum_x = sum_y = sum_form = 0
    for index, value in enumerate(values):
        x, y = (index & 1, index >> 1) if count else (index % 32, 2 + index // 32)
        error ^= value
        sum_x ^= _times(value, x)
        sum_y ^= _times(value, y)
        sum_form ^= _times(value, _form(x, y))
    return error, sum_x, sum_y, sum_form


def _form(x: int, y: int) -> int:
    return _times(x, x) ^ _times(x, y) ^ _times(y, y)


def _times(a: int, b: int) -> int:
    return _POWERS[(_LOGS[a] + _LOGS[b]) % 31] if a and b else 0


def _divided(a: int, b: int) -> int:
    return _POWERS[(_LOGS[a] - _LOGS[b]) % 31] if a else 0
