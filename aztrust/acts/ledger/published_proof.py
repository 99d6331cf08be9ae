"""Proofs from a published ledger, without its keeper's store."""

from __future__ import annotations

from collections.abc import Sequence

from aztrust.acts.ledger.proof import Proof
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify
from aztrust.core.formats import merkle
from aztrust.core.formats.merkle import Node, inclusion_proof, position, verify_inclusion
from aztrust.core.formats.tiles import parse_published
from aztrust.core.history.published import PublishedLedger
from aztrust.core.history.replay import LedgerReading


class PublishedProofs:
    """The tree of a published ledger, computed once, and proofs under its head.

    Args:
        reading: the launch's ledger.
        part: its published files.

    Raises:
        CouldNotCheck: the ledger does not hold, or has no head.
    """

    def __init__(self, reading: LedgerReading, part: PublishedLedger) -> None:
        log = parse_published(part.files)
        head = next(
            (h.verified for h in reading.heads if h.verified.head.size == len(log.leaves)), None
        )
        if not reading.holds or head is None:
            finding = next(iter(reading.findings), None)
            cause = finding.message if finding is not None else reading.fault or reading.behind
            raise CouldNotCheck(
                cause or "the published ledger has no head that its keeper signed",
                subject=reading.name,
                mend="to see what is wrong: aztrust ledger verify",
            )
        self._head = head
        self._entries = {entry.index: entry.record for entry in reading.entries}
        self._leaves = [leaf.hash for leaf in log.leaves]
        at_peaks: list[bytes] = []
        self._nodes: list[bytes] = []
        for size, leaf in enumerate(self._leaves):
            self._nodes += merkle.add_leaf(size, at_peaks, leaf)

    def prove(self, record_id: str) -> Proof:
        """The verified proof of the first entry of a record.

        Args:
            record_id: as `sha256:` and 64 digits.

        Raises:
            NothingToVerify: the published ledger does not have it, in this signature.
            Malformed: the tree does not prove it.
        """
        for index, leaf in enumerate(self._leaves):
            record = self._entries.get(index)
            # A signature that was made again is not the one that the tree has.
            if record is None or record.record_id != record_id:
                continue
            if merkle.leaf_hash(record.leaf) != leaf:
                continue
            size, root = self._head.head.size, self._head.head.root
            hashes = inclusion_proof(index, size, self._read)
            verify_inclusion(leaf, index, size, hashes, root)
            return Proof(index, record, leaf, hashes, self._head)
        raise NothingToVerify(
            f"the published ledger of {len(self._leaves):,} entries does not have this record",
            subject=record_id,
            mend="ask again after the keeper has appended it",
        )

    def _read(self, wanted: Sequence[Node]) -> tuple[bytes, ...]:
        return tuple(self._nodes[position(node)] for node in wanted)
