"""What the rows of the final checks have in common that are computed from operators' confirmations.

They are computed where operators are enrolled and the policy has a threshold for the row; elsewhere
people answer them. A holder who answered fail still blocks: the count does not undo what a person
saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.advice import command
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.findings import Finding, Guidance, Status
from aztrust.core.base.rates import format_percent, share_of
from aztrust.core.base.value import frozen
from aztrust.core.checks.attested import attested_answer
from aztrust.core.checks.check import Answer, Code
from aztrust.core.policy.authority import row_rule
from aztrust.core.policy.describe import plural
from aztrust.core.policy.readiness_rules import ReadinessRules, readiness_rules
from aztrust.core.state.context import Context, unread_records
from aztrust.core.state.present_readiness import present_readiness
from aztrust.core.state.readiness import (
    NAMED,
    Readiness,
    SameDigest,
    Threshold,
    ThresholdName,
    more,
)

SHOW: Final = "aztrust readiness"
COMPUTED: Final = ("operator-preflight", "operator-readiness", "role-readiness")
"""The rows that may be computed from what operators confirm."""


@frozen
class Counted:
    """A row that is computed: the count, the thresholds, and who owns the row."""

    readiness: Readiness
    rules: ReadinessRules
    owner: str


def counted(context: Context, row: str) -> Counted | Answer:
    """The count for a row, or the answer of the people where the row is not computed."""
    answer = attested_answer(context, row)
    # Records that were not read may be an objection.
    if answer.not_applicable or answer.findings or unread_records(context):
        return answer
    policy = context.policy
    if policy is None:
        return answer
    rules = readiness_rules(policy)
    has_threshold = {
        "operator-readiness": rules.has_operator_threshold,
        "role-readiness": rules.has_role_threshold,
    }.get(row, rules.has_threshold)
    readiness = present_readiness(context) if has_threshold else None
    if readiness is None:
        return answer
    return Counted(readiness, rules, row_rule(policy, row).role)


def is_computed(context: Context, row: str) -> bool:
    """Whether no person answers a row, because operators do."""
    return row in COMPUTED and isinstance(counted(context, row), Counted)


def thresholds_answer(
    found: Counted, names: Iterable[ThresholdName], findings: tuple[Finding, ...] = ()
) -> Answer:
    """The answer of a row that some thresholds of the policy decide.

    Args:
        found: the count.
        names: the thresholds of the row; those that the policy does not have are left out.
        findings: what fails whatever the thresholds say.
    """
    readiness = found.readiness
    mine = [t for name in names if (t := readiness.threshold(name)) is not None]
    by_power = any(t.name == "power" for t in mine)
    if by_power:
        findings = (*findings, *readiness.findings)
    short = [short_finding(t) for t in mine if not t.met]
    if by_power and readiness.power_unknown:
        short = [unknown_finding(readiness), *(f for f in short if f.subject != "power")]
    return Answer(
        findings,
        notices=tuple(short),
        evidence=evidence(readiness),
        owner=found.owner,
        detail="; ".join(t.text for t in mine),
        not_run="; ".join(f.message for f in short) if not findings else "",
        answered_unix_ms=readiness.oldest_unix_ms or 0,
    )


def evidence(readiness: Readiness) -> tuple[str, ...]:
    """What a count rests on: the enrolments, and one digest over the ids of what counted."""
    return (*readiness.enrolments, sha256_id("\n".join(readiness.counted).encode()))


def reconfirmed(context: Context) -> tuple[Status, str, tuple[str, ...]]:
    """Whether operators reconfirmed the binaries on their hosts: status, detail and evidence.

    Each ready confirmation that counts lists the digests of the release's files. Where no operator
    is enrolled, or the policy has no threshold, none is asked for one.
    """
    rules = readiness_rules(context.policy) if context.policy is not None else None
    readiness = present_readiness(context) if rules is not None and rules.has_threshold else None
    if readiness is None:
        return Status.PASS, "", ()
    count = readiness.ready_operators
    if not count:
        return Status.NOT_RUN, "no operator has reconfirmed the binaries on a host", ()
    return Status.PASS, f"reconfirmed by {plural(count, 'operator')}", evidence(readiness)


def short_finding(threshold: Threshold) -> Finding:
    """That a threshold is not met."""
    return Finding(
        "readiness-short",
        threshold.name,
        threshold.text,
        mend=f"see who is missing: {SHOW}; then ask them to confirm",
    )


def unknown_finding(readiness: Readiness) -> Finding:
    """That the power is not known."""
    return Finding(
        "power-unknown",
        "power",
        f"the voting power is not known: {readiness.power_unknown}",
        mend=f"put the sealed genesis package there; or: {SHOW} --genesis FILE",
    )


def to_decide(readiness: Readiness, rules: ReadinessRules) -> Iterator[Finding]:
    """What of a count a person has to decide: copies of one wrong file, and a collapse."""
    for group in readiness.same_digest:
        yield same_digest_finding(group, readiness.powers.total)
    yield from collapse_findings(readiness, rules)


def collapse_findings(readiness: Readiness, rules: ReadinessRules) -> Iterator[Finding]:
    """That a launch that was ready fell below the level at which it is aborted."""
    if not readiness.collapsed or rules.collapse is None:
        return
    powers = readiness.powers
    once, left = (
        format_percent(share_of(part, powers.total))
        for part in (readiness.most_ready, powers.ready + powers.stale)
    )
    abort = command("window", "abort", "--trigger", "readiness-collapse", "--reason", "T")
    yield Finding(
        "readiness-collapsed",
        "power",
        f"{once} of the voting power was ready, and {left} is left; below"
        f" {format_percent(rules.collapse)} the launch is to be aborted (AZ-29.1)",
        mend=f"a person decides: {abort}",
    )


def same_digest_finding(group: SameDigest, total: int) -> Finding:
    """That several hosts have the same wrong file: one finding, whose `this` names the file."""
    count = len(group.operators)
    named = ", ".join(group.operators[:NAMED]) + more(count)
    have = "has" if count == 1 else "have"
    share = f", {format_percent(share_of(group.power, total))} of the power" if total else ""
    abort = command("window", "abort", "--trigger", "conflicting-artifact-copies", "--reason", "T")
    close = command("attest", "operator-preflight", "pass", "--role", "R", "--note", "T")
    return Finding(
        "conflicting-copies",
        group.reason,
        f"{plural(count, 'operator')}{share} {have} the same wrong file, on"
        f" {', '.join(group.platforms)}: {named}",
        actual=f"sha256:{group.found}",
        mend=f"find out where it is from (AZ-29.1); then a person raises it: {abort}; or closes it:"
        f" {close}",
    )


READINESS_SHORT: Final = Code(
    "readiness-short",
    "Fewer operators are ready than the policy asks for: by voting power, by role, or by name.",
    "See who is missing: aztrust readiness. Then ask them to confirm.",
    status=Status.NOT_RUN,
)
POWER_UNKNOWN: Final = Code(
    "power-unknown",
    "The voting power of the operators is not known: the sealed genesis is not here.",
    "Put the sealed genesis package there; or: aztrust readiness --genesis FILE.",
    status=Status.NOT_RUN,
)
POWER_INVALID: Final = Code(
    "power-invalid",
    "The genesis has no voting power, or a validator twice: no share means anything.",
    "Correct the genesis, then seal, approve and freeze it again.",
)
READINESS_COLLAPSED: Final = Code(
    "readiness-collapsed",
    "A launch that was ready fell below the share of the power at which it is to be aborted.",
    "A person decides: aztrust window abort --trigger readiness-collapse --reason T.",
    guidance=Guidance.ABORT,
)
CONFLICTING_COPIES: Final = Code(
    "conflicting-copies",
    "Several hosts have the same wrong file: it comes from one place.",
    "Find out where it is from; a person raises the trigger, or answers operator-preflight.",
)
