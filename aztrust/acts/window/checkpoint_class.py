"""The later checkpoints of a window as verdicts: signed, passed or not, as a freeze is.

    prepared = prepare_checkpoint(launch, subject, inputs, signer, "bootstrap_authorized", ())
    recorded = sign_final_check(launch, prepared, signer, now_unix_ms)

Everything is recomputed as for a final check; the rows are the conditions of the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aztrust.acts.act import evidence_files
from aztrust.acts.final_check import PreparedFinalCheck, judge_again, prepared
from aztrust.acts.frozen_attempt import Subject, TrustInputs
from aztrust.acts.preconditions import require_attempt
from aztrust.acts.verify import ReadOptions
from aztrust.acts.window.sitting import BETWEEN, refuse_against_oneself
from aztrust.core.base.value import replace
from aztrust.core.checks import CHECKS
from aztrust.core.judge.checkpoint_draft import conclude_checkpoint
from aztrust.core.judge.since_start import as_at_the_start
from aztrust.core.judge.window_checkpoint import checkpoint_rows
from aztrust.core.records.checkpoint import CheckpointClass
from aztrust.core.state.pending import with_waiting
from aztrust.core.state.present_window import present_window
from aztrust.signers import Signer


def prepare_checkpoint(
    launch: Path,
    subject: Subject,
    inputs: TrustInputs,
    signer: Signer | None,
    checkpoint_class: CheckpointClass,
    evidence: Iterable[Path],
    read_options: ReadOptions = ReadOptions(),
    *,
    dry_run: bool = False,
) -> PreparedFinalCheck:
    """Everything up to the question.

    Args:
        launch: the launch directory.
        subject: from `find_subject`.
        inputs: the same.
        signer: who is to sign; None in a dry run where that is not known.
        checkpoint_class: one of `window_checkpoint.CLASSES`.
        evidence: files that show what was observed.
        read_options: how to read.
        dry_run: whether only to look.

    Raises:
        Refused: `policy-expired`, `key-revoked`, the attempt has ended meanwhile; or it passes,
            leads to a start, and the signer decided against one in this window.
        CouldNotCheck: the launch directory, the ledger or an evidence file cannot be read.
    """
    shown = evidence_files(evidence)
    again = judge_again(
        launch,
        subject,
        inputs,
        signer,
        read_options,
        dry_run=dry_run,
        checks=CHECKS,
        probes=False,
    )
    context = again.verdict.context
    attempt = require_attempt(context)
    state = present_window(context, attempt)
    rows = checkpoint_rows(context, state, checkpoint_class, shown)
    if state.started is not None:
        again = replace(again, verdict=as_at_the_start(again.verdict, state.started)[0])
    concluded = conclude_checkpoint(again.verdict, checkpoint_class, rows)
    if concluded.passed and checkpoint_class in BETWEEN:
        refuse_against_oneself(with_waiting(context), attempt.launch_window_id, again.holder)
    return prepared(again, concluded, attempt, signer)
