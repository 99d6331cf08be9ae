"""What a launch waits for on its way to a kit, and who does it with which command.

Nothing is decided here: each question is put to the function that verification puts it to. A step
names a holder or, while a role has none, the role.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.value import frozen
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, Policy
from aztrust.core.state.able import able_in
from aztrust.core.state.approvals import approval_quorum
from aztrust.core.state.context import Context
from aztrust.core.state.freezes import freeze_signatures, read_freezes
from aztrust.core.state.launch_state import may_sign
from aztrust.core.state.pending import append_command, appender_of, with_waiting
from aztrust.core.state.seals import seals_in_force

PACK = "aztrust pack"


@frozen
class Step:
    """A command, and the holders or the role for which it waits; () where anyone may run it."""

    command: str
    who: tuple[str, ...] = ()


def vacant_steps(roles: Iterable[str]) -> tuple[Step, ...]:
    """The first step of those who have the vacant roles."""
    return tuple(Step(f"aztrust key generate --role {role}", (role,)) for role in roles)


def next_steps(context: Context) -> tuple[Step, ...]:
    """What comes next: sealing, then approving, then the freeze, then the kit.

    What is signed and pending counts for none of these, so that its append comes first; who has
    signed is not asked again.
    """
    policy = context.policy
    if policy is None:
        return (Step("aztrust policy lint"),)
    steps = _steps(context, policy)
    then = with_waiting(context)
    later = steps if then is context else _steps(then, policy)
    if later == steps and not (steps == (Step(PACK),) and _has_no_ledger(context, policy)):
        return steps
    return (Step(append_command(context), (appender_of(context),)), *later)


def _has_no_ledger(context: Context, policy: Policy) -> bool:
    """Whether verdicts are here for a ledger that the policy names, and that is not here."""
    return (
        policy.ledger is not None
        and context.evidence.ledger is None
        and any(may_sign(policy, verdict) for verdict in context.verdicts.verdicts)
    )


def _steps(context: Context, policy: Policy) -> tuple[Step, ...]:
    for package_class in PACKAGE_CLASSES:
        if not seals_in_force(context, package_class):
            role = policy.seal_role(package_class)
            return (Step(f"aztrust seal {package_class}", able_in(context, role)),)
    approving = [_approval(context, policy, c) for c in PACKAGE_CLASSES]
    if open_ := tuple(step for step in approving if step is not None):
        return open_
    rule = verdict_rule(policy)
    if rule is None or freeze_signatures(context).met:
        return (Step(PACK),)
    have = {verdict.holder for verdict in read_freezes(context).counting}
    may = (h for h in able_in(context, *rule.roles) if h not in have)
    return (Step("aztrust freeze", tuple(may)),)


def _approval(context: Context, policy: Policy, package_class: PackageClass) -> Step | None:
    current = context.manifest_ids.get(package_class, "")
    quorum = approval_quorum(policy, context.records.effective, package_class, current)
    if quorum.met:
        return None
    wanted = quorum.missing_roles or tuple(quorum.rule.roles)
    may = (h for h in able_in(context, *wanted) if h not in quorum.holders)
    return Step(f"aztrust approve {package_class}", tuple(may))
