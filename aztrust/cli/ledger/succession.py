"""`aztrust ledger close`: the end of a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.base import (
    document,
    head_document,
    keeper_signer,
    key_option,
    launch_to_sign,
    ledger,
    place_options,
    publishing_lines,
)
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.ledger.succession import Succeeded

reason_option = click.option(
    "--reason", metavar="TEXT", required=True, help="Why; it is part of the signed record."
)


@command(
    "close",
    parent=ledger,
    short_help="End the ledger: it takes negative records alone.",
    example='aztrust ledger close --reason "the launch is over" --key luca',
)
@reason_option
@key_option
@place_options
def close(
    session: Session, reason: str, key: str | None, ledger: str | None, anchor: str | None
) -> None:
    """End the ledger by its last record, and sign the head over it.

    Nothing takes it back. Revocations and other negative records are still taken after it.
    """
    from aztrust.acts.ledger.identity import keeper_of, ledger_path, open_ledger
    from aztrust.acts.ledger.publication import publish_ledger
    from aztrust.acts.ledger.succession import close

    context = launch_to_sign(session, anchor)
    path = ledger_path(context, ledger)
    with open_ledger(path) as store:
        named = keeper_of(context, store)
    signer = keeper_signer(session, context, key, named)
    done = close(path, context, signer, reason, session.now_unix_ms())
    publish_ledger(session.launch(), path, context)
    emit(session, "ledger-closed", "closed", done)


def emit(session: Session, kind: str, what: str, done: Succeeded) -> None:
    """Print the entry that changed who keeps a ledger, or ended it."""
    head = done.head.verified
    lines = labelled(what, f"by entry {done.index}, the record {done.record.record_id[7:23]}")
    lines += labelled("head", f"{head.head.size} entries, by {head.keeper.fingerprint[7:15]}")
    lines += publishing_lines(session, session.launch(), f"Ledger: {what} by entry {done.index}")
    session.emit(
        document(kind, index=done.index, record_id=done.record.record_id, head=head_document(head)),
        lines,
        brief=f"{what} by entry {done.index}",
    )
