"""The state of a replay, entry by entry, and how a later replay of a longer log goes on from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.formats import merkle
from aztrust.core.history.enrolled_keys import EnrolledKeys
from aztrust.core.history.keepers import Succession
from aztrust.core.history.leaf import LedgerRecord, dependencies
from aztrust.core.history.stored_log import StoredEntry, Trust

MEND: Final = (
    "get the ledger again: git pull, or another kit; its keeper moves the store away and makes it"
    " again: aztrust ledger rebuild"
)


class Fold:
    """The state of the fold: so many entries, these peaks, these records.

    Args:
        trust: what the log is compared with.
        nodes: the stored hashes that follow.
        keeps: whether `records` has each record, so that a later replay can go on from here.
    """

    def __init__(self, trust: Trust, nodes: Iterator[bytes], *, keeps: bool = False) -> None:
        self.trust = trust
        self.nodes = nodes
        self.size = 0
        self.peaks: list[bytes] = []
        self.findings: list[Finding] = []
        self.succession = Succession(trust.keepers)
        self.records: list[LedgerRecord | None] | None = [] if keeps else None
        self.roots = {0: merkle.EMPTY_ROOT}
        self._operators = EnrolledKeys(trust.registrars, trust.keys.keys(), trust.opener)
        self._identities: set[tuple[bytes, bytes]] = set()
        self._seen: set[bytes] = set()
        self._cited: dict[bytes, int] = {}

    def take(self, entry: StoredEntry) -> LedgerRecord | None:
        """Steps 2 to 5 for the next entry; None where it could not be read."""
        name = f"entry {entry.index}"
        record = None
        try:
            # 2. Envelope, signature, payload.
            record = self.trust.read(entry, self._operators)
        except Malformed as error:
            # What a newer version may have written is not known to be broken (law 15).
            code = error.code if error.code == "record-unknown" else "ledger-inconsistent"
            self.findings.append(Finding(code, name, error.message, mend=error.mend or MEND))
        else:
            self._operators.take(record)
            self._compare(entry, record)
            self._order(record)
            self._succeed(record)
        self._grow(None if entry.resigned else record)
        if self.records is not None:
            self.records.append(record)
        return record

    def _compare(self, entry: StoredEntry, record: LedgerRecord) -> None:
        # 3. The record decides; what is stored with it must agree.
        for what, stored, found in (
            ("record id", entry.record_id, record.record_id),
            ("key", entry.fingerprint, record.fingerprint),
        ):
            if stored != found:
                message = f"is stored under another {what} than its envelope's"
                self.findings.append(wrong(entry.index, message, found, stored))
        if entry.envelope != record.envelope:
            message = "has an envelope that is not in its canonical form"
            self.findings.append(wrong(entry.index, message))

    def _order(self, record: LedgerRecord) -> None:
        # 4. An id is a digest: whatever cites it was made later, and was appended later.
        own = bytes.fromhex(record.record_id[7:])
        identity = (own, bytes.fromhex(record.fingerprint[7:]))
        if identity in self._identities:
            self.findings.append(wrong(self.size, "repeats a record that its key signed before"))
        self._identities.add(identity)
        if own not in self._seen and own in self._cited:
            message = f"is cited by entry {self._cited[own]}, which comes before it"
            self.findings.append(wrong(self.size, message))
        self._seen.add(own)
        # A negative record has no dependencies: it may come before what it cites (law 9).
        for needed in dependencies(record):
            other = bytes.fromhex(needed[7:])
            # A record that is already there is not waited for, which keeps the table small.
            if other not in self._seen:
                self._cited.setdefault(other, self.size)

    def _succeed(self, record: LedgerRecord) -> None:
        reason = self.succession.take(self.size, record, lambda: merkle.root_of_peaks(self.peaks))
        if reason:
            self.findings.append(wrong(self.size, reason))

    def _grow(self, record: LedgerRecord | None) -> None:
        # 5. Where an entry cannot be read its stored hash is used, so that the others are judged.
        stored_leaf = next(self.nodes, b"")
        leaf = stored_leaf if record is None else merkle.leaf_hash(record.leaf)
        hashes = merkle.add_leaf(self.size, self.peaks, leaf)
        stored = [stored_leaf, *(next(self.nodes, b"") for _ in hashes[1:])]
        if stored != list(hashes):
            self.findings.append(wrong(self.size, "does not give the hashes in the stored tree"))
        self.size += 1


class Begun:
    """What a replay left, for the next one of the same opener.

    A log only grows. Where the next one begins with the very entries and hashes of the last, under
    the same trust, what was derived from them holds, and the fold goes on. Otherwise all is derived
    again.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[Fold, tuple[StoredEntry, ...], tuple[bytes, ...]]] = []

    def resumed(
        self,
        entries: tuple[StoredEntry, ...],
        nodes: tuple[bytes, ...],
        trust: Trust,
        sizes: Collection[int],
    ) -> Fold:
        """The fold of the last replay, where this log goes on from it; else a new one.

        Args:
            entries: of the log now.
            nodes: its stored hashes.
            trust: what it is compared with.
            sizes: the sizes whose roots are asked for.
        """
        try:
            # Taken out, so that no two replays go on with one fold, also where this one ends early.
            fold, taken, had = self._kept.pop()
        except IndexError:
            return Fold(trust, iter(nodes), keeps=True)
        same = fold.trust == trust and entries[: fold.size] == taken and nodes[: len(had)] == had
        if not same or any(size <= fold.size and size not in fold.roots for size in sizes):
            return Fold(trust, iter(nodes), keeps=True)
        fold.nodes = iter(nodes[len(had) :])
        return fold

    def keep(self, fold: Fold, entries: tuple[StoredEntry, ...], nodes: tuple[bytes, ...]) -> None:
        """Keep the fold of a replay that came to its end; arguments as of `resumed`."""
        had = nodes[: merkle.node_count(fold.size)]
        self._kept[:] = [(fold, entries[: fold.size], had)]


def wrong(index: int, message: str, expected: str = "", actual: str = "") -> Finding:
    """That an entry of the log is not what it has to be."""
    return Finding(
        "ledger-inconsistent",
        f"entry {index}",
        message,
        expected=expected,
        actual=actual,
        mend=MEND,
    )
