"""Remarks about the launch window of a policy: who can sign its acts, and its thresholds."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.policy.authority import authority_rule, backup_of, verdict_rule
from aztrust.core.policy.chain_lint import lint_chain
from aztrust.core.policy.checklist_lint import lint_checklist_table
from aztrust.core.policy.describe import joined, plural
from aztrust.core.policy.holder_sets import can_meet, eligible_holders
from aztrust.core.policy.lint_message import Remark, Severity, error, note, warning
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule
from aztrust.core.policy.window_limits import BAND_BOUNDS
from aztrust.core.policy.window_tables import ACTS_TO_START


def lint_window(policy: Policy) -> Iterator[Remark]:
    """Remarks about the tables of the window of a policy that can be read."""
    for act, rule in policy.authority.items():
        yield from unmeetable(policy, f"authority.{act}", rule, "sign")
    yield from _start_alone(policy)
    yield from _without_backup(policy)
    yield from _early(policy)
    yield from _head_age(policy)
    yield from _without_freeze(policy)
    yield from _target(policy)
    yield from lint_chain(policy)
    yield from lint_checklist_table(policy)


def unmeetable(policy: Policy, place: str, rule: ApprovalRule, verb: str) -> Iterator[Remark]:
    """What keeps a rule from being met by all the holders of a policy together.

    Args:
        policy: with the holders.
        place: of the rule in the policy.
        rule: how many it takes.
        verb: what its holders do, `approve` or `sign`.
    """
    for name, count in rule.roles.items():
        have = policy.holders_of_role(name)
        if len(have) < count:
            yield error(
                "threshold-unmeetable",
                f"{place} asks for {count} {name},"
                f" and {_only(have)} {'has' if len(have) < 2 else 'have'} that role",
                f'give the role "{name}" to {plural(count - len(have), "more holder")}',
            )
    able = eligible_holders(policy, [rule])
    if len(able) < rule.distinct_holders:
        yield error(
            "threshold-unmeetable",
            f"{place} asks for {rule.distinct_holders} different holders,"
            f" and {_only(able)} can {verb} it",
            "add holders with one of its roles, or ask for fewer",
        )


def _only(holders: tuple[str, ...]) -> str:
    return f"only {joined(holders)}" if holders else "no holder"


def _start_alone(policy: Policy) -> Iterator[Remark]:
    """Where no table is about the window, its acts are signed as verdicts: `verdicts-few`."""
    if policy.window is None and not policy.authority:
        return
    rules = [verdict_rule(policy), *(authority_rule(policy, act) for act in ACTS_TO_START)]
    asked = [rule for rule in rules if rule is not None]
    if len(asked) < len(rules):
        return
    mainnet = policy.launch.network_class == "mainnet"
    for name in sorted(policy.holders):
        if can_meet(policy, [name], asked):
            yield Remark(
                Severity.ERROR if mainnet else Severity.WARNING,
                "start-single-holder",
                f"{name} alone can sign every verdict and every act up to the start:"
                f" {joined(ACTS_TO_START)}",
                "ask for two different holders in one of them: [authority.proceed]"
                " distinct_holders = 2",
            )


def _without_backup(policy: Policy) -> Iterator[Remark]:
    asked = sorted({role for rule in policy.authority.values() for role in rule.roles})
    single = [
        f"{role} ({joined(policy.holders_of_role(role))})"
        for role in asked
        if policy.holders_of_role(role) and not backup_of(policy, role)
    ]
    if single:
        yield note(
            "role-without-backup",
            f"[authority] asks for {plural(len(single), 'role')} without a backup:"
            f" {joined(single)}",
            "one more holder of a role is its backup: aztrust key generate NAME --role ROLE",
        )


def _early(policy: Policy) -> Iterator[Remark]:
    early, steady = policy.early, policy.steady
    if early is None or steady is None:
        return
    stricter = False
    for name, bound in BAND_BOUNDS.items():
        first, later = getattr(early, name), getattr(steady, name)
        if bound.allows(first, later):
            yield error(
                "early-looser",
                f"early.{name} is {first} and steady.{name} {later}: the first blocks would"
                " escalate later than steady operation (AZ-10.3)",
                f"set early.{name} to {later} or stricter",
            )
        stricter |= bound.allows(later, first)
    if not stricter:
        yield warning(
            "early-not-stricter",
            "no value of [early] is stricter than that of [steady]: the first blocks would not"
            " escalate sooner than steady operation (AZ-10.3)",
            "make one of them stricter, for instance early.max_no_finality",
        )


def _head_age(policy: Policy) -> Iterator[Remark]:
    ledger = policy.ledger
    if policy.launch.network_class != "mainnet" or ledger is None:
        return
    if ledger.max_head_age is None:
        yield warning(
            "head-age-missing",
            "ledger.max_head_age is missing: a host accepts an old head, and does not see an"
            " abort that came after it",
            'for instance: [ledger] max_head_age = "1h"',
        )


def _without_freeze(policy: Policy) -> Iterator[Remark]:
    tables = ["[window]"] * (policy.window is not None) + ["[authority]"] * bool(policy.authority)
    if tables and policy.verdicts is None:
        yield warning(
            "window-without-verdicts",
            f"{joined(tables)} {'is' if len(tables) == 1 else 'are'} about a launch window that no"
            " freeze opens: the policy has no [verdicts]",
            "name who signs verdicts: [verdicts] roles = { ROLE = 1 }",
        )


def _target(policy: Policy) -> Iterator[Remark]:
    if policy.rollback is not None and policy.steady is None:
        yield warning(
            "rollback-without-target",
            f"rollback.cadence.most is {policy.rollback.cadence.most} the target, and the policy"
            " has no [steady] block_interval, which is the target",
            "add [steady] with its five keys",
        )
