"""Whether a GO rests on the checklist of the policy, at its place in the ledger (RC-G.decision).

Its minutes carry the score. What the score says is concluded again, and compared with what was
signed before it: every item of the definitions is in it, an item that a person answers has that
answer, and each area has a sign-off that saw the same states, by a holder of its own who was there.

What takes one of these records back takes the decision back as well, and so does a holder who
rejects an area or fails an item later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from aztrust.core.base.value import field, frozen
from aztrust.core.checklist.definitions import Checklist
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.policy.model import Policy
from aztrust.core.records.checklist import (
    ChecklistAnswer,
    ChecklistClosed,
    ChecklistSignOff,
)
from aztrust.core.records.go_hold import GoNoGoDecision, Minutes, minutes_in
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import Scorecard, ScoredArea, ScoredItem
from aztrust.core.records.signed import sign_off_of, signed_state
from aztrust.core.state.window.definitions import Definitions

Order = tuple[int, int]
"""The place in the ledger, and the time that is claimed."""
_LAST: Final = 2**62


@frozen
class Basis:
    """What a decision is compared with.

    Args:
        policy: names the digest of the definitions, and who has which role.
        definitions: those that are here.
        effective: the records.
        places: identity to the index in the ledger, {} where there is none.
    """

    policy: Policy
    definitions: Definitions
    effective: EffectiveRecords
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def order(self, record: VerifiedRecord) -> Order:
        """Where a record comes: what only the folder has comes last."""
        return self.places.get(record.identity, _LAST), record.claimed_unix_ms

    def taken_back_at(self, record: VerifiedRecord) -> Order | None:
        """Where the first revocation of a record comes; None without one."""
        found = (
            *self.effective.record_revocations(record),
            *self.effective.key_revocations(record),
        )
        return min(map(self.order, found), default=None)

    def has_role(self, record: VerifiedRecord, role: str) -> bool:
        """Whether its holder has a role."""
        holder = self.policy.holders.get(record.holder)
        return holder is not None and role in holder.roles


def checklist_faults(basis: Basis, decision: VerifiedRecord) -> tuple[str, ...]:
    """Why a GO does not rest on the checklist of the policy; () where it does, or none is named."""
    wanted = basis.policy.checklist
    body = decision.body
    if wanted is None or not isinstance(body, GoNoGoDecision):
        return ()
    if body.checklist_digest is None:
        return ("the decision names no checklist, and the policy does",)
    if body.checklist_digest != wanted.digest:
        return ("the decision is about another checklist than the policy's",)
    checklist = basis.definitions.checklist
    if checklist is None or basis.definitions.digest != wanted.digest:
        return ("the definitions of the checklist are not here",)
    minutes = minutes_in(decision.preimages)
    if minutes is None or minutes.score is None:
        return ("the decision has no minutes with a score",)
    score = minutes.score
    # Its kind refused a GO on a score that does not come to GO.
    return (
        *_item_faults(checklist, score),
        *_answer_faults(basis, checklist, score, decision),
        *_area_faults(basis, checklist, minutes, score, decision),
    )


def _item_faults(checklist: Checklist, score: Scorecard) -> Iterator[str]:
    due = [item for item in checklist.item if item.due == "decision"]
    defined = [(i.id, i.digest, i.area, i.priority) for i in due]
    scored = [(i.item, i.definition_digest, i.area, i.priority) for i in score.items]
    if defined != scored:
        names = sorted({name for name, *_ in set(defined) ^ set(scored)})
        yield f"the score has other items than the checklist: {', '.join(names[:5]) or 'an order'}"


def _answer_faults(
    basis: Basis, checklist: Checklist, score: Scorecard, decision: VerifiedRecord
) -> Iterator[str]:
    """What persons answered before the decision, and the score does not say."""
    for scored in score.items:
        item = checklist.item_named(scored.item)
        if item is None or item.computed is not None:
            continue
        answers = set(_answers_before(basis, scored, item.owner, decision))
        if scored.status in ("pass", "warning", "not-applicable") and (
            scored.status not in answers or "fail" in answers
        ):
            yield f"{scored.item} is scored {scored.status}, and no answer before it says so"


def _answers_before(
    basis: Basis, scored: ScoredItem, owner: str, decision: VerifiedRecord
) -> Iterator[str]:
    """The last answer of each holder of the role before a decision."""
    last: dict[str, VerifiedRecord] = {}
    for record in _before(basis, decision):
        body = record.body
        if (
            isinstance(body, ChecklistAnswer)
            and body.definition_digest == scored.definition_digest
            and body.role == owner
            and basis.has_role(record, owner)
        ):
            last[record.holder] = record
    for record in last.values():
        if isinstance(record.body, ChecklistAnswer):
            yield record.body.answer


def _before(basis: Basis, decision: VerifiedRecord) -> list[VerifiedRecord]:
    """The records about a checklist that counted when a decision was made, in their order."""
    at = basis.order(decision)
    found = []
    for record in basis.effective.verified:
        if not isinstance(record.body, ChecklistAnswer | ChecklistSignOff):
            continue
        gone = basis.taken_back_at(record)
        if basis.order(record) <= at and (gone is None or gone > at or record.is_negative):
            found.append(record)
    return sorted(found, key=lambda record: (*basis.order(record), *record.identity))


def _area_faults(
    basis: Basis,
    checklist: Checklist,
    minutes: Minutes,
    score: Scorecard,
    decision: VerifiedRecord,
) -> Iterator[str]:
    if [area.id for area in checklist.area] != [area.area for area in score.areas]:
        yield "the score has other areas than the checklist"
        return
    last: dict[tuple[str, str], VerifiedRecord] = {}
    for record in _before(basis, decision):
        if isinstance(record.body, ChecklistSignOff):
            last[record.body.area, record.holder] = record
    there = {(attendee.holder, attendee.role) for attendee in minutes.attendees}
    holders: list[str] = []
    for area, scored in zip(checklist.area, score.areas, strict=True):
        signed = [r for (name, _), r in last.items() if name == area.id]
        signed = [r for r in signed if basis.has_role(r, area.approver)]
        if any(sign_off_of(r).decision == "reject" for r in signed):
            yield f"{area.id} is rejected"
        own = next((r for r in signed if r.record_id == scored.record_id), None)
        if own is None or own.holder != scored.holder or sign_off_of(own).role != area.approver:
            yield f"{area.id} has no sign-off that counts before the decision"
            continue
        if sign_off_of(own).checklist_digest != score.checklist_digest or not _same(
            own, area.id, score
        ):
            yield f"the sign-off of {area.id} saw other states than the score has"
        if _conditions(scored) != _conditions(sign_off_of(own)):
            yield f"the sign-off of {area.id} has another condition than the score"
        if (own.holder, area.approver) not in there:
            yield f"{own.holder}, who signed off {area.id}, was not at the meeting"
        holders.append(own.holder)
    if len(holders) != len(set(holders)):
        yield "one holder signed off two areas"


def _conditions(area: ScoredArea | ChecklistSignOff) -> tuple[object, ...]:
    decided = area.status if isinstance(area, ScoredArea) else area.decision
    return decided, area.mitigation_owner, area.due_unix_ms


def _same(record: VerifiedRecord, area: str, score: Scorecard) -> bool:
    """Whether a sign-off saw the definitions, states and evidence that the score has."""
    state = signed_state(record)
    signed = [(i.item, i.definition_digest, i.priority, i.status, i.evidence) for i in state.items]
    return signed == [
        (i.item, i.definition_digest, i.priority, i.status, i.evidence)
        for i in score.items
        if i.area == area
    ]


def taken_back(basis: Basis, decision: VerifiedRecord) -> Order | None:
    """Where the first record comes that removes what a decision rests on; None without one.

    That is a revocation of a sign-off or an answer, or a later rejection or fail by one who may
    sign it.
    """
    minutes = minutes_in(decision.preimages)
    score = minutes.score if minutes is not None else None
    checklist = basis.definitions.checklist
    if score is None or checklist is None or basis.policy.checklist is None:
        return None
    named = {area.record_id for area in score.areas}
    named |= {id_ for item in score.items for id_ in item.rests_on}
    at = basis.order(decision)
    found = [
        order for order in _losses(basis, checklist, score.checklist_digest, named) if order > at
    ]
    return min(found, default=None)


def _losses(
    basis: Basis, checklist: Checklist, digest: str, named: Iterable[str | None]
) -> Iterator[Order]:
    ids = frozenset(named)
    ends = (
        basis.order(record)
        for record in basis.effective.verified
        if isinstance(record.body, ChecklistClosed)
        and record.body.checklist_digest == digest
        and basis.effective.is_effective(record)
    )
    # After the end of the checklist only a revocation counts.
    end = min(ends, default=(_LAST + 1, 0))
    for record in basis.effective.verified:
        body = record.body
        if not isinstance(body, ChecklistAnswer | ChecklistSignOff):
            continue
        if record.record_id in ids and not record.is_negative:
            gone = basis.taken_back_at(record)
            if gone is not None:
                yield gone
        is_late = basis.order(record) > end
        if not record.is_negative or is_late or body.checklist_digest != digest:
            continue
        if isinstance(body, ChecklistSignOff):
            area = checklist.area_named(body.area)
            role = area.approver if area is not None else None
        else:
            item = checklist.item_named(body.item)
            role = item.owner if item is not None and item.computed is None else None
        if role is not None and body.role == role and basis.has_role(record, role):
            yield basis.order(record)
