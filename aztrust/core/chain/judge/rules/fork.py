"""Two blocks of one height are final (AZ-29.1)."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.chain.facts import Anchor
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.splits import splits
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterable[Condition]:
    return splits(view, "the block", _value, "contradictory-notarization-anomaly")


def _value(anchor: Anchor) -> str:
    return anchor.id


RULE = Rule("fork", "contradictory-notarization-anomaly", "AZ-29.1", _ask, by_host=True)
