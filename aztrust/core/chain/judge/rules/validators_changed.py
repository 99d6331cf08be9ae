"""A block changes the validator set (AZ-11.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.flags import flagged
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for height, names in flagged(view, "validator_updates").items():
        yield Condition(
            f"block {height} changes the validator set",
            subject=f"height {height}",
            evidence=view.raw_of(names),
            sticky=True,
        )


RULE = Rule("validators-changed", "governance-activation-anomaly", "AZ-11.2", _ask)
