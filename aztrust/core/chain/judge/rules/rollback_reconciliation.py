"""RC-C: the books differ by more than tolerated, or the workflow for disputes fails.

Both by series that the policy names. One that no node reports is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.rates import WHOLE, format_percent
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.metrics import reported
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    limit = view.limits.reconciliation
    if limit is None:
        return
    books = reported(view, limit.series)
    works = reported(view, limit.healthy)
    wrong = []
    failing = sorted(name for name, share in books.items() if share * WHOLE > limit.most)
    if failing:
        worst = max(books[name] for name in failing)
        wrong.append(
            f"{limit.series}: {format_percent(int(worst * WHOLE))}, and"
            f" {format_percent(limit.most)} is the most"
        )
    stopped = sorted(name for name, value in works.items() if value == 0)
    if stopped:
        wrong.append(f"{limit.healthy}: it fails")
    if not wrong and books and works:
        return
    yield Condition(
        "; ".join(wrong) or "not all series are reported",
        evidence=view.raw_of(sorted({*failing, *stopped})),
        known=bool(wrong),
        at_least="DEFER",
    )


RULE = Rule("rollback-reconciliation", "bvm-anomaly", "RC-C.rollback", _ask)
