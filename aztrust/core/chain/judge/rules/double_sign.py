"""A block has evidence that a validator signed two blocks of one height (AZ-26.1).

Read from blocks: the gauge of a node shows it for one block only.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.flags import flagged
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for height, names in flagged(view, "evidence").items():
        yield Condition(
            f"block {height} has evidence of a validator that signed twice",
            subject=f"height {height}",
            evidence=view.raw_of(names),
            sticky=True,
        )


RULE = Rule("double-sign", "contradictory-notarization-anomaly", "AZ-26.1", _ask)
