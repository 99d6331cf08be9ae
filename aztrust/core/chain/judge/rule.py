"""One rule: its code, class and clause, and the question it asks of a view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from aztrust.core.base.value import frozen
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.view import View
from aztrust.core.policy.anomalies import AnomalyClass

Need = Literal["band", "target"]
"""What a rule needs of the policy: `[early]` or `[steady]`; `[steady] block_interval`."""


@frozen
class Rule:
    """A rule.

    Args:
        code: of its signals.
        anomaly: their class, where a condition has no other.
        clause: what it is about.
        ask: the conditions that are true in a view.
        by_host: whether it is a host's matter below a third of the power; else it is always the
            network's.
        needs: what of the policy it cannot do without.
        after_t0: whether it is asked from T0 on only.
    """

    code: str
    anomaly: AnomalyClass
    clause: str
    ask: Callable[[View], Iterable[Condition]]
    by_host: bool = False
    needs: frozenset[Need] = frozenset()
    after_t0: bool = True
