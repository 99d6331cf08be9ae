"""A checkpoint as a document: the report, the matrix that was signed, and its file."""

from __future__ import annotations

from typing import Annotated, Any, cast

from aztrust.core.base.digest import Sha256
from aztrust.core.base.findings import CheckResult, Status
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.judge.abort_triggers import shown_triggers
from aztrust.core.judge.checkpoint_draft import Concluded
from aztrust.core.judge.verify import Verdict
from aztrust.core.records.checkpoint import CheckpointVerdict, RowStatus
from aztrust.report.escape import visible
from aztrust.report.json import build_report
from aztrust.report.model import Milliseconds, Report
from aztrust.report.window.effect import ReportWindow
from aztrust.report.window.triggers import ReportTrigger, report_triggers


class ReportRow(Model):
    """One row of the matrix. `detail` names the checks that it is made of where it did not pass."""

    id: str
    owner: str | None
    status: RowStatus
    detail: str | None
    evidence: Items[str]
    timestamp_unix_ms: Milliseconds


class ReportVerdict(Model):
    """The verdict as it was signed, now or before.

    `bundle_path` is the Sigstore bundle; `proved` says whether the ledger's proof is in it.
    """

    checkpoint_class: str
    verdict: CheckpointVerdict
    record_id: Sha256
    launch_window_id: Sha256
    path: str
    bundle_path: str
    ledger_entry: Annotated[int, Field(ge=0)] | None
    proved: bool


class ReportLedger(Model):
    """The ledger that was read."""

    path: str
    origin: str
    keeper: Sha256
    made: bool


class ReportSignatures(Model):
    """How many of those who must sign this checkpoint have, and who is missing.

    `pending` are the holders whose signed verdict waits for the ledger; they are not missing.
    """

    have: Annotated[int, Field(ge=0)]
    need: Annotated[int, Field(ge=0)]
    missing: Items[str]
    pending: Items[str] = ()


class CheckpointReport(Report):
    """What `aztrust freeze --format json` gives: the report, and the verdict that was signed.

    `recorded` is null where nothing was signed, and `already` true where it had been before.
    `window` is what a final check does in its launch window, null for another checkpoint.
    `triggers` are the abort triggers of AZ-29.1 that it shows.
    """

    already: bool
    matrix: Items[ReportRow]
    recorded: ReportVerdict | None
    ledger: ReportLedger | None
    signatures: ReportSignatures
    say: Items[str]
    window: ReportWindow | None
    triggers: Items[ReportTrigger]


@frozen
class Outcome:
    """The result of a checkpoint, in addition to the verification: see `CheckpointReport`."""

    recorded: ReportVerdict | None
    ledger: ReportLedger | None
    signatures: ReportSignatures
    say: tuple[str, ...]
    already: bool = False
    window: ReportWindow | None = None


def checkpoint_document(
    verdict: Verdict, concluded: Concluded, outcome: Outcome, *, command: str
) -> dict[str, Any]:
    """The report of design 5, with the matrix and the verdict.

    Args:
        verdict: what was verified, with the exit code that the command ends in.
        concluded: the checkpoint.
        outcome: what was written.
        command: whose report it is.
    """
    answers = (*verdict.results, *concluded.rows)
    report = CheckpointReport(
        **vars(build_report(verdict, command=command)),
        already=outcome.already,
        matrix=tuple(_row(row, verdict.context.request.now_unix_ms) for row in concluded.rows),
        recorded=outcome.recorded,
        ledger=outcome.ledger,
        signatures=outcome.signatures,
        say=outcome.say,
        window=outcome.window,
        triggers=report_triggers(
            () if concluded.passed else shown_triggers(answers, verdict.context.manifests)
        ),
    )
    return report.model_dump(mode="json")


def dry_text(holder: str, role: str, already: str = "") -> str:
    """What a dry run did, and as whom.

    Args:
        holder: who would sign, "" where it is not known who.
        role: in which role.
        already: that the holder has signed before, "" otherwise.
    """
    if already:
        return f"{already}; nothing was signed, nothing was written"
    who = f"as {holder}, {role}: " if holder else "as no holder, because no key was named: "
    return f"{who}nothing was signed, nothing was written"


def _row(row: CheckResult, now_unix_ms: int) -> ReportRow:
    status = Status.NOT_RUN if row.status is Status.PENDING else row.status
    return ReportRow(
        id=row.id,
        owner=row.owner or None,
        status=cast("RowStatus", status.value),
        detail=visible(row.detail) or None,
        evidence=row.evidence,
        timestamp_unix_ms=row.answered_unix_ms or now_unix_ms,
    )
