"""Nodes that report different values for one height: who disagrees, and whether it is explained.

A node with another genesis must disagree: that is explained, and is the genesis' matter. Nodes with
the sealed genesis that disagree with one another are not explained by anything (AZ-29.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aztrust.core.chain.facts import Anchor
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.signals import Suggestion
from aztrust.core.chain.judge.view import View
from aztrust.core.policy.anomalies import AnomalyClass

Value = Callable[[Anchor], str | None]


def splits(view: View, what: str, value: Value, anomaly: AnomalyClass) -> Iterator[Condition]:
    """The nodes that disagree with the others, each with the lowest height that shows it.

    Args:
        view: with the heights of all nodes.
        what: is compared, for people.
        value: of a height; None is not compared.
        anomaly: the class of a split that nothing explains.
    """
    heights: dict[int, dict[str, list[str]]] = {}
    for name, node in view.memory.nodes.items():
        if node.good is None or node.good.network != view.expected.network:
            continue
        # Until it is final, a block may be replaced: nodes may differ for a while.
        for anchor in (anchor for anchor in node.anchors if anchor.finalized):
            found = value(anchor)
            if found is not None:
                heights.setdefault(anchor.height, {}).setdefault(found, []).append(name)
    shown: set[str] = set()
    for height in sorted(heights):
        if len(heights[height]) > 1:
            for condition in _split(view, what, height, heights[height], anomaly):
                if condition.subject not in shown:
                    shown.add(condition.subject)
                    yield condition


def _split(
    view: View, what: str, height: int, groups: dict[str, list[str]], anomaly: AnomalyClass
) -> Iterator[Condition]:
    sealed = [group for group in groups.values() if not all(_altered(view, n) for n in group)]
    explained = len(sealed) <= 1
    largest = max(
        sealed or list(groups.values()),
        key=lambda group: (view.share_of(group) or 0, len(group), sorted(group)),
    )
    others = sorted(name for group in groups.values() if group is not largest for name in group)
    everyone = sorted(name for group in groups.values() for name in group)
    shown = " | ".join(
        f"{found[:16]}: {', '.join(sorted(names)[:8])}" for found, names in sorted(groups.items())
    )
    guidance: Suggestion | None = None if explained else view.limits.guidance[anomaly]
    evidence = view.raw_of(everyone)
    for name in others:
        yield Condition(
            f"{what} of block {height} differs: {shown[:1000]}",
            subject=name,
            nodes=(name,),
            evidence=evidence,
            sticky=True,
            height=height,
            anomaly="genesis-mismatch" if explained else anomaly,
            guidance=guidance,
        )


def _altered(view: View, name: str) -> bool:
    return bool(view.memory.nodes[name].altered)
