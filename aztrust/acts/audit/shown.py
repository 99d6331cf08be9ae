"""Whether the files of the checklist's evidence are here with their recorded bytes (RC-H, RC-J)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from aztrust.acts.shown_evidence import evidence_readings
from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.state.checklist.files import (
    EvidenceStates,
    FileReading,
    FileState,
    Place,
    evidence_states,
)
from aztrust.core.state.checklist.named import checklist_records
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.core.state.context import Context
from aztrust.storage.evidenceroots import LAUNCH

ID = "checklist-evidence-files"
_CODE = "file-modified"


class EvidenceHere:
    """The files of the evidence in the launch or archive alone; each is read once in an audit.

    Args:
        launch: the launch's directory; None for a kit, which has no such files.
        others: the folder of an archive that has a folder for each other root; None without one.
    """

    def __init__(self, launch: Path | None, others: Path | None) -> None:
        self._launch = launch
        self._others = others
        self._read: dict[Place, FileReading] = {}

    def states(self, records: ChecklistRecords) -> EvidenceStates:
        """Every file of these records against what was read."""
        places = [shown.place for shown in records.files if shown.place not in self._read]
        self._read |= evidence_readings(self._roots(places), places)
        return evidence_states(records, self._read)

    def _roots(self, places: Iterable[Place]) -> dict[str, Path]:
        others = self._others
        roots = {} if others is None else {name: others / name for name, _ in places}
        roots.pop(LAUNCH, None)
        return roots if self._launch is None else {**roots, LAUNCH: self._launch}


def shown_files(present: Context, evidence: EvidenceHere) -> Iterator[CheckResult]:
    """One answer about all files of the evidence; none where no record names a file.

    Args:
        present: the launch, as far as the audit knows it.
        evidence: what is read of them.
    """
    if present.checklist is None:
        return
    records = checklist_records(present)
    if not records.files:
        return
    files = [file for file in evidence.states(records).files if file.shown]
    changed = [one for one in files if one.state == "changed"]
    unseen = [one for one in files if one.state not in ("same", "changed")]
    status = Status.FAIL if changed else Status.NOT_RUN if unseen else Status.PASS
    yield CheckResult(
        ID,
        CheckClass.TRUTH,
        status,
        findings=tuple(
            Finding(_CODE, _name(one), f"it is not the recorded evidence of {one.item}")
            for one in changed
        ),
        detail="; ".join(f"{one.item} {_name(one)}: {one.detail}" for one in unseen[:5]),
    )


def _name(state: FileState) -> str:
    return f"{state.shown.root}:{escape(state.shown.file.path)}" if state.shown else state.item
