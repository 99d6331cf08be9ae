"""The classes of anomalies of a launch (AZ-27.1), and what each asks for (AZ-27.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from aztrust.core.base.value import frozen
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_tables import AnomalyTable, Guidance

AnomalyClass = Literal[
    "preflight-mismatch",
    "artifact-mismatch",
    "genesis-mismatch",
    "role-readiness-gap",
    "peer-compatibility-anomaly",
    "no-finality-anomaly",
    "contradictory-notarization-anomaly",
    "deterministic-replay-anomaly",
    "bvm-anomaly",
    "witness-proof-anomaly",
    "governance-activation-anomaly",
    "telemetry-blindness-anomaly",
]
"""The twelve of AZ-27.1."""

ANOMALY_CLASSES: Final[tuple[AnomalyClass, ...]] = get_args(AnomalyClass)


@frozen
class AnomalyRule:
    """What an anomaly of one class asks for.

    Args:
        runbook: what to follow.
        escalation: the role that is called; "" where no holder has one that could be.
        evidence: what has to be kept.
        guidance: what the class suggests for the window.
        clause: where the suggestion comes from.
    """

    runbook: str
    escalation: str
    evidence: str
    guidance: Guidance
    clause: str


def _rule(
    runbook: str, escalation: str, evidence: str, guidance: Guidance, clause: str
) -> AnomalyRule:
    return AnomalyRule(f"AZ-015: {runbook}", escalation, evidence, guidance, clause)


DEFAULTS: Final[Mapping[AnomalyClass, AnomalyRule]] = {
    "preflight-mismatch": _rule(
        "a host that is not READY",
        "ops-lead",
        "the preflight report of the host, and the file that differs",
        "HOLD",
        "AZ-28.2",
    ),
    "artifact-mismatch": _rule(
        "an artifact with other bytes",
        "release-manager",
        "both copies of the artifact, their hashes, and where each came from",
        "ABORT",
        "AZ-29.1",
    ),
    "genesis-mismatch": _rule(
        "a genesis with other bytes",
        "genesis-custodian",
        "both copies of the genesis, their hashes, and where each came from",
        "ABORT",
        "AZ-29.1",
    ),
    "role-readiness-gap": _rule(
        "too few hosts are ready",
        "ops-lead",
        "the readiness records, and the list of hosts that are missing",
        "DEFER",
        "AZ-28.3",
    ),
    "peer-compatibility-anomaly": _rule(
        "peers refuse one another",
        "ops-lead",
        "logs of both peers, their versions, and the time of the first refusal",
        "HOLD",
        "AZ-28.2",
    ),
    "no-finality-anomaly": _rule(
        "nothing becomes final",
        "consensus-lead",
        "logs of the validators from the last final block on, and the last final root",
        "HOLD",
        "AZ-28.2",
    ),
    "contradictory-notarization-anomaly": _rule(
        "two notarizations contradict one another",
        "consensus-lead",
        "both notarizations as received, with their signers and times",
        "ABORT",
        "AZ-28.4",
    ),
    "deterministic-replay-anomaly": _rule(
        "a replay gives another state",
        "consensus-lead",
        "the inputs of the replay, both state roots, and the binaries that made them",
        "ABORT",
        "AZ-29.1",
    ),
    "bvm-anomaly": _rule(
        "the BVM does something unexpected",
        "consensus-lead",
        "the transaction, its trace on two hosts, and the state root before it",
        "HOLD",
        "AZ-28.2",
    ),
    "witness-proof-anomaly": _rule(
        "a witness or proof does not verify",
        "security-lead",
        "the witness and the proof as received, and the verifier's output",
        "HOLD",
        "AZ-28.2",
    ),
    "governance-activation-anomaly": _rule(
        "governance activates something unexpected",
        "security-lead",
        "the proposal, the state that it changed, and the block at which it did",
        "HOLD",
        "AZ-28.2",
    ),
    "telemetry-blindness-anomaly": _rule(
        "the monitoring shows nothing",
        "incident-commander",
        "the last data that was received, and logs of the hosts for the gap",
        "ABORT",
        "AZ-29.1",
    ),
}
"""For each class, where a policy has nothing else."""


def anomaly_rule(policy: Policy, anomaly_class: AnomalyClass) -> AnomalyRule:
    """What a class asks for under a policy: its table, and the default for what that leaves out.

    A default role that no holder has gives way to one that signs verdicts: a call reaches someone.
    """
    table = policy.anomalies.get(anomaly_class, AnomalyTable.model_construct())
    default = DEFAULTS[anomaly_class]
    role = default.escalation
    if not policy.holders_of_role(role):
        verdicts = verdict_rule(policy)
        role = min(verdicts.roles) if verdicts is not None else ""
    return AnomalyRule(
        runbook=table.runbook or default.runbook,
        escalation=table.escalation or role,
        evidence=table.evidence or default.evidence,
        guidance=table.guidance or default.guidance,
        clause="[anomalies]" if table.guidance is not None else default.clause,
    )
