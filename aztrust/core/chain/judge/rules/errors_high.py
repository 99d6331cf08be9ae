"""More of what is validated fails than the band allows (AZ-31.2), by a series of the policy."""

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
    for name, rate in reported(view, limit.series).items():
        if rate * WHOLE > view.band.max_error_rate:
            yield Condition(
                f"{limit.series}: {format_percent(int(rate * WHOLE))}, and"
                f" {format_percent(view.band.max_error_rate)} is normal",
                subject=name,
                nodes=(name,),
            )


RULE = Rule(
    "errors-high",
    "witness-proof-anomaly",
    "AZ-31.2",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
