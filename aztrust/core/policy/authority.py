"""Who has to act under a policy: who seals, who signs verdicts, who owns each final check (law 8).

The twelve rows of the final checks are the ten rows of AZ-23.1 and the ten checks of AZ-6.2, of
which eight are the same question.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Final

from aztrust.core.base.times import parse_duration
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import (
    ANSWERED_ROWS,
    MACHINE_ROWS,
    PACKAGE_CLASSES,
    PackageClass,
    Policy,
    Probe,
    PrometheusTable,
)
from aztrust.core.policy.quorum import ApprovalRule, Quorum
from aztrust.core.policy.window_tables import Act


def seal_rule(policy: Policy, package_class: PackageClass) -> ApprovalRule:
    """Sealing as a rule: one holder of the role."""
    return ApprovalRule(distinct_holders=1, roles={policy.seal_role(package_class): 1})


def verdict_rule(policy: Policy) -> ApprovalRule | None:
    """Signing a verdict as a rule; None where the policy has no `[verdicts]`."""
    if policy.verdicts is None:
        return None
    return ApprovalRule(distinct_holders=1, roles=policy.verdicts.roles)


def verdict_role(policy: Policy, holder: str) -> str:
    """The role in which a holder signs a verdict, the first by name; "" for none."""
    rule = verdict_rule(policy)
    held = set(policy.holders[holder].roles)
    return min(held & rule.roles.keys(), default="") if rule is not None else ""


def authority_rule(policy: Policy, act: Act) -> ApprovalRule | None:
    """Who signs an act of the launch window: `[authority.ACT]`, else as a verdict.

    Without a table of its own any one holder may `hold`: of a role that signs verdicts, or that
    `[authority]` names for anything; and one who signs verdicts may `defer` and `abort` before the
    start. An abort after the start takes whom `decide` takes, and an amendment whom an approval of
    the release takes: its bytes run in the place of approved ones. None where the policy has no
    holder sign such an act: it has neither the table nor `[verdicts]`.
    """
    if act in policy.authority:
        return policy.authority[act]
    verdicts = verdict_rule(policy)
    if act == "hold":
        return _any_one(verdicts, *policy.authority.values())
    if act in ("defer", "abort"):
        return _any_one(verdicts)
    if act == "amend":
        return policy.approvals.release
    return authority_rule(policy, "decide") if act == "abort-started" else verdict_rule(policy)


def _any_one(*rules: ApprovalRule | None) -> ApprovalRule | None:
    roles = sorted({role for rule in rules if rule is not None for role in rule.roles})
    # A role of which none is asked may sign all the same, which no table of a policy can say.
    return (
        ApprovalRule.model_construct(distinct_holders=1, roles=dict.fromkeys(roles, 0))
        if roles
        else None
    )


def act_roles(policy: Policy, act: Act) -> tuple[str, ...]:
    """The roles in which an act of the launch window may be signed, sorted."""
    rule = authority_rule(policy, act)
    return () if rule is None else tuple(sorted(rule.roles))


def act_holders(policy: Policy, act: Act) -> tuple[str, ...]:
    """The holders who may sign an act of the launch window, sorted by name."""
    roles = act_roles(policy, act)
    return tuple(sorted({name for role in roles for name in policy.holders_of_role(role)}))


def package_rules(
    policy: Policy, package_classes: Iterable[PackageClass]
) -> tuple[ApprovalRule, ...]:
    """What it takes to have these packages sealed and approved."""
    return tuple(
        rule
        for package_class in package_classes
        for rule in (seal_rule(policy, package_class), policy.approval_rule(package_class))
    )


def backup_of(policy: Policy, role: str) -> tuple[str, ...]:
    """The holders of a role that remain when each rule has as many as it asks for.

    They are the last ones by name: the policy does not say who is first. () for none.
    """
    rules = [policy.approval_rule(package_class) for package_class in PACKAGE_CLASSES]
    rules += policy.authority.values()
    counts = [rule.roles.get(role, 0) for rule in rules]
    verdicts = policy.verdicts.roles.get(role, 0) if policy.verdicts is not None else 0
    return policy.holders_of_role(role)[max(1, verdicts, *counts) :]


def keys_left(
    policy: Policy, names: Iterable[str], revoked: Container[str]
) -> dict[str, tuple[str, ...]]:
    """Holder to the keys that were not revoked, in the order of the names; none without such a key.

    Args:
        policy: whose holders they are.
        names: the holders.
        revoked: the fingerprints of the keys that were revoked.
    """
    left = {
        name: tuple(key for key in keys if key not in revoked)
        for name, keys in policy.keys_by_holder(names).items()
    }
    return {name: keys for name, keys in left.items() if keys}


def able_holders(policy: Policy, roles: Iterable[str], revoked: Container[str]) -> tuple[str, ...]:
    """The holders with one of these roles and a key that was not revoked, sorted."""
    named = {name for role in roles for name in policy.holders_of_role(role)}
    return tuple(keys_left(policy, sorted(named), revoked))


def missing_holders(
    policy: Policy, quorum: Quorum, revoked: Container[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Who could still sign what a count lacks: each role with too few, and its other holders.

    Where only the number of holders is short, the role is "" and any holder of the rule's roles
    will do. No holders are left for a role where its tuple is empty: each has signed, or has only
    keys that were `revoked`.
    """
    wanted: list[tuple[str, tuple[str, ...]]] = [(role, (role,)) for role in quorum.missing_roles]
    if not wanted and not quorum.met:
        wanted.append(("", tuple(quorum.rule.roles)))
    return tuple(
        (role, tuple(h for h in able_holders(policy, roles, revoked) if h not in quorum.holders))
        for role, roles in wanted
    )


def keys_listed(policy: Policy) -> dict[str, str]:
    """Fingerprint to whose it is, of every key in the policy: holders' keys, and keepers' keys."""
    ledger = policy.ledger
    keepers = (*ledger.head_keys, *ledger.further_keys) if ledger is not None else ()
    return {**dict.fromkeys(keepers, "who keeps the ledger"), **policy.key_holders()}


def registrar_keys(policy: Policy) -> frozenset[str]:
    """The fingerprints of the keys whose holders enrol operators."""
    return frozenset(policy.keys_of_roles({policy.readiness.registrar}))


def holder_of_key(policy: Policy, fingerprint: str) -> str:
    """Whose key it is, for a person: the holder, else `the key 1a2b3c4d`; `the keeper` for ""."""
    if not fingerprint:
        return "the keeper"
    return policy.key_holders().get(fingerprint, f"the key {fingerprint[7:15]}")


DEFAULT_MAX_AGE: Final = "1h"


@frozen
class RowRule:
    """What holds for one row.

    Args:
        role: who owns it.
        max_age_ms: how long an answer counts.
        not_applicable: why it need not be answered, "" where it must be.
        probe: what the monitoring is asked, None where people answer.
        prometheus: the Prometheus that is asked for its rules, None where none is.
    """

    role: str
    max_age_ms: int
    not_applicable: str = ""
    probe: Probe | None = None
    prometheus: PrometheusTable | None = None

    @property
    def asks_monitoring(self) -> bool:
        """Whether the monitoring itself answers, so that no person needs to."""
        return self.probe is not None or self.prometheus is not None


def row_rule(policy: Policy, row: str) -> RowRule:
    """The rule of a row under a policy; the machine's rows belong to those who sign verdicts."""
    table = policy.checks.get(row)
    if row in MACHINE_ROWS:
        rule = verdict_rule(policy)
        role = min(rule.roles) if rule is not None else ""
    else:
        role = ANSWERED_ROWS[row]
    if table is None:
        return RowRule(role, parse_duration(DEFAULT_MAX_AGE))
    return RowRule(
        role=table.role or role,
        max_age_ms=parse_duration(table.max_age),
        not_applicable=table.not_applicable or "",
        probe=table.probe,
        prometheus=table.prometheus,
    )
