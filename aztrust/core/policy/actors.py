"""The actors of a launch window (AZ-14.1): what each does, may confirm and may not improvise.

A policy names its roles freely. A card joins what the procedure asks of an actor with what this
policy asks of the role: its places, its acts, its holders.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.policy.authority import act_holders, act_roles, authority_rule, backup_of
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_tables import ACTS

SIGNERS: Final = "go-no-go-signer"
"""The actor who is in no role of this name: the holders who sign the decision."""


@frozen
class Actor:
    """What the procedure asks of one actor.

    Args:
        title: in words, as AZ-14.1 has it.
        responsibilities: what it does.
        escalation: the roles that it calls, in their order.
        may_confirm: what counts when it states it.
        may_not_improvise: what it never decides alone.
    """

    title: str
    responsibilities: tuple[str, ...]
    escalation: tuple[str, ...]
    may_confirm: tuple[str, ...]
    may_not_improvise: tuple[str, ...]


ACTORS: Final[dict[str, Actor]] = {
    "launch-coordinator": Actor(
        "launch coordinator",
        (
            "runs the window and calls each checkpoint",
            "proposes proceed, decision, authorization and instruction",
            "keeps the boundary of each hold and its promised update",
        ),
        (SIGNERS, "incident-commander"),
        ("that a checkpoint of the window is passed", "that blockers were reviewed"),
        (
            "another order of phases or roles than the one that was recorded",
            "a longer hold than the policy allows",
        ),
    ),
    "audit-scribe": Actor(
        "audit scribe",
        (
            "records each step, exception and correction when it happens",
            "keeps evidence, and the ledger when its keeper cannot",
        ),
        ("launch-coordinator",),
        ("what happened, when, and who saw it",),
        ("an edit of a record: a correction adds one", "a decision in the place of its signers"),
    ),
    SIGNERS: Actor(
        "go/no-go signer",
        (
            "reads the verdicts and the head that a decision rests on",
            "signs GO, NO_GO or DEFER, and an abort after the start",
        ),
        ("launch-coordinator", "incident-commander"),
        ("GO, NO_GO or DEFER for the recorded scope",),
        (
            "GO with an open critical blocker or a mismatch",
            "a decision for another scope than the recorded one",
        ),
    ),
    "genesis-custodian": Actor(
        "genesis custodian",
        ("seals the genesis package", "announces the genesis hash"),
        ("security-lead", "launch-coordinator"),
        ("the bytes and the hash of the genesis",),
        (
            "a correction of a genesis after the freeze",
            "a second genesis under the same identity",
        ),
    ),
    "release-manager": Actor(
        "release manager",
        ("seals the release package", "answers for its artifacts and how they were built"),
        ("security-lead", "launch-coordinator"),
        ("the bytes and the hash of each artifact",),
        (
            "another binary or configuration after the freeze",
            "a patch outside an amendment",
        ),
    ),
    "consensus-lead": Actor(
        "consensus lead",
        (
            "reads the first blocks and epochs",
            "judges finality, replay and contradictory notarizations",
        ),
        ("incident-commander", SIGNERS),
        ("that the first blocks are healthy", "that the first epoch is final"),
        (
            "a threshold after an anomaly was seen",
            "a restart of consensus roles without an approval",
        ),
    ),
    "ops-lead": Actor(
        "ops lead",
        (
            "answers for hosts, operators and monitoring",
            "starts each role when it is activated",
        ),
        ("launch-coordinator", "incident-commander"),
        ("that hosts are ready", "that the monitoring is live"),
        (
            "a start without authorization and instruction",
            "two roles at the same time without the observation between them",
        ),
    ),
    "validator-operator": Actor(
        "validator operator",
        (
            "runs preflight on the host and answers for its key",
            "starts by the instruction, and reports what the host shows",
        ),
        ("ops-lead",),
        ("that the own host is READY",),
        (
            "a start before the instruction, or with other bytes",
            "an abort of the network for a failure of the own host",
        ),
    ),
    "security-lead": Actor(
        "security lead",
        (
            "reviews both packages and the latest advisories",
            "revokes records and keys that can no longer be trusted",
        ),
        ("incident-commander", SIGNERS),
        ("that advisories were reviewed", "that an incident of security is resolved"),
        (
            "an exception for a mismatch",
            "a disclosure outside the incident process",
        ),
    ),
    "incident-commander": Actor(
        "incident commander",
        (
            "staffs the incident path during the window",
            "maps an incident to a class of anomalies and follows its runbook",
        ),
        (SIGNERS, "security-lead"),
        ("that the incident path is staffed", "that an anomaly is resolved"),
        (
            "a way past the incident process for speed",
            "a proceed: it is the signers' act",
        ),
    ),
}
"""The ten of AZ-14.1, by the role that a policy gives them."""


@frozen
class ActorCard:
    """An actor under one policy.

    Args:
        role: its name in the policy.
        actor: what the procedure asks; None for a role that AZ-14.1 does not have.
        holders: who has the role, sorted by name; of the signers, who signs the decision.
        backup: the holders that remain when each rule has as many as it asks for; () for none.
        acts: the acts of the window that the role signs.
        places: where the policy asks for the role, without its acts.
    """

    role: str
    actor: Actor | None
    holders: tuple[str, ...]
    backup: tuple[str, ...]
    acts: tuple[str, ...]
    places: tuple[str, ...]


def actor_card(policy: Policy, role: str) -> ActorCard:
    """The card of a role, whether a holder has it or not."""
    if role == SIGNERS and not policy.holders_of_role(role):
        holders = act_holders(policy, "decide")
        rule = authority_rule(policy, "decide")
        # The holders that the rule asks for all have to sign: the backup is the rest.
        needed = max(rule.distinct_holders, sum(rule.roles.values())) if rule is not None else 0
        backup = holders[needed:]
        acts: tuple[str, ...] = ("decide",) if holders else ()
    else:
        holders = policy.holders_of_role(role)
        backup = backup_of(policy, role)
        acts = tuple(act for act in ACTS if role in act_roles(policy, act))
    places = [place for named, place in policy.roles_named() if named == role]
    return ActorCard(
        role=role,
        actor=ACTORS.get(role),
        holders=holders,
        backup=backup,
        acts=acts,
        places=tuple(dict.fromkeys(p for p in places if not p.startswith("authority."))),
    )


def actor_cards(policy: Policy) -> tuple[ActorCard, ...]:
    """The ten actors of AZ-14.1, then every further role that a holder has, sorted."""
    held = {role for holder in policy.holders.values() for role in holder.roles}
    return tuple(actor_card(policy, role) for role in (*ACTORS, *sorted(held - ACTORS.keys())))
