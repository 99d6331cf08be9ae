"""`aztrust confirm NAME --facts FILE`: what an operator's own nodes answered, signed and sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.cli.session import Session
from aztrust.core.base.errors import AztrustError, UsageError
from aztrust.core.base.value import replace
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled
from aztrust.storage.config import shown

if TYPE_CHECKING:
    from aztrust.acts.operators.confirm import KitScope
    from aztrust.cli.roads import Roads
    from aztrust.core.history.operators import Seat
    from aztrust.signers import Signer


def refuse_roads(roads: Roads) -> None:
    """Refuse what only a confirmation fits into.

    Raises:
        UsageError: a line or a code is asked for.
    """
    if roads.as_line or roads.qr or roads.qr_png is not None:
        raise UsageError(
            "the facts of nodes do not fit into a line",
            subject="--facts",
            mend="send the file, or give --submit URL",
        )


def sign_facts(
    session: Session,
    frozen: KitScope,
    seat: Seat,
    signer: Signer,
    path: Path,
    roads: Roads,
    *,
    addresses: bool,
    yes: bool,
) -> int | None:
    """Show what is signed, ask, sign, write the file, and send it where that was asked for.

    Returns:
        The exit code where it was written and could not be sent; None where all was done.

    Raises:
        Declined, Refused, CouldNotCheck: as `node_facts` and the signer.
    """
    from aztrust.acts.operators.node_facts import node_facts
    from aztrust.acts.sign import sign_record
    from aztrust.cli.failure import report_failure
    from aztrust.cli.interrupt import was_interrupted
    from aztrust.cli.signing import present
    from aztrust.cli.terminal import print_lines
    from aztrust.report.node_facts import node_facts_lines, signed_document
    from aztrust.signers import unlock
    from aztrust.storage.output import write_output

    body = node_facts(frozen, path, session.now_unix_ms(), addresses=addresses)
    lines = present(session, node_facts_lines(body, seat), yes=yes)
    session.confirm("Sign these facts?", yes=yes)
    unlock(signer)
    signed = sign_record("node-facts", body, {}, signer)
    to = session.output or Path(Path(signed.path).name)
    write_output(to, signed.data)
    lines = [*lines, *labelled("signed", shown(to))]
    if roads.submit is not None:
        from aztrust.storage.submit import submit

        try:
            accepted = submit(roads.submit, signed.data, signed.record_id)
        except AztrustError as error:
            print_lines(
                labelled("signed", f"{shown(to)}: it is signed, and was not sent"), err=True
            )
            if was_interrupted(error):
                raise
            return report_failure(error, form=session.format, command=session.command)
        lines += labelled("sent", f"{accepted.url} took it ({accepted.status})")
    else:
        lines += labelled("next", "send the file to the coordinator: it is public, in any chat")
        lines += advice_lines("", f"the keeper: aztrust ledger append {shown(to)}")
    document = signed_document(
        signed.record_id, body, seat, path=str(to), submitted=roads.submit is not None
    )
    replace(session, output=None).emit(document, lines, brief=f"facts of {seat.operator}")
    return None
