"""A height does not finish because too little power votes (AZ-11.2).

A finished commit has more than two thirds, so this shows in the votes of the unfinished height
only.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    stuck = view.memory.stuck
    if not view.is_stuck or view.at_ms <= view.graced_ms or stuck is None:
        return
    if stuck.voted <= Fraction(2, 3):
        yield Condition(
            f"{stuck.voted} of the power votes at height {stuck.height}, round {stuck.round}",
            power=1 - stuck.voted,
            evidence=view.raw_of(view.fresh),
            lasting_ms=view.limits.silent_ms,
            known=bool(view.fresh),
            guidance="HOLD",
        )


RULE = Rule("quorum-missing", "no-finality-anomaly", "AZ-11.2", _ask, needs=frozenset({"band"}))
