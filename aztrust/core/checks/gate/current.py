"""Has anything been said since that takes the verdict's ground away?

A verdict is a word at one moment. It can be revoked, its key can be, a later look can have found
the opposite, after a final check somebody can have said no, the window can have been deferred, and
the scope can have been invalidated for good.
All of that lies in the records of a launch, a kit or a ledger. Without a ledger, or a kit with a
young head, nobody can tell whether a later record was withheld: the question then stays open,
unless --offline says that this is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.blockers import open_blockers, severity_of
from aztrust.core.check import Answer, Check, Code
from aztrust.core.checks.scope_state import SCOPE_INVALIDATED, invalidated_finding
from aztrust.core.context import Context
from aztrust.core.durations import format_duration
from aztrust.core.freezes import may_sign
from aztrust.core.gate import held_verdicts
from aztrust.core.outcome import CheckClass, Finding
from aztrust.core.policy import PackageClass
from aztrust.core.signed.checkpoint import FINAL
from aztrust.core.signed.launchrecords import AdvisoryReview, CheckAttestation
from aztrust.core.signed.records import Utterance
from aztrust.core.signed.verdictset import HeldVerdict
from aztrust.core.window import read_window

_UNKNOWN = "whether something later revokes or overtakes it cannot be told"


def _ask(context: Context, _: PackageClass) -> Answer:
    reading = context.evidence.gate
    held = held_verdicts(context)
    if reading is None or not held:
        return Answer(not_run="there is no verdict whose signature holds")
    if unread := context.evidence.unread("manifests/verdicts", "manifests/records"):
        return Answer(not_run=unread)
    findings = [finding for verdict in held for finding in _against(context, verdict)]
    if findings:
        return Answer(tuple(findings))
    if (why := not_known(context)) and not reading.wish.offline:
        mend = "--ledger PATH, a kit that carries the ledger's head, or --offline"
        notice = Finding("verdict-overtaken", "[ledger]", f"{_UNKNOWN}: {why}", mend=mend)
        return Answer(notices=(notice,), not_run=f"{_UNKNOWN}: {why}")
    if why:
        return Answer(detail=f"--offline: {_UNKNOWN}")
    return Answer(detail=f"nothing later revokes or overtakes it, by a head {_age(context)}")


def _age(context: Context) -> str:
    from aztrust.core.checks.records_fresh import head_age_ms

    age = head_age_ms(context)
    return "of unknown age" if age is None else f"at most {format_duration(age)} old"


def not_known(context: Context) -> str:
    """Why later records may be missing here, "" where a head says that none is."""
    reading, ledger = context.evidence.gate, context.evidence.ledger
    if reading is None or not reading.has_launch:
        return "there are no records here, only a policy" if context.policy else "no records"
    if ledger is None:
        return "there is no ledger here"
    if not ledger.heads:
        return "nobody signed a head of this ledger"
    from aztrust.core.checks.records_fresh import stale_reason

    return stale_reason(context, reading.wish.max_head_age_ms)


def _against(context: Context, verdict: HeldVerdict) -> Iterator[Finding]:
    state = read_window(context)
    statement = verdict.statement
    if not context.verdicts.stands(verdict):
        revocations = context.verdicts.revoked.get(verdict.record_id, ())
        who = f"by {revocations[0].holder}" if revocations else "with its key"
        yield Finding(
            "verdict-revoked",
            verdict.record_id,
            f"{verdict.holder}'s verdict was taken back {who}",
            mend="ask for a new one, from a new recomputation",
        )
    if statement.scope_hash in state.invalidated:
        yield invalidated_finding(statement.scope_hash, state.invalidated[statement.scope_hash])
    window = statement.checkpoint.launch_window_id
    if window in state.deferred:
        yield Finding(
            "verdict-overtaken",
            verdict.record_id,
            "the launch window it belongs to was deferred",
            mend="the next window has verdicts of its own",
        )
    if statement.checkpoint.checkpoint_class == FINAL:
        yield from _noes_since(context, verdict)
    for other in context.verdicts.verdicts:
        if _overtakes(context, other, verdict):
            yield Finding(
                "verdict-overtaken",
                verdict.record_id,
                f"{other.holder} looked again later and concluded"
                f" {other.statement.checkpoint.verdict}",
                actual=other.record_id,
                mend="nobody goes on; whoever signed looks again",
            )


def _overtakes(context: Context, other: HeldVerdict, verdict: HeldVerdict) -> bool:
    """Whether another verdict says no to the same question, and not before this one was given."""
    policy = context.policy
    if other.statement.passed or policy is None or not may_sign(policy, other):
        return False
    one, two = other.statement, verdict.statement
    same = (one.scope_hash, one.checkpoint.checkpoint_class) == (
        two.scope_hash,
        two.checkpoint.checkpoint_class,
    )
    return same and _when(context, other) >= _when(context, verdict)


def _noes_since(context: Context, verdict: HeldVerdict) -> Iterator[Finding]:
    """What somebody said after a final check that would have failed it (AZ-6.2)."""
    place = context.ledger_index(verdict.record_id)
    said = verdict.statement.checkpoint.timestamp_unix_ms
    standing = context.records.standing.utterances
    noes = [u for u in open_blockers(context) if severity_of(u) == "critical"]
    noes += [u for u in standing if u.scope_hash == verdict.statement.scope_hash and _is_no(u)]
    for utterance in noes:
        index = context.ledger_index(utterance.record_id)
        before = utterance.claimed_unix_ms < said
        if index is not None and place is not None:
            before = index < place
        if before:
            continue
        yield Finding(
            "verdict-overtaken",
            verdict.record_id,
            f"{utterance.holder} said no after it: {utterance.kind} {utterance.record_id[7:15]}",
            actual=utterance.record_id,
            mend="nobody goes on; the final checks are made again: aztrust final-check",
        )


def _is_no(utterance: Utterance) -> bool:
    body = utterance.body
    if isinstance(body, CheckAttestation):
        return body.status == "fail"
    return isinstance(body, AdvisoryReview) and body.outcome == "blocking"


def _when(context: Context, verdict: HeldVerdict) -> tuple[int, int]:
    """The place in the ledger; what is not there yet came last, ordered by its own claim."""
    index = context.ledger_index(verdict.record_id)
    said = verdict.statement.checkpoint.timestamp_unix_ms
    return (1 << 53 if index is None else index), said


CHECK = Check(
    id="gate-current",
    title="nothing later says otherwise",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-2.4", "AZ-25.3", "AZ-28"),
    codes=(
        Code(
            "verdict-revoked",
            "The verdict, or the key it was signed with, was revoked.",
            "Ask for a new verdict, from a new recomputation.",
        ),
        Code(
            "verdict-overtaken",
            "A later look at the same question said no, or the window was deferred.",
            "Nobody goes on; whoever signed looks again.",
        ),
        SCOPE_INVALIDATED,
    ),
    ask=_ask,
)
