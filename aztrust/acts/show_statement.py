"""The record behind a structured statement that was pasted: `go/no-go decision = GO` (AZ-36.1)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.acts.ledger.handle import folder_files, payload_id
from aztrust.core.base.advice import command
from aztrust.core.base.errors import NothingToVerify, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.records.statements import checkpoint_line, statement_of
from aztrust.core.state.context import Context
from aztrust.core.state.pending import with_waiting

_QUOTES = "\"'`“”«»"


@frozen
class Stated:
    """A record or verdict whose statement was given.

    Args:
        record_id: its id.
        holders: who signed it, sorted.
        at_unix_ms: when it was made, by its first signer.
    """

    record_id: str
    holders: tuple[str, ...]
    at_unix_ms: int


def is_statement(text: str) -> bool:
    """Whether a text can be a statement: words, and not the name of one thing."""
    return " " in text.strip()


def find_stated(text: str, context: Context) -> tuple[str, bytes]:
    """The name and the bytes of the one record that a statement is of.

    Args:
        text: as it was pasted; quotes around it and its line breaks do not matter.
        context: the launch.

    Raises:
        NothingToVerify: no record here has this statement.
        UsageError: several records have; the newest is listed first.
    """
    found = stated(text, context)
    if not found:
        raise NothingToVerify(
            f"no file is called so, and no record here has the statement"
            f" {escape(' '.join(text.split()))[:200]}",
            subject="statement",
            mend="is the launch directory up to date? git pull; to list what there is:"
            " aztrust ledger list",
        )
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} records have this statement",
            subject="statement",
            mend=f"name one by its id, for instance the newest: "
            f"{command('show', found[0].record_id[7:23])}",
            details=tuple(
                f"{each.record_id[7:23]}  {format_minute(each.at_unix_ms)}  by"
                f" {' and '.join(each.holders)}"
                for each in found
            ),
        )
    return _bytes_of(found[0].record_id, context)


def stated(text: str, context: Context) -> tuple[Stated, ...]:
    """The records and verdicts that a statement is of, the newest first; also pending ones."""
    context = with_waiting(context)
    wanted = _plain(text)
    signers: dict[str, set[str]] = {}
    made: dict[str, int] = {}
    for record_id, holder, at, statement in _statements(context):
        if _plain(statement) == wanted:
            signers.setdefault(record_id, set()).add(holder)
            made[record_id] = min(at, made.get(record_id, at))
    every = (Stated(id_, tuple(sorted(signers[id_])), made[id_]) for id_ in made)
    return tuple(sorted(every, key=lambda s: (-s.at_unix_ms, s.record_id)))


def _statements(context: Context) -> Iterator[tuple[str, str, int, str]]:
    """Record id, holder, time and statement of everything that was signed."""
    windows = context.state.windows
    for record in context.records.effective.verified:
        opened = windows.get(record.launch_window_id)
        release = getattr(opened.body, "authorized_release_package_id", "") if opened else ""
        statement = statement_of(record, release_package_id=release)
        if statement:
            yield record.record_id, record.holder, record.claimed_unix_ms, statement
    for verdict in context.verdicts.verdicts:
        checkpoint = verdict.statement.checkpoint
        line = checkpoint_line(checkpoint.checkpoint_class, checkpoint.verdict)
        yield verdict.record_id, verdict.holder, checkpoint.timestamp_unix_ms, line


def _plain(text: str) -> str:
    """A statement without what a chat or a terminal adds to it."""
    words = " ".join(text.split()).strip(_QUOTES).removeprefix("say ").strip()
    return words.strip(_QUOTES).rstrip(".").casefold()


def _bytes_of(record_id: str, context: Context) -> tuple[str, bytes]:
    for name, data in folder_files(context).items():
        if payload_id(data) == record_id:
            return name, data
    ledger = context.evidence.ledger
    for entry in ledger.entries if ledger is not None else ():
        if entry.record.record_id == record_id:
            return f"ledger entry {entry.index}", entry.record.envelope
    raise NothingToVerify(
        f"the record {record_id[7:23]} is in no file and no ledger here",
        subject=record_id,
        mend="git pull",
    )
