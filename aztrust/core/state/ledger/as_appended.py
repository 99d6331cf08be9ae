"""The ledger as it will be once its keeper has appended what the folder has: a copy in memory.

A record that is in the folder and not in the ledger is *pending*. What its keeper's next append
would take of the folder, and in which order, is decided by the rules of every append
(`append_rules`); nothing is written, and no head is signed. Two questions need it: what a dry run
would conclude, and who has signed already and so must not be called missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, VerifiedHead
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.heads import NamedHead, judge_heads
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.records.administration import CLOSING
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_rules import admit, open_files
from aztrust.core.state.ledger.freshness import max_head_age_ms


@frozen
class Appended:
    """What an append would do: the ledger after it, and what it would refuse of the folder."""

    reading: LedgerReading
    refused: tuple[Finding, ...] = ()


def as_appended(
    context: Context, reading: LedgerReading, keeper: VerificationMaterial | None = None
) -> Appended:
    """The ledger with every file of the folder that it would take.

    Args:
        context: the launch, with this ledger.
        reading: the ledger as it is; one that is not whole stays as it is.
        keeper: its keeper's key, where the append would be followed by a new head; the head here
            has no signature, and is to be shown and compared only.
    """
    # A head over more entries than are here may be one over just those that wait.
    sizes = {named.verified.head.size for named in reading.heads}
    of_heads = judge_heads(reading.heads, reading.size, roots_of(reading.entries, sizes))
    if reading.fault or reading.ignored or not set(reading.findings) <= set(of_heads):
        return Appended(reading)
    now = context.request.now_unix_ms
    opened = open_files(context, context.evidence.signed_files)
    held: dict[str, list[bytes]] = {}
    known = set()
    for entry in reading.entries:
        record = entry.record
        held.setdefault(record.record_id, []).append(record.envelope)
        known.add((record.record_id, record.fingerprint))
    admission = admit(
        context, opened.taken, lambda record_id: held.get(record_id, ()), now, closed_by(reading)
    )
    new: list[LedgerRecord] = []
    for record in admission.records:
        if (record.record_id, record.fingerprint) not in known:
            known.add((record.record_id, record.fingerprint))
            new.append(record)
    entries = (*reading.entries, *(LedgerEntry(reading.size + n, r) for n, r in enumerate(new)))
    roots = roots_of(entries, {*sizes, len(entries)})
    root = roots[len(entries)]
    grown = replace(
        reading,
        size=len(entries),
        root=f"sha256:{root.hex()}",
        entries=tuple(entries),
        findings=judge_heads(reading.heads, len(entries), roots),
    )
    if keeper is not None:
        head = VerifiedHead(Head(reading.origin, grown.size, root), keeper, b"", ())
        named = NamedHead("the head that would be signed", head)
        # Where the policy bounds its age, the keeper first appends a record of this moment.
        renewed = now if max_head_age_ms(context) is not None else None
        grown = replace(grown, heads=(*grown.heads, named), renewed_unix_ms=renewed)
    return Appended(grown, (*opened.refused, *admission.refused))


def closed_by(reading: LedgerReading) -> int | None:
    """The entry by which the keeper ended the ledger; None while it is open."""
    if not reading.closed:
        return None
    return next((e.index for e in reversed(reading.entries) if e.record.kind == CLOSING.name), None)


def roots_of(entries: Iterable[LedgerEntry], sizes: Collection[int]) -> dict[int, bytes]:
    """The roots at the sizes that are asked for, as far as there are so many entries; at 0 always.

    Args:
        entries: from the first one on.
        sizes: numbers of entries.
    """
    peaks: list[bytes] = []
    roots = {0: merkle.EMPTY_ROOT}
    for size, entry in enumerate(entries):
        merkle.add_leaf(size, peaks, merkle.leaf_hash(entry.record.leaf))
        if size + 1 in sizes:
            roots[size + 1] = merkle.root_of_peaks(peaks)
    return roots
