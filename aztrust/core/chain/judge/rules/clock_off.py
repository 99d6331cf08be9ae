"""A node's clock differs from the observer's (AZ-26.1)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.thresholds import CLOCK_MS
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    for name, facts in view.fresh.items():
        offset = facts.clock_offset_ms
        if offset is not None and abs(offset) > CLOCK_MS:
            yield Condition(
                f"its clock differs from the observer's by {offset / 1000:+.0f} s",
                subject=name,
                nodes=(name,),
            )


RULE = Rule("clock-off", "preflight-mismatch", "AZ-26.1", _ask, by_host=True, after_t0=False)
