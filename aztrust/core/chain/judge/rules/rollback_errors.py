"""RC-C: the critical service fails more often than tolerated, by a series of the policy."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.rates import WHOLE, format_percent
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.metrics import reported
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    limit = view.limits.errors
    if limit is None:
        return
    rates = reported(view, limit.series)
    above = {name: rate for name, rate in rates.items() if rate * WHOLE > limit.most}
    if rates and not above:
        return
    worst = max(above.values(), default=None)
    shown = format_percent(int(worst * WHOLE)) if worst is not None else "unknown"
    yield Condition(
        f"{limit.series}: {shown}, and {format_percent(limit.most)} is the most",
        evidence=view.raw_of(sorted(above)),
        lasting_ms=limit.lasting_ms,
        known=worst is not None,
        at_least="DEFER",
    )


RULE = Rule("rollback-errors", "witness-proof-anomaly", "RC-C.rollback", _ask)
