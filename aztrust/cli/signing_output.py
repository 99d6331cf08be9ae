"""What commands that sign a record share: showing before asking, telling what was written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from aztrust.acts.entering import Entered
from aztrust.acts.publish import SignedRecord
from aztrust.cli.session import Session
from aztrust.cli.terminal import print_lines
from aztrust.core.judge.verify import Verdict
from aztrust.core.state.context import Context, require_policy
from aztrust.report.escape import visible
from aztrust.report.lines import LABEL, WIDTH, labelled
from aztrust.report.size import size
from aztrust.report.text import chain_name


def present(session: Session, lines: Sequence[str], *, yes: bool) -> list[str]:
    """Show what a question will be about; return what the result must still show.

    On stdout where the result goes there as text, else on stderr, so that nobody is asked about
    something unseen.
    """
    if session.format == "text" and session.output is None and not session.quiet:
        print_lines(lines)
        return []
    if not yes:
        print_lines(lines, err=True)
    return list(lines)


def show_before(act: str, session: Session, expected: Verdict, lines: Sequence[str]) -> bool:
    """Show what would be signed; whether the result need show no more of it than its first line.

    That line is a verdict's, and kept for the end: the act may still end otherwise.

    Args:
        act: the command.
        session: the run.
        expected: what it would end in.
        lines: as the result shows it, the verdict's line first.
    """
    word = lines[0].partition(" ")[0]
    would_be = f"{act:<{LABEL}}{chain_name(expected)}  would be {word}"
    return not present(session, [would_be, *lines[1:]], yes=False)


def sending_lines(launch: Path, *, message: str, what: str = "manifests/records") -> list[str]:
    """The two ways to bring a new record, or what else lies in `what`, to the others."""
    where = "" if launch.resolve() == Path.cwd().resolve() else f"-C {shlex.quote(str(launch))} "
    commit = f"git {where}add {what} && git {where}commit -m {shlex.quote(message)}"
    return [
        f"{'next':<9}{commit}",
        *labelled("", "or send the file: it is public and safe in any chat"),
    ]


def written_line(record: SignedRecord) -> list[str]:
    """`signed   PATH  1.5 kB`, the size left out where the line is full."""
    whole = f"{'signed':<{LABEL}}{record.path}"
    told = size(len(record.data))
    return [f"{whole}  {told}"] if len(whole) + len(told) + 2 <= WIDTH else [whole]


def entered_lines(entered: Entered, *, gives: bool) -> list[str]:
    """Where a stored record counts now; nothing where there is no ledger.

    Args:
        entered: where it stands.
        gives: whether it only counts once the ledger has it, as all that gives something.
    """
    if entered.entry is not None:
        more = f"; its head is not signed: {entered.hindrance}" if entered.hindrance else ""
        return labelled("ledger", visible(f"entry {entered.entry}{more}"))
    when = "it counts once it is in it" if gives else "it counts all the same"
    if entered.elsewhere:
        why = f"not at hand: {when}"
    elif entered.hindrance:
        why = f"did not take it: {entered.hindrance}; {when}"
    else:
        return []
    return [*labelled("ledger", visible(why)), *labelled("next", "aztrust ledger append")]


def keeper_takes(context: Context) -> str:
    """How a verdict comes into a ledger that is not here."""
    policy = require_policy(context)
    named = policy.ledger.keeper if policy.ledger is not None else ""
    keeper = policy.key_holders().get(named, f"the key {named[7:15]}" if named else "its keeper")
    return f"send the files to {keeper}, who runs: aztrust ledger append"


def recorded_document(
    session: Session, record: SignedRecord | None, **fields: object
) -> Mapping[str, object]:
    """The result as `--format json` gives it; without a record nothing was signed."""
    return {
        "schema": "aztrust/recorded",
        "version_major": 1,
        "version_minor": 0,
        "command": session.command,
        "record_id": record.record_id if record else None,
        "path": record.path if record else None,
        **fields,
    }
