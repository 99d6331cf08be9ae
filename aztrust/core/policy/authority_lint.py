"""Remarks about who can do what under a policy that can be read."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.nearest import nearest
from aztrust.core.base.paths import escape
from aztrust.core.policy.authority import package_rules, row_rule, seal_rule, verdict_rule
from aztrust.core.policy.describe import joined, plural
from aztrust.core.policy.holder_sets import (
    Loss,
    can_meet,
    eligible_holders,
    fewest_losses,
    smallest_set,
)
from aztrust.core.policy.lint_message import Remark, Severity, error, note, warning
from aztrust.core.policy.model import ANSWERED_ROWS, PACKAGE_CLASSES, Policy
from aztrust.core.policy.profiles import DEPUTY_ROLE
from aztrust.core.policy.validate import REHEARSAL_KEYS
from aztrust.core.policy.window_lint import lint_window, unmeetable


def lint_authority(policy: Policy, *, notes: bool = True) -> Iterator[Remark]:
    """Remarks about who can do what under a policy that can be read.

    Args:
        policy: by structure, whatever its problems.
        notes: whether to search for what is only worth knowing and takes a while.
    """
    yield from _unmeetable(policy)
    yield from _roles(policy)
    yield from _separation(policy)
    yield from _few_hands(policy, notes=notes)
    yield from _revocation(policy)
    yield from _verdicts(policy)
    yield from _keepers(policy)
    yield from _keys(policy)
    yield from _packages(policy)
    yield from lint_window(policy)


def _unmeetable(policy: Policy) -> Iterator[Remark]:
    for package_class in PACKAGE_CLASSES:
        role = policy.seal_role(package_class)
        if not policy.holders_of_role(role):
            yield error(
                "seal-unmeetable",
                f"no one can seal the {package_class} package: no holder is {role}",
                f'give a holder the role "{role}"',
            )
        rule = policy.approval_rule(package_class)
        yield from unmeetable(policy, f"approvals.{package_class}", rule, "approve")


def _roles(policy: Policy) -> Iterator[Remark]:
    asked: dict[str, str] = {}
    for role, place in policy.roles_named():
        asked.setdefault(role, place)
    held = {role for holder in policy.holders.values() for role in holder.roles}
    for role, place in asked.items():
        # What sealing, approving and the acts of the window lack is an error of its own.
        if role not in held and not place.startswith(("seal.", "approvals.", "authority.")):
            yield warning(
                "role-vacant",
                f"no holder has the role {role} that {place} asks for"
                + _misspelt(role, held - set(asked)),
                "give it to a holder, or take it out",
            )
    rules = {row: row_rule(policy, row) for row in ANSWERED_ROWS}
    asked_by_rows = {rule.role for rule in rules.values() if not rule.not_applicable}
    if policy.launch.profile == "mainnet":
        asked_by_rows.add(DEPUTY_ROLE)
    for role in sorted(held - set(asked) - asked_by_rows):
        near = _misspelt(role, {*asked, *asked_by_rows})
        yield Remark(
            Severity.WARNING if near else Severity.NOTE,
            "role-unused",
            f"the role {role} of {joined(policy.holders_of_role(role))} is asked for nowhere{near}",
            "correct its spelling, or take it out" if near else "",
        )


def _misspelt(role: str, others: set[str]) -> str:
    near = nearest(role, sorted(others), cutoff=0.8)
    return f"; is it {near[0]}, misspelt?" if near else ""


def _separation(policy: Policy) -> Iterator[Remark]:
    for left, right in policy.separation.pairs:
        if left == right:
            yield error(
                "separation-same",
                f"separation.pairs keeps {left} apart from itself: each holder with it violates"
                " that",
                "name two roles",
            )
            continue
        for name in sorted(policy.holders):
            if {left, right} <= set(policy.holders[name].roles):
                yield error(
                    "separation-violated",
                    f"{name} has the roles {left} and {right}, which [separation] keeps apart",
                    f"give one of the two to another holder than {name}",
                )


def _few_hands(policy: Policy, *, notes: bool) -> Iterator[Remark]:
    everything = package_rules(policy, PACKAGE_CLASSES)
    if can_meet(policy, tuple(policy.holders), everything):
        if notes:
            yield from _smallest(policy)
        yield from _single_holders(policy)
    for package_class in PACKAGE_CLASSES:
        acts: dict[Loss, list[str]] = {}
        for act, rule in (
            ("sealed", seal_rule(policy, package_class)),
            ("approved", policy.approval_rule(package_class)),
        ):
            acts.setdefault(fewest_losses(policy, rule), []).append(act)
        for loss, names in acts.items():
            if loss.keys:
                yield note(
                    "lost-keys",
                    f"{plural(loss.keys, 'lost key')} ({joined(loss.holders)}) and the"
                    f" {package_class} package can never be {joined(names, 'or')} ({loss.why})",
                )


def _smallest(policy: Policy) -> Iterator[Remark]:
    everything = package_rules(policy, PACKAGE_CLASSES)
    smallest = smallest_set(policy, everything)
    if smallest is None:
        count = len(eligible_holders(policy, everything))
        yield note(
            "smallest-set",
            "the smallest set that can seal and approve both packages was not found in reasonable"
            f" time: {count} holders are eligible, in very many mixtures of roles",
        )
    elif len(smallest) > 1:
        yield note(
            "smallest-set",
            f"{joined(smallest)} together can seal and approve both packages;"
            f" no fewer than {len(smallest)} can",
        )


def _single_holders(policy: Policy) -> Iterator[Remark]:
    everything = package_rules(policy, PACKAGE_CLASSES)
    alone = sorted(n for n in policy.holders if can_meet(policy, [n], everything))
    for name in alone:
        yield _concentrated(policy, f"{name} alone can seal and approve both packages")
    for package_class in PACKAGE_CLASSES:
        rules = package_rules(policy, [package_class])
        for name in sorted(policy.holders):
            if name not in alone and can_meet(policy, [name], rules):
                yield _concentrated(
                    policy, f"{name} alone can seal and approve the {package_class} package"
                )


def _concentrated(policy: Policy, message: str) -> Remark:
    # A mainnet with one person behind it is what the whole policy is there to prevent.
    severity = Severity.ERROR if policy.launch.network_class == "mainnet" else Severity.WARNING
    return Remark(severity, "single-holder", message, "raise distinct_holders, or spread the roles")


def _revocation(policy: Policy) -> Iterator[Remark]:
    able = {n for role in policy.revocation.roles for n in policy.holders_of_role(role)}
    if not policy.revocation.roles:
        yield warning(
            "revocation-empty",
            "revocation.roles is empty: a stolen key can be revoked by its own holder only",
            'for instance: [revocation] roles = ["security-lead"]',
        )
        return
    everything = package_rules(policy, PACKAGE_CLASSES)
    if len(able) == 1 and can_meet(policy, tuple(able), everything):
        yield warning(
            "revocation-same-hands",
            f"only {joined(able)}, who can approve everything alone, may revoke what others signed",
            "give a [revocation] role to another holder",
        )
    elif len(able) == 1:
        yield note(
            "revocation-one-holder",
            f"only {joined(able)} may revoke what others signed",
        )


def _verdicts(policy: Policy) -> Iterator[Remark]:
    rule = verdict_rule(policy)
    mainnet = policy.launch.network_class == "mainnet"
    if policy.freeze is not None:
        yield note("no-freeze", f"nothing is frozen: {escape(policy.freeze.not_applicable)}")
        return
    if rule is None:
        yield Remark(
            Severity.WARNING if mainnet else Severity.NOTE,
            "verdicts-few",
            "there is no [verdicts]: no holder may sign a freeze"
            + (", and a mainnet asks for two" if mainnet else ""),
            "for instance: [verdicts] roles = { launch-coordinator = 1, security-lead = 1 }"
            if mainnet
            else "",
        )
        return
    for role, count in rule.roles.items():
        have = policy.holders_of_role(role)
        if 0 < len(have) < count:
            yield error(
                "threshold-unmeetable",
                f"verdicts.roles asks for {count} {role}, and only {joined(have)} has that role",
                f'give the role "{role}" to {plural(count - len(have), "more holder")}',
            )
    alone = sorted(name for name in policy.holders if can_meet(policy, [name], [rule]))
    if alone and mainnet:
        yield warning(
            "verdicts-few",
            f"{joined(alone, 'or')} alone can sign a verdict; a mainnet asks for two holders",
            "ask for two in verdicts.roles",
        )


def _keepers(policy: Policy) -> Iterator[Remark]:
    ledger = policy.ledger
    if ledger is None or policy.launch.network_class != "mainnet" or len(ledger.head_keys) > 1:
        return
    yield warning(
        "no-deputy",
        "the ledger has no deputy: with its keeper's key lost, no head is ever signed again",
        "list two holders in their order, each as [[ledger.keepers]] with holder and keys",
    )


def _keys(policy: Policy) -> Iterator[Remark]:
    listed = policy.key_holders()
    worthless = sorted({listed[key] for key in listed if key in REHEARSAL_KEYS})
    if worthless and policy.launch.network_class == "devnet":
        mixed = any(key not in REHEARSAL_KEYS for key in listed)
        yield Remark(
            Severity.WARNING if mixed else Severity.NOTE,
            "rehearsal-key",
            f"{joined(worthless)} signs with a rehearsal key: anyone can sign with it"
            if len(worthless) == 1
            else f"{joined(worthless)} sign with rehearsal keys: anyone can sign with them",
            "make real ones: aztrust key generate NAME" if mixed else "",
        )


def _packages(policy: Policy) -> Iterator[Remark]:
    release, genesis = policy.packages.release, policy.packages.genesis
    for package_class, excluded in (("release", release.exclude), ("genesis", genesis.exclude)):
        if excluded:
            paths = joined(map(escape, excluded))
            yield note("exclude", f"sealing the {package_class} package may leave out {paths}")
    if not release.artifact:
        yield warning(
            "no-artifact",
            "the release package names no artifact: a host cannot tell whether its binary is it",
            "one [[packages.release.artifact]] table per file that hosts install",
        )
    if not genesis.chain_id_at:
        yield note(
            "chain-id-unbound",
            "chain_id_at is empty: the chain id is not compared with the genesis",
        )
