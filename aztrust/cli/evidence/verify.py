"""`aztrust evidence verify`: read every file of the evidence again."""

from __future__ import annotations

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import load, reading_options
from aztrust.cli.evidence.base import evidence, root_option
from aztrust.cli.options import Given


@command(
    "verify",
    parent=evidence,
    short_help="Read every file of the evidence again.",
    example="aztrust evidence verify\naztrust evidence verify --root drills=/srv/drills",
)
@root_option
@reading_options
def verify(session: Session, roots: tuple[str, ...], given: Given) -> int:
    """Compare every file that is evidence with what its record says, and list each of them.

    Exit 0: each is the recorded file, and no item lacks the evidence it asks for. Exit 10: one is
    another file. Exit 11: one is missing or could not be looked at, or evidence is pending.
    """
    from aztrust.acts.checklist.evidence import parse_root
    from aztrust.acts.shown_evidence import look_at_evidence
    from aztrust.core.state.checklist.named import checklist_records
    from aztrust.report.checklist.evidence import (
        evidence_brief,
        evidence_document,
        evidence_lines,
    )
    from aztrust.storage.evidenceroots import remember_roots

    named = dict(parse_root(text) for text in roots)
    act = load(session, given)
    records = checklist_records(act.context)
    states = look_at_evidence(records, act.launch, named)
    remember_roots(act.launch, named)
    session.emit(
        evidence_document(states, records, session.command),
        evidence_lines(states, records),
        brief=evidence_brief(states),
        verdict_first=True,
    )
    return states.exit_code
