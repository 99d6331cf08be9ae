"""RC-C: more consecutive halted blocks than tolerated.

A halted block is a target slot in which nothing observed became final although nodes answered. On a
chain with checkpoint finality blocks become final an epoch at a time: there it is a target slot in
which no block came.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    slots, limits = view.memory.slots, view.limits
    if slots is None or limits.target_ms is None:
        return
    # Only the slots inside the span count.
    within = limits.halt_within_ms // limits.target_ms
    halted = min(slots.halted, within)
    possible = min(slots.halted + slots.unknown, within)
    if possible > limits.halt_blocks:
        yield Condition(
            f"{halted} halted blocks in a row after block {view.last_block}",
            evidence=view.raw_of(view.fresh),
            since_ms=view.last_block_ms,
            known=halted > limits.halt_blocks,
            at_least="DEFER",
        )


RULE = Rule(
    "rollback-halt", "no-finality-anomaly", "RC-C.rollback", _ask, needs=frozenset({"target"})
)
