"""A published ledger as a store that is only read: for commands that show its entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.base.findings import Finding
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import VerifiedHead
from aztrust.core.formats.merkle import Node, position
from aztrust.core.formats.tiles import parse_published
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.published import WITHHELD, PublishedLedger
from aztrust.core.history.replay import LedgerReading
from aztrust.core.history.stored_log import StoredEntry
from aztrust.storage.ledger.store import Receipt


class PublishedStore:
    """The entries, the tree and the head of a published ledger; a `LedgerStore` that takes nothing.

    Args:
        part: its files.
        reading: what was replayed from them.
    """

    def __init__(self, part: PublishedLedger, reading: LedgerReading) -> None:
        self._name = part.name
        self._origin = reading.origin
        self.findings = reading.findings
        self._withheld = {f.subject: f for f in reading.findings if f.code == WITHHELD}
        leaves = parse_published(part.files).leaves
        at_peaks: list[bytes] = []
        self._nodes: list[bytes] = []
        for size, leaf in enumerate(leaves):
            self._nodes += merkle.add_leaf(size, at_peaks, leaf.hash)
        self._size = len(leaves)
        self._entries = {
            e.index: StoredEntry(
                e.index, e.record.record_id, e.record.fingerprint, e.record.envelope
            )
            for e in reading.entries
        }
        self._heads = [
            (named.verified.head.size, named.verified.note)
            for named in reading.heads
            if named.name == part.head_name
        ]

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._origin

    def size(self) -> int:
        """How many entries there are, withheld ones too."""
        return self._size

    def entry(self, index: int) -> StoredEntry:
        """One entry.

        Raises:
            UsageError: there is none at this index.
            CouldNotCheck: no file here is this entry (`ledger-entry-withheld`).
        """
        if not 0 <= index < self._size:
            raise UsageError(f"there is no entry {index}", mend="entries are counted from 0")
        found = self._entries.get(index)
        if found is None:
            withheld = self.withheld(index)
            raise CouldNotCheck(
                withheld.message
                if withheld is not None
                else f"no file here is entry {index} of the ledger",
                subject=f"entry {index}",
                mend=withheld.mend
                if withheld is not None
                else "to see what is wrong with it: aztrust ledger verify",
                code=WITHHELD if withheld is not None else "",
            )
        return found

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        """The entries of a range that are here, in order; a withheld one has no envelope."""
        for index in range(start, self._size if stop is None else min(stop, self._size)):
            yield self._entries.get(index, StoredEntry(index, "", "", b""))

    def withheld(self, index: int) -> Finding | None:
        """That the record of an entry is not here; None where it is."""
        return self._withheld.get(f"entry {index}")

    def find(self, record_id: str) -> tuple[int, ...]:
        """The indexes of a record: one for each key that signed it."""
        return tuple(i for i, e in self._entries.items() if e.record_id == record_id)

    def starting(self, digits: str) -> Iterator[StoredEntry]:
        """The entries whose record id starts with these hex digits, in order."""
        for _, entry in sorted(self._entries.items()):
            if entry.record_id[7:].startswith(digits):
                yield entry

    def nodes(self, wanted: Sequence[Node]) -> tuple[bytes, ...]:
        """The hashes of these perfect subtrees."""
        return tuple(self._nodes[position(node)] for node in wanted)

    def stored_nodes(self) -> Iterator[bytes]:
        """All of them, in the order of `tree.position`."""
        return iter(self._nodes)

    def heads(self) -> Iterator[tuple[int, bytes]]:
        """The size and the note of its one head."""
        return iter(self._heads)

    def latest_head(self) -> bytes | None:
        """Its head."""
        return self._heads[-1][1] if self._heads else None

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything was read at one moment."""
        return nullcontext()

    def damage(self) -> tuple[str, ...]:
        """Nothing but what the replay finds."""
        return ()

    def append_many(self, records: Iterable[LedgerRecord]) -> tuple[Receipt, ...]:
        """Refused: only the keeper appends."""
        return self._refuse(records)

    def put_head(self, verified: VerifiedHead) -> bool:
        """Refused: only the keeper signs heads."""
        return self._refuse(verified)

    def transaction(self) -> AbstractContextManager[None]:
        """Refused: nothing is appended here."""
        return self._refuse(None)

    def _refuse(self, _: object) -> NoReturn:
        raise CouldNotCheck(
            f"the published ledger in {self._name} is only read",
            subject=self._name,
            mend="its keeper appends, on the machine that has its store",
        )
