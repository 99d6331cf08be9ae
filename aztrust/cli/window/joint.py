"""What the joint acts of a window share: the review, the question, the signatures, what is missing.

basis = basis_of(load(session, given))
run(session, given, basis, (record,), JointRun("hold the launch", "Hold this launch?", "hold"))
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from aztrust.cli.app import Session
from aztrust.cli.hook import hook_words, run_says
from aztrust.cli.options import Given
from aztrust.cli.window.base import load
from aztrust.core.base.value import frozen
from aztrust.report.advice import advice_lines
from aztrust.report.lines import joined, labelled

if TYPE_CHECKING:
    from aztrust.acts.publish import Published
    from aztrust.acts.window.basis import Basis
    from aztrust.acts.window.recheck import Recheck
    from aztrust.acts.window.sitting import Sitting
    from aztrust.core.formats.keys import VerificationMaterial
    from aztrust.core.records.records import Unsigned
    from aztrust.core.state.launch_state import Attempt
    from aztrust.report.window.joint import JointRecord
    from aztrust.signers import Signer


@frozen
class JointRun:
    """How a command runs a joint act.

    Args:
        act: the end of "may …": "hold the launch".
        question: asked before the signature.
        message: of the commit that brings the records to the others.
        more: further lines of the review.
        yes: whether --yes was given.
        dry_run: whether only to look.
        hook: a program to run afterwards, as it was typed.
        others_run: with what the others sign; "" for `countersign` and the ids.
        some: whether a key may sign that is good for some of the records only.
    """

    act: str
    question: str
    message: str
    more: Sequence[str] = ()
    yes: bool = False
    dry_run: bool = False
    hook: str | None = None
    others_run: str = ""
    some: bool = False


def run(
    session: Session,
    given: Given,
    basis: Basis,
    records: tuple[Unsigned, ...],
    how: JointRun,
    prepared: Callable[[VerificationMaterial | None], Sitting] | None = None,
) -> None:
    """Show the review, ask, sign, and show what is in effect and what is missing.

    Args:
        session: the run.
        given: key, ledger, anchor and scope.
        basis: the window.
        records: what would be signed.
        how: see `JointRun`.
        prepared: the sitting for a key; None for `sitting.prepare` of the records.

    Raises:
        Declined: the answer was no.
        Refused, CouldNotCheck: the window does not allow it, or what it rests on does not verify.
    """
    from aztrust.acts.publish import publish
    from aztrust.acts.window.sitting import keys_for, prepare
    from aztrust.cli.signing import act_signer, present
    from aztrust.signers import unlock

    if how.hook is not None:
        hook_words(how.hook)
    accepted = keys_for(basis.act.policy, records, some=how.some)
    signer = act_signer(
        session,
        given.key,
        basis.act.context,
        accepted=accepted,
        act=how.act,
        dry_run=how.dry_run,
    )
    key = signer.public if signer is not None else None
    sitting = prepare(basis, records, key) if prepared is None else prepared(key)
    again = _recheck(session, basis, sitting, dry_run=how.dry_run)
    lines = review_lines(sitting, again, how.more)
    published: dict[str, Published] = {}
    if how.dry_run or signer is None:
        done = [*labelled("dry run", "nothing was signed, nothing was written")]
        _finish(session, basis, sitting, again, published, [*lines, *done], how)
        return
    if sitting.is_done:
        _complete(session, sitting, signer)
        done = labelled("done", "it was signed before; nothing was signed")
        _finish(
            session,
            basis_again(session, given, basis.attempt),
            sitting,
            again,
            {},
            [*lines, *done],
            how,
        )
        return
    shown = present(session, lines, yes=how.yes)
    session.confirm(how.question, yes=how.yes)
    unlock(signer)
    for plan in sitting.plans():
        if plan.earlier is None:
            done_now = publish(basis.act, plan, signer, session.now_unix_ms())
            published[done_now.record.record_id] = done_now
    _finish(
        session, basis_again(session, given, basis.attempt), sitting, again, published, shown, how
    )


def basis_again(session: Session, given: Given, attempt: Attempt) -> Basis:
    """The window after something was signed."""
    from aztrust.acts.window.basis import basis_in

    return basis_in(load(session, given), attempt)


def signatures_of(basis: Basis, record: Unsigned, record_id: str) -> list[str]:
    """Who has signed a record, and what it lacks."""
    from aztrust.acts.window.outcome import records_now
    from aztrust.acts.window.sitting import Draft

    (found,) = records_now(basis, (Draft(record, record_id),), {})
    return _signature_lines(basis, found)


def also_proposed(basis: Basis, kind: str, but: Collection[str] = ()) -> list[str]:
    """Other records of a kind that wait for signatures: two of them split the signatures."""
    from aztrust.core.base.advice import command

    lines: list[str] = []
    for act in basis.state.waiting:
        record = act.source.first
        if getattr(record, "kind", "") == kind and record.record_id not in but:
            by = joined(act.source.holders)
            typed = command("countersign", record.record_id[7:23])
            lines += advice_lines("also", f"signed by {by}, and it waits for others: {typed}")
    return lines


def review_lines(sitting: Sitting, again: Recheck | None, more: Sequence[str]) -> list[str]:
    """What every signer sees before the question: the one who proposes, and everyone after."""
    from aztrust.core.base.times import format_minute
    from aztrust.report.window.joint import act_lines

    attempt, state = sitting.basis.attempt, sitting.basis.state
    lines = labelled("you", sitting.holder or "no key was named")
    lines += labelled("window", f"{state.status}, {state.phase_name}")
    for draft in sitting.drafts:
        record = draft.record
        lines += act_lines(record.kind, record.body, record.preimages)
        by = ", ".join(draft.signed_by)
        lines += labelled(
            "", f"record {draft.record_id[7:23]}" + (f", signed by {by}" if by else "")
        )
    shown = {draft.record_id for draft in sitting.drafts}
    for kind in dict.fromkeys(draft.record.kind for draft in sitting.drafts):
        lines += also_proposed(sitting.basis, kind, shown)
    lines += list(more)
    if again is not None:
        lines += _recheck_lines(again)
    expiries = [_expires(draft.record) for draft in sitting.drafts]
    ends = [at for at in expiries if at is not None]
    if ends:
        lines += labelled("expires", f"{format_minute(min(ends))}, if it still waits then")
    return [*lines, "scope", f"  {attempt.scope_hash}"]


def _expires(record: Unsigned) -> int | None:
    from aztrust.core.records.records import KINDS

    return KINDS[record.kind].expires(record.body, record.preimages)


def _recheck(session: Session, basis: Basis, sitting: Sitting, *, dry_run: bool) -> Recheck | None:
    """Judge everything again before a positive act; what stops a launch waits for nothing."""
    if not sitting.is_positive or sitting.is_done:
        return None
    from aztrust.acts.verify import ReadOptions
    from aztrust.acts.window.recheck import recheck
    from aztrust.cli.progress import progress_line

    with progress_line(session) as progress:
        return recheck(
            basis.act.launch,
            basis,
            ReadOptions(progress=progress),
            triggers=sitting.triggers,
            dry_run=dry_run,
        )


def _recheck_lines(again: Recheck) -> list[str]:
    context = again.verdict.context
    keys = len(context.keyring.keys)
    reading = context.evidence.ledger
    entries = f", a ledger of {reading.size} entries" if reading is not None else ""
    if again.files is None:
        rests = f"final check {again.final_check_id[7:23]}"
        if not again.final_check_id:
            rests = "the manifests and the start, which the ledger shows"
        lines = labelled("packages", f"not looked at here; rests on {rests}")
        checked = labelled("checked", f"signatures, policy and thresholds{entries}")
        return [*lines, *checked, *_ready_lines(again)]
    checked = labelled("checked", f"{again.files} files and {keys} keys recomputed{entries}")
    return [*checked, *_ready_lines(again)]


def _ready_lines(again: Recheck) -> list[str]:
    readiness = again.readiness
    if readiness is None:
        return []
    texts = [t.text for t in readiness.thresholds if t.name != "power"]
    power = readiness.threshold("power")
    if power is not None:
        unknown = "the voting power rests on that final check"
        texts.insert(0, unknown if readiness.power_unknown else power.text)
    return [line for text in texts for line in labelled("ready", text)]


def _complete(session: Session, sitting: Sitting, signer: Signer) -> None:
    """Do what an earlier run could not: the own records into the ledger and the folder."""
    from aztrust.acts.publish import publish_again

    for draft in sitting.drafts:
        if draft.earlier is not None and draft.earlier.key == signer.public:
            publish_again(sitting.basis.act, draft.earlier, signer, session.now_unix_ms())


def _finish(
    session: Session,
    basis: Basis,
    sitting: Sitting,
    again: Recheck | None,
    published: Mapping[str, Published],
    lines: Sequence[str],
    how: JointRun,
) -> None:
    """The result: what was written, who signed, what is missing, what to say and to send."""
    from aztrust.acts.window.outcome import records_now
    from aztrust.cli.signing import (
        published_lines,
        sending_lines,
        what_to_send,
        written_line,
    )
    from aztrust.report.window.joint import joint_document

    records = records_now(basis, sitting.drafts, published)
    lines = list(lines)
    together = len(records) > 1
    for record in records:
        done = published.get(record.record_id)
        lines += written_line(done.record) if done is not None else []
        if done is not None and not together:
            lines += published_lines(done, basis.act.context)
        if not how.dry_run:
            lines += _signature_lines(basis, record, how.others_run, together=together)
    if together and published and not how.dry_run:
        lines += published_lines(list(published.values())[-1], basis.act.context)
    if together and not how.dry_run:
        lines += _missing_lines(basis, records, how.others_run)
    says = [record.say for record in records if record.say] if published else []
    for say in says:
        lines += labelled("say", say)
    if published:
        entries = (done.entry for done in published.values())
        entry = next((e for e in entries if e is not None), None)
        what = what_to_send(entry)
        lines += sending_lines(session, basis.act.launch, message=how.message, what=what)
    attempt = sitting.basis.attempt
    packages = None
    if again is not None:
        packages = "not-looked-at" if again.files is None else "recomputed"
    document = joint_document(
        {
            "command": session.command,
            "dry_run": how.dry_run,
            "holder": sitting.holder,
            "scope_hash": attempt.scope_hash,
            "launch_window_id": attempt.launch_window_id,
            "packages": packages,
            "rests_on_final_check": (again.final_check_id if again is not None else "") or None,
        },
        records,
    )
    session.emit(document, lines, brief=_brief(records, dry_run=how.dry_run))
    if how.hook is not None and says:
        run_says(how.hook, says)


def _signature_lines(
    basis: Basis, record: JointRecord, others_run: str = "", *, together: bool = False
) -> list[str]:
    """Who has signed a record, and what it lacks; `together` with others that is shown once."""
    from aztrust.report.window.joint import signature_lines

    lines = signature_lines(record, together=together)
    return lines if together else [*lines, *_missing_lines(basis, [record], others_run)]


def _missing_lines(basis: Basis, records: Sequence[JointRecord], others_run: str) -> list[str]:
    """Who still has to sign which of these records, and with which command."""
    from aztrust.core.state.able import advise
    from aztrust.report.window.joint import lacking

    lines: list[str] = []
    for missing, of_them in lacking(records):
        if missing.role:
            lines += labelled("missing", missing.role)
        roles = [missing.role] if missing.role else ["the act"]
        typed = others_run or countersign_command(of_them)
        lines += advice_lines("next", advise(basis.context, typed, missing.holders, roles))
    return lines


def countersign_command(records: Sequence[JointRecord]) -> str:
    """What another holder runs to sign these records."""
    from aztrust.core.base.advice import command

    return command("countersign", *(record.record_id[7:23] for record in records))


def _brief(records: Sequence[JointRecord], *, dry_run: bool) -> str:
    words = []
    for record in records:
        state = "in effect" if record.in_effect else "waits"
        words.append(f"{record.kind} {record.record_id[7:23]} {state}")
    return ", ".join(words) + ("  dry run" if dry_run else "")
