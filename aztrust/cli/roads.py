"""The roads of a confirmation: a file always; a line, a QR code and a server where asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aztrust.cli.session import Session
from aztrust.core.base.errors import AztrustError
from aztrust.core.base.value import replace
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled
from aztrust.storage.config import shown

if TYPE_CHECKING:
    from aztrust.acts.sign import SignedRecord
    from aztrust.core.history.operators import Seat
    from aztrust.core.records.enrolment import OperatorConfirmation
    from aztrust.core.records.line.frozen_scope import FrozenScope


class Roads(NamedTuple):
    """How a confirmation travels, in addition to its file.

    `as_line` and `qr` show its printed form, `qr_png` is a file for that code, `submit` the
    address that it is posted to.
    """

    as_line: bool
    qr: bool
    qr_png: Path | None
    submit: str | None


class Result(NamedTuple):
    """A confirmation that was signed, whose it is, and what its scope fixes."""

    signed: SignedRecord
    body: OperatorConfirmation
    seat: Seat
    scope: FrozenScope


def give(session: Session, result: Result, lines: list[str], roads: Roads) -> int | None:
    """Write the file, send it on the roads that were asked for, and give the result.

    Args:
        session: the run; its `-o` names the file of the confirmation.
        result: what was signed.
        lines: what a person was not shown yet.
        roads: where it goes.

    Returns:
        The exit code where it was written and could not be sent, or a line cannot have what is in
        it; None where all was done.

    Raises:
        CouldNotCheck: the file cannot be written.
    """
    from aztrust.cli.failure import report_failure
    from aztrust.cli.interrupt import was_interrupted
    from aztrust.cli.terminal import print_lines
    from aztrust.report.confirmation import confirmed_document
    from aztrust.storage.output import write_output

    signed, body, seat, _ = result
    path = session.output or Path(Path(signed.path).name)
    # The file first: whatever happens on a road, it is there.
    write_output(path, signed.data)
    lines = [*lines, *labelled("signed", shown(path))]
    try:
        line, more = _sent(result, roads)
    except AztrustError as error:
        print_lines(labelled("signed", f"{shown(path)}: it is signed, and was not sent"), err=True)
        if was_interrupted(error):
            raise
        return report_failure(error, form=session.format, command=session.command)
    lines += more
    if roads.submit is None:
        lines += labelled("next", "send the file to the coordinator: it is public, in any chat")
        lines += advice_lines("", f"the keeper: aztrust ledger append {shown(path)}")
    document = confirmed_document(
        signed.record_id,
        body,
        seat,
        path=str(path),
        line=line,
        submitted=roads.submit is not None,
    )
    shown_as = replace(session, output=None)
    brief = f"confirmed {seat.operator} {body.status}"
    shown_as.emit(document, lines, brief=line if roads.as_line and line else brief)
    return None


def _sent(result: Result, roads: Roads) -> tuple[str | None, list[str]]:
    """Send a confirmation that is in its file; its line where that was asked for."""
    line, lines = None, []
    if roads.as_line or roads.qr or roads.qr_png is not None:
        from aztrust.core.records.line.rebuild import line_of

        line = line_of(result.signed.data, result.seat.key, result.scope)
        lines += _line_lines(line, roads)
    if roads.submit is not None:
        from aztrust.storage.submit import submit

        accepted = submit(roads.submit, result.signed.data, result.signed.record_id)
        lines += labelled("sent", f"{accepted.url} took it ({accepted.status})")
    return line, lines


def _line_lines(line: str, roads: Roads) -> list[str]:
    """The line as text and as a code, as far as that was asked for."""
    from aztrust.report.qr import qr_lines, qr_png
    from aztrust.storage.output import write_output

    lines: list[str] = []
    if roads.as_line:
        lines += [*labelled("line", f"{len(line)} characters; case and spaces do not matter"), line]
    if roads.qr:
        lines += qr_lines(line)
    if roads.qr_png is not None:
        write_output(roads.qr_png, qr_png(line))
        lines += labelled("qr", shown(roads.qr_png))
    return lines
