"""A node answers before T0 on a chain whose nodes are silent until then (AZ-30.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View

_MARGIN_MS: Final = 1_000
"""Clocks of honest hosts differ a little."""


def _ask(view: View) -> Iterator[Condition]:
    if not view.limits.traits.silent_before_t0:
        return
    for name, facts in view.fresh.items():
        early = view.t0 - facts.at_ms
        # Another genesis has another time, and is a signal of its own.
        if early > _MARGIN_MS and not view.memory.nodes[name].altered:
            yield Condition(
                f"answers {early // 1000} s before the genesis time: its clock is ahead, or it was"
                " started with another genesis",
                subject=name,
                nodes=(name,),
            )


RULE = Rule("up-before-t0", "preflight-mismatch", "AZ-30.2", _ask, by_host=True, after_t0=False)
