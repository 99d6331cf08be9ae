"""`aztrust window status`: one launch window for a person, at 80 columns, and as a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aztrust.core.base.findings import Finding
from aztrust.core.judge.window_log import text_of
from aztrust.core.judge.window_next import Waiting
from aztrust.core.judge.window_times import is_waiting_to_start
from aztrust.core.judge.window_view import WindowView
from aztrust.core.policy.quorum import ApprovalRule
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.blockers import described
from aztrust.core.state.context import require_policy
from aztrust.core.state.current import WindowSummary
from aztrust.core.state.window.state import Step, WindowState, hold_ends, next_update
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.finding import finding_lines
from aztrust.report.lines import LABEL, WIDTH, fitted, labelled, word_lines
from aztrust.report.moment import Local, moment
from aztrust.report.node_facts import (
    disagreement_lines,
    disagreements_document,
    operator_facts_document,
    operator_facts_lines,
)
from aztrust.report.pending import pending_documents
from aztrust.report.text import utc
from aztrust.report.window.posture import (
    posture_document,
    posture_lines,
    trigger_lines,
    triggers_document,
)
from aztrust.report.window.steps import next_step_lines, step_document
from aztrust.report.window.windows import status_document, status_lines

if TYPE_CHECKING:
    from aztrust.report.observe.seen import SeenChain

_STEPS_SHOWN = 6
_SHOWN = 6
"""Of each list that may be long; -v has the rest."""


def window_lines(
    view: WindowView | None,
    found: WindowSummary,
    local: Local,
    *,
    verbose: bool = False,
    chain: SeenChain | None = None,
) -> list[str]:
    """The screen: the window that the run is about, then every attempt.

    Args:
        view: the window, None where none was ever opened.
        found: every attempt.
        local: the reader's zone.
        verbose: whether every step and every finding is shown in full.
        chain: what the observer on this machine sees; None where the policy asks for none.
    """
    if view is None:
        return status_lines(found)
    return [
        *head_lines(view, local),
        *_chain(chain),
        *_times(view, local, verbose=verbose),
        *_signed(view, local, verbose=verbose),
        *_open(view, local, verbose=verbose),
        *disagreement_lines(view.differs),
        *operator_facts_lines(view.facts),
        *trigger_lines(view.triggers),
        *posture_lines(view.posture),
        *_last(view, local),
        *_pending(view, verbose=verbose),
        *_unused(view, verbose=verbose),
        *_notices(view, verbose=verbose),
        *status_lines(found, with_next=False),
        *(word_lines(view.state.scope_hash) if verbose else ()),
        *next_step_lines(view),
    ]


def _chain(chain: SeenChain | None) -> list[str]:
    if chain is None:
        return []
    # Few launches are observed; the others load nothing of this.
    from aztrust.report.observe.seen import seen_lines

    return seen_lines(chain)


def countdown(view: WindowView) -> str:
    """`T-00:37:20` to the start, `T+00:01:05` after it; "" where no such time is known."""
    if view.start is None or view.state.status in ("DEFERRED", "ABORTED", "NORMALIZED"):
        return ""
    left = (view.start[1] - view.now_unix_ms) // 1000
    sign, seconds = ("-", left) if left >= 0 else ("+", -left)
    hours, rest = divmod(seconds, 3600)
    return f"T{sign}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def head_lines(view: WindowView, local: Local) -> list[str]:
    """Status, phase, chain, the time, and the start."""
    now, state = view.now_unix_ms, view.state
    lines = [window_brief(view), *labelled("phase", state.phase_name)]
    here = local(now)
    there = ""
    if here is not None and here.utcoffset() != timedelta(0):
        there = f"   {here:%Y-%m-%d %H:%M:%S %Z}"
    lines += labelled("now", f"{utc(now)}{there}")
    if view.start is not None and is_waiting_to_start(state):
        what, at = view.start
        lines += labelled("start", f"{moment(at, now, local)}, {what}")
    return lines


def window_brief(view: WindowView) -> str:
    """The first line, and the one line of -q."""
    chain = visible(require_policy(view.context).launch.chain_id)
    tail = f"   {countdown(view)}" if countdown(view) else ""
    head = f"{'WINDOW':<{LABEL}}{view.state.status}   "
    room = WIDTH - len(head) - len(tail)
    return f"{head}{fitted(chain, room)}{tail}"


def _times(view: WindowView, local: Local, *, verbose: bool) -> list[str]:
    lines: list[str] = []
    for boundary in view.boundaries:
        if boundary.over and not verbose:
            continue
        past = boundary.at_unix_ms <= view.now_unix_ms
        passed = f"; {boundary.after}" if past and boundary.after and not boundary.over else ""
        text = f"{boundary.text}  {moment(boundary.at_unix_ms, view.now_unix_ms, local)}{passed}"
        lines += labelled("" if lines else "times", visible(text))
    return lines


def _signed(view: WindowView, local: Local, *, verbose: bool) -> list[str]:
    steps = view.state.steps
    shown = steps if verbose else steps[-_STEPS_SHOWN:]
    lines: list[str] = []
    for step in shown:
        lines += labelled("" if lines else "signed", _step_text(step, view, local))
    if len(shown) < len(steps):
        lines += labelled("", f"+{len(steps) - len(shown)} earlier: aztrust window log")
    return lines


def _step_text(step: Step, view: WindowView, local: Local) -> str:
    names = ", ".join(step.source.holders)
    when = moment(step.source.at_unix_ms, view.now_unix_ms, local)
    return visible(f"{step.row.id}: {names}, {when}")


def _open(view: WindowView, local: Local, *, verbose: bool) -> list[str]:
    now, state = view.now_unix_ms, view.state
    texts = [
        f"hold {hold.record_id[7:15]} by {hold.holder} until {moment(hold_ends(hold), now, local)}"
        f", next update {moment(next_update(hold), now, local)}: {text_of(hold)}"
        for hold in state.holds
    ]
    texts += [
        f"anomaly {anomaly.record_id[7:15]} by {anomaly.holder}: {text_of(anomaly)}"
        for anomaly in state.anomalies
    ]
    blockers = view.context.state.blockers.unclosed
    shown = blockers if verbose else blockers[:_SHOWN]
    texts += [f"blocker {opening.record_id[7:15]}: {described(opening)}" for opening in shown]
    texts += _left(blockers, shown, "blockers")
    if "scope-invalidated" in state.facts:
        texts.append("the scope was ended: only a defer or an abort is left")
    return _some("open", texts or ["no hold, no blocker, no anomaly"])


def _last(view: WindowView, local: Local) -> list[str]:
    step = view.decided
    if step is None:
        return []
    text = f"{step.row.says.rstrip('.')}, {_step_text(step, view, local).partition(': ')[2]}"
    reason = text_of(step.source.first)
    return labelled("decided", visible(f"{text}{f': {reason}' if reason else ''}"))


def _left(every: Sequence[object], shown: Sequence[object], what: str) -> list[str]:
    """That a list goes on; [] where it does not."""
    left = len(every) - len(shown)
    return [f"+{left:,} more {what}: -v"] if left else []


def _pending(view: WindowView, *, verbose: bool) -> list[str]:
    lines: list[str] = []
    for waiting in view.waiting:
        lines += labelled("" if lines else "pending", waiting_text(waiting))
        if waiting.command:
            lines += advice_lines("", waiting.command)
    # What stops something comes first: it counts already.
    waiting_files = sorted(view.pending, key=lambda pending: not pending.counts)
    shown = waiting_files if verbose else waiting_files[:_SHOWN]
    for pending in shown:
        text = f"{pending.ref.text}: {pending.sentence.removeprefix('pending: ')}"
        lines += labelled("" if lines else "pending", visible(text))
    for text in _left(waiting_files, shown, "records"):
        lines += labelled("", text)
    return lines


def waiting_text(waiting: Waiting) -> str:
    """`proceed 9e44…: 1 of 3 signed (sonia); missing: security-lead (tom)`."""
    act = waiting.act
    name = f"{act.trigger} {waiting.record_id[7:15]}"
    if waiting.quorum is None:
        return visible(f"{name}: no one can sign such an act under this policy")
    have, need = len(waiting.quorum.holders), needed(waiting.quorum.rule)
    text = f"{name}: {have} of {need} signed ({', '.join(sorted(waiting.quorum.holders))})"
    if waiting.missing:
        missing = (
            f"{role or 'any role'} ({' or '.join(holders) or 'no holder is left'})"
            for role, holders in waiting.missing
        )
        text += f"; missing: {', '.join(missing)}"
    elif waiting.in_folder:
        text += f"; in the folder: {', '.join(waiting.in_folder)}"
    elif act.quorum is None:
        text += "; not possible yet"
    elif act.missing:
        text += f"; waits for: {', '.join(finding.subject for finding in act.missing)}"
    return visible(text)


def needed(rule: ApprovalRule) -> int:
    """How many signatures a rule takes where no holder has two of its roles."""
    return max(rule.distinct_holders, sum(rule.roles.values()))


def _unused(view: WindowView, *, verbose: bool) -> list[str]:
    lines: list[str] = []
    shown = view.state.unused if verbose else view.state.unused[:_SHOWN]
    for unused in shown:
        names = ", ".join(unused.source.holders)
        name = f"{unused.trigger} {unused.source.first.record_id[7:15]} by {names}"
        why = "; ".join(finding.message for finding in unused.findings)
        lines += labelled("" if lines else "unused", visible(f"{name} has no effect: {why}"))
        for finding in unused.findings if verbose else ():
            lines += finding_lines(finding)
    for text in _left(view.state.unused, shown, "acts"):
        lines += labelled("", text)
    return lines


def _notices(view: WindowView, *, verbose: bool) -> list[str]:
    lines: list[str] = []
    shown = view.notices if verbose else view.notices[:_SHOWN]
    for notice in shown:
        lines += labelled("notices", f"{notice.code}  {visible(notice.message)}")
    for text in _left(view.notices, shown, "notices"):
        lines += labelled("", text)
    return lines


def _some(label: str, texts: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for text in texts:
        lines += labelled("" if lines else label, visible(text))
    return lines


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
