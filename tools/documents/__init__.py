"""What commands print as JSON, as models: the schemas in docs/schemas are made from them.

Commands put these documents together themselves; tests/cli/test_documents.py holds each of them
against its schema. A new document is a class in this package, a line in `DOCUMENTS`, a run in that
test, and `make docs`.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.model import Model
from aztrust.core.base.value import frozen
from aztrust.report.window import replan
from tools.documents import (
    anomalies,
    answers,
    checklist_score,
    evidence,
    ledger,
    operators,
    window,
)
from tools.documents import checklist_definitions as checklist
from tools.documents.records import RECORDED


@frozen
class Printed:
    """A document that commands print.

    Args:
        forms: its models; more than one where it has another form for each command or each kind.
        by: the commands, for the index in docs/formats/documents.md.
    """

    forms: tuple[type[Model], ...]
    by: str


DIFFERENCES: Final[tuple[type[Model], ...]] = (
    answers.ComparedTrees,
    answers.ComparedFiles,
    answers.ComparedManifests,
    answers.ComparedLaunches,
)

DOCUMENTS: Final[dict[str, Printed]] = {
    "anchor": Printed((answers.Anchor,), "anchor show"),
    "blockers": Printed((answers.Blockers,), "blocker list"),
    "checklist-definitions": Printed((checklist.Definitions,), "checklist show"),
    "checklist-import": Printed((checklist.Import,), "checklist import"),
    "checklist-lint": Printed((checklist.Lint,), "checklist lint"),
    "checklist-notice": Printed((checklist.Notice,), "checklist notice"),
    "checklist-plan": Printed((checklist.PlanShown,), "checklist plan"),
    "checklist-written": Printed((checklist.Written,), "checklist init"),
    "checklist-score": Printed((checklist_score.ChecklistScore,), "checklist score"),
    "checklist-document": Printed(
        (evidence.ChecklistDocument,), "checklist packet, checklist record"
    ),
    "completion": Printed((answers.Completion,), "completion"),
    "confirmed": Printed((operators.Confirmed,), "confirm"),
    "node-facts-signed": Printed((operators.NodeFactsSigned,), "confirm --facts"),
    "diff": Printed(DIFFERENCES, "diff"),
    "evidence": Printed((evidence.EvidenceReport,), "evidence verify, evidence list"),
    "explanation": Printed((answers.Explanation,), "explain"),
    "hash-check": Printed((answers.HashCheck,), "hash --check"),
    "hashes": Printed((answers.Hashes,), "hash"),
    "help": Printed((answers.Help,), "help"),
    "init": Printed((answers.Initialized,), "init"),
    "key": Printed((answers.Key,), "key generate, key add, key fingerprint"),
    "ledger-appended": Printed((ledger.LedgerAppended,), "ledger append"),
    "ledger-closed": Printed((ledger.LedgerClosed,), "ledger close"),
    "ledger-head": Printed((ledger.LedgerHead,), "ledger head"),
    "ledger-kept": Printed((ledger.LedgerKept,), "ledger keep, and its hook"),
    "ledger-list": Printed((ledger.LedgerList,), "ledger list"),
    "ledger-made": Printed((ledger.LedgerMade,), "ledger init"),
    "ledger-migrated": Printed((ledger.LedgerMigrated,), "ledger migrate"),
    "ledger-proof": Printed((ledger.LedgerProof,), "ledger prove"),
    "ledger-rebuilt": Printed((ledger.LedgerRebuilt,), "ledger rebuild"),
    "ledger-taken-over": Printed((ledger.LedgerTakenOver,), "ledger take-over"),
    "lessons": Printed((answers.LessonStates,), "lessons"),
    "packed": Printed((answers.Packed,), "pack"),
    "policy-diff": Printed((answers.PolicyDiff,), "policy diff"),
    "policy-lint": Printed((answers.PolicyLint,), "policy lint"),
    "policy-shown": Printed((answers.PolicyShown,), "policy show"),
    "provenance-added": Printed((answers.ProvenanceAdded,), "provenance add"),
    "public-copies": Printed((answers.PublicCopies,), "publish --check"),
    "publication": Printed((answers.Publication,), "publication.json, which publish writes"),
    "published": Printed((answers.Published,), "publish"),
    "recorded": Printed(
        (*RECORDED, evidence.RecordedEvidence, evidence.RecordedAnswer),
        "approve, revoke, supersede, announce, attest, attest-build, advisory, lessons FILE,"
        " checklist plan FILE,"
        " blocker open and close, window defer, abort and handover, observe with unknown answers,"
        " live-status, anomaly, posture attest, note, exception, correct, enrol with a list,"
        " checklist sign-off and freeze, evidence add, checklist answer",
    ),
    "restored": Printed((answers.Restored,), "restore"),
    "roster": Printed((operators.Roster,), "enrol without a list"),
    "sealed": Printed((answers.Sealed,), "seal"),
    "serving": Printed((answers.Serving,), "serve"),
    "shipped": Printed((answers.Shipped,), "ship"),
    "shown": Printed((answers.Shown,), "show, ledger show"),
    "version": Printed((answers.Version,), "version"),
    "window-anomalies": Printed((anomalies.WindowAnomalies,), "window anomaly"),
    "window-log": Printed((window.WindowLog,), "window log"),
    "window-minutes": Printed((window.WindowMinutes,), "window minutes"),
    "window-next": Printed((window.WindowNext,), "window next"),
    "window-roles": Printed((window.WindowRoles,), "window roles"),
    "window-script": Printed((window.WindowScript,), "window script"),
    "window-status": Printed((window.WindowStatus,), "window status"),
    "window-replan": Printed((replan.ReplanReport,), "window replan"),
}
"""The name of a schema's file, and the document."""
