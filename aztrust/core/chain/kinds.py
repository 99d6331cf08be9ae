"""The adapters by the kind of chain that a policy names, and what they need from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.chain.adapter import Adapter, ChainOptions
from aztrust.core.policy.chain_table import ChainKind, is_series
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_limits import rollback_table

AnyAdapter = Adapter[Any]


def _cometbft(options: ChainOptions) -> AnyAdapter:
    from aztrust.core.chain.cometbft.adapter import CometBFT

    return CometBFT(options)


def _ethereum(options: ChainOptions) -> AnyAdapter:
    from aztrust.core.chain.beacon.adapter import Beacon

    return Beacon(options)


ADAPTERS: Final[Mapping[ChainKind, Callable[[ChainOptions], AnyAdapter]]] = {
    "cometbft": _cometbft,
    "ethereum": _ethereum,
}
"""How the adapter of a kind is made. Its modules are imported when it is."""


def adapter_of(kind: ChainKind, options: ChainOptions) -> AnyAdapter:
    """The adapter of a kind of chain.

    Raises:
        CouldNotCheck: this version has none.
    """
    make = ADAPTERS.get(kind)
    if make is None:
        raise CouldNotCheck(
            f"this version of aztrust has no adapter for {kind}",
            subject="chain.kind",
            mend=f"one of these can be observed: {', '.join(sorted(ADAPTERS))}",
        )
    return make(options)


def chain_options(policy: Policy) -> ChainOptions:
    """What an adapter needs from a policy; without `[chain]` the defaults.

    Series that `[rollback]` names are read under their own name: its rules look for them so.
    """
    chain, rollback = policy.chain, rollback_table(policy)
    named: list[str] = []
    if rollback.errors.not_applicable is None:
        named.append(rollback.errors.metric)
    if rollback.reconciliation.not_applicable is None:
        named += [rollback.reconciliation.metric, rollback.reconciliation.workflow]
    metrics = {series: series for series in named if is_series(series)}
    if chain is None:
        return ChainOptions(metrics=metrics)
    return ChainOptions(chain.power_reduction, {**metrics, **chain.metrics})
