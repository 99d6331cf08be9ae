"""Nodes have different consensus parameters for one block (AZ-29.1)."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.chain.facts import Anchor
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.splits import splits
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterable[Condition]:
    return splits(view, "the parameters", _value, "deterministic-replay-anomaly")


def _value(anchor: Anchor) -> str | None:
    return anchor.params


RULE = Rule("params-split", "deterministic-replay-anomaly", "AZ-29.1", _ask, by_host=True)
