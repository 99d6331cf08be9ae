"""A height does not finish because too little power votes (AZ-11.2).

With instant finality a finished commit has more than two thirds, so this shows in the votes of the
unfinished height only. With checkpoint finality it shows in the votes of an epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View

_NEEDED: Final = Fraction(2, 3)


def _ask(view: View) -> Iterator[Condition]:
    if view.limits.is_checkpoint:
        yield from _in_epoch(view)
        return
    stuck = view.memory.stuck
    if not view.is_stuck or view.at_ms <= view.graced_ms or stuck is None:
        return
    if stuck.voted <= _NEEDED:
        yield Condition(
            f"{stuck.voted} of the power votes at height {stuck.height}, round {stuck.round}",
            power=1 - stuck.voted,
            evidence=view.raw_of(view.fresh),
            lasting_ms=view.limits.silent_ms,
            known=bool(view.fresh),
            guidance="HOLD",
        )


def _in_epoch(view: View) -> Iterator[Condition]:
    for seen in view.commits()[-1:]:
        voted = Fraction(seen.votes.signed, seen.votes.total)
        if voted < _NEEDED:
            yield Condition(
                f"{voted} of the power voted in the epoch that ends with slot {seen.votes.height}",
                power=1 - voted,
                evidence=(*seen.raw, *view.raw_of(view.fresh)),
                known=bool(view.fresh),
                guidance="HOLD",
            )


RULE = Rule("quorum-missing", "no-finality-anomaly", "AZ-11.2", _ask, needs=frozenset({"band"}))
