"""What the observer on this machine sees of the chain, in the text form of Prometheus."""

from __future__ import annotations

from typing import Final

from aztrust.acts.seen_chain import last_seen
from aztrust.core.chain.series import (
    FAMILIES,
    HEARTBEAT,
    INFO,
    POLICY_LABEL,
    policy_label,
)
from aztrust.core.state.context import Context
from aztrust.report.exposition import Value, metric
from aztrust.report.observe.metrics import metrics_lines
from aztrust.report.observe.seen import seen_chain

OBSERVED: Final = "aztrust_chain_observed"


def chain_lines(context: Context, now_unix_ms: int) -> list[str]:
    """The series of the last look, in lines; () where the policy has no table `[chain]`.

    Of an observer that stopped only its last heartbeat is left: an old height is not the present
    one, and a rule over it would find nothing wrong.

    Args:
        context: the launch.
        now_unix_ms: the present, in milliseconds since the epoch.
    """
    last = last_seen(context)
    if last is None:
        return []
    is_present = seen_chain(last, now_unix_ms).state == "observed"
    text = (
        "1 while an observer on this machine sees the chain, 0 where there is none or it stopped."
    )
    labels = {POLICY_LABEL: policy_label(context.policy_digest)}
    lines = metric(OBSERVED, "gauge", text, [Value(int(is_present), labels)])
    if last.report is not None:
        lines += metrics_lines(last.report, FAMILIES if is_present else (INFO, HEARTBEAT))
    return lines
