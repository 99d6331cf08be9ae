"""What became of the files that were shown as evidence (RC-H): the same, another one, or missing.

The records say what each file has to be; a shell reads what is there now. Nothing is remembered
from the time a file was added: every look computes all digests again (law 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from aztrust.core.base.digest import Digests
from aztrust.core.base.value import frozen
from aztrust.core.state.checklist.records import ChecklistRecords, Shown

Place = tuple[str, str]
"""A root's name and a path below the root."""
State = Literal["same", "changed", "missing", "pending", "unknown"]
"""`pending`: evidence is asked for and none was added. `unknown`: it could not be looked at."""


@frozen
class FileRead:
    """What is at a place now.

    Args:
        size, digests: of its bytes, as they were read in this run.
    """

    size: int
    digests: Digests


@frozen
class NotRead:
    """Why there is nothing to compare.

    Args:
        missing: whether the system says that there is no such file; else it is unknown.
        cause: in words.
    """

    missing: bool
    cause: str


FileReading = FileRead | NotRead
Readings = Mapping[Place, FileReading]


@frozen
class FileState:
    """One file of one record, or an item that has none.

    Args:
        item: which item it is for.
        state: what became of the file.
        detail: why, in words; "" where it is the same.
        shown: what it has to be; None where nothing was added.
    """

    item: str
    state: State
    detail: str = ""
    shown: Shown | None = None


@frozen
class EvidenceStates:
    """Each file that counts as evidence, and each item that lacks any.

    Args:
        files: in the order of the items.
        unread: why there may be more records than were read, "" where there are none.
    """

    files: tuple[FileState, ...]
    unread: str = ""

    def of(self, *states: State) -> tuple[FileState, ...]:
        """Those that are in one of these states."""
        return tuple(one for one in self.files if one.state in states)

    @property
    def exit_code(self) -> int:
        """10 where a file is another one, 11 where something was not shown or looked at, else 0.

        Without anything to look at it is 11 as well: nothing was compared (law 2).
        """
        if self.of("changed"):
            return 10
        if self.unread or not self.of("same") or self.of("missing", "pending", "unknown"):
            return 11
        return 0


def evidence_states(records: ChecklistRecords, readings: Readings) -> EvidenceStates:
    """Every file against what is there now.

    Args:
        records: of the checklist.
        readings: for each place of `records.files`; what is absent was not looked at.
    """
    found: list[FileState] = []
    for item, of_item in records.items.items():
        if of_item.lacks_evidence:
            wanted = "; ".join(of_item.item.evidence)
            found.append(FileState(item, "pending", f"nothing was added; asked for: {wanted}"))
        found += file_states(of_item.files, readings)
    return EvidenceStates(tuple(found), records.unread)


def file_states(files: Iterable[Shown], readings: Readings) -> tuple[FileState, ...]:
    """Each file against what is there now. Arguments as `evidence_states`."""
    return tuple(
        FileState(shown.item, *_compared(shown, readings.get(shown.place)), shown)
        for shown in files
    )


def _compared(shown: Shown, reading: FileReading | None) -> tuple[State, str]:
    if reading is None:
        return "unknown", "it was not looked at"
    if isinstance(reading, NotRead):
        return ("missing" if reading.missing else "unknown"), reading.cause
    file = shown.file
    same_sha, same_blake = (
        reading.digests.sha256 == file.sha256,
        reading.digests.blake3 == file.blake3,
    )
    if same_sha and same_blake and reading.size == file.size:
        return "same", ""
    if same_sha != same_blake:
        only = "SHA-256" if same_sha else "BLAKE3"
        return "changed", f"only its {only} is the one that was recorded"
    return "changed", f"it has {reading.size} bytes and other digests; recorded: {file.size} bytes"
