"""Shares that nodes report as Prometheus series which the policy names."""

from __future__ import annotations

from fractions import Fraction

from aztrust.core.chain.judge.view import View


def reported(view: View, series: str) -> dict[str, Fraction]:
    """The value of a series at each node that answers now and reports it, by node.

    A value that is not a finite number is not reported. A share is a number from 0 to 1.
    """
    found: dict[str, Fraction] = {}
    for name, facts in view.fresh.items():
        for given, text in facts.metrics:
            number = _number(text) if given == series else None
            if number is not None:
                found[name] = number
    return found


def _number(text: str) -> Fraction | None:
    try:
        # A hostile exponent would make a number as long as the memory.
        return Fraction(text) if "e" not in text.lower() else Fraction(float(text))
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
