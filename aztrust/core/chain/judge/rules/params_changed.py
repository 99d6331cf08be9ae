"""A block changes the consensus parameters to other values (AZ-11.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.flags import flagged
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for height, names in flagged(view, "consensus_param_updates").items():
        yield Condition(
            f"block {height} changes the consensus parameters",
            subject=f"height {height}",
            evidence=view.raw_of(names),
            sticky=True,
        )


RULE = Rule("params-changed", "governance-activation-anomaly", "AZ-11.2", _ask)
