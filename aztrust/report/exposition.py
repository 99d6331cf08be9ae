"""The text format of Prometheus, version 0.0.4: what a scrape or a textfile collector reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final, Literal

from aztrust.core.base.value import field, frozen

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_WHOLE: Final = 2**53
"""Prometheus holds values as binary64: whole numbers up to here are exact."""


@frozen
class Value:
    """One series of a metric at this moment."""

    value: int | Fraction
    labels: Mapping[str, str] = field(default_factory=dict)


def metric(
    name: str, kind: Literal["counter", "gauge"], text: str, values: Iterable[Value]
) -> list[str]:
    """The lines of one metric, its help and type first.

    Args:
        name: of the metric.
        kind: of its values.
        text: what it is.
        values: each with other labels, in the order in which they are written.
    """
    return [
        f"# HELP {name} {_escaped_help(text)}",
        f"# TYPE {name} {kind}",
        *(f"{name}{_labels(one.labels)} {number(one.value)}" for one in values),
    ]


def number(value: int | Fraction) -> str:
    """A value as the format has it.

    >>> number(12), number(Fraction(3, 4)), number(Fraction(1, 3))
    ('12', '0.75', '0.3333333333333333')
    """
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    if isinstance(value, int) and abs(value) <= _WHOLE:
        return str(value)
    try:
        return repr(float(value))
    except OverflowError:
        return "+Inf" if value > 0 else "-Inf"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return _escaped_help(value).replace('"', '\\"')


def _escaped_help(text: str) -> str:
    return _encodable(text).replace("\\", "\\\\").replace("\n", "\\n")


def _encodable(text: str) -> str:
    """Without lone surrogates, which no UTF-8 has."""
    return text.encode("utf-8", "replace").decode()
