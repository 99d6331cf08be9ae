"""Less power signs than the band asks for (AZ-31.2).

One commit lacks late votes, so the commits that next blocks carry are averaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from aztrust.core.base.rates import WHOLE, format_percent, share_of
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    commits = view.commits()
    if len(commits) < view.limits.commits:
        return
    shares = [Fraction(seen.votes.signed, seen.votes.total) for seen in commits]
    mean = sum(shares, Fraction(0)) / len(shares)
    if mean * WHOLE < view.band.min_participation:
        yield Condition(
            f"{format_percent(share_of(mean.numerator, mean.denominator))} of the power signed"
            f" {view.limits.last_votes}, and {format_percent(view.band.min_participation)} is"
            " asked for",
            power=1 - mean,
            evidence=tuple(digest for seen in commits for digest in seen.raw),
            lasting_ms=view.limits.silent_ms,
            guidance="HOLD",
        )


RULE = Rule("participation-low", "role-readiness-gap", "AZ-31.2", _ask, needs=frozenset({"band"}))
