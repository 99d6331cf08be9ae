"""The final checks for a person: the matrix at 80 columns, what is wrong, what would follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.digest import groups
from aztrust.core.base.findings import (
    CheckClass,
    CheckResult,
    Conclusion,
    Finding,
    Guidance,
    Status,
)
from aztrust.core.base.times import format_duration
from aztrust.core.judge.abort_triggers import shown_triggers
from aztrust.core.judge.checkpoint_draft import Concluded
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.model import MACHINE_ROWS
from aztrust.core.state.launch_state import Attempt
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.finding import result_lines
from aztrust.report.lines import fitted, labelled, wrap
from aztrust.report.pending import pending_lines
from aztrust.report.text import chain_name, text_report, utc
from aztrust.report.window.triggers import trigger_lines

_WORDS = {Status.NOT_APPLICABLE: "n/a", Status.NOT_RUN: "not run"}
_ROW, _STATUS, _OWNER, _AGE = 21, 7, 20, 7


def final_lines(
    verdict: Verdict, concluded: Concluded, attempt: Attempt, *, verbose: bool = False
) -> list[str]:
    """What the final checks found: header, findings, matrix, what is open, the scope.

    Args:
        verdict: the verification, with the exit code that the command will end in.
        concluded: the twelve rows, and those of lessons.
        attempt: what they are about.
        verbose: every finding, and every record that a row rests on.
    """
    lines = list(_header(verdict))
    lines += result_lines(_troubled(concluded), verbose=verbose)
    lines += ["", *matrix_lines(concluded.rows, verdict.context.request.now_unix_ms)]
    lines += labelled("passed", f"{_count(concluded)} rows{_condition(verdict, concluded)}")
    lines += _open(concluded)
    if not concluded.passed:
        answers = (*concluded.verdict.results, *concluded.rows)
        lines += trigger_lines(shown_triggers(answers, concluded.context.manifests))
    lines += pending_lines(verdict.context, verbose=verbose)
    if verbose:
        lines += _all_evidence(concluded.rows)
    if attempt.decide_by_unix_ms is not None:
        lines += labelled("decide by", utc(attempt.decide_by_unix_ms))
        has_come = verdict.context.request.now_unix_ms >= attempt.decide_by_unix_ms
        if has_come and concluded.guidance is Guidance.DEFER:
            lines += advice_lines(
                "", "it has come, and rows are open: aztrust window defer --reason T"
            )
    grouped = groups(attempt.scope_hash).split(" ")
    return [*lines, *labelled("scope", f"{' '.join(grouped[:4])} …"), f"  {attempt.scope_hash}"]


def matrix_lines(rows: Iterable[CheckResult], now_unix_ms: int) -> list[str]:
    """The matrix as columns: row, status, owner, age, evidence."""
    head = f"{'row':<{_ROW}} {'status':<{_STATUS}} {'owner':<{_OWNER}} {'age':<{_AGE}} evidence"
    return [head, *(_matrix_line(row, now_unix_ms) for row in rows)]


def broken_lines(broken: tuple[Finding, ...]) -> list[str]:
    """What signing would do, in plain words, with everything that is broken."""
    lines = labelled(
        "WARNING",
        "signing this INVALIDATES THE SCOPE FOR GOOD. Restored bytes revive nothing: a launch goes"
        " on only with new seals, new approvals, and a new scope. Broken:",
    )
    # What has moved since the freeze is found by two checks; the last one says so.
    for finding in {(f.subject, f.expected, f.actual): f for f in broken}.values():
        lines += wrap(
            f"{finding.code}  {visible(finding.subject)}: {visible(finding.message)}",
            first="  ",
            rest="    ",
        )
    return lines


def final_brief(verdict: Verdict, concluded: Concluded) -> str:
    """The one line of -q."""
    word = text_report(verdict)[0].partition(" ")[0]
    return (
        f"{word:<9}{chain_name(verdict)}  exit {verdict.exit_code}"
        f"  {concluded.checkpoint_class} {_count(concluded)}"
    )


def _header(verdict: Verdict) -> Iterator[str]:
    for line in text_report(verdict):
        if not line:
            return
        yield line


def _troubled(concluded: Concluded) -> list[CheckResult]:
    """What failed or is in error: what has moved since the freeze first, then truth."""
    bad = (Status.FAIL, Status.ERROR)
    results = [r for r in concluded.verdict.results if r.status in bad and r.findings]

    def order(result: CheckResult) -> tuple[bool, bool, bool]:
        is_truth = result.check_class is CheckClass.TRUTH
        return result.status is not Status.FAIL, result.id != "drift", not is_truth

    return sorted(results, key=order)


def _matrix_line(row: CheckResult, now_unix_ms: int) -> str:
    status = _WORDS.get(row.status, row.status.value)
    first = row.evidence[0].rpartition(":")[2][:8] if row.evidence else "-"
    more = f" +{len(row.evidence) - 1}" if len(row.evidence) > 1 else ""
    name, owner = fitted(row.id, _ROW), fitted(row.owner or "-", _OWNER)
    line = f"{name:<{_ROW}} {status:<{_STATUS}} {owner:<{_OWNER}} {_age(row, now_unix_ms):<{_AGE}}"
    return f"{line} {first}{more}"


def _age(row: CheckResult, now_unix_ms: int) -> str:
    if row.status in (Status.NOT_RUN, Status.NOT_APPLICABLE):
        return "-"
    if not row.answered_unix_ms:
        return "now"
    return format_duration(max(0, now_unix_ms - row.answered_unix_ms))


def _open(concluded: Concluded) -> list[str]:
    """What is still to be answered, by whom; what a row of the machine is waiting for; blockers."""
    lines: list[str] = []
    for row in concluded.rows:
        if row.status is Status.NOT_RUN:
            lines += labelled("open", visible(f"{row.id}: {row.detail or 'not answered'}"))
            mend = next((n.mend for n in row.notices if n.mend), "")
            lines += advice_lines("", mend) if mend else []
        elif row.status is Status.NOT_APPLICABLE:
            lines += labelled("n/a", visible(f"{row.id}: {row.detail}"))
        elif row.status in (Status.FAIL, Status.ERROR) and row.id in MACHINE_ROWS:
            lines += labelled(row.status.value, visible(f"{row.id}: {row.detail}"))
    for notice in (n for row in concluded.rows for n in row.notices if n.code == "blocker-open"):
        lines += labelled("blocker", visible(f"{notice.subject[7:23]}  {notice.message}"))
    return lines


def _all_evidence(rows: Iterable[CheckResult]) -> Iterator[str]:
    for row in rows:
        if row.evidence:
            yield f"evidence of {row.id}"
            yield from (f"  {reference}" for reference in row.evidence)


def _condition(verdict: Verdict, concluded: Concluded) -> str:
    """Why all passed rows are not a pass yet."""
    if verdict.conclusion is not Conclusion.CONDITIONAL:
        return ""
    if concluded.passed:
        return "; others have to sign, too"
    return "; conditional: a major blocker is open"


def _count(concluded: Concluded) -> str:
    passed = sum(row.status is Status.PASS for row in concluded.rows)
    asked = sum(row.status is not Status.NOT_APPLICABLE for row in concluded.rows)
    return f"{passed} of {asked}"
