"""The parts of Prometheus' query language that alert rules are made of.

Prometheus shows an expression in its own spelling, and that differs between versions in white space
only. So two expressions are compared by their tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from aztrust.core.chain.series import Family

_METRIC: Final = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_VALUE: Final = r'"(?:[^"\\\n]|\\["\\n])*"'
_PAIR: Final = rf"[a-zA-Z_][a-zA-Z0-9_]*={_VALUE}"
_SERIES: Final = re.compile(rf"{_METRIC}(?:\{{(?:{_PAIR}(?:,{_PAIR})*)?\}})?")
# The end may be missing: to look for it again from each quote would take the square of the length.
_LITERAL: Final = r'"(?:[^"\\]|\\.)*"?'
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\\"']))"
)
_LETTERS: Final = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_TOKEN: Final = re.compile(
    rf"({_LITERAL})|([0-9][0-9a-zA-Z.]*(?:(?<=[eE])[+-][0-9]+)?)|({_METRIC})|[=!<>~]+|\S",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
_WEEK: Final = 7 * 86_400_000
_YEAR: Final = 365 * 86_400_000


def is_selector(text: str) -> bool:
    """Whether a text names a series so that it can be a part of an expression.

    >>> is_selector('errors_ratio{job="pay"}'), is_selector("error rate of the service")
    (True, False)
    """
    return _SERIES.fullmatch(text) is not None


def quoted(text: str) -> str:
    r"""A text as a literal of the language, in ASCII.

    >>> print(quoted('a"b'))
    "a\"b"
    """
    written = []
    for letter in text.encode("utf-8", "replace").decode():
        code = ord(letter)
        if letter in '"\\':
            written.append("\\" + letter)
        elif 0x20 <= code < 0x7F:
            written.append(letter)
        else:
            written.append(f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
    return '"' + "".join(written) + '"'


def series(family: Family, policy: str, labels: Mapping[str, str] | None = None) -> str:
    """A series of a family under one policy.

    Args:
        family: from `aztrust.core.chain.series`.
        policy: the value of the label `policy`.
        labels: further ones, with the values that they must have.
    """
    wanted = {**(labels or {}), "policy": policy}
    pairs = ",".join(f"{name}={quoted(value)}" for name, value in sorted(wanted.items()))
    return f"{family.name}{{{pairs}}}"


def decimal(value: int | Fraction) -> str:
    """A number that a threshold has, in decimal digits; at most nine after the point.

    >>> decimal(6), decimal(Fraction(67, 100)), decimal(Fraction(1, 400_000))
    ('6', '0.67', '0.0000025')
    """
    whole, rest = divmod(round(Fraction(value) * 10**9), 10**9)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")


def span(milliseconds: int) -> str:
    """A span of time as Prometheus writes it.

    >>> span(90_000), span(600_000), span(7 * 86_400_000), span(8 * 86_400_000), span(0)
    ('1m30s', '10m', '1w', '8d', '0s')
    """
    if milliseconds == 0:
        return "0s"
    if milliseconds % _YEAR == 0:
        return f"{milliseconds // _YEAR}y"
    if milliseconds % _WEEK == 0:
        return f"{milliseconds // _WEEK}w"
    written = []
    for unit, size in _UNITS:
        count, milliseconds = divmod(milliseconds, size)
        if count:
            written.append(f"{count}{unit}")
    return "".join(written)


def tokens(expression: str) -> tuple[str, ...]:
    """The tokens of an expression: without white space, numbers and texts by their value.

    >>> tokens("a > 0.50 and on (x) b") == tokens("a>0.5 and on(x) b")
    True
    >>> tokens('{a="b c"}') == tokens('{a="bc"}')
    False
    """
    return tuple(_plain(match) for match in _TOKEN.finditer(expression))


def _plain(match: re.Match[str]) -> str:
    if match[1] is not None:
        return _ESCAPE.sub(_letter, match[1])
    number = match[2]
    if number is not None and _NUMBER.fullmatch(number):
        return str(Fraction(number))
    return match[0]


def _letter(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        # A quote stays escaped: it does not end the text.
        return _LETTERS.get(match[4], match[0] if match[4] in '"\\' else match[4])
    value = int(code, 16)
    return chr(value) if value <= 0x10FFFF else match[0]
