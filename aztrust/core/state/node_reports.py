"""What operators signed about their own nodes, for one attempt: which count, and what disagrees.

They are claims with an age. They are shown, and are compared with what others saw; no row and no
threshold rests on them, and none is an answer of a node.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from aztrust.core.base.times import AHEAD_MS
from aztrust.core.base.value import frozen
from aztrust.core.chain.agreement import Disagreement, SeenBlock, Sight, disagreements
from aztrust.core.chain.recheck import Rechecked
from aztrust.core.history.operators import NodeReport
from aztrust.core.policy.readiness_rules import readiness_rules
from aztrust.core.records.node_facts import NodeFactsRecord
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.proofs import network_proofs

FactsState = Literal[
    "current", "too-old", "pending", "future", "other-scope", "other-window", "key-revoked"
]
"""What a report is worth: `current`, or why it is not."""


@frozen
class OperatorFacts:
    """The newest report of one key, and those that are not for this attempt.

    Args:
        report: what was signed.
        state: what it is worth.
        age_ms: how old it is, by the time that its signer claims.
    """

    report: NodeReport
    state: FactsState
    age_ms: int


def operator_facts(context: Context, attempt: Attempt) -> tuple[OperatorFacts, ...]:
    """The newest report of each key for an attempt, by operator and key.

    A report of another scope or window, from the future, not in the ledger, or of a revoked key is
    named only where its key has no better one.

    Raises:
        Malformed: the policy is.
    """
    now = context.request.now_unix_ms
    max_age = readiness_rules(require_policy(context)).max_age_ms
    records = context.records
    pending = {report.identity for report in records.unentered_reports}
    best: dict[str, OperatorFacts] = {}
    for report in (*records.node_reports, *records.unentered_reports):
        state = _state(report, attempt, now, max_age, pending=report.identity in pending)
        facts = OperatorFacts(report, state, max(0, now - report.body.seen_at_unix_ms))
        key = report.seat.key.fingerprint
        if key not in best or _rank(facts) > _rank(best[key]):
            best[key] = facts
    return tuple(
        sorted(best.values(), key=lambda f: (f.report.seat.operator, f.report.seat.key.fingerprint))
    )


def _rank(facts: OperatorFacts) -> tuple[bool, int, int, str]:
    # By the signer's own time first: anyone can hand in an older file of a key once more.
    ours = facts.state in ("current", "too-old")
    place = facts.report.place if facts.report.place is not None else -1
    return ours, facts.report.body.seen_at_unix_ms, place, facts.report.record_id


def _state(
    report: NodeReport, attempt: Attempt, now: int, max_age: int, *, pending: bool
) -> FactsState:
    body = report.body
    if body.scope_hash != attempt.scope_hash:
        return "other-scope"
    if body.launch_window_id != attempt.launch_window_id:
        return "other-window"
    if report.seat.revoked:
        return "key-revoked"
    if pending:
        return "pending"
    if body.seen_at_unix_ms > now + AHEAD_MS:
        return "future"
    return "too-old" if now - body.seen_at_unix_ms > max_age else "current"


def sight_of(body: NodeFactsRecord, who: str) -> Sight:
    """A report as something to compare."""
    blocks = tuple(
        SeenBlock(block.height, block.id, block.state_after, block.validators)
        for block in body.blocks
    )
    return Sight(who, body.genesis_sha256, blocks)


def observers_disagree(
    context: Context, attempt: Attempt, also: Iterable[Sight] = ()
) -> tuple[Disagreement, ...]:
    """Where the signed reports of operators, the proofs here, and other observers differ.

    A report does not lose what it shows by its age: a block stays what it is. It is replaced by a
    newer one of the same key.

    Args:
        context: the launch.
        attempt: whose reports are compared.
        also: what other observers saw.
    """
    reported = reported_sights(context, attempt)
    proven = proven_sights(network_proofs(context).bundles) if reported else ()
    return disagreements((*reported, *proven, *also))


def reported_sights(context: Context, attempt: Attempt) -> tuple[Sight, ...]:
    """What the signed reports of operators that count say, to compare with.

    Raises:
        Malformed: the policy is.
    """
    return tuple(
        sight_of(facts.report.body, facts.report.seat.title)
        for facts in operator_facts(context, attempt)
        if facts.state in ("current", "too-old")
    )


def proven_sights(bundles: Iterable[Rechecked]) -> tuple[Sight, ...]:
    """What proof bundles prove, to compare with; () where they prove nothing."""
    blocks = [SeenBlock(proof.height, proof.id) for each in bundles for proof in each.proofs]
    return (Sight("the proofs", None, tuple(dict.fromkeys(blocks))),) if blocks else ()
