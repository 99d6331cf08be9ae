"""A gate's answer for a person: can this verdict be relied on, and what was it compared with?"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.digest import groups
from aztrust.core.base.findings import CheckResult, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.judge.verify import EXIT_UNPINNED, Verdict
from aztrust.core.state.given import held_verdicts
from aztrust.report.advice import advice_lines
from aztrust.report.age import age
from aztrust.report.escape import visible
from aztrust.report.finding import result_lines
from aztrust.report.lines import WIDTH, labelled
from aztrust.report.pending import pending_lines
from aztrust.report.text import utc, worst_finding
from aztrust.report.verdict import stated_conclusion

_LABELS = {
    "gate-signed": "signed",
    "gate-anchor": "launch",
    "gate-result": "result",
    "gate-current": "since",
    "gate-logged": "logged",
    "gate-binary": "file",
}
_GROUND = "policy in force; records, seals and approvals are valid"
_WORDS = {
    Status.PASS: "ok",
    Status.FAIL: "FAIL",
    Status.ERROR: "ERROR",
    Status.NOT_RUN: "open",
}


def gate_lines(verdict: Verdict, *, as_of: bool = False, verbose: bool = False) -> list[str]:
    """The report's lines at 80 columns."""
    lines = [*_first(verdict)]
    now = verdict.context.request.now_unix_ms
    if as_of:
        lines.append(f"as of    {utc(now)}, the time of --at and not the clock's")
    troubled = [r for r in verdict.results if r.status in (Status.FAIL, Status.ERROR)]
    lines += result_lines(troubled, verbose=verbose)
    lines += ["", *_verdicts(verdict)]
    ground = [r for r in verdict.results if r.id not in _LABELS and r.id != "ledger"]
    shown_too = [r for r in ground if r.status not in (Status.PASS, Status.PENDING)]
    for result in verdict.results:
        if result in ground and result not in shown_too:
            continue
        label = _LABELS.get(result.id, result.id)
        word = _WORDS.get(result.status, result.status.value)
        text = f"{word:<6}{visible(_detail(result))}".rstrip()
        lines += labelled(label, text, indent=max(9, len(label) + 1))
    if ground and not shown_too:
        lines += labelled("ground", f"{'ok':<6}{_GROUND}")
    lines += pending_lines(verdict.context, verbose=verbose)
    return [*lines, *advice_lines("next", _advice(verdict))]


def gate_brief(verdict: Verdict, *, as_of: bool = False) -> str:
    """The one line of -q."""
    line = f"{_word(verdict):<9}{_asked(verdict)}  exit {verdict.exit_code}"
    worst = worst_finding(verdict)
    if worst is not None:
        line += f"  {worst.code} {visible(worst.subject)}"
    elif open_ := [r.id for r in verdict.results if r.status is Status.NOT_RUN]:
        line += f"  open: {', '.join(open_)}"
    return f"{line}  as of {utc(verdict.context.request.now_unix_ms)}" if as_of else line


def _first(verdict: Verdict) -> Iterator[str]:
    """The verdict's line; a chain id that has no room in it is below, whole."""
    policy = verdict.context.policy
    chain_id = escape(policy.launch.chain_id) if policy is not None else ""
    tail = f"   {utc(verdict.context.request.now_unix_ms)}   exit {verdict.exit_code}"
    begin = f"{_word(verdict):<9}{_asked(verdict)}"
    line = f"{begin}  {chain_id}{tail}" if chain_id else f"{begin}{tail}"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{begin}{tail}"
    if chain_id:
        yield from labelled("chain", chain_id)


def _word(verdict: Verdict) -> str:
    return stated_conclusion(verdict).value.upper()


def _asked(verdict: Verdict) -> str:
    reading = verdict.context.evidence.gate
    return reading.requirements.checkpoint_class if reading is not None else "?"


def _verdicts(verdict: Verdict) -> Iterator[str]:
    """The content of each verdict whose signature is valid."""
    now = verdict.context.request.now_unix_ms
    for held in held_verdicts(verdict.context):
        statement = held.statement
        checkpoint = statement.checkpoint
        signed_at = checkpoint.timestamp_unix_ms
        when = format_minute(signed_at)
        yield from labelled(
            "verdict",
            f"{checkpoint.checkpoint_class} = {checkpoint.verdict}, by {escape(held.holder)},"
            f" {when}, {age(now - signed_at)}",
        )
        grouped = groups(statement.scope_hash)
        yield from (f"scope    {grouped[:39]}", f"         {grouped[40:]}")
        yield from ("policy", f"  {statement.policy_digest}")


def _detail(result: CheckResult) -> str:
    if result.status in (Status.FAIL, Status.ERROR):
        return result.findings[0].code
    return result.detail


def _advice(verdict: Verdict) -> str:
    worst = worst_finding(verdict)
    if worst is not None:
        return worst.mend or f"aztrust explain {worst.code}"
    if verdict.exit_code == EXIT_UNPINNED:
        return "compare the scope above with what was announced, and give it: --scope HEX"
    for result in verdict.results:
        if result.status is Status.NOT_RUN:
            mend = next((n.mend for n in result.notices if n.mend), "")
            return mend or f"aztrust explain {result.id}"
    return "go on"
