"""`aztrust ledger trusted-root`: this ledger, in the format of Sigstore's tools."""

from __future__ import annotations

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.base import ledger, read_launch_for
from aztrust.cli.options import anchor_option
from aztrust.core.base.errors import CouldNotCheck


@command(
    "trusted-root",
    parent=ledger,
    short_help="This ledger as a Sigstore trusted root, for cosign and @sigstore/verify.",
    example="aztrust ledger trusted-root -o trusted_root.json",
)
@anchor_option
def trusted_root(session: Session, anchor: str | None) -> None:
    """Print the Sigstore trusted root whose one log is this launch's ledger.

    It is made from the keeper and the origin that the policy or a freeze names; the ledger itself
    does not have to be here. docs/consumers.md has the commands that take it.
    """
    from aztrust.core.base.canonical import dumps
    from aztrust.core.history.trusted_root import takes_cosign, trusted_root_document
    from aztrust.core.state.ledger.log_identity import named_keeping

    context = read_launch_for(session, anchor)
    keeping = named_keeping(context)
    if keeping is None:
        raise CouldNotCheck(
            "neither the policy nor a freeze names a ledger",
            subject="ledger",
            mend="freeze first (aztrust freeze), or write [ledger] into the policy",
        )
    if not context.request.anchor:
        session.note("note     without an anchor: the author of these files chose the keeper")
    if not takes_cosign(keeping.origin):
        session.note(f"note     cosign finds no ledger of this name: {keeping.origin}")
    document = trusted_root_document(keeping.origin, keeping.keeper)
    session.emit(document, [dumps(document).decode("utf-8")])
