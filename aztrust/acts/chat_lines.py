"""Confirmations that were pasted as lines of text: expanded to record files (docs/formats/
confirmation-line.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from aztrust.acts.publish import store_record
from aztrust.acts.sign import SignedRecord, record_path
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.line.chat import Line, find_lines
from aztrust.core.records.line.rebuild import Known, expand_line
from aztrust.core.state.context import Context
from aztrust.core.state.known_scopes import known_here
from aztrust.storage.launch import read_sealed


@frozen
class FromText:
    """What was in texts.

    Args:
        records: the confirmations, each once.
        refused: the lines that could not be expanded; `subject` is where each is.
        corrected: sentences about characters that were read wrongly and corrected.
    """

    records: tuple[SignedRecord, ...] = ()
    refused: tuple[Finding, ...] = ()
    corrected: tuple[str, ...] = ()

    @property
    def files(self) -> Mapping[str, bytes]:
        """Path in the launch directory to envelope."""
        return {record.path: record.data for record in self.records}


def read_texts(context: Context, launch: Path, texts: Mapping[str, str]) -> FromText:
    """Expand the lines in texts; nothing is written.

    Args:
        context: the launch, with its policy and its operators.
        launch: its directory, for manifests that were sealed before.
        texts: name to text, as it was pasted.

    Raises:
        Malformed: `policy-malformed`.
        CouldNotCheck: the manifests that were sealed before cannot be listed.
    """
    known = known_here(context, lambda: (data for _, data in read_sealed(launch)))
    records: dict[str, SignedRecord] = {}
    refused: list[Finding] = []
    corrected: list[str] = []
    for name, text in texts.items():
        for line in find_lines(text):
            where = f"{name}, line {line.number}, {line.start}…"
            if line.misread is not None:
                corrected.append(f"{where}: {line.misread}")
            found = _expanded(line, known, where)
            if isinstance(found, Finding):
                refused.append(found)
            else:
                records.setdefault(found.path, found)
    return FromText(tuple(records.values()), tuple(refused), tuple(corrected))


def store_from_text(launch: Path, found: FromText) -> None:
    """Write each confirmation among the records of the launch.

    Raises:
        CouldNotCheck: one cannot be written.
    """
    for record in found.records:
        # Where the same record is here with another signature, it is one record nevertheless.
        with suppress(Refused):
            store_record(launch, record)


def _expanded(line: Line, known: Known, where: str) -> SignedRecord | Finding:
    try:
        found = expand_line(line, known)
    except Malformed as error:
        return Finding(error.code or "record-malformed", where, error.message, mend=error.mend)
    kind = OPERATOR_CONFIRMATION
    path = record_path(found.record_id, kind.name, found.key.fingerprint)
    is_negative = kind.is_negative(found.body)
    return SignedRecord(found.record_id, found.envelope, path, is_negative=is_negative)
