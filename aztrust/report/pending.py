"""What is pending, for a person and in every report: who appends it, and since when it counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aztrust.core.history.reconcile import Pending
from aztrust.core.state.context import Context
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.report.model import ReportPending

SHOWN = 3


def pending_lines(context: Context, *, verbose: bool = False) -> list[str]:
    """What is in the folder and not in the ledger, a line each; what stops something last."""
    waiting = sorted(context.pending, key=lambda p: p.counts)
    lines: list[str] = []
    shown = waiting if verbose else waiting[:SHOWN]
    for number, pending in enumerate(shown):
        text = f"{pending.ref.text}: {pending.sentence.removeprefix('pending: ')}"
        lines += labelled("" if number else "pending", visible(text))
    if len(shown) < len(waiting):
        lines += labelled("", f"+{len(waiting) - len(shown)} more; all of them with -v")
    if waiting:
        lines += advice_lines("", f"{waiting[0].keeper}: {waiting[0].command}")
    return lines


def pending_documents(waiting: Iterable[Pending]) -> tuple[ReportPending, ...]:
    """The same for a program."""
    # A text is printed without the models of documents.
    from aztrust.report.model import ReportPending

    return tuple(
        ReportPending(
            record_id=pending.ref.record_id,
            key=pending.ref.fingerprint,
            kind=visible(pending.ref.kind),
            about=visible(pending.ref.about) or None,
            holder=visible(pending.ref.holder),
            path=visible(pending.path),
            counts=pending.counts,
            keeper=visible(pending.keeper),
            command=pending.command,
        )
        for pending in waiting
    )
