"""`aztrust window note`, `exception` and `correct`: records that change nothing in a window."""

from __future__ import annotations

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given
from aztrust.cli.window.alone import AloneRun, run_alone
from aztrust.cli.window.base import load, signing_options, window
from aztrust.report.escape import visible
from aztrust.report.lines import labelled


@command(
    "note",
    parent=window,
    short_help="Record a remark.",
    example='aztrust window note "atlas-fnd is called, no answer yet"',
)
@click.argument("text", metavar="TEXT")
@signing_options
def note(session: Session, text: str, yes: bool, given: Given) -> None:
    """Sign a remark; any holder may, at any time. It changes no state."""
    from aztrust.acts.window.alone import note as make

    act = load(session, given)
    record = make(act, text)
    how = AloneRun(
        "record a note",
        "Record this note?",
        "a note",
        more=labelled("note", visible(text)),
        fields={"text": text},
        yes=yes,
    )
    run_alone(session, given, act, lambda _: record, how)


@command(
    "exception",
    parent=window,
    short_help="Record a step that went otherwise.",
    example='aztrust window exception --step "go/hold point" --happened "the call was cut"'
    ' --remedy "the step was repeated" --witness sonia',
)
@click.option("--step", metavar="S", required=True, help="The step of the script.")
@click.option("--happened", metavar="T", required=True, help="What happened.")
@click.option("--remedy", metavar="T", required=True, help="What was done about it.")
@click.option(
    "--witness",
    "witnesses",
    metavar="NAME",
    multiple=True,
    help="A holder who saw it. Can be given several times.",
)
@signing_options
def exception(
    session: Session,
    step: str,
    happened: str,
    remedy: str,
    witnesses: tuple[str, ...],
    yes: bool,
    given: Given,
) -> None:
    """Sign what went otherwise than the script says, its remedy, and who saw it."""
    from aztrust.acts.window.alone import exception as make
    from aztrust.acts.window.basis import basis_of

    basis = basis_of(load(session, given))
    record = make(basis, step, happened, remedy, witnesses)
    lines = labelled("step", visible(step))
    lines += labelled("happened", visible(happened))
    lines += labelled("remedy", visible(remedy))
    lines += labelled("seen by", visible(", ".join(witnesses))) if witnesses else []
    how = AloneRun(
        "record an exception",
        "Record this exception?",
        "an exception",
        more=lines,
        fields={"step": step, "happened": happened, "remedy": remedy},
        yes=yes,
    )
    run_alone(session, given, basis.act, lambda _: record, how, basis)


@command(
    "correct",
    parent=window,
    short_help="Add a correction to an earlier record.",
    example='aztrust window correct 9e44c1d2 "the call was cut twice"',
)
@click.argument("record_id", metavar="RECORD_ID")
@click.argument("text", metavar="TEXT")
@signing_options
def correct(session: Session, record_id: str, text: str, yes: bool, given: Given) -> None:
    """Sign a text that adds to an earlier record; that one stays as it is."""
    from aztrust.acts.window.alone import correction

    act = load(session, given)
    record = correction(act, record_id, text)
    corrects = str(getattr(record.body, "corrects", ""))
    lines = labelled("corrects", f"record {corrects[7:23]}")
    lines += labelled("text", visible(text))
    how = AloneRun(
        "record a correction",
        "Record this correction?",
        "a correction",
        more=lines,
        fields={"corrects": corrects, "text": text},
        yes=yes,
    )
    run_alone(session, given, act, lambda _: record, how)
