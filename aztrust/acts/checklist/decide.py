"""The decision by the checklist: who was there, what was in front of them, what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

from aztrust.acts.act import checked_text
from aztrust.acts.checklist.lookup import require_open
from aztrust.acts.checklist.scoring import Scored
from aztrust.acts.holders import require_holder
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.records import decision
from aztrust.core.base.advice import command
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.checklist.definitions import Checklist
from aztrust.core.policy.model import Policy
from aztrust.core.records.go_hold import Attendee, FollowUp, Minutes
from aztrust.core.records.records import Unsigned
from aztrust.core.records.scorecard import (
    Scorecard,
    ScoreLine,
    evidence_digest,
    explained,
    score_digest,
)

Outcome = Literal["GO", "NO_GO", "DEFER"]
_SIGNED: Final = ("approve", "conditional")
_PARTS: Final = 3


def decision_of(
    basis: Basis,
    scored: Scored,
    outcome: Outcome,
    reason: str,
    *,
    chair: str,
    attendees: Iterable[str],
    conditions: Sequence[str] = (),
    follow_ups: Sequence[FollowUp] = (),
) -> Unsigned:
    """The decision record with its minutes; what it may not say is refused.

    Args:
        basis: the window.
        scored: the checklist, scored in this run.
        outcome: what is decided.
        reason: why.
        chair, attendees: holders; the chair attends.
        conditions: what it depends on.
        follow_ups: what is to be done afterwards.

    Raises:
        UsageError: a name that no holder has, a text that is too long.
        Refused: one who has to be there is absent; a GO on a score that is not GO; the checklist
            is closed.
    """
    policy, card = basis.act.policy, scored.card
    require_open(scored.context, scored.asked.records)
    names = _names(policy, chair, attendees)
    for one in follow_ups:
        require_holder(policy, one.owner, "--follow-up")
    if outcome == "GO":
        _require_go(card)
    seats = _seats(policy, scored.asked.checklist, names)
    _require_all(policy, scored, names)
    open_ = scored.context.state.blockers.unclosed
    minutes = Minutes(
        chair=chair,
        attendees=seats,
        inputs=(
            f"score {score_digest(card)}: {card.result}",
            f"evidence {evidence_digest(card)}",
            f"scope {basis.attempt.scope_hash}",
            f"open blockers: {len(open_)}",
        ),
        conditions=tuple(checked_text(text, "--condition") for text in conditions),
        follow_ups=tuple(follow_ups),
        blockers=tuple(sorted({record.record_id for record in open_})),
        score=card,
    )
    return decision(
        basis,
        outcome,
        reason,
        score=score_digest(card),
        checklist=card.checklist_digest,
        evidence=evidence_digest(card),
        minutes=minutes,
        more=(area.record_id for area in card.areas if area.record_id and area.status in _SIGNED),
    )


def parse_follow_up(text: str, at: Callable[[str], int]) -> FollowUp:
    """`ACTION;OWNER;TIME` as it is typed.

    Args:
        text: of the option.
        at: reads a time.

    Raises:
        UsageError: it has other parts, or one is empty.
    """
    parts = [part.strip() for part in text.rsplit(";", _PARTS - 1)]
    if len(parts) != _PARTS or not all(parts):
        raise UsageError(
            f"{escape(text)[:80]} is not an action, an owner and a time",
            subject="--follow-up",
            mend="write it as --follow-up 'ACTION;HOLDER;TIME'",
        )
    action, owner, due = parts
    return FollowUp(action=checked_text(action, "--follow-up"), owner=owner, due_unix_ms=at(due))


def _names(policy: Policy, chair: str, attendees: Iterable[str]) -> tuple[str, ...]:
    require_holder(policy, chair, "--chair")
    names = dict.fromkeys((chair, *attendees))
    for name in names:
        require_holder(policy, name, "--attendee")
    return tuple(sorted(names))


def _seats(policy: Policy, checklist: Checklist, names: Iterable[str]) -> tuple[Attendee, ...]:
    """Who was there in which role: each approver role that they have, else their first role."""
    approvers = {area.approver for area in checklist.area}
    seats = []
    for name in names:
        roles = policy.holders[name].roles
        own = sorted(approvers.intersection(roles)) or sorted(roles)[:1]
        seats += [Attendee(holder=name, role=role) for role in own]
    if not seats:
        raise UsageError(
            "none of them has a role", subject="--attendee", mend="aztrust policy show"
        )
    return tuple(sorted(seats, key=lambda seat: (seat.holder, seat.role)))


def _require_go(card: Scorecard) -> None:
    """Refuse a GO on a score that does not come to GO, with the first line and its mend."""
    if card.result == "GO":
        return
    lines = [line for line in explained(card) if line.result == card.result]
    first = lines[0]
    raise Refused(
        f"the score is {card.result}, which does not allow a GO: {first.subject}: {first.text}",
        subject=first.subject,
        code="precondition-unmet",
        mend=_mend(card, first),
        details=tuple(f"{line.subject}: {line.text}" for line in lines[1:]),
    )


def _mend(card: Scorecard, line: ScoreLine) -> str:
    if any(area.area == line.subject for area in card.areas):
        return command("checklist", "sign-off", line.subject, "approve", "--reason", "T")
    return "mend it, or decide otherwise; for the whole score: aztrust checklist score"


def _require_all(policy: Policy, scored: Scored, names: Iterable[str]) -> None:
    """Refuse a meeting without one who has to be there: for each area its signer, else a holder of
    its approver role (RC-I).
    """
    there = set(names)
    signers = {a.area: a.holder for a in scored.card.areas if a.status in _SIGNED}
    missing = []
    for area in scored.asked.checklist.area:
        signer = signers.get(area.id)
        able = {signer} if signer is not None else set(policy.holders_of_role(area.approver))
        if not able & there:
            who = " or ".join(sorted(able)) or f"a holder of {area.approver}"
            missing.append(f"{area.id}: {who}")
    if missing:
        raise Refused(
            f"{len(missing)} who have to be there are not: {'; '.join(missing)}",
            subject="--attendee",
            code="precondition-unmet",
            mend="name each who was there with --attendee HOLDER, or meet again",
        )
