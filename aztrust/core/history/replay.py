"""The audit: a fold over the whole ledger from record 0, which re-derives everything in it.

1. Entries are at 0, 1, 2 … without a gap, and there are as many as the ledger says.
2. Each envelope is parsed, its signature checked and its payload read, as if it had just arrived.
3. What the ledger says of an entry (record id, key, bytes) is what its envelope says.
   A confirmation is by the key of an operator that an entry before it enrolled; by such a key the
   ledger has nothing else.
4. No record is there twice, and none after one that cites it; a negative record may come first.
5. Leaf, nodes and roots are computed from the envelopes; the stored nodes must be these.
6. Every head is by the keeper of that part of the log, and has the root that was computed at its
   size.
7. A take-over and a closing are what `keepers.Succession` allows in their place.

Nothing stored is taken on trust. A difference is a finding and the fold goes on, so that one broken
entry hides no other; only a gap ends it, because what follows has no place any more.

`read_ledger` keeps what the audit read: every entry in its order, the keeper's heads, every
difference. What could not be replayed has its reason in `fault`, and is never taken for an empty
ledger (law 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import field, frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import VerifiedHead, signers_of
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.enrolled_keys import EnrolledKeys, enrolled_in
from aztrust.core.history.heads import NamedHead, judge_heads, judge_reigns
from aztrust.core.history.keepers import Reign, Succession, keeper_at
from aztrust.core.history.leaf import LedgerRecord, dependencies, read_record
from aztrust.core.history.opener import Opener

_MEND: Final = (
    "get the ledger again: git pull, or another kit; its keeper moves the store away and makes it"
    " again: aztrust ledger rebuild"
)


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


@frozen
class Replay:
    """What was found. `root` is over the `size` entries that were there, `heads` are the keeper's.

    The ledger holds exactly when there are no findings. `reigns` say who kept which part of the
    log, `closed` whether it has ended.
    """

    size: int
    root: bytes
    heads: tuple[NamedHead, ...]
    findings: tuple[Finding, ...]
    reigns: tuple[Reign, ...] = ()
    closed: bool = False


def replay(
    log: Log, trust: Trust, each: Callable[[int, LedgerRecord], None] | None = None
) -> Replay:
    """Re-derive a ledger.

    Args:
        log: what is stored.
        trust: what it is compared with.
        each: called with the index and every record that could be read, in order, for a caller
            that folds the records itself.
    """
    opened, findings = _opened_heads(log.heads, trust)
    wanted = {named.verified.head.size for named in opened}
    fold = _Fold(trust, iter(log.nodes))
    roots = {0: merkle.EMPTY_ROOT}
    for entry in log.entries:
        # 1. The order; the entry at `fold.size` is the next one.
        if entry.index != fold.size:
            break
        record = fold.take(entry)
        if record is not None and each is not None:
            each(entry.index, record)
        if fold.size in wanted:
            roots[fold.size] = merkle.root_of_peaks(fold.peaks)
    findings += fold.findings
    if fold.size != log.size:
        findings.append(_wrong(fold.size, f"is missing; the ledger says it has {log.size}"))
    elif next(fold.nodes, None) is not None:
        findings.append(_wrong(fold.size, "is not there, and the stored tree has its hashes"))
    # 6. The heads, each against its own root, and by the keeper of that part of the log.
    reigns = tuple(fold.succession.reigns)
    heads = _by_their_keeper(opened, reigns)
    findings += judge_reigns(opened, fold.size, reigns)
    findings += judge_heads(heads, fold.size, roots)
    root = merkle.root_of_peaks(fold.peaks)
    return Replay(
        fold.size, root, heads, tuple(findings), reigns, fold.succession.closed_at is not None
    )


class _Fold:
    """The state of the fold: so many entries, these peaks, these records."""

    def __init__(self, trust: Trust, nodes: Iterator[bytes]) -> None:
        self.trust = trust
        self.nodes = nodes
        self.size = 0
        self.peaks: list[bytes] = []
        self.findings: list[Finding] = []
        self.succession = Succession(trust.keepers)
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
            self.findings.append(Finding(code, name, error.message, mend=error.mend or _MEND))
        else:
            self._operators.take(record)
            self._compare(entry, record)
            self._order(record)
            self._succeed(record)
        self._grow(None if entry.resigned else record)
        return record

    def _compare(self, entry: StoredEntry, record: LedgerRecord) -> None:
        # 3. The record decides; what is stored with it must agree.
        for what, stored, found in (
            ("record id", entry.record_id, record.record_id),
            ("key", entry.fingerprint, record.fingerprint),
        ):
            if stored != found:
                message = f"is stored under another {what} than its envelope's"
                self.findings.append(_wrong(entry.index, message, found, stored))
        if entry.envelope != record.envelope:
            message = "has an envelope that is not in its canonical form"
            self.findings.append(_wrong(entry.index, message))

    def _order(self, record: LedgerRecord) -> None:
        # 4. An id is a digest: whatever cites it was made later, and was appended later.
        own = bytes.fromhex(record.record_id[7:])
        identity = (own, bytes.fromhex(record.fingerprint[7:]))
        if identity in self._identities:
            self.findings.append(_wrong(self.size, "repeats a record that its key signed before"))
        self._identities.add(identity)
        if own not in self._seen and own in self._cited:
            message = f"is cited by entry {self._cited[own]}, which comes before it"
            self.findings.append(_wrong(self.size, message))
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
            self.findings.append(_wrong(self.size, reason))

    def _grow(self, record: LedgerRecord | None) -> None:
        # 5. Where an entry cannot be read its stored hash is used, so that the others are judged.
        stored_leaf = next(self.nodes, b"")
        leaf = stored_leaf if record is None else merkle.leaf_hash(record.leaf)
        hashes = merkle.add_leaf(self.size, self.peaks, leaf)
        stored = [stored_leaf, *(next(self.nodes, b"") for _ in hashes[1:])]
        if stored != list(hashes):
            self.findings.append(_wrong(self.size, "does not give the hashes in the stored tree"))
        self.size += 1


def _opened_heads(
    notes: Mapping[str, bytes], trust: Trust
) -> tuple[tuple[NamedHead, ...], list[Finding]]:
    heads = []
    findings = []
    for name in sorted(notes):
        try:
            heads += [NamedHead(name, head) for head in trust.open_heads(notes[name], name=name)]
        except Malformed as error:
            findings.append(
                Finding("ledger-inconsistent", name, error.message, mend=error.mend or _MEND)
            )
    return tuple(heads), findings


def _by_their_keeper(
    opened: Iterable[NamedHead], reigns: tuple[Reign, ...]
) -> tuple[NamedHead, ...]:
    """The heads by the keeper of the part of the log that they are over."""
    return tuple(
        named
        for named in opened
        if keeper_at(reigns, named.verified.head.size) == named.verified.keeper
    )


def _wrong(index: int, message: str, expected: str = "", actual: str = "") -> Finding:
    return Finding(
        "ledger-inconsistent",
        f"entry {index}",
        message,
        expected=expected,
        actual=actual,
        mend=_MEND,
    )


EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The root over no entries."""


@frozen
class LedgerEntry:
    """A record or verdict, and its place; its signature held in this run."""

    index: int
    record: LedgerRecord


@frozen
class LedgerReading:
    """What is known of a launch's ledger.

    Args:
        name: where it is, for messages.
        origin: the log's name, "" where it is not known whose ledger it is.
        keeper: the fingerprint of the key whose heads count now, "" likewise.
        size: how many entries there are.
        root: `sha256:` of RFC 9162 over them.
        heads: the keeper's heads, also those that were kept elsewhere, in no order.
        entries: by index; what could not be read is not among them.
        findings: each difference.
        notices: what is worth knowing and is not a difference.
        fault: why there is nothing to look at, "" where there is.
        behind: that a head over more entries was seen before, so that this is an earlier copy of
            the ledger, or entries are withheld; "" where it was not.
        ignored: no one with authority names it, so that nothing rests on it and nothing is asked.
        left_out: how many later entries an earlier head leaves out; None where all of them count.
        keepers: the fingerprints of every key whose heads can count: of the keeper, the deputies.
        reigns: who kept which part of the log.
        closed: whether its keeper ended it.
        renewed_unix_ms: when a dry run's head would be signed; None where every head here is.
    """

    name: str
    origin: str = ""
    keeper: str = ""
    size: int = 0
    root: str = EMPTY
    heads: tuple[NamedHead, ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    fault: str = ""
    behind: str = ""
    ignored: bool = False
    left_out: int | None = None
    keepers: tuple[str, ...] = ()
    reigns: tuple[Reign, ...] = ()
    closed: bool = False
    renewed_unix_ms: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the whole ledger was replayed and nothing was found."""
        return not (self.fault or self.findings or self.ignored or self.behind)

    @property
    def head(self) -> NamedHead | None:
        """The keeper's head over the most entries, once the whole ledger holds."""
        if not self.holds:
            return None
        return max(self.heads, key=lambda n: (n.verified.head.size, n.name), default=None)


def read_ledger(log: Log, trust: Trust, *, name: str) -> LedgerReading:
    """Replay a ledger and keep what it contains.

    Args:
        log: what is stored, and the heads that were kept elsewhere.
        trust: whose ledger it must be.
        name: where it is, for messages.
    """
    entries: list[LedgerEntry] = []
    result = replay(log, trust, lambda index, item: entries.append(LedgerEntry(index, item)))
    return LedgerReading(
        name=name,
        origin=trust.origin,
        keeper=result.reigns[-1].keeper.fingerprint,
        size=result.size,
        root=f"sha256:{result.root.hex()}",
        heads=result.heads,
        entries=tuple(entries),
        findings=result.findings,
        keepers=tuple(key.fingerprint for key in trust.keepers),
        reigns=result.reigns,
        closed=result.closed,
    )
