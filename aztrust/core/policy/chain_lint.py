"""Remarks about `[chain]`: a network that is observed needs limits and names to be judged by."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.paths import escape
from aztrust.core.policy.chain_table import is_series
from aztrust.core.policy.describe import joined
from aztrust.core.policy.lint_message import Remark, warning
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_limits import rollback_table


def lint_chain(policy: Policy) -> Iterator[Remark]:
    """What would leave an observer of the network without a limit, or without a value."""
    chain = policy.chain
    if chain is None:
        return
    bands = [f"[{name}]" for name in ("early", "steady") if getattr(policy, name) is None]
    if bands:
        yield warning(
            "chain-without-band",
            f"[chain] is observed without {joined(bands)}: block intervals, participation and"
            " finality have no limit then, and what is not asked is not passed (AZ-31.2)",
            f"add {joined(bands)} with all five keys",
        )
    yield from _without_series(policy)
    if policy.verdicts is None:
        yield warning(
            "chain-without-verdicts",
            "[chain] is about checkpoints of a launch window that no freeze opens: the policy has"
            " no [verdicts]",
            "name who signs verdicts: [verdicts] roles = { ROLE = 1 }",
        )


def _without_series(policy: Policy) -> Iterator[Remark]:
    table = rollback_table(policy)
    for name, text, absent in (
        ("errors.metric", table.errors.metric, table.errors.not_applicable),
        ("reconciliation.metric", table.reconciliation.metric, table.reconciliation.not_applicable),
        (
            "reconciliation.workflow",
            table.reconciliation.workflow,
            table.reconciliation.not_applicable,
        ),
    ):
        if absent is None and not is_series(text):
            yield warning(
                "chain-metric-unnamed",
                f"rollback.{name} is {escape(text)}, which is not a Prometheus series:"
                " nothing reports it, so this criterion stays unknown",
                f"name the series in rollback.{name}, or say why there is none:"
                f" [rollback.{name.partition('.')[0]}] not_applicable",
            )
