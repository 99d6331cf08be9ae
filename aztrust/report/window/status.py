"""`aztrust window status`: one launch window for a person, at 80 columns, and as a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from aztrust.core.judge.window_log import text_of
from aztrust.core.judge.window_next import Waiting
from aztrust.core.judge.window_times import is_waiting_to_start
from aztrust.core.judge.window_view import WindowView
from aztrust.core.policy.quorum import ApprovalRule
from aztrust.core.state.blockers import described
from aztrust.core.state.context import require_policy
from aztrust.core.state.current import WindowSummary
from aztrust.core.state.window.state import Step, hold_ends, next_update
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.finding import finding_lines
from aztrust.report.lines import LABEL, WIDTH, fitted, labelled, word_lines
from aztrust.report.moment import Local, moment
from aztrust.report.node_facts import (
    disagreement_lines,
    operator_facts_lines,
)
from aztrust.report.text import utc
from aztrust.report.window.posture import (
    posture_lines,
    trigger_lines,
)
from aztrust.report.window.steps import next_step_lines
from aztrust.report.window.windows import status_lines

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
