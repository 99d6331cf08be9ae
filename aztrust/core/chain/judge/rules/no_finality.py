"""Nothing becomes final for longer than the band tolerates (AZ-31.2)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.times import format_duration
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    since = view.last_rise_ms
    if view.at_ms - since > view.band.max_no_finality_ms:
        yield Condition(
            f"nothing has become final after block {view.memory.final} for"
            f" {format_duration(view.at_ms - since)}",
            evidence=view.raw_of(view.fresh),
            since_ms=since,
            # Without an answer it is unknown whether something has.
            known=bool(view.fresh),
            guidance="HOLD",
        )


RULE = Rule("no-finality", "no-finality-anomaly", "AZ-31.2", _ask, needs=frozenset({"band"}))
