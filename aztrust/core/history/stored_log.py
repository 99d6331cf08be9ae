"""A log as it is stored, and what it is compared with: its keepers, and whose records it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aztrust.core.base.value import field, frozen
from aztrust.core.formats.checkpoint_note import VerifiedHead, signers_of
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.enrolled_keys import EnrolledKeys, enrolled_in
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.opener import Opener


@frozen
class StoredEntry:
    """One entry as it is stored; nothing is verified. Ids are `sha256:<hex>`.

    `resigned`: the tree holds the leaf of another signature over the same record by the same key.
    """

    index: int
    record_id: str
    fingerprint: str
    envelope: bytes
    resigned: bool = False


@frozen
class Log:
    """A ledger as a store hands it out: at one moment, each part read once and in order.

    Args:
        size: how many entries it says it has.
        entries: by index.
        nodes: the stored hashes in the order of `tree.position`.
        heads: name to note: the stored ones, and any that were kept elsewhere.
    """

    size: int
    entries: Iterable[StoredEntry]
    nodes: Iterable[bytes]
    heads: Mapping[str, bytes]


@frozen
class Trust:
    """What the policy says: the log's origin, its keeper, and whose records belong in it.

    `deputies` may take over from the keeper, in this order. `further` are the other keys that the
    policy lists for any of them: no line of theirs is asked for, and a wrong one is refused.
    `opener` opens each content once in a run. `registrars` are the keys whose enrolments make the
    ledger take confirmations by the keys of operators.
    """

    origin: str
    keeper: VerificationMaterial
    keys: Mapping[str, VerificationMaterial]
    opener: Opener = field(default_factory=Opener)
    deputies: tuple[VerificationMaterial, ...] = ()
    further: tuple[VerificationMaterial, ...] = ()
    registrars: frozenset[str] = frozenset()

    @property
    def keepers(self) -> tuple[VerificationMaterial, ...]:
        """The keeper and the deputies, in their order."""
        return (self.keeper, *self.deputies)

    def enrolled_in(self, envelopes: Iterable[bytes]) -> EnrolledKeys:
        """The keys of operators that these entries enrol; for what is appended already."""
        return enrolled_in(envelopes, self.keys, self.registrars, self.opener)

    def read(self, entry: StoredEntry, operators: EnrolledKeys) -> LedgerRecord:
        """The record of an entry, by a holder or an operator; raises as `read_record`."""
        name = f"entry {entry.index}"
        return read_record(entry.envelope, self.keys, self.opener, name=name, operators=operators)

    def open_head(self, note: bytes, *, name: str) -> VerifiedHead:
        """The head in a note, by the last of the keepers who signed it; raises as `open_heads`."""
        return self.open_heads(note, name=name)[-1]

    def open_heads(self, note: bytes, *, name: str) -> tuple[VerifiedHead, ...]:
        """The head in a note, once for each keeper who signed it, verified once in a run.

        Raises:
            Malformed: as `open_head`; no keeper signed it, or a line of any known key does not
                hold.
        """
        heads = tuple(
            self.opener.head(note, keeper, self.origin, name=name)
            for keeper in signers_of(note, self.keepers, self.origin, name=name)
        )
        if self.further:
            self.opener.further_lines(note, self.further, self.origin, name=name)
        return heads
