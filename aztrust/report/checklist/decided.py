"""The record of the go/no-go decision: who decided what, on which score, and what follows."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.times import format_minute
from aztrust.core.judge.checklist.outcome import Asked
from aztrust.core.records.go_hold import GoNoGoDecision, Minutes
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import Scorecard
from aztrust.core.state.context import require_policy
from aztrust.report.checklist.packet import FOOT, areas_section, launch_facts, reasons_section
from aztrust.report.checklist.sheet import Cell, Row, Section, Sheet, Tone, short_id

_TONES: Final[dict[str, Tone]] = {"GO": "good", "NO_GO": "bad", "DEFER": "warn"}
_WORDS: Final = {"GO": "GO", "NO_GO": "NO-GO", "DEFER": "DEFER"}


def decision_sheet(asked: Asked, decision: VerifiedRecord, card: Scorecard) -> Sheet:
    """The record of a decision.

    Args:
        asked: the launch.
        decision: the record that took effect.
        card: the score that it was made on, else one of this run.
    """
    policy, body = require_policy(asked.context), decision.body
    made = body if isinstance(body, GoNoGoDecision) else None
    outcome = made.decision if made is not None else "NO_GO"
    when = format_minute(decision.claimed_unix_ms)
    minutes, id_ = asked.minutes, short_id(decision.record_id)
    decided_on = minutes.score if minutes is not None and minutes.score is not None else None
    return Sheet(
        title=f"Go/no-go decision: {policy.launch.name}",
        word=_WORDS[outcome],
        tone=_TONES[outcome],
        sentence=made.reason if made is not None else "",
        facts=(
            Row((Cell("decided"), Cell(when)), id_),
            Row((Cell("decision"), Cell(decision.record_id, code=True)), id_),
            *launch_facts(asked, decided_on or card),
        ),
        sections=(
            _signatures(asked, decision),
            _meeting(minutes, id_),
            _texts("Inputs", "what was in front of them", minutes, "inputs", id_),
            _texts("Conditions", "it depends on", minutes, "conditions", id_),
            _follow_ups(minutes, id_),
            _blockers(asked, minutes),
            reasons_section(decided_on or card, asked),
            areas_section(decided_on or card, asked.checklist, decision.record_id),
        ),
        foot=(
            "The score is the one in the minutes of the decision."
            if decided_on is not None
            else "The decision names no score; this one was made for this page.",
            *FOOT,
        ),
    )


def _signatures(asked: Asked, decision: VerifiedRecord) -> Section:
    policy = require_policy(asked.context)
    signers = sorted(
        {
            u.holder
            for u in asked.context.records.effective.verified
            if u.record_id == decision.record_id
        }
        | {decision.holder}
    )
    rows = tuple(
        Row((Cell(name), Cell(", ".join(policy.holders[name].roles))), short_id(decision.record_id))
        for name in signers
    )
    return Section("Signatures", ("holder", "roles"), rows)


def _meeting(minutes: Minutes | None, id_: str) -> Section:
    rows = []
    for seat in minutes.attendees if minutes is not None else ():
        chairs = minutes is not None and seat.holder == minutes.chair
        rows.append(Row((Cell(seat.holder), Cell(seat.role), Cell("chair" if chairs else "")), id_))
    return Section(
        "Meeting",
        ("attendee", "role", ""),
        tuple(rows),
        nothing="The decision has no minutes.",
    )


def _texts(title: str, head: str, minutes: Minutes | None, name: str, id_: str) -> Section:
    texts: tuple[str, ...] = getattr(minutes, name) if minutes is not None else ()
    return Section(title, (head,), tuple(Row((Cell(text),), id_) for text in texts))


def _follow_ups(minutes: Minutes | None, id_: str) -> Section:
    rows = tuple(
        Row((Cell(f.action), Cell(f.owner), Cell(format_minute(f.due_unix_ms))), id_)
        for f in (minutes.follow_ups if minutes is not None else ())
    )
    return Section("Follow-ups", ("action", "owner", "due"), rows)


def _blockers(asked: Asked, minutes: Minutes | None) -> Section:
    from aztrust.core.state.blockers import described

    known = {u.record_id: u for u in asked.context.state.blockers.openings}
    rows = tuple(
        Row((Cell(described(known[b]) if b in known else "not in this launch"),), short_id(b))
        for b in (minutes.blockers if minutes is not None else ())
    )
    return Section("Open blockers", ("blocker",), rows, nothing="None was open.")
