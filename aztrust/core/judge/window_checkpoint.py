"""The matrix of a window's later checkpoints: one row for each condition of its step.

The conditions are those of the transition table, so that a checkpoint passes where the table lets
it, and nowhere else. The first blocks and the first epoch rest on what people show or recorded, in
addition: without that they do not pass (AZ-31.1, AZ-32.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.judge.network_proof_row import proof_row
from aztrust.core.judge.posture_rows import posture_rows
from aztrust.core.judge.window_triggers import trigger_row
from aztrust.core.records.checkpoint import CHECKPOINT_CLASSES, FINAL, FREEZE, CheckpointClass
from aztrust.core.records.observation import LaunchLiveStatus
from aztrust.core.records.readiness import EvidenceFile
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.core.state.window.events import trigger_of, trigger_of_pass
from aztrust.core.state.window.fold import not_possible
from aztrust.core.state.window.inputs import set_by
from aztrust.core.state.window.precondition import Precondition
from aztrust.core.state.window.row import Row
from aztrust.core.state.window.state import WindowState
from aztrust.core.state.window.table import first_row_of

CLASSES: Final[tuple[CheckpointClass, ...]] = tuple(
    each for each in CHECKPOINT_CLASSES if each not in (FREEZE, FINAL)
)
"""The six of AZ-17.3 after the freeze and the final checks."""

OBSERVED: Final = frozenset({"first_blocks_healthy", "first_epoch_finalized"})
"""Those that rest on what was seen of the network."""

STATUS_ROW: Final = "window-status"
EVIDENCE_ROW: Final = "evidence"


def checkpoint_rows(
    context: Context,
    state: WindowState,
    checkpoint_class: CheckpointClass,
    shown: Iterable[EvidenceFile] = (),
) -> tuple[CheckResult, ...]:
    """The rows, in the order of the conditions.

    Args:
        context: the launch.
        state: of its window.
        checkpoint_class: one of `CLASSES`.
        shown: files that show what was observed.
    """
    row = row_of_class(checkpoint_class)
    facts = state.facts_at(context.request.now_unix_ms)
    rows = [_status(state, row)]
    rows += (_condition(state, need, met=need.holds(facts)) for need in row.needs)
    rows.append(trigger_row(context, state))
    if checkpoint_class in OBSERVED and context.policy and context.policy.chain:
        rows.append(proof_row(context, checkpoint_class, observed="observed" in facts))
    shown = tuple(shown)
    if shown or checkpoint_class in OBSERVED:
        rows.append(_evidence(context, state, shown))
    if checkpoint_class == "restricted_posture_exit_ready":
        rows += posture_rows(context, state)
    return tuple(rows)


def row_of_class(checkpoint_class: CheckpointClass) -> Row:
    """The step that this checkpoint is when it passes."""
    return first_row_of(trigger_of_pass(checkpoint_class))


def _status(state: WindowState, row: Row) -> CheckResult:
    if state.status in row.possible_in:
        window = (state.window.record_id,) if state.window is not None else ()
        return CheckResult(STATUS_ROW, CheckClass.READINESS, Status.PASS, evidence=window)
    return _failed(STATUS_ROW, not_possible(row.trigger, state))


def _condition(state: WindowState, need: Precondition, *, met: bool) -> CheckResult:
    if not met:
        return _failed(need.id, need.finding(state))
    evidence = set_by(state, need.fact) if need.wanted else ()
    return CheckResult(need.id, CheckClass.READINESS, Status.PASS, evidence=evidence)


def _evidence(context: Context, state: WindowState, shown: tuple[EvidenceFile, ...]) -> CheckResult:
    """What was seen of the network: files, and the signed answers of this window."""
    records = tuple(
        record.record_id
        for record in context.records.effective.verified
        if _shows_health(record)
        and record.launch_window_id == state.launch_window_id
        and context.records.effective.is_effective(record)
    )
    found = (*(file.sha256 for file in shown), *records)
    if found:
        return CheckResult(EVIDENCE_ROW, CheckClass.READINESS, Status.PASS, evidence=found)
    return _failed(
        EVIDENCE_ROW,
        Finding(
            "precondition-unmet",
            EVIDENCE_ROW,
            "nothing shows what was observed: no file, and no signed observation of this window",
            mend="--evidence FILE, or record an observation first",
        ),
    )


def _shows_health(record: VerifiedRecord) -> bool:
    """Whether a record shows that the network works: each answer is ok, or its state healthy."""
    body = record.body
    if isinstance(body, LaunchLiveStatus):
        return body.observed_finality_health_class == "healthy"
    return trigger_of(record) == "observe"


def _failed(name: str, finding: Finding) -> CheckResult:
    return CheckResult(name, CheckClass.READINESS, Status.FAIL, (finding,), detail=finding.message)


def lacking(rows: Iterable[CheckResult]) -> Iterator[Finding]:
    """What the rows that did not pass lack."""
    return (finding for row in rows if row.status is not Status.PASS for finding in row.findings)
