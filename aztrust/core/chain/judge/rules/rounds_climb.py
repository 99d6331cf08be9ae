"""The rounds of one height climb: validators are present and disagree (AZ-11.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.thresholds import ROUNDS
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    stuck = view.memory.stuck
    if stuck is not None and stuck.round > ROUNDS:
        yield Condition(
            f"height {stuck.height} is in round {stuck.round}: validators are present and disagree",
            evidence=view.raw_of(view.fresh),
            known=bool(view.fresh),
            guidance="HOLD",
        )


RULE = Rule("rounds-climb", "no-finality-anomaly", "AZ-11.2", _ask)
