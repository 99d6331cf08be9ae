"""Is the verdict revoked or contradicted by a later record?

A verdict is a statement at one moment. Later, it or its key can be revoked, a new check can find
the opposite, the window can be deferred, and the scope can be invalidated for good. A final check
rests on a freeze in its own window, and on that no holder objects: an objection that is not taken
back counts whatever time it claims, as it does in the final checks themselves.
All of that is in the records of a launch, a kit or a ledger. Without a ledger, or a kit with a
young head, aztrust cannot know whether a later record was withheld: the question then stays open,
unless the caller accepts this with --offline. That does not excuse a ledger of this machine that
was not read, because a policy or a key alone was given.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.times import AHEAD_MS, format_duration
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import FREEZE_MISSING, SCOPE_INVALIDATED
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.core.state.given import held_verdicts
from aztrust.core.state.launch_state import invalidated_finding, may_sign
from aztrust.core.state.ledger.freshness import head_age_ms, stale_reason
from aztrust.core.state.objections import once, open_objections

_UNKNOWN = "whether something later revokes or overtakes it is not known"


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
    if reading.unread_ledger:
        # --offline excuses what is not here, and this is.
        return _unread(reading.unread_ledger)
    if (why := not_known(context)) and not reading.requirements.offline:
        mend = "--ledger PATH, a kit that carries the ledger's head, or --offline"
        if not reading.has_launch:
            mend = "a launch or kit with -C in the place of the policy or the key, or --offline"
        notice = Finding("verdict-overtaken", "[ledger]", f"{_UNKNOWN}: {why}", mend=mend)
        return Answer(notices=(notice,), not_run=f"{_UNKNOWN}: {why}")
    if why:
        return Answer(detail=f"--offline: {_UNKNOWN}")
    return Answer(detail=f"nothing later revokes or overtakes it, by a head {_age(context)}")


def _unread(ledger: str) -> Answer:
    why = "the ledger named on this machine was not read, since only a launch has the keys for it"
    mend = "a launch or kit with -C in the place of the policy or the key; or unset AZTRUST_LEDGER"
    notice = Finding("verdict-overtaken", ledger, f"{_UNKNOWN}: {why}", mend=mend)
    return Answer(notices=(notice,), not_run=f"{_UNKNOWN}: {why}")


def _age(context: Context) -> str:
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
        return "this ledger has no signed head"
    return stale_reason(context, reading.requirements.max_head_age_ms)


def _against(context: Context, verdict: HeldVerdict) -> Iterator[Finding]:
    state = context.state
    statement = verdict.statement
    if not context.verdicts.is_effective(verdict):
        revocations = context.verdicts.revocations_of(verdict)
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
    elif not statement.checkpoint.is_freeze and _is_in_another_window(context, verdict):
        yield Finding(
            "freeze-missing",
            verdict.record_id,
            "the scope is frozen, and not in the launch window that it is about",
            actual=window,
            mend="make the final checks of the present window: aztrust final-check",
        )
    if statement.checkpoint.checkpoint_class == FINAL:
        yield from _objections(context, verdict)
    for other in context.verdicts.verdicts:
        if _overtakes(context, other, verdict):
            yield Finding(
                "verdict-overtaken",
                verdict.record_id,
                f"{other.holder} looked again later and concluded"
                f" {other.statement.checkpoint.verdict}",
                actual=other.record_id,
                mend="do not continue; the signer looks again",
            )


def _is_in_another_window(context: Context, verdict: HeldVerdict) -> bool:
    """Whether its scope is frozen, and not in its window. Where it is not frozen at all the check
    `freeze` answers.
    """
    scope_hash = verdict.statement.scope_hash
    frozen = [a for a in context.state.frozen_attempts if a.scope_hash == scope_hash]
    return bool(frozen) and all(a.launch_window_id != verdict.launch_window_id for a in frozen)


def _overtakes(context: Context, other: HeldVerdict, verdict: HeldVerdict) -> bool:
    """Whether another verdict did not pass on the same question, and this one did not know it.

    A verdict that did not pass no longer counts here once its own signer has answered it by a pass.
    """
    if other.record_id == verdict.record_id or not _objects_to(context, other, verdict):
        return False
    answered = any(
        later.holder == other.holder
        and context.verdicts.is_effective(later)
        and _is_good(context, later)
        and _question(later) == _question(other)
        and _knew(context, later, other)
        for later in context.verdicts.verdicts
    )
    return not answered and not _knew(context, verdict, other)


def _objects_to(context: Context, other: HeldVerdict, verdict: HeldVerdict) -> bool:
    policy = context.policy
    same = _question(other) == _question(verdict)
    return same and not _is_good(context, other) and policy is not None and may_sign(policy, other)


def _question(verdict: HeldVerdict) -> tuple[str, str]:
    return verdict.statement.scope_hash, verdict.statement.checkpoint.checkpoint_class


def _is_good(context: Context, verdict: HeldVerdict) -> bool:
    reading = context.evidence.gate
    allowed = reading is not None and reading.requirements.allow_conditional
    return verdict.statement.checkpoint.verdict in (
        ("pass", "conditional") if allowed else ("pass",)
    )


def _knew(context: Context, verdict: HeldVerdict, objection: HeldVerdict) -> bool:
    """Whether a verdict was given in the knowledge of an earlier objection.

    Where the ledger holds both, it knew the objection if that is among the entries that it
    considered: its own place in the ledger shows only when it was appended. A verdict in the ledger
    did not know an objection that is not in it; else the times that both claim decide.
    """
    place = context.ledger_index(verdict.record_id)
    objected = context.ledger_index(objection.record_id)
    considered, ledger = verdict.statement.ledger, context.evidence.ledger
    if objected is not None and considered is not None and ledger is not None:
        return considered.origin == ledger.origin and objected < considered.size
    later = _concluded_at(verdict) > _concluded_at(objection)
    if place is not None:
        return later and objected is not None and objected < place
    return later


def _concluded_at(verdict: HeldVerdict) -> int:
    return verdict.statement.checkpoint.timestamp_unix_ms


def _objections(context: Context, verdict: HeldVerdict) -> Iterator[Finding]:
    """What keeps a final check from being relied on: an objection that is not taken back, whatever
    its time and place; and one that came later, also where it was answered (AZ-6.2).
    """
    scope_hash = verdict.statement.scope_hash
    still_open = open_objections(context, scope_hash)
    verified = context.records.effective.verified
    since = [
        u
        for u in verified
        if u.scope_hash == scope_hash
        and _is_negative_answer(u)
        and not _came_before(context, u, verdict)
    ]
    for record in once((*still_open, *since)):
        how = "objects, and has not taken it back" if record in still_open else "objected after it"
        yield Finding(
            "verdict-overtaken",
            verdict.record_id,
            f"{record.holder} {how}: {record.kind} {record.record_id[7:15]}",
            actual=record.record_id,
            mend="do not continue; make the final checks again: aztrust final-check",
        )


def _came_before(context: Context, record: VerifiedRecord, verdict: HeldVerdict) -> bool:
    """Whether an answer was known to a final check: by the head that it considered, by its place,
    else by the times that both claim.
    """
    place, index = context.ledger_index(verdict.record_id), context.ledger_index(record.record_id)
    considered, ledger = verdict.statement.ledger, context.evidence.ledger
    same_log = considered is not None and ledger is not None and considered.origin == ledger.origin
    if index is not None and considered is not None and same_log:
        return index < considered.size
    concluded_at = verdict.statement.checkpoint.timestamp_unix_ms
    if index is not None and place is not None:
        # A final check that was held back and appended late knew less than its place says.
        return index < place and record.claimed_unix_ms < concluded_at + AHEAD_MS
    return record.claimed_unix_ms < concluded_at


def _is_negative_answer(record: VerifiedRecord) -> bool:
    return record.descriptor.final_part == "answer" and record.is_negative


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
            "A later check of the same question did not pass, or the window was deferred.",
            "Do not continue; the signer looks again.",
        ),
        SCOPE_INVALIDATED,
        FREEZE_MISSING,
    ),
    ask=_ask,
)
