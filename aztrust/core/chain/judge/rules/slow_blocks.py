"""Blocks come slower than the band allows (AZ-31.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.pace import block_time_ms
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    if view.at_ms <= view.graced_ms:
        return
    pace = block_time_ms(view)
    if pace is not None and pace > view.band.block_interval_ms:
        yield Condition(
            f"a block takes {float(pace) / 1000:.1f} s,"
            f" and {view.band.block_interval_ms / 1000:g} s is the longest that is normal",
            evidence=view.raw_of(view.fresh),
            lasting_ms=view.limits.silent_ms,
            guidance="HOLD",
        )


RULE = Rule("blocks-slow", "no-finality-anomaly", "AZ-31.2", _ask, needs=frozenset({"band"}))
