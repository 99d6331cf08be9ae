"""A ledger as a verification sees it: replayed in this run, with what was found (law 1).

`read_ledger` is the audit of `replay` and keeps what it read: every entry in its order, the
keeper's heads, every difference. Nothing is trusted because it was stored. Where a ledger could not
be replayed `fault` has the reason, and it is never taken for an empty ledger (law 2).
"""

from __future__ import annotations

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.history.heads import NamedHead
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.replay import Log, Trust, replay

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
        keeper: the fingerprint of the one key whose heads count, "" likewise.
        size: how many entries there are.
        root: `sha256:` of RFC 9162 over them.
        heads: the keeper's heads, also those that were kept elsewhere, in no order.
        entries: by index; what could not be read is not among them.
        findings: each difference.
        notices: what is worth knowing and is not a difference.
        fault: why there is nothing to look at, "" where there is.
        ignored: no one with authority names it, so that nothing rests on it and nothing is asked.
        left_out: how many later entries an earlier head leaves out; None where all of them count.
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
    ignored: bool = False
    left_out: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the whole ledger was replayed and nothing was found."""
        return not (self.fault or self.findings or self.ignored)

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
        keeper=trust.keeper.fingerprint,
        size=result.size,
        root=f"sha256:{result.root.hex()}",
        heads=result.heads,
        entries=tuple(entries),
        findings=result.findings,
    )
