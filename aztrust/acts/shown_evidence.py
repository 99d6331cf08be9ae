"""Looking at the files of the checklist's evidence: each is read again where its root is (RC-H)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.state.checklist.files import (
    EvidenceStates,
    FileRead,
    FileReading,
    NotRead,
    evidence_states,
)
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.storage.evidencefiles import NoSuchEvidence, ReadFile, read_places
from aztrust.storage.evidenceroots import known_roots


def look_at_evidence(
    records: ChecklistRecords, launch: Path, named: Mapping[str, Path]
) -> EvidenceStates:
    """Every file that counts as evidence, read now.

    Args:
        records: of the checklist.
        launch: the launch directory.
        named: roots that were named in this run; others are where they were named before.
    """
    places = [shown.place for shown in records.files]
    roots = {**known_roots(launch), **named}
    return evidence_states(records, evidence_readings(roots, places))


def evidence_readings(
    roots: Mapping[str, Path], places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], FileReading]:
    """What is at each place, below these roots alone."""
    return {place: _reading(found) for place, found in read_places(roots, places).items()}


def _reading(found: ReadFile | CouldNotCheck) -> FileReading:
    if isinstance(found, ReadFile):
        return FileRead(found.size, found.digests)
    return NotRead(isinstance(found, NoSuchEvidence), found.message)
