"""Does the verdict say what is asked for, and is it young enough?

It must be of the class that was named, and have passed: `conditional` counts only where the caller
allows it, hold and fail never. Where several were given, all must agree in scope, launch
window and result: signers of two windows did not sign one checkpoint. A
maximum age, where one is given, is held against the time at which the verdict was concluded; a
verdict from the future is as doubtful as an old one.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.advice import command
from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.base.times import AHEAD_MS, format_duration, format_minute
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import GateRequirements
from aztrust.core.state.given import held_verdicts


def _ask(context: Context, _: PackageClass) -> Answer:
    reading = context.evidence.gate
    held = held_verdicts(context)
    if reading is None or not held:
        return Answer(not_run="there is no verdict whose signature holds")
    findings = [
        *(
            f
            for opened in context.given
            if opened.held is not None
            for f in _class_and_result(reading.requirements, opened.held, opened.given.name)
        ),
        *_disagreements(held),
        *(f for v in held for f in _aged(reading.requirements, v, context.request.now_unix_ms)),
    ]
    oldest = min(v.statement.checkpoint.timestamp_unix_ms for v in held)
    return Answer(
        tuple(findings),
        evidence=tuple(v.record_id for v in held),
        detail="" if findings else f"concluded {format_minute(oldest)}",
    )


def _class_and_result(
    requirements: GateRequirements, verdict: HeldVerdict, name: str
) -> Iterator[Finding]:
    checkpoint = verdict.statement.checkpoint
    if checkpoint.checkpoint_class != requirements.checkpoint_class:
        yield Finding(
            "verdict-other-class",
            verdict.record_id,
            f"it is a verdict on {checkpoint.checkpoint_class}",
            expected=requirements.checkpoint_class,
            actual=checkpoint.checkpoint_class,
            mend=f"give the verdict on {requirements.checkpoint_class}",
        )
    good = {"pass", "conditional"} if requirements.allow_conditional else {"pass"}
    if checkpoint.verdict not in good:
        typed = command("show", name)
        mend = f"do not continue; look at what it was concluded from: {typed}"
        if checkpoint.verdict == "conditional":
            mend = "--allow-conditional, if its conditions are known to be met"
        yield Finding(
            "verdict-not-passed",
            verdict.record_id,
            f"{verdict.holder} concluded {checkpoint.verdict}",
            expected="pass",
            actual=checkpoint.verdict,
            mend=mend,
        )


def _disagreements(held: tuple[HeldVerdict, ...]) -> Iterator[Finding]:
    first, *others = held
    for other in others:
        one, two = first.statement, other.statement
        for what, left, right in (
            ("scope", one.scope_hash, two.scope_hash),
            ("launch window", first.launch_window_id, other.launch_window_id),
            ("result", one.checkpoint.verdict, two.checkpoint.verdict),
            ("class", one.checkpoint.checkpoint_class, two.checkpoint.checkpoint_class),
        ):
            if left != right:
                yield Finding(
                    "verdicts-disagree",
                    other.record_id,
                    f"{other.holder}'s verdict has another {what} than {first.holder}'s",
                    expected=left,
                    actual=right,
                    mend="do not continue until both have looked again",
                )


def _aged(
    requirements: GateRequirements, verdict: HeldVerdict, now_unix_ms: int
) -> Iterator[Finding]:
    concluded_at = verdict.statement.checkpoint.timestamp_unix_ms
    if concluded_at > now_unix_ms + AHEAD_MS:
        yield Finding(
            "verdict-stale",
            verdict.record_id,
            f"its time of conclusion, {format_minute(concluded_at)}, is in the future",
            mend="set this machine's clock; if it is right, ask the signer",
        )
    elif (oldest := requirements.max_age_ms) is not None and now_unix_ms - concluded_at > oldest:
        yield Finding(
            "verdict-stale",
            verdict.record_id,
            f"it was concluded {format_minute(concluded_at)},"
            f" {format_duration(now_unix_ms - concluded_at)} ago",
            expected=f"at most {format_duration(oldest)}",
            mend="have it concluded again, from a new recomputation",
        )


CHECK = Check(
    id="gate-result",
    title="passed, of the class asked for",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-17.2", "AZ-2.2", "AZ-28"),
    codes=(
        Code(
            "verdict-other-class",
            "The verdict is on another checkpoint than the one asked for.",
            "Give the verdict on the checkpoint that is asked for.",
        ),
        Code(
            "verdict-not-passed",
            "The verdict says that the checkpoint was not passed.",
            "Do not continue; look at what it was concluded from: aztrust show FILE.",
        ),
        Code(
            "verdicts-disagree",
            "Two verdicts that must say the same do not.",
            "Do not continue until both signers have looked again.",
            guidance=Guidance.HOLD,
        ),
        Code(
            "verdict-stale",
            "The verdict is older than allowed, or from the future.",
            "Have it concluded again, from a new recomputation.",
            guidance=Guidance.HOLD,
        ),
    ),
    ask=_ask,
)
