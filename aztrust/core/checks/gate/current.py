"""Has anything been said since that takes the verdict's ground away?

A verdict is a word at one moment. It can be revoked, its key can be, a later look can have found
the opposite, the window can have been deferred, and the scope can have been invalidated for good.
All of that lies in the records of a launch, a kit or a ledger. Without a ledger, or a kit with a
young head, nobody can tell whether a later record was withheld: the question then stays open,
unless --offline says that this is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.check import Answer, Check, Code
from aztrust.core.checks.scope_state import SCOPE_INVALIDATED, invalidated_finding
from aztrust.core.context import Context
from aztrust.core.freezes import may_sign
from aztrust.core.gate import held_verdicts
from aztrust.core.outcome import CheckClass, Finding
from aztrust.core.policy import PackageClass
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
    return Answer(detail="nothing later revokes or overtakes it")


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

    return stale_reason(context)


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
