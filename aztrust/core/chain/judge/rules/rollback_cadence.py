"""RC-C: a block time above a multiple of the target, for longer than tolerated."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.pace import block_time_ms
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    target = view.limits.target_ms
    if target is None:
        return
    pace = block_time_ms(view)
    if pace is not None and pace * 100 <= target * view.limits.slow_most:
        return
    shown = f"{float(pace) / 1000:.1f} s" if pace is not None else "an unknown time"
    yield Condition(
        f"a block takes {shown}, and the target is {target / 1000:g} s",
        evidence=view.raw_of(view.fresh),
        lasting_ms=view.limits.slow_ms,
        known=pace is not None,
        at_least="DEFER",
    )


RULE = Rule(
    "rollback-cadence", "no-finality-anomaly", "RC-C.rollback", _ask, needs=frozenset({"target"})
)
