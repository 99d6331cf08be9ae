"""The genesis that a node serves is not the sealed one (AZ-10.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for name, node in view.memory.nodes.items():
        if node.altered:
            yield Condition(
                f"serves a genesis with other values: {', '.join(node.altered)}",
                subject=name,
                nodes=(name,),
            )


RULE = Rule(
    "genesis-served-other", "genesis-mismatch", "AZ-10.2", _ask, by_host=True, after_t0=False
)
