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
from aztrust.core.records.line.rebuild import Expanded, Known, expand_line
from aztrust.core.state.context import Context
from aztrust.core.state.known_scopes import known_here
from aztrust.storage.launch import read_sealed


@frozen
class FromText:
    """What was in texts.

    Args:
        files: path in the launch directory to envelope; each was written there.
        refused: the lines that could not be expanded; `subject` is where each is.
        corrected: sentences about characters that were read wrongly and corrected.
    """

    files: Mapping[str, bytes]
    refused: tuple[Finding, ...] = ()
    corrected: tuple[str, ...] = ()


def expand_texts(context: Context, launch: Path, texts: Mapping[str, str]) -> FromText:
    """Expand the lines in texts, and write each confirmation among the records of the launch.

    Args:
        context: the launch, with its policy and its operators.
        launch: its directory.
        texts: name to text, as it was pasted.

    Raises:
        CouldNotCheck: a record cannot be written.
        Malformed: `policy-malformed`.
    """
    known = known_here(context, lambda: (data for _, data in read_sealed(launch)))
    files: dict[str, bytes] = {}
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
                continue
            record = _file(found)
            # Where the same record is here with another signature, it is one record nevertheless.
            with suppress(Refused):
                store_record(launch, record)
            files[record.path] = record.data
    return FromText(files, tuple(refused), tuple(corrected))


def _expanded(line: Line, known: Known, where: str) -> Expanded | Finding:
    try:
        return expand_line(line, known)
    except Malformed as error:
        return Finding(error.code or "record-malformed", where, error.message, mend=error.mend)


def _file(found: Expanded) -> SignedRecord:
    kind = OPERATOR_CONFIRMATION.name
    path = record_path(found.record_id, kind, found.key.fingerprint)
    is_negative = OPERATOR_CONFIRMATION.is_negative(found.body)
    return SignedRecord(found.record_id, found.envelope, path, is_negative=is_negative)
