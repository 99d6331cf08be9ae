"""The first block is not the one that follows from the sealed genesis (AZ-10.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.facts import Anchor, Expected
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for name, node in view.memory.nodes.items():
        for anchor in node.anchors:
            if anchor.height != view.expected.first_height:
                continue
            other = _other(anchor, view.expected)
            if other:
                yield Condition(
                    f"block {anchor.height} has other values: {', '.join(other)}",
                    subject=name,
                    nodes=(name,),
                    evidence=view.raw_of([name]),
                    sticky=True,
                )


def _other(anchor: Anchor, expected: Expected) -> tuple[str, ...]:
    """What differs. What either side does not have is unknown, and not compared."""
    pairs = {
        "validators": (anchor.validators, expected.validators),
        "params": (anchor.params, expected.params),
        "hash": (anchor.id, expected.first_block),
    }
    found = [name for name, (seen, due) in pairs.items() if None not in (seen, due) and seen != due]
    # The first block of CometBFT has the genesis time. Fractions below a millisecond are dropped.
    if abs(anchor.time_ms - expected.genesis.time_ms) > 1:
        found.append("time")
    return tuple(found)


RULE = Rule("first-block-other", "genesis-mismatch", "AZ-10.2", _ask, by_host=True, after_t0=False)
