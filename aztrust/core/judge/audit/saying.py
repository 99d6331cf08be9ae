"""What a record says, in one line, for anyone who reads a launch from its beginning."""

from __future__ import annotations

from typing import Final

from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.window_statement import statement_in
from aztrust.core.records.records import VerifiedRecord

Signed = VerifiedRecord | HeldVerdict
_TELLING: Final = ("check", "status", "outcome", "action", "severity", "anomaly_class", "guidance")
"""The fields of a body that decide, where its kind has no statement to read aloud."""


def says(record: Signed, window: VerifiedRecord | None = None) -> str:
    """What a record says, in one line: its statement, else its title with what decides it.

    Args:
        record: what was signed.
        window: the record that opened its window, None where it has none here.
    """
    line = statement_in(record, window)
    if isinstance(record, HeldVerdict) or not line.endswith(" recorded"):
        return line
    deciding = [getattr(record.body, name, None) for name in _TELLING]
    words = " ".join(str(value) for value in deciding if isinstance(value, str) and value)
    return f"{record.title}: {words}" if words else record.title
