"""What keeps a policy from the goal of its profile, with the command that mends it.

`[launch] profile` says what the launch wants to reach: READY by one person, by two with a freeze,
or by all that a mainnet takes. Without it a policy is judged by what it says alone. With it,
a role without a holder is not a mistake yet: the goal waits for the holder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.value import replace
from aztrust.core.policy.authority import row_rule, verdict_rule
from aztrust.core.policy.describe import joined, plural
from aztrust.core.policy.holder_sets import can_meet
from aztrust.core.policy.lint_message import Remark, Severity, hold
from aztrust.core.policy.model import ANSWERED_ROWS, PACKAGE_CLASSES, Policy, ProfileName
from aztrust.core.policy.profiles import DEPUTY_ROLE, PROFILES

_WAITS_FOR_HOLDERS: Final = frozenset(
    {"seal-unmeetable", "threshold-unmeetable", "role-vacant", "check-without-owner"}
)
_REPORTED_BELOW: Final = frozenset({"verdicts-few", "no-deputy"})
_EXPECTED_OF_ONE: Final = frozenset(
    {"single-holder", "revocation-same-hands", "start-single-holder"}
)


def generate_mend(role: str) -> str:
    """The command by which a person takes a role."""
    return f"aztrust key generate --role {role}"


def vacant(role: str, place: str) -> Remark:
    """What to report of a role that no holder has, and that a place of the policy asks for."""
    message = f"no holder has the role {role}, which {place} asks for"
    return hold("role-vacant", message, generate_mend(role))


def under_profile(policy: Policy, remarks: Iterable[Remark]) -> Iterator[Remark]:
    """Remarks as the policy's profile takes them, and what its goal lacks.

    Args:
        policy: by structure.
        remarks: those of a policy without a profile.
    """
    name = policy.launch.profile
    if name is None:
        yield from remarks
        return
    for remark in remarks:
        if remark.topic in _WAITS_FOR_HOLDERS:
            continue  # Reported below, with the command.
        if name == "mainnet" and remark.topic in _REPORTED_BELOW:
            continue
        if name == "solo" and remark.topic in _EXPECTED_OF_ONE:
            remark = replace(remark, severity=Severity.NOTE, mend="")
        yield remark
    yield from _lacking(policy, name)


def _lacking(policy: Policy, name: ProfileName) -> Iterator[Remark]:
    yield from _vacant(policy)
    yield from _thresholds(policy)
    yield from _people(policy, name)
    if name == "solo":
        if policy.freeze is None and policy.verdicts is None:
            yield hold(
                "freeze-unmeetable",
                "the policy has no [verdicts]: no holder may freeze, and no host becomes READY",
                'one person without a freeze states why: [freeze] not_applicable = "…"',
            )
        return
    yield from _freeze(policy, name)
    if name == "mainnet":
        yield from _mainnet(policy)


def _needed_roles(policy: Policy) -> dict[str, str]:
    """Every role without which the launch does not come through, and what needs it first."""
    needed: dict[str, str] = {}
    for role, place in policy.roles_named():
        if not place.startswith("separation."):
            needed.setdefault(role, place)
    for row in ANSWERED_ROWS if policy.verdicts is not None else ():
        rule = row_rule(policy, row)
        if not rule.not_applicable and not rule.asks_monitoring:
            needed.setdefault(rule.role, f"checks.{row}")
    return needed


def _vacant(policy: Policy) -> Iterator[Remark]:
    for role, place in _needed_roles(policy).items():
        if not policy.holders_of_role(role):
            yield vacant(role, place)


def _thresholds(policy: Policy) -> Iterator[Remark]:
    approvals = [(f"approvals.{c}", policy.approval_rule(c), "approve") for c in PACKAGE_CLASSES]
    acts = [(f"authority.{act}", rule, "sign") for act, rule in policy.authority.items()]
    rules = [(place, rule.roles) for place, rule, _ in approvals]
    if policy.verdicts is not None:
        rules.append(("verdicts", policy.verdicts.roles))
    rules += [(place, rule.roles) for place, rule, _ in acts]
    for place, roles in rules:
        for role, count in roles.items():
            have = policy.holders_of_role(role)
            if 0 < len(have) < count:
                yield hold(
                    "threshold-unmeetable",
                    f"{place}.roles asks for {count} {role}, and only {joined(have)}"
                    f" {'has' if len(have) == 1 else 'have'} that role",
                    generate_mend(role),
                )
    for place, rule, verb in (*approvals, *acts):
        able = sorted({h for role in rule.roles for h in policy.holders_of_role(role)})
        # The holder of a vacant role may be the one that is missing: that is reported already.
        filled = all(policy.holders_of_role(role) for role in rule.roles)
        if filled and len(able) < rule.distinct_holders:
            yield hold(
                "threshold-unmeetable",
                f"{place}.distinct_holders is {rule.distinct_holders}, and"
                f" {plural(len(able), 'holder')} can {verb} it",
                generate_mend(next(iter(rule.roles))),
            )


def _people(policy: Policy, name: ProfileName) -> Iterator[Remark]:
    """A rule for fewer people than the profile has is another profile's."""
    least = PROFILES[name].people
    for package_class in PACKAGE_CLASSES:
        asked = policy.approval_rule(package_class).distinct_holders
        if asked < least:
            yield hold(
                "profile-too-few",
                f"approvals.{package_class}.distinct_holders is {asked}, and the profile {name}"
                f" wants {least}",
                f"raise it to {least} in manifests/launch.toml",
            )


def _freeze(policy: Policy, name: ProfileName) -> Iterator[Remark]:
    if policy.freeze is not None:
        yield hold(
            "freeze-unmeetable",
            f"[freeze] states that nothing is frozen, and the profile {name} wants a freeze",
            "take [freeze] out, and name signers: [verdicts] roles = { ROLE = 1 }",
        )
    elif policy.verdicts is None:
        yield hold(
            "freeze-unmeetable",
            f"the policy has no [verdicts]: no holder may freeze, and the profile {name} wants a"
            " freeze",
            "name signers: [verdicts] roles = { ROLE = 1 }",
        )


def _mainnet(policy: Policy) -> Iterator[Remark]:
    if policy.launch.network_class == "mainnet" and not policy.separation.pairs:
        yield hold(
            "separation-empty",
            "separation.pairs is empty: one holder may be sealer and reviewer",
            'for instance: [separation] pairs = [["release-manager", "security-lead"]]',
        )
    rule = verdict_rule(policy)
    signers = sorted(policy.holders) if rule is not None else []
    alone = [n for n in signers if rule is not None and can_meet(policy, [n], [rule])]
    if rule is not None and (sum(rule.roles.values()) < 2 or alone):
        who = f"{joined(alone, 'or')} alone can sign" if alone else "one holder signs"
        yield hold(
            "verdicts-few",
            f"{who} a verdict, and the profile mainnet wants two signers",
            "ask for two roles of two people in verdicts.roles",
        )
    if policy.ledger is None:
        yield hold(
            "keeper-missing",
            "the policy has no [ledger]: no holder is named as the keeper of the ledger that a"
            " freeze rests on",
            "add [ledger] with origin and keeper, the key of the holder who keeps it",
        )
        return
    known = policy.key_holders()
    for key in policy.ledger.head_keys:
        if key not in known:
            yield hold(
                "keeper-missing",
                f"the keeper of the ledger signs with {key[7:15]}, which is the key of no holder",
                "name a key of a holder, or add its holder: aztrust key add FILE.pem --role ROLE",
            )
    if len(policy.ledger.head_keys) < 2:
        yield hold(
            "deputy-missing",
            "the ledger has no deputy: the launch stops with the keeper's laptop",
            f"list the holder of {DEPUTY_ROLE} as a second [[ledger.keepers]]",
        )
