"""The launch packet: what the checklist comes to, and everything that it rests on (RC-H)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.times import format_minute
from aztrust.core.checklist.definitions import Checklist
from aztrust.core.judge.checklist.meeting import area_text
from aztrust.core.judge.checklist.outcome import Asked
from aztrust.core.records.checklist import ChecklistEvidence, Status
from aztrust.core.records.checklist_plan import Plan
from aztrust.core.records.scorecard import (
    AreaStatus,
    Result,
    Scorecard,
    ScoredItem,
    evidence_digest,
    explained,
    score_digest,
)
from aztrust.core.state.checklist.files import EvidenceStates, FileState, State
from aztrust.core.state.context import require_policy
from aztrust.report.checklist.score import score_text
from aztrust.report.checklist.sheet import Cell, Row, Section, Sheet, Tone, first_id, short_id

TONES: Final[dict[Result, Tone]] = {"GO": "good", "NO-GO": "bad", "OPEN": "warn"}
_STATUS: Final[dict[Status, Tone]] = {
    "pass": "good",
    "warning": "warn",
    "fail": "bad",
    "pending": "warn",
    "unknown": "warn",
    "not-applicable": "soft",
}
_AREA: Final[dict[AreaStatus, Tone]] = {
    "approve": "good",
    "conditional": "warn",
    "reject": "bad",
    "pending": "warn",
    "stale": "warn",
    "same-holder": "warn",
}
_FILE: Final[dict[State, Tone]] = {
    "same": "good",
    "changed": "bad",
    "missing": "warn",
    "pending": "warn",
    "unknown": "warn",
}
FOOT: Final = (
    "Each id opens what it names: aztrust show ID, in the launch or in its archive.",
    "This page is a view of signed records and of files that were read for it; what counts is"
    " computed again by: aztrust checklist score",
)


def packet_sheet(asked: Asked, card: Scorecard, states: EvidenceStates) -> Sheet:
    """The packet of a launch.

    Args:
        asked: the launch.
        card: its score of this run.
        states: the files of its evidence in this run.
    """
    policy = require_policy(asked.context)
    return Sheet(
        title=f"Launch packet: {policy.launch.name}",
        word=card.result,
        tone=TONES[card.result],
        sentence=f"{score_text(card)}.",
        facts=launch_facts(asked, card),
        sections=(
            reasons_section(card, asked),
            areas_section(card, asked.checklist, asked.context.policy_digest),
            *_item_sections(card, asked),
            _evidence_section(states, asked.context.policy_digest),
            _plan_section(asked.plan, asked.plan_id),
            _rollback_section(asked),
            _not_counted_section(asked),
        ),
        foot=(f"As of {format_minute(card.at_unix_ms)}.", *FOOT),
    )


def launch_facts(asked: Asked, card: Scorecard) -> tuple[Row, ...]:
    """What a document is about: chain, scope, window, and the digests."""
    policy = require_policy(asked.context)
    anchor = short_id(asked.context.policy_digest)
    decision, attempt = asked.decision, asked.attempt
    made = short_id(decision.record_id) if decision is not None else anchor
    window = attempt.launch_window_id if attempt is not None else "none was opened"
    opened = attempt.window.record_id if attempt is not None and attempt.window is not None else ""
    scope = attempt.scope_hash if attempt is not None else "nothing is frozen"
    return (
        _fact("chain", f"{policy.launch.chain_id} ({policy.launch.network_class})", anchor),
        _fact("scope", scope, short_id(opened) or anchor, code=True),
        _fact("window", window, short_id(opened) or anchor, code=True),
        _fact("policy", asked.context.policy_digest, anchor, code=True),
        _fact("checklist", card.checklist_digest, anchor, code=True),
        # The decision carries the score; before it, the policy names what the score is made of.
        _fact("score", score_digest(card), made, code=True),
        _fact("evidence", evidence_digest(card), made, code=True),
    )


def reasons_section(card: Scorecard, asked: Asked) -> Section:
    """Every line that the result follows from, with what shows it."""
    ids = {item.item: item_id(item, asked.context.policy_digest) for item in card.items}
    ids |= {
        area.area: first_id((area.record_id or "",), asked.context.policy_digest)
        for area in card.areas
    }
    rows = tuple(
        Row(
            (Cell(line.result, TONES[line.result]), Cell(line.subject), Cell(line.text)),
            ids.get(line.subject, short_id(asked.context.policy_digest)),
        )
        for line in explained(card)
    )
    return Section(
        "Why",
        ("leads to", "item or area", "because"),
        rows,
        text="Any failed P0 is NO-GO. Of P1, two warnings are allowed, each with an owner and a"
        " due time. P2 is tracked.",
        nothing="Every item passes, and every area is signed off.",
    )


def areas_section(card: Scorecard, checklist: Checklist, otherwise: str) -> Section:
    """The sign-offs."""
    rows = []
    for area in card.areas:
        definition = checklist.area_named(area.area)
        rows.append(
            Row(
                (
                    Cell(definition.title if definition is not None else area.area),
                    Cell(definition.approver if definition is not None else ""),
                    Cell(area.status, _AREA[area.status]),
                    Cell(area.holder or ""),
                    Cell("\n".join((area_text(area), *area.changed))),
                ),
                first_id((area.record_id or "",), otherwise),
            )
        )
    return Section("Sign-offs", ("area", "approver", "status", "signed by", "detail"), tuple(rows))


def item_id(item: ScoredItem, otherwise: str) -> str:
    """What shows an item's status: a record that gave it, its evidence, else the other id."""
    return first_id((*item.rests_on, *item.evidence), otherwise)


def _fact(name: str, value: str, id_: str, *, code: bool = False) -> Row:
    return Row((Cell(name), Cell(value, code=code)), id_)


def _item_sections(card: Scorecard, asked: Asked) -> Iterator[Section]:
    by_section: dict[str, list[Row]] = {}
    for item in card.items:
        definition = asked.checklist.item_named(item.item)
        detail = item.detail
        if item.mitigation_owner is not None and item.due_unix_ms is not None:
            detail += f"\n{item.mitigation_owner} mitigates it by {format_minute(item.due_unix_ms)}"
        row = Row(
            (
                Cell(item.item),
                Cell(definition.text if definition is not None else ""),
                Cell(item.priority),
                Cell(item.status, _STATUS[item.status]),
                Cell(item.by),
                Cell(detail),
            ),
            item_id(item, asked.context.policy_digest),
        )
        section = definition.section if definition is not None else item.item
        by_section.setdefault(section, []).append(row)
    for name, rows in by_section.items():
        heads = ("item", "what is asked", "priority", "status", "by", "detail")
        yield Section(f"Items {name}", heads, tuple(rows))


def _evidence_section(states: EvidenceStates, otherwise: str) -> Section:
    return Section(
        "Evidence",
        ("item", "file", "state", "bytes, SHA-256, BLAKE3", "added"),
        tuple(_evidence_row(one, otherwise) for one in states.files),
        text="Each file was read again for this page and compared with its record.",
        nothing="No item asks for evidence, and none was added.",
    )


def _evidence_row(one: FileState, otherwise: str) -> Row:
    shown = one.shown
    state = Cell("\n".join(filter(None, (one.state, one.detail))), _FILE[one.state])
    if shown is None:
        return Row((Cell(one.item), Cell(""), state), short_id(otherwise))
    record, body = shown.record, shown.record.body
    added = f"{format_minute(record.claimed_unix_ms)}\n{record.holder}"
    if isinstance(body, ChecklistEvidence) and body.output == shown.file.path:
        ended = "" if body.exit_code is None else f" (exit {body.exit_code})"
        added += f"\n{body.command}{ended}"
    digests = f"{shown.file.size}\n{shown.file.sha256[7:]}\n{shown.file.blake3[7:]}"
    return Row(
        (
            Cell(one.item),
            Cell(f"{shown.root}:{shown.file.path}", code=True),
            state,
            Cell(digests, code=True),
            Cell(added),
        ),
        short_id(record.record_id),
    )


def _plan_section(plan: Plan | None, plan_id: str) -> Section:
    id_ = short_id(plan_id)
    rows = []
    if plan is not None:
        spans = [("primary window", plan.primary)]
        spans += [("backup window", plan.backup)] if plan.backup is not None else []
        spans += [("blackout", span) for span in plan.blackouts]
        for name, span in spans:
            rows.append(_span_row(name, span.from_unix_ms, span.until_unix_ms, span.why, id_))
        freeze = plan.change_freeze
        if freeze is not None:
            allowed = f"allowed: {'; '.join(freeze.allowed)}" if freeze.allowed else "no changes"
            rows.append(
                _span_row("change freeze", freeze.from_unix_ms, freeze.until_unix_ms, allowed, id_)
            )
        rows += [
            Row((Cell("channel"), Cell(c.name), Cell(""), Cell(c.at)), id_) for c in plan.channels
        ]
    heads = ("what", "from", "until", "note")
    return Section("Windows", heads, tuple(rows), nothing="No plan is fixed for this window.")


def _span_row(name: str, begins: int, ends: int, why: str | None, id_: str) -> Row:
    cells = (Cell(name), Cell(format_minute(begins)), Cell(format_minute(ends)), Cell(why or ""))
    return Row(cells, id_)


def _rollback_section(asked: Asked) -> Section:
    id_ = short_id(asked.context.policy_digest)
    rows = tuple(
        Row((Cell(item.id), Cell(item.rollback)), id_)
        for item in asked.checklist.item
        if item.rollback is not None
    )
    return Section("Rollback criteria", ("item", "rolls back where"), rows)


def _not_counted_section(asked: Asked) -> Section:
    rows = tuple(
        Row(
            (Cell(one.about), Cell(one.record.kind), Cell(one.record.holder), Cell(one.text)),
            short_id(one.record.record_id),
        )
        for one in asked.records.not_counted
    )
    return Section(
        "Records that do not count",
        ("item or area", "kind", "signed by", "because"),
        rows,
        nothing="Every record of the checklist counts.",
    )
