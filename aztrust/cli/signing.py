"""What commands that sign share: choosing the key, showing the plan, asking, and the result.

A command loads an `Act`, chooses the signer with `session_signer`, plans, and hands plan and `View`
to `sign_plan`, which does the rest: show, ask, sign, publish, and give the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aztrust.acts.act import Act, Plan, load_before_freeze, load_in_window
from aztrust.acts.publish import Published, Signed, publish, publish_again
from aztrust.acts.select_key import choose_signer
from aztrust.cli.options import Given
from aztrust.cli.session import Session
from aztrust.cli.terminal import print_lines
from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.base.value import frozen
from aztrust.core.records.readiness import EvidenceFile
from aztrust.core.state.context import Context
from aztrust.core.state.pending import append_command, appender_of
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import LABEL, WIDTH, labelled
from aztrust.report.size import size
from aztrust.signers import Signer, unlock

if TYPE_CHECKING:
    from aztrust.acts.dry_run import NamedKey


@frozen
class View:
    """How a plan is shown, before and after its signature.

    Args:
        lines: the plan, for a person.
        fields: the same for a program, without record and ledger.
        message: of the commit that brings the record to the others.
        brief: the one line of -q.
        done: where the plan has an earlier statement: a sentence that names its signer.
        done_brief: the one line of -q for that.
        question: asked before the signature; "" for an act without a question.
        say: the statement to read aloud (AZ-36.1), "" for none.
    """

    lines: Sequence[str]
    fields: Mapping[str, object]
    message: str
    brief: str
    done: str = ""
    done_brief: str = ""
    question: str = ""
    say: str = ""


def act_before_freeze(session: Session, given: Given) -> Act:
    """The launch for an act on its packages and records. Raises as `load_before_freeze`."""
    return load_before_freeze(session.launch(), given.anchor, session.now_unix_ms())


def act_in_window(session: Session, given: Given) -> Act:
    """The launch for an act in its window. Raises as `load_in_window`."""
    launch, now = session.launch(), session.now_unix_ms()
    return load_in_window(launch, given.anchor, given.scope, given.ledger, now)


def session_signer(
    session: Session,
    key: str | None,
    *,
    accepted: Mapping[str, str],
    act: str,
    enrolled: bool = False,
) -> Signer:
    """The signer of an act. Arguments and errors as `choose_signer`.

    Its passphrase is asked for last, by `unlock`: after the checks, the plan and the question.
    """
    return choose_signer(
        key,
        accepted=accepted,
        act=act,
        passphrase=session.passphrase,
        later=True,
        enrolled=enrolled,
    )


def new_passphrase(session: Session, name: str) -> bytes:
    """The passphrase of a new key, asked for twice.

    Raises:
        UsageError: there is no terminal to ask at, or the two differ.
    """
    try:
        return session.passphrase(name, twice=True)()
    except CouldNotCheck:
        raise UsageError(
            f"the new key {name} needs a passphrase, and there is no terminal to type one",
            mend="run it in a terminal, set AZTRUST_PASSPHRASE, or --no-passphrase",
        ) from None


def dry_signer(
    session: Session, key: str | None, context: Context, *, accepted: Mapping[str, str], act: str
) -> NamedKey | None:
    """Who would sign, for a dry run; None where it is not known who. Raises as `choose_public`."""
    from aztrust.acts.dry_run import NamedKey
    from aztrust.acts.select_key import choose_public

    public = choose_public(
        key,
        accepted=accepted,
        act=act,
        keys=context.keyring.keys,
        passphrase=session.passphrase,
    )
    return NamedKey(public) if public is not None else None


def act_signer(
    session: Session,
    key: str | None,
    context: Context,
    *,
    accepted: Mapping[str, str],
    act: str,
    dry_run: bool,
) -> Signer | None:
    """The signer of an act; in a dry run who would sign, None where it is not known who.

    Raises as `session_signer` and `dry_signer`.
    """
    if dry_run:
        return dry_signer(session, key, context, accepted=accepted, act=act)
    return session_signer(session, key, accepted=accepted, act=act)


def require_dry_signer(
    session: Session, key: str | None, context: Context, *, accepted: Mapping[str, str], act: str
) -> NamedKey:
    """The same for an act that has no conclusion without a signer.

    Raises:
        UsageError: it is not known who would sign; and as `choose_public`.
    """
    found = dry_signer(session, key, context, accepted=accepted, act=act)
    if found is None:
        raise UsageError(
            f"no key says who would {act}: none here may, or several may",
            subject="--key",
            mend="name the key whose freeze is meant: --key K",
        )
    return found


def sign_plan(
    session: Session,
    act: Act,
    plan: Plan[Any, Any],
    signer: Signer,
    view: View,
    *,
    signed_view: Callable[[str], View] | None = None,
    after: Callable[[Signed], Sequence[str]] | None = None,
    yes: bool = True,
) -> None:
    """Show a plan, ask where the view has a question, sign, publish, and give the result.

    Where the statement was made before, nothing is signed, and missing steps are completed.

    Args:
        session: the run.
        act: the launch.
        plan: what is signed.
        signer: the key.
        view: how it is shown.
        signed_view: the same once the record has an id, where the view shows that.
        after: further lines once the record is published, such as who else has to sign.
        yes: whether --yes answers the question.

    Raises:
        Declined: the answer was no.
        Refused, CouldNotCheck: as `publish` and `publish_again`.
    """
    if plan.earlier is not None:
        published = publish_again(act, plan.earlier, signer, session.now_unix_ms())
        lines = labelled("done", f"{view.done}; nothing was signed")
        lines += labelled("record", plan.earlier.record_id[7:23])
        lines += published_lines(published, act.context)
        document = recorded_document(session, None, **view.fields, ledger_entry=published.entry)
        session.emit(document, lines, brief=view.done_brief)
        return
    shown = list(view.lines)
    if view.question:
        shown = present(session, view.lines, yes=yes)
        session.confirm(view.question, yes=yes)
    unlock(signer)
    published = publish(act, plan, signer, session.now_unix_ms())
    record = published.record
    if signed_view is not None:
        view = signed_view(record.record_id)
        shown = list(view.lines)
    lines = [*shown, *written_line(record), *published_lines(published, act.context)]
    lines += after(record) if after is not None else []
    lines += labelled("say", view.say) if view.say else []
    session.emit(
        recorded_document(session, record, **view.fields, ledger_entry=published.entry),
        [
            *lines,
            *sending_lines(
                session, act.launch, message=view.message, what=what_to_send(published.entry)
            ),
        ],
        brief=view.brief,
    )


def evidence_lines(files: Sequence[EvidenceFile]) -> list[str]:
    """The files that are shown as evidence, each digest whole on a line of its own."""
    lines: list[str] = []
    for file in files:
        lines += labelled("evidence", visible(f"{file.name}  {file.size} bytes"))
        lines += [f"  {file.sha256}", f"  {file.blake3}"]
    return lines


def scope_line(scope_hash: str) -> list[str]:
    """Which scope it is about."""
    return [*labelled("scope", ""), f"  {scope_hash}"]


def present(session: Session, lines: Sequence[str], *, yes: bool) -> list[str]:
    """Show what a question will be about; return what the result must still show.

    On stdout where the result goes there as text, else on stderr, so that a person sees what
    the question is about.
    """
    if session.format == "text" and session.output is None and not session.quiet:
        print_lines(lines)
        return []
    if not yes:
        print_lines(lines, err=True)
    return list(lines)


def what_to_send(entry: int | None) -> str:
    """What an act wrote into the launch: a keeper's entry brings the ledger's own files, too."""
    return "manifests/records" if entry is None else "manifests"


def sending_lines(
    session: Session, launch: Path, *, message: str, what: str = "manifests/records"
) -> list[str]:
    """The two ways to bring a new record, or other files in `what`, to the others.

    In a walk over several acts they are shown once, at its end.
    """
    if session.walk is not None:
        session.walk.messages.append(message)
        return []
    return [
        f"{'next':<9}{commit_command(launch, what, message)}",
        *labelled("", "or send the file: it is public and safe in any chat"),
    ]


def commit_command(launch: Path, what: str, message: str, *, push: bool = False) -> str:
    """The commit of files in `what`, and the push, as they are typed here."""
    import shlex  # only after something is written

    where = "" if launch.resolve() == Path.cwd().resolve() else f"-C {shlex.quote(str(launch))} "
    typed = f"git {where}add {what} && git {where}commit -m {shlex.quote(message)}"
    return f"{typed} && git {where}push" if push else typed


def written_line(record: Signed) -> list[str]:
    """`signed   PATH  1.5 kB`, the size left out where the line is full."""
    whole = f"{'signed':<{LABEL}}{record.path}"
    length = size(len(record.data))
    return [f"{whole}  {length}"] if len(whole) + len(length) + 2 <= WIDTH else [whole]


def published_lines(published: Published, context: Context) -> list[str]:
    """Where a record counts now; nothing where there is no ledger."""
    if published.entry is not None:
        more = f"; its head is not signed: {published.hindrance}" if published.hindrance else ""
        return labelled("ledger", visible(f"entry {published.entry}{more}"))
    keeper = appender_of(context)
    when = f"pending: counts after {keeper} appends it"
    if published.record.is_negative:
        when = f"pending: counts now; {keeper} appends it"
    if published.elsewhere:
        why = f"not here; {when}"
    elif published.hindrance:
        why = f"did not take it: {published.hindrance}; {when}"
    else:
        return []
    lines = labelled("ledger", visible(why))
    # Where the ledger is on another machine, its keeper runs it there.
    who = f"{keeper}: " if published.elsewhere else ""
    return [*lines, *advice_lines("next", f"{who}{append_command(context)}")]


def recorded_document(
    session: Session, record: Signed | None, **fields: object
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
