"""An alert rule, and the one group that a policy makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.chain.judge.signals import Suggestion
from aztrust.core.chain.series import policy_label
from aztrust.core.policy.anomalies import AnomalyClass, anomaly_rule
from aztrust.core.policy.model import Policy

GROUP_PREFIX: Final = "aztrust:"
"""With which the name of every group of ours begins; the policy's digest in full follows."""
INTERVAL_MS: Final = 5_000
"""How often Prometheus evaluates the group."""
CLASS_LABEL: Final = "aztrust_class"
WATCHDOG: Final = "AztrustWatchdog"
"""The alert that always fires: when it is missing, no other alert arrives either (AZ-26.2)."""
NO_CLASS: Final = "none"
"""The class of the watchdog. Its presence is not an anomaly; its absence is blindness."""


@frozen
class Alert:
    """One alert rule.

    Args:
        name: of the alert, once in a group.
        expr: when it fires.
        lasting_ms: for how long the expression must be true first.
        labels: of the alert, in addition to those of the series.
        annotations: for the people who read it. They are templates of Prometheus.
    """

    name: str
    expr: str
    lasting_ms: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@frozen
class AlertGroup:
    """The alert rules of one policy.

    Args:
        policy: the digest of the policy, `sha256:…`.
        alerts: the rules, in their order.
        left_out: thresholds of the policy for which no rule can be written, and why, in sentences.
    """

    policy: str
    alerts: tuple[Alert, ...]
    left_out: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The group's name. It has the whole digest, so no other policy's group has it."""
        return GROUP_PREFIX + self.policy.removeprefix("sha256:")


@frozen
class Maker:
    """Makes the alerts of one policy: all have its label, and the runbook of their class."""

    policy: Policy
    digest: str

    @property
    def label(self) -> str:
        """The value of the label `policy`."""
        return policy_label(self.digest)

    def alert(
        self,
        name: str,
        expr: str,
        summary: str,
        *,
        anomaly: AnomalyClass,
        clause: str | None,
        guidance: Suggestion | None = None,
        lasting_ms: int = 0,
    ) -> Alert:
        """One alert.

        Args:
            name: without its prefix.
            expr: when it fires.
            summary: a template, in a sentence; text of a policy in it went through `literal`.
            anomaly: its class.
            clause: what it is about; None where the series says it.
            guidance: what is suggested; None for what the policy suggests for the class. Where
                the series says it, `clause` is None, too.
            lasting_ms: for how long it must be so.
        """
        rule = anomaly_rule(self.policy, anomaly)
        labels: dict[str, str] = {CLASS_LABEL: anomaly, "policy": self.label}
        if clause is not None:
            labels |= {"clause": clause, "guidance": guidance or rule.guidance}
        annotations = {
            "summary": summary,
            "runbook": literal(rule.runbook),
            "evidence": literal(rule.evidence),
        }
        if rule.escalation:
            annotations["escalation"] = literal(rule.escalation)
        return Alert(f"Aztrust{name}", expr, lasting_ms, labels, annotations)

    def watchdog(self) -> Alert:
        """The alert that always fires."""
        labels = {
            CLASS_LABEL: NO_CLASS,
            "clause": "AZ-26.2",
            "guidance": "CONTINUE",
            "policy": self.label,
        }
        blind = anomaly_rule(self.policy, "telemetry-blindness-anomaly")
        annotations = {
            "summary": "Alerts of this policy arrive. When this one is missing, none does.",
            "runbook": literal(blind.runbook),
        }
        return Alert(WATCHDOG, "vector(1)", 0, labels, annotations)


def literal(text: str) -> str:
    """A text of a policy, for a template: Prometheus must not run what it contains.

    >>> print(literal("see {{ query }}"))
    see {{ "{{" }} query }}
    """
    return text.replace("{{", '{{ "{{" }}')
