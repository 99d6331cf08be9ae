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

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.history.fold import MEND, Begun, Fold, wrong
from aztrust.core.history.heads import NamedHead, judge_heads, judge_reigns
from aztrust.core.history.keepers import Reign, keeper_at
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.stored_log import Log, Trust


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
    log: Log,
    trust: Trust,
    each: Callable[[int, LedgerRecord], None] | None = None,
    begun: Begun | None = None,
) -> Replay:
    """Re-derive a ledger.

    Args:
        log: what is stored.
        trust: what it is compared with.
        each: called with the index and every record that could be read, in order, for a caller
            that folds the records itself.
        begun: what an earlier replay of the same opener left, to go on from; it takes its place.
    """
    opened, findings = _opened_heads(log.heads, trust)
    wanted = {named.verified.head.size for named in opened}
    entries, nodes = log.entries, log.nodes
    if begun is None:
        fold = Fold(trust, iter(nodes))
    else:
        entries, nodes = tuple(entries), tuple(nodes)
        fold = begun.resumed(entries, nodes, trust, wanted)
        for index, taken in enumerate(fold.records or ()):
            if taken is not None and each is not None:
                each(index, taken)
    for entry in islice(entries, fold.size, None):
        # 1. The order; the entry at `fold.size` is the next one.
        if entry.index != fold.size:
            break
        record = fold.take(entry)
        if record is not None and each is not None:
            each(entry.index, record)
        if fold.size in wanted:
            fold.roots[fold.size] = merkle.root_of_peaks(fold.peaks)
    findings += fold.findings
    if fold.size != log.size:
        findings.append(wrong(fold.size, f"is missing; the ledger says it has {log.size}"))
    elif next(fold.nodes, None) is not None:
        findings.append(wrong(fold.size, "is not there, and the stored tree has its hashes"))
    # 6. The heads, each against its own root, and by the keeper of that part of the log.
    reigns = tuple(fold.succession.reigns)
    heads = _by_their_keeper(opened, reigns)
    findings += judge_reigns(opened, fold.size, reigns)
    findings += judge_heads(heads, fold.size, fold.roots)
    root = fold.roots[fold.size] = merkle.root_of_peaks(fold.peaks)
    if begun is not None:
        begun.keep(fold, tuple(entries), tuple(nodes))
    return Replay(
        fold.size, root, heads, tuple(findings), reigns, fold.succession.closed_at is not None
    )


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
                Finding("ledger-inconsistent", name, error.message, mend=error.mend or MEND)
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
    begun = trust.opener.last(Begun, read_ledger, trust.origin)
    result = replay(log, trust, lambda n, item: entries.append(LedgerEntry(n, item)), begun)
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
