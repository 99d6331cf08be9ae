"""`aztrust ledger list|show|prove|verify`: what only reads a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.base import document, ledger, place_options, read_launch_for
from aztrust.cli.options import at_option, given_anchor
from aztrust.cli.streams import InputFile
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.ledger.entries import Entry
    from aztrust.acts.ledger.proof import Proof


@command(
    "list",
    parent=ledger,
    short_help="The entries, a line each.",
    example="aztrust ledger list\naztrust ledger list --from 200",
)
@click.option("--from", "start", type=click.IntRange(0), default=0, help="The first one to list.")
@place_options
def list_(session: Session, start: int, ledger: str | None, anchor: str | None) -> int:
    """List the entries: index, claimed time, kind, signer, subject, and the answer it gives.

    Each signature is checked. `ledger verify` checks the log as a whole. The exit code is 1 where
    the record of an entry is withheld, and 10 where the published files are not a whole ledger.
    """
    from aztrust.acts.ledger.entries import list_entries
    from aztrust.acts.ledger.identity import keeping_of
    from aztrust.acts.ledger.sources import exit_code_of, faults_of, open_to_read
    from aztrust.core.history.published import WITHHELD

    context = read_launch_for(session, anchor)
    with open_to_read(context, ledger) as store:
        keeping_of(context, store)
        broken = faults_of(store)
        size = store.size()
        entries = list(list_entries(store, context, start))
    faults = sum(bool(entry.fault) for entry in entries)
    others = [finding for finding in broken if finding.code != WITHHELD]
    lines = [line for entry in entries for line in _line(entry)]
    counted = f"{size} entries" + (f"; {faults} could not be read" if faults else "")
    lines += labelled("ledger", counted)
    for finding in others:
        lines += labelled("fault", f"{finding.code}  {finding.subject}: {finding.message}")
    if faults or others:
        lines += advice_lines("next", "aztrust ledger verify")
    session.emit(
        document(
            "ledger-list",
            size=size,
            entries=[
                {
                    "index": e.index,
                    "record_id": e.record_id,
                    "kind": e.kind or None,
                    "holder": e.holder or None,
                    "at_unix_ms": e.at_unix_ms,
                    "subject": e.subject or None,
                    "answer": e.answer or None,
                    "fault": e.fault or None,
                }
                for e in entries
            ],
        ),
        lines,
        brief=counted,
    )
    return exit_code_of(broken)


@command(
    "show",
    parent=ledger,
    short_help="One entry, by its number or its record id.",
    example="aztrust ledger show 12\naztrust ledger show a07be144",
)
@click.argument("target", metavar="N|ID")
@place_options
def show(session: Session, target: str, ledger: str | None, anchor: str | None) -> None:
    """Show the contents of an entry, and what was verified about it."""
    from aztrust.acts.ledger.entries import find_entry
    from aztrust.acts.ledger.identity import keeping_of
    from aztrust.acts.ledger.sources import open_to_read
    from aztrust.acts.show import read_document
    from aztrust.cli.show import shown_document, shown_lines

    context = read_launch_for(session, anchor)
    with open_to_read(context, ledger) as store:
        keeping_of(context, store)
        entry, others = find_entry(store, target)
    shown = read_document(entry.envelope, f"entry {entry.index}", context)
    lines = labelled("entry", str(entry.index))
    if others:
        lines += labelled("also", f"signed by others: {', '.join(map(str, others))}")
    result = {**shown_document(shown), "index": entry.index, "also": list(others)}
    result["envelope"] = entry.envelope.decode("ascii")
    session.emit(result, [*lines, *shown_lines(shown)], brief=f"{shown.title}  {shown.id}")


@command(
    "prove",
    parent=ledger,
    short_help="Prove that an entry is in the log.",
    example="aztrust ledger prove a07be144 -o proof.json",
)
@click.argument("target", metavar="N|ID")
@click.option(
    "--head",
    "head_file",
    metavar="HEADFILE",
    type=InputFile(path_type=Path),
    help="Under this head instead of the ledger's last one.",
)
@place_options
def prove(
    session: Session,
    target: str,
    head_file: Path | None,
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Prove that an entry is in the log under a head that the keeper signed (RFC 9162, 2.1.3).

    The proof is verified before it is printed. It is valid without the ledger: leaf, path and head
    are enough.
    """
    from aztrust.acts.ledger.proof import prove as make
    from aztrust.acts.ledger.sources import open_to_read
    from aztrust.storage.heads import read_given_head

    context = read_launch_for(session, anchor)
    note = read_given_head(head_file) if head_file is not None else None
    with open_to_read(context, ledger) as store:
        proof = make(store, context, target, note)
    holders = context.policy.key_holders() if context.policy is not None else {}
    lines = list(_proved(proof, holders.get(proof.head.keeper.fingerprint, "the keeper")))
    session.emit(proof.document(), lines, brief=lines[0])


@command(
    "verify",
    parent=ledger,
    short_help="Derive everything in the ledger again.",
    example="aztrust ledger verify\naztrust ledger verify --since head.note",
)
@click.option(
    "--since",
    metavar="HEADFILE",
    type=InputFile(path_type=Path),
    help="A head that was kept: the ledger must extend it.",
)
@place_options
@at_option
def verify(
    session: Session,
    since: Path | None,
    ledger: str | None,
    anchor: str | None,
    at: str | None,
) -> int:
    """Replay the ledger from record 0: envelopes, signatures, order, tree, heads.

    It must agree with every head that is known: its own, the largest one that you verified before,
    and the one with --since. The records are checked under the policy; exit 12 means that
    no anchor was given or pinned to show that it is the announced one.
    """
    from aztrust.acts.anchors import resolve_anchor
    from aztrust.acts.ledger.audit import audit
    from aztrust.acts.ledger.reading import LedgerOptions
    from aztrust.core.state.context import Request
    from aztrust.report.ledger import ledger_brief, ledger_report
    from aztrust.storage.launch import open_launch

    launch = open_launch(session.source())
    evidence = launch.evidence()
    anchoring = resolve_anchor(launch.path, evidence.policy, given=given_anchor(anchor))
    request = Request(
        now_unix_ms=session.at(at),
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        pin_conflicts=anchoring.conflicts,
    )
    name, verdict = audit(evidence, request, LedgerOptions(ledger, since, insists=True))
    if session.format == "json":
        from aztrust.report.json import report_document

        session.emit(report_document(verdict, command="ledger verify"), ())
    else:
        lines = ledger_report(verdict, name, verbose=session.verbose)
        session.emit({}, lines, brief=ledger_brief(verdict))
    return verdict.exit_code


def _line(entry: Entry) -> Iterator[str]:
    from aztrust.report.text import utc

    if entry.fault.startswith("ledger-entry-withheld"):
        yield from labelled(f"{entry.index:>7}", entry.fault)
        return
    if entry.at_unix_ms is None:
        yield f"{entry.index:>7}  {entry.record_id[7:23]}  CANNOT BE READ: {entry.fault}"
        return
    yield (
        f"{entry.index:>7}  {utc(entry.at_unix_ms)}  {entry.kind}  {entry.holder}"
        f"  {entry.record_id[7:15]}  {entry.subject}"
    )
    # A verdict's answer is in its subject already.
    if entry.answer and entry.answer not in entry.subject:
        yield from labelled("", entry.answer)


def _proved(proof: Proof, keeper: str) -> Iterator[str]:
    head = proof.head.head
    yield from labelled(
        "proved", f"{proof.record.kind} {proof.record.record_id[7:23]} is entry {proof.index}"
    )
    yield from ("leaf", f"  {proof.leaf_hash.hex()}")
    yield from labelled("path", f"{len(proof.hashes)} hashes, the lowest first")
    for value in proof.hashes:
        yield f"  {value.hex()}"
    yield from ("root", f"  sha256:{head.root.hex()}")
    yield from labelled("head", f"over {head.size} entries, signed by {keeper}")
    yield from labelled("next", "hand it on as JSON: -o proof.json")
