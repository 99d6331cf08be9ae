"""A policy as text: one place for the sentences that `policy show`, lint and diff share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_duration
from aztrust.core.policy.model import PACKAGE_CLASSES, LedgerTable, Policy
from aztrust.core.policy.quorum import ApprovalRule

Line = tuple[str, str]


def joined(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *head, tail = list(words) or ["no holder"]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def plural(count: int, noun: str) -> str:
    """`1 key`, `2 keys`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def brief(digest: str) -> str:
    """A digest's first eight hex digits."""
    return digest.rpartition(":")[2][:8]


def kept_by(ledger: LedgerTable) -> str:
    """Who keeps a ledger: the keeper, and the deputies in their order."""
    if ledger.keeper is not None:
        return brief(ledger.keeper)
    first, *deputies = (f"{escape(k.holder)} {brief(k.keys[0])}" for k in ledger.keepers)
    return f"{first}, then {joined(deputies, 'or')}" if deputies else first


def who(policy: Policy, role: str) -> str:
    """The holders of a role, or that there is none."""
    return joined(policy.holders_of_role(role), "or")


def counted_roles(policy: Policy, roles: Mapping[str, int]) -> str:
    """`1 security-lead (sonia), 1 consensus-lead (cosmin)`."""
    return ", ".join(f"{count} {role} ({who(policy, role)})" for role, count in roles.items())


def rule_sentence(policy: Policy, rule: ApprovalRule) -> str:
    """What an approval rule asks for."""
    return (
        f"{plural(rule.distinct_holders, 'different holder')}, among them"
        f" {counted_roles(policy, rule.roles)}"
    )


def check_sentence(policy: Policy, row: str) -> str:
    """What the policy says of one row of the final checks."""
    from aztrust.core.policy.authority import row_rule

    rule = row_rule(policy, row)
    if rule.not_applicable:
        return f"not applicable: {escape(rule.not_applicable)}"
    if rule.probe is not None:
        found = f" and {escape(rule.probe.matches)}" if rule.probe.matches else ""
        return f"{escape(rule.probe.url)} answers {rule.probe.status}{found}"
    if rule.prometheus is not None:
        return f"{escape(rule.prometheus.url)} has loaded exactly the alert rules of this policy"
    span = format_duration(rule.max_age_ms)
    return f"answered by {rule.role} ({who(policy, rule.role)}), good for {span}"


def describe(policy: Policy) -> tuple[Line, ...]:
    """The authority of a policy as (label, sentence); an empty label continues the last one."""
    lines: list[Line] = []
    for package_class in PACKAGE_CLASSES:
        package = policy.package(package_class)
        role = policy.seal_role(package_class)
        lines += [
            (package_class, escape(package.path)),
            ("", f"sealed by {role} ({who(policy, role)})"),
            ("", f"approved by {rule_sentence(policy, policy.approval_rule(package_class))}"),
        ]
        lines += [("", f"sealing may leave out {escape(path)}") for path in package.exclude]
    for artifact in policy.packages.release.artifact:
        inside = f"{escape(artifact.member)} in " if artifact.member else ""
        lines.append(
            ("installs", f"{artifact.role}  {artifact.platform}   {inside}{escape(artifact.path)}")
        )
    for built in policy.packages.release.provenance:
        at = f" at {built.commit}" if built.commit else f" at {escape(built.ref or 'any ref')}"
        lines += [
            ("built", f"{escape(built.path)} from {escape(built.repository)}{at}"),
            ("", f"by {escape(built.workflow)}"),
            ("", f"issuer {escape(built.issuer)}, trusted root {brief(built.trusted_root)}"),
        ]
    if policy.reproduction is not None:
        named = joined((f"{r} ({who(policy, r)})" for r in policy.reproduction.roles), "or")
        count = plural(policy.reproduction.distinct_holders, "different holder")
        lines.append(("rebuilt", f"each artifact by {count}: {named}"))
    genesis = policy.packages.genesis
    lines.append(("genesis", joined(map(escape, genesis.genesis_files))))
    place = f"at {escape(genesis.chain_id_at)}" if genesis.chain_id_at else "not in it"
    lines.append(("", f"chain id {place}"))
    lines += [
        ("", f"published {published.convention} {brief(published.sha256)}")
        for published in genesis.published_hash
    ]
    lines += [("apart", f"{left} and {right}") for left, right in policy.separation.pairs]
    revokers = [f"{role} ({who(policy, role)})" for role in policy.revocation.roles]
    own = "its signer, a key by its holder"
    lines.append(
        (
            "revoke",
            f"a record by {own}" + (f", any by {joined(revokers, 'or')}" if revokers else ""),
        )
    )
    if policy.freeze is not None:
        lines.append(("freeze", f"none: {escape(policy.freeze.not_applicable)}"))
    if policy.verdicts is not None:
        lines.append(("verdicts", counted_roles(policy, policy.verdicts.roles)))
    if policy.ledger is not None:
        lines.append(
            ("ledger", f"{escape(policy.ledger.origin)}, kept by {kept_by(policy.ledger)}")
        )
        if policy.ledger.max_head_age is not None:
            lines.append(("", f"its head no older than {policy.ledger.max_head_age}"))
    for row in sorted(policy.checks):
        lines.append(("check", f"{row}: {check_sentence(policy, row)}"))
    for rule in policy.linkage:
        how = f" as {rule.as_}" if rule.as_ else ""
        lines += [
            ("linked", escape(rule.name)),
            ("", f"{escape(rule.left)}  =  {escape(rule.right)}{how}"),
        ]
    return tuple(lines)
