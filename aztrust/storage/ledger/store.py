"""What a ledger store does, whatever its engine; `aztrust.storage.ledger.sqlite` is the first one.

A store keeps what it is given, in one order, and hands it out again. It verifies nothing that it
reads: `aztrust.core.history.replay` verifies the whole log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats.checkpoint_note import VerifiedHead
from aztrust.core.formats.merkle import Node
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.stored_log import Log, StoredEntry


@frozen
class Receipt:
    """The index of a record; `new` is false where the same key had signed it before."""

    index: int
    new: bool


class LedgerStore(Protocol):
    """One ledger. Every method raises CouldNotCheck where the storage fails, with one clear cause.

    Reads of one moment are inside `with store.snapshot()`; without it, each call sees the latest.
    """

    @property
    def origin(self) -> str:
        """The log's name, which every head repeats."""

    def size(self) -> int:
        """How many entries there are."""

    def append_many(self, records: Iterable[LedgerRecord]) -> tuple[Receipt, ...]:
        """Append records in their order, all of them or none; durable once it returns.

        A record by a key (record id and key) that is there already stays where it is.
        """

    def entry(self, index: int) -> StoredEntry:
        """One entry.

        Raises:
            UsageError: there is none at this index.
        """

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        """The entries of a range, in order, read as they are taken."""

    def withheld(self, index: int) -> Finding | None:
        """That the record of an entry is not here; None where it is, as in every keeper's store."""

    def find(self, record_id: str) -> tuple[int, ...]:
        """The indexes of a record: one for each key that signed it."""

    def starting(self, digits: str) -> Iterator[StoredEntry]:
        """The entries whose record id starts with these hex digits, in order."""

    def nodes(self, wanted: Sequence[Node]) -> tuple[bytes, ...]:
        """The hashes of these perfect subtrees: a `tree.ReadNodes`."""

    def stored_nodes(self) -> Iterator[bytes]:
        """All of them, in the order of `tree.position`."""

    def heads(self) -> Iterator[tuple[int, bytes]]:
        """Sizes and notes of the signed heads, the smallest first."""

    def latest_head(self) -> bytes | None:
        """The note of the signed head over the most entries."""

    def put_head(self, verified: VerifiedHead) -> bool:
        """Keep a head; false where one with the same root is there. Durable once it returns.

        Raises:
            Refused: this log does not have this root at this size (`ledger-inconsistent`),
                or another head of this size is there (`ledger-equivocation`).
        """

    def transaction(self) -> AbstractContextManager[None]:
        """Reads and appends that no other append comes between; nothing stays on an error."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Reads of one moment, while others append."""

    def damage(self) -> tuple[str, ...]:
        """What the engine itself finds wrong with its files; () where it finds nothing."""


def stored_log(store: LedgerStore, kept: Mapping[str, bytes] | None = None) -> Log:
    """All of a store for `replay`, which must run while the store's `snapshot` is open.

    Args:
        store: what is audited.
        kept: heads from elsewhere, name to note, that it must agree with.
    """
    heads = {f"head {size}": note for size, note in store.heads()}
    return Log(store.size(), store.entries(), store.stored_nodes(), {**heads, **(kept or {})})
