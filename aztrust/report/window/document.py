"""A launch window as a document: `window status --json`, and parts for its other commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aztrust.core.base.findings import Finding
from aztrust.core.judge.window_log import text_of
from aztrust.core.judge.window_next import Waiting
from aztrust.core.judge.window_view import WindowView
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import require_policy
from aztrust.core.state.current import WindowSummary
from aztrust.core.state.window.state import Step, WindowState, hold_ends, next_update
from aztrust.report.escape import visible
from aztrust.report.node_facts import (
    disagreements_document,
    operator_facts_document,
)
from aztrust.report.pending import pending_documents
from aztrust.report.window.posture import (
    posture_document,
    triggers_document,
)
from aztrust.report.window.status import needed
from aztrust.report.window.steps import step_document
from aztrust.report.window.windows import status_document

if TYPE_CHECKING:
    from aztrust.report.observe.seen import SeenChain


def window_document(
    view: WindowView | None,
    found: WindowSummary,
    command: str,
    chain: SeenChain | None = None,
) -> dict[str, Any]:
    """The same as a JSON value: the present fields of the document, `chain` and `window`."""
    document = status_document(found, command)
    document["chain"] = None if chain is None else chain.model_dump(mode="json")
    document["window"] = None if view is None else view_document(view)
    return document


def view_document(view: WindowView) -> dict[str, Any]:
    """One window as a JSON value."""
    state = view.state
    return {
        "at_unix_ms": view.now_unix_ms,
        "chain_id": require_policy(view.context).launch.chain_id,
        **state_document(state),
        "facts": sorted(state.facts_at(view.now_unix_ms)),
        "start": None
        if view.start is None
        else {"from": view.start[0], "at_unix_ms": view.start[1]},
        "boundaries": [
            {
                "id": boundary.id,
                "text": boundary.text,
                "at_unix_ms": boundary.at_unix_ms,
                "over": boundary.over,
            }
            for boundary in view.boundaries
        ],
        "steps": [_step_document(step) for step in state.steps],
        "decided": None if view.decided is None else _step_document(view.decided),
        "holds": [
            {
                **_record(hold),
                "ends_at_unix_ms": hold_ends(hold),
                "update_at_unix_ms": next_update(hold),
            }
            for hold in state.holds
        ],
        "anomalies": [_record(anomaly) for anomaly in state.anomalies],
        "blockers": [_record(opening) for opening in view.context.state.blockers.unclosed],
        "triggers": triggers_document(view.triggers),
        "posture": posture_document(view.posture),
        "waiting": [waiting_document(waiting) for waiting in view.waiting],
        "pending": [p.model_dump(mode="json") for p in pending_documents(view.pending)],
        "unused": [
            {
                "act": unused.trigger,
                "record_id": unused.source.first.record_id,
                "holders": list(unused.source.holders),
                "findings": [finding_document(finding) for finding in unused.findings],
            }
            for unused in state.unused
        ],
        "notices": [finding_document(notice) for notice in view.notices],
        "operator_facts": operator_facts_document(view.facts),
        "disagreements": disagreements_document(view.differs),
        "next": [step_document(step) for step in view.steps],
    }


def waiting_document(waiting: Waiting) -> dict[str, Any]:
    """An act that waits, as a JSON value."""
    act = waiting.act
    return {
        "act": act.trigger,
        "record_id": waiting.record_id,
        "holders": sorted(waiting.quorum.holders) if waiting.quorum is not None else [],
        "need": needed(waiting.quorum.rule) if waiting.quorum is not None else None,
        "missing": [
            {"role": role or None, "holders": list(holders)} for role, holders in waiting.missing
        ],
        "in_folder": list(waiting.in_folder),
        "waits_for": [finding_document(finding) for finding in act.missing],
        "expires_at_unix_ms": act.expires_at_unix_ms,
        "command": waiting.command or None,
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """A finding as a JSON value."""
    return {
        "code": finding.code,
        "subject": visible(finding.subject),
        "message": visible(finding.message),
        "have": finding.actual or None,
        "need": finding.expected or None,
        "mend": finding.mend or None,
    }


def state_document(state: WindowState) -> dict[str, Any]:
    """Which window it is, and where it is, as every document of a window has it."""
    return {
        "scope_hash": state.scope_hash,
        "launch_window_id": state.launch_window_id,
        "status": state.status,
        "phase": state.phase_name,
    }


def _step_document(step: Step) -> dict[str, Any]:
    return {
        "step": step.row.id,
        "record_id": step.source.first.record_id,
        "holders": list(step.source.holders),
        "at_unix_ms": step.source.at_unix_ms,
        "entry": step.source.place,
        "status": step.status,
        "phase": step.phase,
    }


def _record(record: VerifiedRecord) -> Mapping[str, Any]:
    return {
        "record_id": record.record_id,
        "holder": record.holder,
        "at_unix_ms": record.claimed_unix_ms,
        "text": visible(text_of(record)),
    }


def next_document(view: WindowView, *, command: str, exit_code: int) -> dict[str, Any]:
    """The steps that the status allows, as a document of their own."""
    state = view.state
    return {
        "schema": "aztrust/window-next",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "exit_code": exit_code,
        "at_unix_ms": view.now_unix_ms,
        **state_document(state),
        "steps": [step_document(step) for step in view.steps],
        "waiting": [waiting_document(waiting) for waiting in view.waiting],
    }
