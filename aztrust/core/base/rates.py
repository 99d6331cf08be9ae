"""Shares and factors as a format of ours writes them: exact, and with their unit.

TOML and JSON have binary fractions only, in which 0.1 is not a tenth. Two readers would compare
two numbers. A share is therefore a text such as `0.5%`, and a factor one such as `1.5x`.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.schema import Field

_PERCENT: Final = r"^(100|[1-9]?[0-9](\.[0-9]{1,4})?)%$"
_SHARE: Final = (
    r"^(100|[1-9][0-9]?(\.[0-9]{1,4})?"
    r"|0\.([1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9]))%$"
)
WHOLE: Final = 1_000_000
"""All of something, in millionths."""
_FACTOR: Final = r"^[1-9][0-9]{0,2}(\.[0-9]{1,2})?x$"

Percent = Annotated[str, Field(pattern=_PERCENT)]
"""A share from `0%` to `100%`, with up to four digits after the point."""

Share = Annotated[str, Field(pattern=_SHARE)]
"""The same without `0%`: what a threshold of nothing would ask for is always there."""

Factor = Annotated[str, Field(pattern=_FACTOR)]
"""A multiple from `1x` to `999.99x`, with up to two digits after the point."""


def parse_percent(text: str) -> int:
    """The share in millionths.

    >>> parse_percent("67%"), parse_percent("0.5%")
    (670000, 5000)

    Raises:
        UsageError: anything but a decimal number from 0 to 100 and a per cent sign.
    """
    if not re.search(_PERCENT, text) or text.endswith("\n"):
        raise UsageError(
            f"{escape(text)[:40]!r} is not a share",
            mend="write a number from 0 to 100 and a per cent sign, for instance 2% or 0.5%",
        )
    return _scaled(text, 4)


def format_percent(millionths: int) -> str:
    """The share as a text that `parse_percent` reads.

    >>> format_percent(670_000), format_percent(666_666)
    ('67%', '66.6666%')
    """
    whole, part = divmod(millionths, 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") + "%"


def share_of(part: int, total: int) -> int:
    """The share of a part in millionths, rounded down; 0 where there is nothing to share.

    >>> share_of(2, 3)
    666666
    """
    return part * WHOLE // total if total > 0 else 0


def in_tenths(part: int, total: int) -> str:
    """The share of a part as people read it: one digit, rounded down, never more than there is.

    Every screen has this form; what is exact is `format_percent`.

    >>> in_tenths(2, 3), in_tenths(1, 1), in_tenths(999_999, 1_000_000), in_tenths(0, 0)
    ('66.6%', '100.0%', '99.9%', '0.0%')
    """
    tenths = share_of(part, total) // 1000
    return f"{tenths // 10}.{tenths % 10}%"


def needed_of(total: int, millionths: int) -> int:
    """The least whole part that is a share of a total.

    >>> needed_of(100, 670_000), needed_of(3, 670_000)
    (67, 3)
    """
    return -(-total * millionths // WHOLE)


def parse_factor(text: str) -> int:
    """The multiple in hundredths.

    >>> parse_factor("2x"), parse_factor("1.5x")
    (200, 150)

    Raises:
        UsageError: anything but a decimal number from 1 and the letter x.
    """
    if not re.search(_FACTOR, text) or text.endswith("\n"):
        raise UsageError(
            f"{escape(text)[:40]!r} is not a factor",
            mend="write a number from 1 and the letter x, for instance 2x or 1.5x",
        )
    return _scaled(text, 2)


def _scaled(text: str, digits: int) -> int:
    whole, _, part = text[:-1].partition(".")
    return int(whole + part.ljust(digits, "0"))
