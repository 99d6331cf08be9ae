"""What is in only one of the folder and the ledger, and which of these records count.

Once there is a ledger it is the truth, and the folder an in-tray: a positive record counts from the
moment at which the ledger holds it; a negative record counts wherever it is (law 9).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import encode_envelope
from aztrust.core.history.opener import Opener
from aztrust.core.history.opening import distinct
from aztrust.core.policy.authority import holder_of_key
from aztrust.core.policy.model import Policy

if TYPE_CHECKING:
    from aztrust.core.history.leaf import LedgerRecord
    from aztrust.core.history.replay import LedgerEntry, LedgerReading

ONLY_IN_FOLDER: Final = "record-only-in-folder"
ONLY_IN_LEDGER: Final = "record-only-in-ledger"
KEEP: Final = "aztrust ledger keep"
"""What the keeper runs: everything that the folder has and the ledger lacks is appended."""
TAKE_OVER: Final = 'aztrust ledger take-over --reason "..."'
"""What a deputy runs first, where the keeper's key was revoked."""
APPENDING: Final = (KEEP, TAKE_OVER)


def appending(
    policy: Policy, ledger: LedgerReading | None, revoked: Collection[str]
) -> tuple[str, str]:
    """Who appends what is pending, and with which command.

    Args:
        policy: names the keepers where no ledger is here.
        ledger: the ledger, None where there is none here.
        revoked: the fingerprints of the keys that were revoked: no head by them counts any more.

    Returns:
        The fingerprint of the keeper's key, or of the first deputy's after a revoked one; "" where
        no one is named or none is left.
    """
    keeper = ledger.keeper if ledger is not None else ""
    keepers = ledger.keepers if ledger is not None else ()
    if policy.ledger is not None:
        keepers = keepers or policy.ledger.head_keys
        keeper = keeper or policy.ledger.head_keys[0]
    if keeper not in revoked:
        return keeper, KEEP
    later = keepers[keepers.index(keeper) + 1 :] if keeper in keepers else ()
    return next((key for key in later if key not in revoked), ""), TAKE_OVER


@frozen
class RecordRef:
    """One record or verdict: its id, its key, its kind, who signed it, and whether it is negative,
    as its kind says. `about` is the row or the package class that it is about, "" for any other.
    """

    record_id: str
    fingerprint: str
    kind: str
    holder: str
    is_negative: bool
    about: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """(record id, key fingerprint), as of `VerifiedRecord`."""
        return self.record_id, self.fingerprint

    @property
    def text(self) -> str:
        """The same for a person: `the approval of release by sonia`."""
        about = f" of {self.about}" if self.about else ""
        return f"the {self.kind}{about} by {self.holder}"


@frozen
class Pending:
    """A record or verdict that is in the folder and not in the ledger.

    Args:
        ref: what it is.
        path: its file, escaped.
        keeper: who appends it: a holder, or `the key 1a2b3c4d`.
        command: what the keeper types.
    """

    ref: RecordRef
    path: str
    keeper: str
    command: str = KEEP

    @property
    def counts(self) -> bool:
        """Whether it counts before it is appended: a negative one does (law 9)."""
        return self.ref.is_negative

    @property
    def sentence(self) -> str:
        """Since when it counts, for a person."""
        if self.counts:
            return f"pending: counts now; {self.keeper} appends it"
        return f"pending: counts after {self.keeper} appends it"


@frozen
class Differences:
    """Notices: what only the folder has, and what only the ledger has; `pending` is the first of
    these as values.
    """

    folder: tuple[Finding, ...] = ()
    ledger: tuple[Finding, ...] = ()
    pending: tuple[Pending, ...] = ()


class InTray:
    """The folder's files compared with the ledger's entries, while they are read.

    Args:
        ledger: the ledger, None where there is none here.
        opener: opens each content once in a run.
        policy: names the holder of the keeper's key.
        verdicts: whether this is about its verdicts, and not about its records.

    Attributes:
        in_use: whether the ledger decides what counts.
        entries: what it has of this.
        places: (record id, fingerprint) to the index of the first such entry.
    """

    def __init__(
        self, ledger: LedgerReading | None, opener: Opener, policy: Policy, *, verdicts: bool
    ) -> None:
        self._opener = opener
        self._keeper = holder_of_key(policy, ledger.keeper) if ledger is not None else ""
        self.in_use = ledger is not None and not (ledger.fault or ledger.ignored)
        entries = ledger.entries if ledger is not None and self.in_use else ()
        self.entries = tuple(e for e in entries if (e.record.kind == "verdict") is verdicts)
        self._envelopes = {e.record.envelope: _identity(e.record) for e in self.entries}
        self._lacking = {_identity(e.record): e for e in self.entries}
        self._held = frozenset(self._lacking)
        self.places: dict[tuple[str, str], int] = {}
        for entry in self.entries:
            self.places.setdefault(_identity(entry.record), entry.index)
        self._pending: list[Pending] = []

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
        if (whole := self._envelopes.get(data)) is not None:
            self._lacking.pop(whole, None)
            return True
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
        record = ref.identity
        if record in self._held:
            self._lacking.pop(record, None)
            return True
        self._pending.append(Pending(ref, what, self._keeper))
        return ref.is_negative

    def apart(self) -> Differences:
        """What was found in only one of the two, once every file was asked about."""
        return Differences(
            tuple(map(_only_in_folder, self._pending)),
            tuple(_only_in_ledger(self._lacking.values())),
            tuple(self._pending),
        )


def _identity(record: LedgerRecord) -> tuple[str, str]:
    return record.record_id, record.fingerprint


def _only_in_folder(pending: Pending) -> Finding:
    return Finding(
        ONLY_IN_FOLDER,
        pending.path,
        f"{pending.ref.text}: not in the ledger; {pending.sentence}",
        mend=f"{pending.keeper}: {KEEP}",
    )


def _only_in_ledger(entries: Iterable[LedgerEntry]) -> Iterable[Finding]:
    for entry in entries:
        yield Finding(
            ONLY_IN_LEDGER,
            f"entry {entry.index}",
            f"the {entry.record.kind} {entry.record.record_id[7:15]} is in the ledger and in no"
            " file here; it counts",
        )
