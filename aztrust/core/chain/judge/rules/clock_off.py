"""A node's clock differs from the observer's (AZ-26.1).

Where all nodes agree with one another, it is the observer's clock that is named, and no node.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.own_clock import OBSERVER, own_clock, own_clock_text
from aztrust.core.chain.judge.thresholds import CLOCK_MS
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    known = [f.clock_offset_ms for f in view.fresh.values() if f.clock_offset_ms is not None]
    own = own_clock(known, len(view.fresh))
    if own is not None:
        yield Condition(own_clock_text(f"{len(known)} nodes", own), subject=OBSERVER)
        return
    for name, facts in view.fresh.items():
        offset = facts.clock_offset_ms
        if offset is not None and abs(offset) > CLOCK_MS:
            yield Condition(
                f"its clock differs from the observer's by {offset / 1000:+.0f} s",
                subject=name,
                nodes=(name,),
            )


RULE = Rule("clock-off", "preflight-mismatch", "AZ-26.1", _ask, by_host=True, after_t0=False)
