"""The alert rules of the policy of a launch, for the Prometheus that watches it."""

from __future__ import annotations

from pathlib import Path

from aztrust.core.base.value import frozen
from aztrust.core.chain.alerts.alert import AlertGroup
from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.policy.model import policy_digest
from aztrust.core.policy.validate import parse_policy
from aztrust.storage.launch import read_policy


@frozen
class MadeRules:
    """The rules of a policy, and the name of its launch."""

    group: AlertGroup
    launch: str


def make_rules(source: Path) -> MadeRules:
    """The alert rules of a launch.

    Args:
        source: its directory, or a kit.

    Raises:
        Malformed: `policy-malformed`.
        CouldNotCheck: the policy cannot be read.
    """
    data = read_policy(source)
    policy = parse_policy(data)
    return MadeRules(alert_group(policy, policy_digest(data)), policy.launch.name)
