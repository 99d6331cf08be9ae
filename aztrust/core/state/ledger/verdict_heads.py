"""What verdicts say about the ledger they considered, compared with the ledger here.

A verdict names size and root of the ledger as its signer saw it. A ledger that is shorter, or has
another root at that size, is not the one that was considered: so anyone who holds one later
verdict finds a ledger that was cut back, also at first contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from aztrust.core.base.findings import Finding
from aztrust.core.base.times import AHEAD_MS
from aztrust.core.formats import merkle
from aztrust.core.state.launch_state import may_sign

if TYPE_CHECKING:
    from aztrust.core.formats.head_line import HeardHead
    from aztrust.core.history.replay import LedgerEntry, LedgerReading
    from aztrust.core.history.verdictset import HeldVerdict
    from aztrust.core.records.contents import LedgerHead
    from aztrust.core.state.context import Context

_MEND = "get the ledger again (git pull, another kit); keep this copy as evidence"


def judge_considered(context: Context, reading: LedgerReading) -> tuple[Finding, ...]:
    """Each verdict, by a holder who may sign one, that considered another ledger than this one.

    Args:
        context: the launch, its verdicts read.
        reading: its ledger, which holds by itself.
    """
    claims = tuple(_claims(context, reading))
    if not claims:
        return ()
    roots = roots_at(reading.entries, {head.size for _, head in claims})
    return tuple(
        _finding(verdict, head, reading.size, roots)
        for verdict, head in claims
        if roots.get(head.size) != head.root
    )


def considered_heads(context: Context) -> Iterator[tuple[HeldVerdict, LedgerHead]]:
    """Each verdict, by a holder who may sign one, with the head of the ledger that it considered.

    Also what the ledger lacks: a ledger that was cut back lacks just the verdict that shows it.
    """
    for verdict in (*context.verdicts.verdicts, *context.verdicts.waiting):
        head = verdict.statement.ledger
        if head is not None and context.policy is not None and may_sign(context.policy, verdict):
            yield verdict, head


def _claims(context: Context, reading: LedgerReading) -> Iterator[tuple[HeldVerdict, LedgerHead]]:
    for verdict, head in considered_heads(context):
        if head.origin == reading.origin and head.keeper in reading.keepers:
            yield verdict, head


def roots_at(entries: Iterable[LedgerEntry], sizes: set[int]) -> Mapping[int, str]:
    """The root of the log at each of these sizes that it has, as `sha256:<hex>`."""
    roots = {0: f"sha256:{merkle.EMPTY_ROOT.hex()}"}
    at_peaks: list[bytes] = []
    for size, entry in enumerate(entries):
        merkle.add_leaf(size, at_peaks, merkle.leaf_hash(entry.record.leaf))
        if size + 1 in sizes:
            roots[size + 1] = f"sha256:{merkle.root_of_peaks(at_peaks).hex()}"
    return roots


def _finding(
    verdict: HeldVerdict, head: LedgerHead, size: int, roots: Mapping[int, str]
) -> Finding:
    signed = f"{verdict.holder} signed this verdict over a ledger of {head.size} entries"
    message = f"{signed}; this ledger has {size}"
    if head.size <= size:
        message = f"{signed} that are not the first {head.size} of this ledger"
    return Finding(
        "ledger-inconsistent",
        verdict.record_id,
        message,
        expected=head.root,
        actual=roots.get(head.size, ""),
        mend=_MEND,
    )


def heard_fault(context: Context, heard: HeardHead) -> str:
    """Why the ledger here is not the one of a line, or the line bounds nothing; "" where it does.

    Args:
        context: the launch, whose ledger holds.
    """
    reading = context.evidence.ledger
    size = reading.size if reading is not None else 0
    if reading is None or size < heard.size:
        return f"the head that was read out has {heard.size} entries, and the ledger here {size}"
    root = roots_at(reading.entries, {heard.size}).get(heard.size, "").removeprefix("sha256:")
    if not root.startswith(heard.root):
        return f"the first {heard.size} entries here are not those of the head that was read out"
    if heard.at_unix_ms > context.request.now_unix_ms + AHEAD_MS:
        return "the head that was read out is dated ahead of this clock"
    return ""
