"""`aztrust ledger init|append|head`: what changes a ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.append_output import HeadStep, appended_document, appended_lines, head_lines
from aztrust.cli.ledger.base import (
    WATCH_SECONDS,
    document,
    further_keys,
    head_document,
    holder_of,
    keeper_signer,
    keeper_signers,
    key_option,
    keys_option,
    launch_to_sign,
    ledger,
    local_signers,
    place_options,
    read_launch_for,
)
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused, UsageError
from aztrust.core.base.value import replace
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aztrust.acts.chat_lines import FromText
    from aztrust.core.formats.checkpoint_note import VerifiedHead
    from aztrust.core.state.context import Context
    from aztrust.signers import Signer

    Signers = tuple[Signer, tuple[Signer, ...]]


@command(
    "init",
    parent=ledger,
    short_help="Make an empty ledger.",
    example="aztrust ledger init\naztrust ledger init --origin ledger.example/atlas --key luca",
)
@click.option(
    "--origin", metavar="NAME", help="The log's name, where neither policy nor freeze has one."
)
@key_option
@place_options
def init(
    session: Session,
    origin: str | None,
    key: str | None,
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Make an empty ledger, with the origin and the keeper that the policy names.

    Where the policy has no [ledger], the key signs the first head and is the keeper; the
    freeze then names both in its verdict. `aztrust freeze` makes a ledger by itself.
    """
    from aztrust.acts.ledger.handle import init_ledger
    from aztrust.acts.ledger.identity import ledger_path, named_keeper, origin_for
    from aztrust.acts.ledger.publication import publish_ledger
    from aztrust.storage.config import shown

    context = launch_to_sign(session, anchor)
    path = ledger_path(context, ledger)
    name = origin_for(context, origin)
    named = named_keeper(context)
    signer = keeper_signer(session, context, key, named) if key or named is None else None
    signer = signer or _local_keeper(session, named)
    init_ledger(path, context, name, signer)
    if signer is not None:
        publish_ledger(session.launch(), path, context)
    keeper = signer.public.fingerprint if signer else named or ""
    lines = labelled("made", shown(path))
    lines += labelled("origin", name)
    lines += labelled("keeper", f"{holder_of(context, keeper)}  {keeper[7:15]}")
    if signer is None:
        lines += labelled("head", "none yet: its keeper signs one (aztrust ledger head --key K)")
    lines += advice_lines("next", "aztrust ledger append")
    session.emit(
        document("ledger-made", path=str(path), origin=name, keeper=keeper, signed=bool(signer)),
        lines,
        brief=f"made {shown(path)}",
    )


@command(
    "append",
    parent=ledger,
    short_help="Append records to the ledger.",
    example="aztrust ledger append\naztrust ledger append seal.dsse.json approvals/\n"
    "aztrust ledger append - <chat.txt\naztrust ledger append --watch /srv/inbox",
)
@click.argument("files", nargs=-1, metavar="[FILE|DIR|-]...", type=click.Path(allow_dash=True))
@click.option("--watch", metavar="DIR", help="Append what arrives in a folder, until interrupted.")
@click.option("--rounds", type=click.IntRange(1), default=None, hidden=True)
@click.option("--no-head", is_flag=True, help="Sign no head, even if the keeper's key is here.")
@keys_option
@place_options
def append(
    session: Session,
    files: tuple[str, ...],
    watch: str | None,
    rounds: int | None,
    no_head: bool,
    keys: tuple[str, ...],
    ledger: str | None,
    anchor: str | None,
) -> int:
    """Verify records and verdicts, and append what this launch's policy lets their signers sign.

    Files in any order, folders, `-` for standard input (an envelope, or one on each line); without
    any, the launch's own records and verdicts. What is there already keeps its place. One file
    that is refused stops no other; the exit code is then 10, and 1 where one of a folder could not
    be read, or where the records were appended and no head could be signed. Where the keeper's key
    is here, a head is signed.

    A file or standard input may be text of a chat: the lines that `confirm --print` made are found
    in it, each is written to manifests/records, and the rest is ignored.
    """
    from aztrust.acts.ledger.append import append_records
    from aztrust.acts.ledger.identity import ledger_path
    from aztrust.acts.ledger.intake import STREAM_LIMIT, read_files
    from aztrust.cli.failure import failure_lines
    from aztrust.cli.terminal import print_lines

    if watch is not None and files:
        raise UsageError("--watch takes no files in addition to its folder", subject="--watch")
    context = launch_to_sign(session, anchor)
    path = ledger_path(context, ledger)
    signers = None if no_head else _signers_for(session, context, path, keys)
    if watch is not None:
        return _watch(session, context, path, watch, signers, rounds)
    stream = sys.stdin.buffer.read(STREAM_LIMIT + 1) if "-" in files else None
    given = read_files(files, session.launch(), stream)
    pasted = _from_texts(session, context, given.texts)
    data = {**given.data, **pasted.files}
    appended = append_records(path, context, data, session.now_unix_ms())
    refused, left = given.sorted_out((*pasted.refused, *appended.refused))
    code = 10 if refused else 1 if given.unread else 0
    refused = (*given.unread, *refused)
    head = _sign(session, path, context, signers)
    lines = appended_lines(appended, refused, left, verbose=session.verbose)
    lines += head_lines(head, no_head=no_head)
    session.emit(
        appended_document(appended, refused, left, head),
        lines,
        brief=f"{len(appended.new)} appended, {len(refused)} refused, {appended.size} entries",
    )
    if head.fault is not None:
        print_lines(failure_lines(head.error(appended)), err=True)
        return code or 1
    return code


@command(
    "head",
    parent=ledger,
    short_help="Print the last signed head, or sign a new one.",
    example="aztrust ledger head -o head.note\naztrust ledger head --key luca --heartbeat",
)
@click.option(
    "--heartbeat", is_flag=True, help="Append the keeper's note first, so that the head is young."
)
@click.option(
    "--line",
    "as_line",
    is_flag=True,
    help="Print it as one line with the time, to read out to a host (exec --head).",
)
@keys_option
@place_options
def head(
    session: Session,
    heartbeat: bool,
    as_line: bool,
    keys: tuple[str, ...],
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Print the last head that the keeper signed: a signed note, for `ledger verify --since`.

    With --key it is signed anew if the ledger has grown. Before that the last head must still
    be valid, and every entry after it is verified again. With --line its keeper has one line to
    read out: a host that has just this ledger, or a longer one, then lacks nothing.
    """
    from aztrust.acts.ledger import heads as workflow
    from aztrust.acts.ledger.heads import sign_head
    from aztrust.acts.ledger.identity import (
        keeper_of,
        last_head,
        ledger_path,
        open_ledger,
        require_keeping,
    )
    from aztrust.acts.ledger.publication import publish_ledger
    from aztrust.acts.ledger.sources import open_to_read
    from aztrust.cli.terminal import print_bytes

    signs = bool(keys) or heartbeat
    context = launch_to_sign(session, anchor) if signs else read_launch_for(session, anchor)
    path = ledger_path(context, ledger)
    if signs:
        with open_ledger(path) as store:
            named = keeper_of(context, store)
        signer, further = keeper_signers(session, context, keys, named)
        if heartbeat:
            workflow.heartbeat(path, context, signer, session.now_unix_ms())
        signed = sign_head(path, context, signer, session.now_unix_ms(), further)
        _note_unkept(signed.unkept)
        publish_ledger(session.launch(), path, context)
        verified = signed.verified
    else:
        with open_to_read(context, ledger) as store:
            found = last_head(store, require_keeping(context, store), context.evidence.opener)
        if found is None:
            raise CouldNotCheck(
                "this ledger has no signed head yet",
                subject=str(path),
                mend="its keeper signs one: aztrust ledger head --key K",
            )
        verified = found
    if as_line:
        line = _line(path, verified, session.now_unix_ms())
        session.emit(document("ledger-head", **head_document(verified)), [line], brief=line)
        return
    if session.format == "text" and session.output is None and not session.quiet:
        # The note itself, in any encoding of the terminal: its bytes count.
        print_bytes(verified.note)
        return
    lines = verified.note.decode("utf-8").split("\n")[:-1]
    brief = f"head {verified.head.size} sha256:{verified.head.root.hex()}"
    if session.output is not None:
        # A file holds the note, also with -q: it is for `ledger verify --since`.
        session = replace(session, quiet=False)
    session.emit(document("ledger-head", **head_document(verified)), lines, brief=brief)


def _line(path: Path, verified: VerifiedHead, now_unix_ms: int) -> str:
    """The head as it is read out, where the keeper's store is: it is the whole ledger now.

    Raises:
        CouldNotCheck: the store is not here.
        Refused: it has entries that the head does not cover.
    """
    from aztrust.acts.ledger.identity import open_ledger
    from aztrust.core.formats.head_line import head_line

    with open_ledger(path) as store:
        size = store.size()
    if size != verified.head.size:
        raise Refused(
            f"the ledger has {size} entries, and its head covers {verified.head.size}",
            subject=str(path),
            mend="sign a head over all of them first: aztrust ledger head --line --key K",
        )
    return head_line(verified.head, now_unix_ms)


def _from_texts(session: Session, context: Context, texts: Mapping[str, str]) -> FromText:
    """The confirmations in texts; what was corrected in them is printed, whatever the output."""
    from aztrust.acts.chat_lines import FromText, read_texts, store_from_text
    from aztrust.cli.terminal import print_lines

    if not texts:
        return FromText()
    pasted = read_texts(context, session.launch(), texts)
    store_from_text(session.launch(), pasted)
    for sentence in pasted.corrected:
        print_lines(labelled("read", sentence), err=True)
    return pasted


def _signers_for(
    session: Session, context: Context, path: Path, keys: tuple[str, ...]
) -> Signers | None:
    """The keeper's keys: those named, else those that are here; None where the first is not."""
    from aztrust.acts.ledger.identity import keeper_of, keeping_of, open_ledger
    from aztrust.acts.ledger.trusted_heads import require_consistent_log
    from aztrust.core.state.ledger.log_identity import Keeping

    with open_ledger(path) as store:
        named = keeper_of(context, store)
    if keys:
        signers: Signers | None = keeper_signers(session, context, keys, named)
    else:
        own = _local_keeper(session, named)
        further = further_keys(context, named) if own is not None else ()
        signers = (own, local_signers(session, further)) if own is not None else None
    if signers is not None:
        signer, _ = signers
        # Before anything is appended to a log that was cut back.
        with open_ledger(path) as store, store.snapshot():
            keeping = keeping_of(context, store) or Keeping(store.origin, signer.public, "itself")
            require_consistent_log(store, keeping, context.evidence.opener)
    return signers


def _local_keeper(session: Session, named: str | None) -> Signer | None:
    from aztrust.core.policy.validate import REHEARSAL_KEYS
    from aztrust.signers import open_signer
    from aztrust.storage.localkeys import local_keys

    own = next((k for k in local_keys() if named is not None and k.fingerprint == named), None)
    if own is None:
        return None
    try:
        return open_signer(
            str(own.path), passphrase=session.passphrase(own.name), worthless=REHEARSAL_KEYS
        )
    except AztrustError as error:
        # Records are taken with or without a head: the keeper can sign one at any time.
        session.note(f"no head is signed: {error.message}")
        return None


def _sign(session: Session, path: Path, context: Context, signers: Signers | None) -> HeadStep:
    """Sign the head over what was appended; a failure does not undo the append."""
    from aztrust.acts.ledger.heads import sign_head
    from aztrust.acts.ledger.publication import publish_ledger

    if signers is None:
        return HeadStep()
    signer, further = signers
    try:
        signed = sign_head(path, context, signer, session.now_unix_ms(), further)
        publish_ledger(session.launch(), path, context)
    except AztrustError as error:
        return HeadStep(fault=error)
    _note_unkept(signed.unkept)
    return HeadStep(signed.verified)


def _note_unkept(cause: str) -> None:
    if cause:
        from aztrust.cli.terminal import print_lines

        print_lines([f"note     the head is signed, and not kept here: {cause}"], err=True)


def _watch(
    session: Session,
    context: Context,
    path: Path,
    folder: str,
    signers: Signers | None,
    rounds: int | None,
) -> int:
    """Append what arrives, round by round; each line is out before the next round begins."""
    import time

    from aztrust.acts.ledger.append import append_records
    from aztrust.acts.ledger.intake import Watch
    from aztrust.cli.terminal import print_bytes, print_lines
    from aztrust.core.base.canonical import dumps

    watch, any_refused, count = Watch(folder), False, 0
    session.note(f"watching {folder}; interrupt it to end")
    while True:
        fresh = watch.fresh()
        if fresh.data:
            appended = append_records(path, context, fresh.data, session.now_unix_ms())
            refused = watch.newly_refused(appended.refused)
            any_refused = any_refused or bool(refused)
            if appended.new or refused:
                head = _sign(session, path, context, signers if appended.new else None)
                if session.format == "json":
                    result = appended_document(appended, refused, (), head)
                    print_bytes(dumps(result) + b"\n")
                else:
                    lines = appended_lines(appended, refused, (), verbose=session.verbose)
                    print_lines([*lines, *head_lines(head, no_head=True)])
                if head.fault is not None:
                    raise head.error(appended)
        count += 1
        if rounds is not None and count >= rounds:
            return 10 if any_refused else 0
        time.sleep(WATCH_SECONDS)
