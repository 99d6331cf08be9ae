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
_FACTOR: Final = r"^[1-9][0-9]{0,2}(\.[0-9]{1,2})?x$"

Percent = Annotated[str, Field(pattern=_PERCENT)]
"""A share from `0%` to `100%`, with up to four digits after the point."""

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
