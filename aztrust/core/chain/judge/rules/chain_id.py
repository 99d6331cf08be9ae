"""A node is on a network with another chain id (AZ-10.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for name, facts in view.fresh.items():
        if facts.network is not None and facts.network != view.expected.network:
            yield Condition(
                f"is on {facts.network[:80]!r}, not on {view.expected.network!r}",
                subject=name,
                nodes=(name,),
            )


RULE = Rule(
    "chain-id-other", "peer-compatibility-anomaly", "AZ-10.2", _ask, by_host=True, after_t0=False
)
