"""Answering an item of the checklist that a person answers (RC-D, RC-E, RC-G)."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.acts.ids import record_digits, that_begin
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.checklist.definitions import Item
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.records.checklist import Answer, ChecklistAnswer, ChecklistEvidence, Drill
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.checklist.records import ChecklistRecords, fold_checklist
from aztrust.core.state.pending import with_waiting


@frozen
class Given:
    """What a holder gives as an answer.

    Args:
        answer: the answer.
        reason: why.
        mitigation_owner, due_unix_ms: exactly with a warning.
        drill: what took place.
        evidence: ids, or digits of them, of the evidence records; () for all of the item.
    """

    answer: Answer
    reason: str
    mitigation_owner: str | None = None
    due_unix_ms: int | None = None
    drill: Drill | None = None
    evidence: tuple[str, ...] = ()


def require_answerable(item: Item) -> None:
    """Refuse what no person answers.

    Raises:
        Refused: the item is computed.
    """
    if item.computed is not None:
        raise Refused(
            f"{item.id} is computed from files, clock and ledger ({item.computed});"
            " no person answers it",
            subject=item.id,
            mend="see what it needs: aztrust checklist score",
        )


def plan_answer(
    act: Act, records: ChecklistRecords, item: Item, given: Given, key: VerificationMaterial
) -> Plan[ChecklistAnswer, Item]:
    """The record of an answer.

    Raises:
        Refused: the item is computed, or asks for a drill or evidence that is not there; the
            policy has expired, or the key was revoked.
        UsageError: mitigation, drill or evidence do not fit the answer.
        CouldNotCheck: a record that may be a revocation cannot be understood.
    """
    require_answerable(item)
    holder = require_usable_signer(act.context, key)
    _check_mitigation(act, given)
    _check_drill(act, item, given)
    rests_on = _evidence_of(act, records, item, given)
    body = ChecklistAnswer(
        answer=given.answer,
        answered_at_unix_ms=act.now_unix_ms,
        checklist_digest=records.digest,
        definition_digest=item.digest,
        drill=given.drill,
        due_unix_ms=given.due_unix_ms,
        item=item.id,
        mitigation_owner=given.mitigation_owner,
        policy_digest=act.context.policy_digest,
        reason=given.reason,
        rests_on=rests_on,
        role=item.owner,
    )
    return Plan("checklist-answer", body, holder, item)


def _check_mitigation(act: Act, given: Given) -> None:
    has = given.mitigation_owner is not None, given.due_unix_ms is not None
    if given.answer == "warning" and not all(has):
        raise UsageError(
            "a warning names who mitigates it, and until when",
            subject="--owner" if not has[0] else "--due",
            mend="--owner NAME --due TIME",
        )
    if given.answer != "warning" and any(has):
        raise UsageError(
            f"a {given.answer} has nothing to mitigate",
            subject="--owner" if has[0] else "--due",
            mend="leave --owner and --due out, or answer warning",
        )
    if given.due_unix_ms is not None and given.due_unix_ms <= act.now_unix_ms:
        raise UsageError("--due is not later than now", subject="--due", mend="name a later time")


def _check_drill(act: Act, item: Item, given: Given) -> None:
    drill = given.drill
    if item.drill and drill is None and given.answer in ("pass", "warning"):
        raise Refused(
            f"{item.id} is answered with a drill: what took place, where, when, and what came out",
            subject="--drill",
            mend="aztrust checklist answer ITEM pass --reason T --drill KIND --environment T"
            " --from TIME --until TIME --results T",
        )
    if drill is None:
        return
    if drill.until_unix_ms <= drill.from_unix_ms:
        raise UsageError(
            "the drill ends before it begins", subject="--until", mend="name a later --until"
        )
    if drill.until_unix_ms > act.now_unix_ms:
        raise UsageError(
            "the drill has not ended yet", subject="--until", mend="answer once it has ended"
        )


def _evidence_of(act: Act, records: ChecklistRecords, item: Item, given: Given) -> tuple[str, ...]:
    """Ids of the evidence that it rests on: what was named, else everything of the item."""
    then = with_waiting(act.context)
    if then is not act.context:
        # Evidence may still wait for the ledger; what rests on it is appended after it.
        records = fold_checklist(then, records.checklist, records.digest)
    there = {u.record_id: u for u in records.items[item.id].evidence}
    if given.evidence:
        chosen = sorted({_find(there, text, item) for text in given.evidence})
    else:
        chosen = sorted(there)
    if item.evidence and not chosen and given.answer in ("pass", "warning"):
        raise Refused(
            f"{item.id} asks for evidence, and none was added: {escape('; '.join(item.evidence))}",
            subject=item.id,
            mend=f"aztrust evidence add {item.id} FILE",
        )
    return tuple(chosen)


def _find(there: dict[str, VerifiedRecord], text: str, item: Item) -> str:
    found = that_begin(there, record_digits(text))
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{escape(text)[:80]} fits {len(found)} evidence records of {item.id}",
        subject="--evidence",
        mend="aztrust evidence list",
        details=tuple(_listed(there.values()))[:20],
    )


def _listed(records: Iterable[VerifiedRecord]) -> Iterable[str]:
    for record in records:
        body = record.body
        files = len(body.files) if isinstance(body, ChecklistEvidence) else 0
        yield f"{record.record_id[7:23]}  {files} files, by {record.holder}"
