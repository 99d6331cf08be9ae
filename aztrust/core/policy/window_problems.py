"""What makes the window's tables unusable: names that mean nothing, orders that contradict."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.times import parse_duration
from aztrust.core.policy.anomalies import ANOMALY_CLASSES
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_tables import ACTS


def window_problems(policy: Policy) -> Iterator[str]:
    """Every contradiction in the tables of the window, one sentence each."""
    for act in policy.authority:
        if act not in ACTS:
            yield f"authority.{act} is not an act of the launch window{did_you_mean(act, ACTS)}"
    for name in policy.anomalies:
        if name not in ANOMALY_CLASSES:
            near = did_you_mean(name, ANOMALY_CLASSES)
            yield f"anomalies.{name} is not a class of anomalies{near}"
    if policy.window is None:
        return
    order = policy.window.activation_order
    for role in sorted({role for role in order if order.count(role) > 1}):
        yield f"window.activation_order names {role} twice"
    hold, update = policy.window.max_hold, policy.window.max_update
    if parse_duration(update) > parse_duration(hold):
        yield (
            f"window.max_update is {update} and window.max_hold {hold}: a hold ends before its"
            " promised update"
        )
