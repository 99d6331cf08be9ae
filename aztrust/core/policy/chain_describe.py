"""The table `[chain]` as text, for `policy show`."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.paths import escape
from aztrust.core.policy.describe import Line, plural
from aztrust.core.policy.model import Policy


def describe_chain(policy: Policy) -> Iterator[Line]:
    """How the network is observed, as (label, sentence); nothing without `[chain]`."""
    chain = policy.chain
    if chain is None:
        return
    yield "chain", f"{chain.kind}, an epoch is {plural(chain.epoch_blocks, 'block')}"
    yield "", "the first blocks and the first epoch are proven from the sealed genesis"
    if chain.power_reduction != 10**6:
        yield "", f"one unit of voting power is {chain.power_reduction} of the smallest unit staked"
    for name, series in sorted(chain.metrics.items()):
        yield "", f"{escape(name)} is the series {escape(series)}"
