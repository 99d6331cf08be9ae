"""Whether the files of the checklist's evidence are here with their recorded bytes (RC-H, RC-J)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aztrust.acts.checklist.evidence import evidence_readings
from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.state.checklist.files import EvidenceStates, FileState, evidence_states
from aztrust.core.state.checklist.named import checklist_records
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.core.state.context import Context
from aztrust.storage.evidenceroots import LAUNCH

ID = "checklist-evidence"
_CODE = "file-modified"


def shown_files(
    present: Context, launch: Path | None, others: Path | None
) -> Iterator[CheckResult]:
    """One answer about all files of the evidence; none where no record names a file.

    Args:
        present: the launch, as far as the audit knows it.
        launch: its directory; None for a kit, which has no such files.
        others: the folder of an archive that has a folder for each other root; None without one.
    """
    if present.checklist is None:
        return
    records = checklist_records(present)
    if not records.files:
        return
    files = [file for file in states_here(records, launch, others).files if file.shown]
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


def states_here(
    records: ChecklistRecords, launch: Path | None, others: Path | None
) -> EvidenceStates:
    """The files of the evidence, read in the launch or archive alone; as for `shown_files`."""
    places = [shown.place for shown in records.files]
    roots = {name: others / name for name, _ in places} if others is not None else {}
    if launch is not None:
        roots[LAUNCH] = launch
    else:
        roots.pop(LAUNCH, None)
    return evidence_states(records, evidence_readings(roots, places))


def _name(state: FileState) -> str:
    return f"{state.shown.root}:{escape(state.shown.file.path)}" if state.shown else state.item
