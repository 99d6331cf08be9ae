"""The end of a checklist: what is due at its closing, and the index of its records (RC-J)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.acts.checklist.scoring import ask
from aztrust.acts.verify import ReadOptions
from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Refused
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.checklist.outcome import Asked
from aztrust.core.judge.checklist.score import make_score
from aztrust.core.records.checklist import ChecklistClosed, ClosedIndex, Indexed
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import Scorecard, evidence_digest, explained, score_digest
from aztrust.core.state.checklist.closed import closing_of
from aztrust.core.state.checklist.records import about
from aztrust.core.state.window.deciding import BY_CHECKLIST


@frozen
class Closing:
    """A checklist at its end.

    Args:
        asked: what it rests on.
        card: the score of what is due at the closing.
        index: all its records.
    """

    asked: Asked
    card: Scorecard
    index: ClosedIndex


def read_closing(act: Act, read_options: ReadOptions) -> Closing:
    """The score of what is due at the closing, and the index. Raises as `score_launch`."""
    asked = ask(act, read_options)
    card = make_score(asked, "close")
    minutes = asked.minutes
    decided_on = minutes.score if minutes is not None else None
    index = ClosedIndex(
        score_digest=score_digest(card),
        evidence_digest=evidence_digest(decided_on if decided_on is not None else card),
        records=tuple(_indexed(asked)),
    )
    return Closing(asked, card, index)


def plan_closing(
    act: Act, closing: Closing, key: VerificationMaterial
) -> Plan[ChecklistClosed, Closing]:
    """The record that ends and indexes a checklist.

    Raises:
        Refused: nothing was decided; something that is due is not so; the key was revoked.
        CouldNotCheck: a record that may be a revocation cannot be understood.
    """
    asked, card = closing.asked, closing.card
    holder = require_usable_signer(act.context, key)
    earlier = closing_of(asked.context, asked.records.digest)
    decision, attempt = asked.decision, asked.attempt
    if decision is None or attempt is None:
        raise Refused(
            "nothing was decided, and a checklist ends with its decision",
            subject="checklist",
            code="precondition-unmet",
            mend=BY_CHECKLIST,
        )
    outcome = getattr(decision.body, "decision", "")
    stops = [line for line in explained(card) if line.result != "GO"]
    if earlier is None and outcome == "GO" and stops:
        first = stops[0]
        raise Refused(
            f"not done: {first.subject}: {first.text}",
            subject=first.subject,
            code="precondition-unmet",
            mend="mend it, then: aztrust checklist freeze",
            details=tuple(f"{line.subject}: {line.text}" for line in stops[1:]),
        )
    held = closing.index.model_dump(mode="json", exclude_none=True)
    body = ChecklistClosed(
        checklist_digest=asked.records.digest,
        closed_at_unix_ms=act.now_unix_ms,
        decision=decision.record_id,
        index_hash=sha256_id(canonical.dumps(held)),
        launch_window_id=attempt.launch_window_id,
        policy_digest=asked.context.policy_digest,
        scope_hash=attempt.scope_hash,
    )
    return Plan("checklist-closed", body, holder, closing, earlier, {"index": held})


def _indexed(asked: Asked) -> Iterator[Indexed]:
    """Every record that counts, each once, in the order of the definitions; the decision last."""
    seen: set[str] = set()
    for record, what in _records(asked):
        if record.record_id not in seen:
            seen.add(record.record_id)
            yield Indexed(record_id=record.record_id, kind=record.kind, about=what)


def _records(asked: Asked) -> Iterator[tuple[VerifiedRecord, str]]:
    if asked.plan_id:
        for record in asked.context.records.effective.verified:
            if record.record_id == asked.plan_id:
                yield record, "the plan of the window"
    for item in asked.records.items.values():
        for record in (*item.evidence, *item.answers):
            yield record, f"item {about(record)}"
    for area in asked.records.areas.values():
        for record in area.sign_offs:
            yield record, f"area {about(record)}"
    if asked.decision is not None:
        yield asked.decision, "the decision"
