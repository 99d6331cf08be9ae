"""What is in only one of the folder and the ledger, and which of these records count.

Once there is a ledger it is the truth, and the folder an in-tray: a positive record counts from the
moment at which the ledger holds it; a negative record counts wherever it is (law 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import encode_envelope
from aztrust.core.history.opener import Opener
from aztrust.core.history.opening import distinct

if TYPE_CHECKING:
    from aztrust.core.history.leaf import LedgerRecord
    from aztrust.core.history.replay import LedgerEntry, LedgerReading

ONLY_IN_FOLDER: Final = "record-only-in-folder"
ONLY_IN_LEDGER: Final = "record-only-in-ledger"


@frozen
class RecordRef:
    """One record or verdict: its id, its key, the same for a person, and whether it is negative,
    as its kind says.
    """

    record_id: str
    fingerprint: str
    text: str
    is_negative: bool


@frozen
class Differences:
    """Notices: what only the folder has, and what only the ledger has."""

    folder: tuple[Finding, ...] = ()
    ledger: tuple[Finding, ...] = ()


class InTray:
    """The folder's files compared with the ledger's entries, while they are read.

    Args:
        ledger: the ledger, None where there is none here.
        opener: opens each content once in a run.
        verdicts: whether this is about its verdicts, and not about its records.
    """

    def __init__(self, ledger: LedgerReading | None, opener: Opener, *, verdicts: bool) -> None:
        self._opener = opener
        self.in_use = ledger is not None and not (ledger.fault or ledger.ignored)
        entries = ledger.entries if ledger is not None and self.in_use else ()
        self.entries = tuple(e for e in entries if (e.record.kind == "verdict") is verdicts)
        self._envelopes = {e.record.envelope: _identity(e.record) for e in self.entries}
        self._lacking = {_identity(e.record): e for e in self.entries}
        self._held = frozenset(self._lacking)
        self._folder: list[Finding] = []

    def to_read(
        self, files: Mapping[str, bytes], folder: str
    ) -> Iterator[tuple[str, bytes | LedgerRecord, str]]:
        """Each thing that is to be read once: (its name, itself, a note about copies).

        First the entries, whose signatures held, then the files that are not among them.
        """
        for entry in self.entries:
            yield f"entry {entry.index} of the ledger", entry.record, ""
        for name, data, copies in distinct(files):
            if not self._is_entry(data):
                yield f"{folder}/{escape(name)}", data, copies

    def _is_entry(self, data: bytes) -> bool:
        """Whether a file holds an entry to the byte: then its signature was checked already."""
        if not self.in_use:
            return False
        try:
            envelope = self._opener.envelope(data, name="")
        except Malformed:
            return False
        encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
        record = self._envelopes.get(encoded)
        if record is not None:
            self._lacking.pop(record, None)
        return record is not None

    def counts(self, data: bytes | LedgerRecord, ref: RecordRef, what: str) -> bool:
        """Whether something that was read counts; what is only in the folder is noted.

        Args:
            data: what `to_read` gave.
            ref: what the record is.
            what: it is called.
        """
        if not self.in_use or not isinstance(data, bytes):
            return True
        record = (ref.record_id, ref.fingerprint)
        if record in self._held:
            self._lacking.pop(record, None)
            return True
        self._folder.append(_only_in_folder(ref, what))
        return ref.is_negative

    def apart(self) -> Differences:
        """What was found in only one of the two, once every file was asked about."""
        return Differences(tuple(self._folder), tuple(_only_in_ledger(self._lacking.values())))


def _identity(record: LedgerRecord) -> tuple[str, str]:
    return record.record_id, record.fingerprint


def _only_in_folder(ref: RecordRef, what: str) -> Finding:
    rest = "it does not count until it is appended"
    if ref.is_negative:
        rest = "it counts, because a negative record counts at once"
    return Finding(
        ONLY_IN_FOLDER,
        what,
        f"{ref.text}: not in the ledger; {rest}",
        mend=f"aztrust ledger append {what}",
    )


def _only_in_ledger(entries: Iterable[LedgerEntry]) -> Iterable[Finding]:
    for entry in entries:
        yield Finding(
            ONLY_IN_LEDGER,
            f"entry {entry.index}",
            f"the {entry.record.kind} {entry.record.record_id[7:15]} is in the ledger and in no"
            " file here; it counts",
        )
