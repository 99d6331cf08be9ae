"""A node's process started again: to be noted (AZ-26.1)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for name in view.fresh:
        at = view.memory.nodes[name].restarted_ms
        # It is new until it has run for as long as a role may take to start.
        if at is not None and view.at_ms - at <= view.band.startup_delay_ms:
            yield Condition(
                "its process started again",
                subject=name,
                nodes=(name,),
                since_ms=at,
                guidance="CONTINUE",
            )


RULE = Rule(
    "node-restarted",
    "role-readiness-gap",
    "AZ-26.1",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
