"""The tables of the launch window as text, for `policy show`."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.paths import escape
from aztrust.core.policy.anomalies import ANOMALY_CLASSES, anomaly_rule
from aztrust.core.policy.authority import act_holders, act_roles, authority_rule
from aztrust.core.policy.describe import Line, joined, rule_sentence, who
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_limits import rollback_criteria
from aztrust.core.policy.window_tables import ACTS, Act, BandTable


def act_sentence(policy: Policy, act: Act) -> str:
    """Who signs an act of the launch window."""
    rule = authority_rule(policy, act)
    if rule is None:
        return "signed by no holder"
    if 0 in rule.roles.values():
        roles, holders = joined(act_roles(policy, act), "or"), act_holders(policy, act)
        return f"signed by any one holder who is {roles} ({joined(holders, 'or')})"
    return f"signed by {rule_sentence(policy, rule)}"


def describe_window(policy: Policy) -> Iterator[Line]:
    """The tables of the window that the policy has, as (label, sentence)."""
    if policy.window is not None:
        table = policy.window
        yield "window", f"a hold lasts {table.max_hold} at most, its next update is due within"
        yield "", f"{table.max_update}; a proposal waits {table.proposal_max_age} at most"
        yield "", f"no replan begins later than {table.change_cutoff} before the start"
        yield "", f"a final check counts for {table.max_final_check_age}"
        yield "", f"hosts start in this order: {', '.join(table.activation_order)}"
        yield "", f"the restricted posture lasts {table.min_posture} at least,"
        yield "", f"with a snapshot every {table.snapshot_every}"
    if policy.authority:
        for act in ACTS:
            # The other acts are signed as a verdict is, which has a line of its own.
            if act in policy.authority or act == "hold":
                yield act, act_sentence(policy, act)
    for name in ANOMALY_CLASSES:
        if name in policy.anomalies:
            rule = anomaly_rule(policy, name)
            role = f"{rule.escalation} ({who(policy, rule.escalation)})"
            yield "anomaly", f"{name}: {rule.guidance}, calls {role}"
            yield "", f"runbook {escape(rule.runbook)}"
            yield "", f"keep {escape(rule.evidence)}"
    for label, band in (("early", policy.early), ("steady", policy.steady)):
        if band is not None:
            yield from _band(label, band)
    if policy.rollback is not None:
        yield "rollback", "on any of these:"
        yield from (("", sentence) for sentence in rollback_criteria(policy).values())


def _band(label: str, band: BandTable) -> Iterator[Line]:
    yield label, f"a block at least every {band.block_interval}"
    yield "", f"{band.max_error_rate} of what is validated fails at most"
    yield "", f"{band.min_participation} of the voting power takes part at least"
    yield "", f"a role starts within {band.startup_delay}"
    yield "", f"something becomes final at least every {band.max_no_finality}"
