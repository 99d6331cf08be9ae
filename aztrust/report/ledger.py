"""What `ledger verify` says to a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from aztrust.core.base.findings import CheckResult, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.judge.verify import Verdict
from aztrust.report.advice import advice_lines
from aztrust.report.finding import finding_lines
from aztrust.report.lines import labelled
from aztrust.report.text import brief, chain_name, utc
from aztrust.report.verdict import stated_conclusion

FINDINGS_SHOWN = 10


def ledger_report(verdict: Verdict, path: str, *, verbose: bool = False) -> list[str]:
    """The report's lines.

    Args:
        verdict: of an audit.
        path: the ledger's file.
        verbose: every finding and notice.
    """
    context = verdict.context
    title = escape(context.policy.launch.name) if context.policy else ""
    word = stated_conclusion(verdict).value.upper()
    now = utc(context.request.now_unix_ms)
    lines = [f"{word:<9}{title}  {chain_name(verdict)}   {now}   exit {verdict.exit_code}"]
    for result in sorted(verdict.results, key=_badness):
        if result.findings:
            lines += ["", *_found(result.findings, result, verbose=verbose)]
    lines += ["", *labelled("ledger", path), *_state(verdict)]
    for result in verdict.results:
        if result.status not in (Status.PASS, Status.FAIL) and not result.findings:
            lines += labelled(
                result.status.value.replace("_", " "), f"{result.id}: {result.detail}"
            )
    lines += _notices(verdict, verbose=verbose)
    return [*lines, *advice_lines("next", _next(verdict))]


def ledger_brief(verdict: Verdict) -> str:
    """The one line of -q."""
    return brief(verdict)


def _state(verdict: Verdict) -> Iterator[str]:
    reading = verdict.context.evidence.ledger
    if reading is None or (reading.fault and not reading.size):
        yield from labelled("", "not read")
        return
    policy = verdict.context.policy
    holders = policy.key_holders() if policy is not None else {}
    keeper = holders.get(reading.keeper, f"the key {reading.keeper[7:15]}")
    yield from labelled("origin", f"{escape(reading.origin)}, kept by {keeper}")
    yield from labelled("entries", f"{reading.size}, replayed from record 0")
    yield "root"
    yield f"  {reading.root}"
    for named in sorted(reading.heads, key=lambda n: (n.verified.head.size, n.name)):
        if not named.name.startswith("head "):
            yield from labelled(
                "extends" if reading.holds else "against",
                f"{named.name}, over {named.verified.head.size} entries",
            )
    sizes = [n.verified.head.size for n in reading.heads if n.name.startswith("head ")]
    last = f"the last of {len(sizes)} is over {max(sizes)} entries" if sizes else "none"
    yield from labelled("heads", last)


def _found(findings: tuple[Finding, ...], result: CheckResult, *, verbose: bool) -> Iterator[str]:
    shown = findings if verbose else findings[:FINDINGS_SHOWN]
    for finding in shown:
        yield from finding_lines(finding)
    if len(shown) < len(findings):
        yield f"+{len(findings) - len(shown)} more of {result.id}; all of them with -v"


def _notices(verdict: Verdict, *, verbose: bool) -> Iterator[str]:
    """Ten of each kind: a ledger may have thousands of records that the folder lacks."""
    counted: Counter[str] = Counter()
    for result in verdict.results:
        for notice in result.notices:
            counted[notice.code] += 1
            if verbose or counted[notice.code] <= FINDINGS_SHOWN:
                text = f"{notice.code}  {notice.subject}: {notice.message}"
                yield from labelled("notice", text)
    for code, count in counted.items():
        if count > FINDINGS_SHOWN and not verbose:
            yield f"+{count - FINDINGS_SHOWN} more of {code}; all of them with -v"


def _badness(result: CheckResult) -> int:
    return 0 if result.status is Status.FAIL else 1


def _next(verdict: Verdict) -> str:
    for result in sorted(verdict.results, key=_badness):
        for finding in (
            *result.findings,
            *(result.notices if result.status is Status.NOT_RUN else ()),
        ):
            if finding.mend:
                return finding.mend
    if verdict.anchor_source == "unpinned":
        digest = verdict.context.policy_digest.removeprefix("sha256:")
        return f"compare the policy's digest, then pin it: aztrust anchor add {digest}"
    return "keep the head for the next time: aztrust ledger head -o HEADFILE"
