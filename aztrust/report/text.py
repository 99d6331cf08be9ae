"""A verdict for a person at 80 columns: the worst first, and what to do next last."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from aztrust.core.base.advice import command, commands
from aztrust.core.base.digest import groups
from aztrust.core.base.findings import (
    GUIDANCE_PRECEDENCE,
    CheckResult,
    Conclusion,
    Finding,
    Guidance,
    Status,
    guidance_of,
)
from aztrust.core.base.paths import escape
from aztrust.core.history.reconcile import ONLY_IN_FOLDER
from aztrust.core.judge.verify import EXIT_UNPINNED, Verdict
from aztrust.core.state.amendments import amendments_in_force
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.finding import finding_lines, result_lines
from aztrust.report.lines import LABEL, WIDTH, fitted, labelled, wrap
from aztrust.report.pending import pending_lines
from aztrust.report.size import size
from aztrust.report.verdict import excluded_paths, stated_conclusion

NOTICES_SHOWN = 3
_WORDS = {Conclusion.CONDITIONAL: "PARTIAL"}
_TROUBLE = (Status.FAIL, Status.ERROR)
_UNANSWERED = (Status.ERROR, Status.NOT_RUN, Status.NOT_APPLICABLE, Status.PENDING)


def text_report(
    verdict: Verdict,
    *,
    verbose: bool = False,
    name: str = "",
    as_of: bool = False,
    whole: str = "aztrust verify",
) -> list[str]:
    """The report's lines.

    Args:
        verdict: what was concluded.
        verbose: every finding and every notice in full.
        name: what to call a launch whose policy cannot be read.
        as_of: the time was asked for; it is not the time of this run.
        whole: the command that asks for all, where this was asked for a part.
    """
    lines = _header(verdict, name)
    if as_of:
        now = utc(verdict.context.request.now_unix_ms)
        lines.insert(1, f"as of    {now}, the time of --at and not the clock's")
    known = _known(verdict)
    if known:
        lines[1:1] = labelled("known", f"{known}: later words do not count, as --at-head asks")
    troubled = sorted(
        (r for r in verdict.results if r.status in _TROUBLE and r.findings), key=_badness
    )
    lines += result_lines(troubled, verbose=verbose)
    lines += ["", *_packages(verdict), *_amended(verdict), *_excluded(verdict)]
    lines += _statuses(verdict)
    lines += pending_lines(verdict.context, verbose=verbose)
    lines += _notices(verdict, verbose=verbose)
    return [*lines, *_next(verdict, whole)]


def brief(verdict: Verdict, *, name: str = "", as_of: bool = False) -> str:
    """The one line of -q."""
    worst = worst_finding(verdict)
    total = sum(len(r.findings) for r in verdict.results)
    line = f"{headword(verdict):<9}{chain_name(verdict, name)}  exit {verdict.exit_code}"
    if worst is not None:
        line += f"  {worst.code} {visible(worst.subject)}"
        line += f" +{total - 1}" if total > 1 else ""
    elif verdict.exit_code == EXIT_UNPINNED:
        line += "  anchor-unpinned"
    elif verdict.exit_code:
        line += f"  {_unanswered(verdict)}"
    if as_of:
        line += f"  as of {utc(verdict.context.request.now_unix_ms)}"
    known = _known(verdict)
    return f"{line}  {known}" if known else line


def _unanswered(verdict: Verdict) -> str:
    """Why a verdict without a finding is not a pass, in a line."""
    only = verdict.context.request.only
    if only is not None:
        return f"only the {only} was asked for"
    unanswered = [result for result in verdict.results if result.status is Status.NOT_RUN]
    if unanswered:
        first, more = unanswered[0], len(unanswered) - 1
        reason = f"{first.id}: {visible(first.detail) or 'not answered'}"
        return f"{reason} +{more}" if more else reason
    return "only a part was asked for"


def worst_finding(verdict: Verdict) -> Finding | None:
    """The first finding of the worst check, if any check has one."""
    for result in sorted(verdict.results, key=_badness):
        if result.status in _TROUBLE and result.findings:
            return result.findings[0]
    return None


def utc(unix_ms: int) -> str:
    """`2026-06-01 13:50:07 UTC`, or the bare number where no calendar reaches."""
    try:
        return f"{datetime.fromtimestamp(unix_ms // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{unix_ms} ms"


def _badness(result: CheckResult) -> tuple[int, int]:
    status = 0 if result.status is Status.FAIL else 1
    return status, GUIDANCE_PRECEDENCE.index(guidance_of(result))


def headword(verdict: Verdict) -> str:
    """What a report begins with."""
    conclusion = stated_conclusion(verdict)
    return _WORDS.get(conclusion, conclusion.value.upper())


def chain_name(verdict: Verdict, name: str = "") -> str:
    """The chain id, escaped; without a readable policy the given name."""
    policy = verdict.context.policy
    return escape(policy.launch.chain_id) if policy else escape(name) or "?"


def _header(verdict: Verdict, name: str) -> list[str]:
    policy = verdict.context.policy
    chain = chain_name(verdict, name)
    title = escape(policy.launch.name) if policy else ""
    tail = f"   {utc(verdict.context.request.now_unix_ms)}   exit {verdict.exit_code}"
    room = WIDTH - 9 - len(tail)
    both = f"{title}  {chain}" if title and title != chain else chain
    more = []
    shown = both
    if len(both) > room:
        shown = fitted(chain, room)
        more = labelled("launch", both)
    lines = [f"{headword(verdict):<9}{shown}{tail}", *more]
    if verdict.guidance not in (Guidance.CONTINUE, headword(verdict)):
        lines.append(f"guidance {verdict.guidance.value}")
    return lines


def _packages(verdict: Verdict) -> list[str]:
    context = verdict.context
    status = {result.id: result for result in verdict.results}
    lines = []
    for package_class in context.package_classes:
        package_id = context.manifest_ids.get(package_class)
        if package_id is None:
            unread = context.unread_manifest(package_class)
            lines += labelled(package_class, visible(unread) or "not sealed")
            continue
        facts = []
        manifest = context.manifests.get(package_class)
        if manifest is not None:
            count = len(manifest.entries)
            facts.append(f"{count} {'entry' if count == 1 else 'entries'}")
            facts.append(size(manifest.total_bytes))
        for check in ("seal", "approvals"):
            result = status.get(f"{package_class}-{check}")
            if result is not None and result.detail and result.status is not Status.NOT_RUN:
                facts.append(f"approved {result.detail}" if check == "approvals" else result.detail)
        lines += labelled(package_class, visible(", ".join(facts)))
        lines.append(f"  {package_id}")
    if context.scope is not None:
        lines += ["scope", f"  {context.scope.hash}"]
    lines += [*labelled("policy", _anchored(verdict)), f"  {context.policy_digest}"]
    return [*lines, *_ledger(verdict)]


def _known(verdict: Verdict) -> str:
    """How much of the ledger counts, where an earlier head was asked for."""
    ledger = verdict.context.evidence.ledger
    if ledger is None or ledger.left_out is None:
        return ""
    return f"the first {ledger.size} of {ledger.size + ledger.left_out} entries"


def _ledger(verdict: Verdict) -> list[str]:
    """The ledger that was considered, and the keeper's head over it."""
    ledger = verdict.context.evidence.ledger
    if ledger is None or not ledger.holds:
        return []
    head = ledger.head
    over = f"a head over {head.verified.head.size}" if head is not None else "no signed head"
    return [*labelled("ledger", f"{ledger.size} entries, {over}"), f"  {ledger.root}"]


def _anchored(verdict: Verdict) -> str:
    source = verdict.anchor_source
    anchor = next((r for r in verdict.results if r.id == "anchor"), None)
    if anchor is None or source == "unpinned":
        return "compared with nothing: no anchor was given or pinned"
    what = {"given": "the anchor given", "pinned": "the anchor pinned here"}.get(
        source, "the scope given"
    )
    return f"{'agrees' if anchor.status is Status.PASS else 'DISAGREES'} with {what}"


def _amended(verdict: Verdict) -> list[str]:
    """What hosts may run in addition to the release."""
    lines: list[str] = []
    for each in amendments_in_force(verdict.context):
        text = f"{each.text}, for {each.body.incident}"
        lines += labelled("" if lines else "amended", visible(text))
    return lines


def _excluded(verdict: Verdict) -> list[str]:
    context = verdict.context
    named = [
        f"{package_class}: {escape(path)}"
        for package_class in context.package_classes
        for path in excluded_paths(context, package_class)
    ]
    if not named:
        return ["excluded nothing"]
    lines = []
    for number, text in enumerate(named):
        lines += labelled("" if number else "excluded", text)
    return lines


def _statuses(verdict: Verdict) -> list[str]:
    of = {status: [r for r in verdict.results if r.status is status] for status in Status}
    lines = []
    for status in (Status.FAIL, Status.PASS):
        if of[status]:
            names = ", ".join(_names(of[status])).replace(" x2", "\0x2")
            wrapped = labelled(status.value, f"{len(of[status])}: {names}")
            lines += [line.replace("\0", " ") for line in wrapped]
    for status in _UNANSWERED:
        for result in of[status]:
            why = result.detail or "; ".join(f.message for f in (*result.findings, *result.notices))
            lines += labelled(status.value.replace("_", " "), visible(f"{result.id}: {why}"))
    return lines


def _names(results: list[CheckResult]) -> list[str]:
    """The ids; where a check ended alike for both packages, its name once and `x2`."""
    ids = [result.id for result in results]
    names = []
    for name in ids:
        base = name.partition("-")[2]
        if {f"release-{base}", f"genesis-{base}"} <= set(ids):
            name = f"{base} x2"
        if name not in names:
            names.append(name)
    return names


def _notices(verdict: Verdict, *, verbose: bool) -> list[str]:
    # What a pending check has seen, what is excluded, and what is pending has its own line already.
    notices = [
        notice
        for result in verdict.results
        if result.status not in (Status.PENDING, Status.NOT_RUN)
        for notice in result.notices
        if notice.code not in ("excluded-path", ONLY_IN_FOLDER)
    ]
    if not notices:
        return []
    counted = Counter(notice.code for notice in notices)
    # Of what only the ledger, or only the folder, has, each notice says whether it counts.
    tail = "" if any(code.startswith("record-only-in-") for code in counted) else ": not counted"
    counts = ", ".join(f"{count} {code}" for code, count in counted.items())
    lines = labelled("notices", counts + tail)
    shown = notices if verbose else notices[:NOTICES_SHOWN]
    for notice in shown:
        if verbose:
            lines += finding_lines(notice)
        else:
            lines += wrap(
                f"{notice.code}  {visible(notice.subject)}: {visible(notice.message)}",
                first="  ",
                rest="    ",
            )
    if len(shown) < len(notices):
        lines.append(f"  +{len(notices) - len(shown)} more; all of them with -v")
    return lines


def _next(verdict: Verdict, whole: str) -> list[str]:
    if verdict.exit_code == EXIT_UNPINNED:
        digest = verdict.context.policy_digest
        grouped = groups(digest)
        return [
            "next     compare the policy's digest with what was announced elsewhere:",
            f"           {grouped[:39]}",
            f"           {grouped[40:]}",
            "         then pin it, once:",
            *advice_lines("", command("anchor", "add", digest.removeprefix("sha256:"))),
        ]
    lines = advice_lines("next", _advice(verdict))
    only = verdict.context.request.only
    if only is not None:
        lines += [
            f"         only the {only} was asked for; the whole launch:",
            *advice_lines("", whole, indent=LABEL + 2),
        ]
    return lines


def _advice(verdict: Verdict) -> str:
    worst = worst_finding(verdict)
    if worst is not None:
        if not worst.mend:
            return f"aztrust explain {worst.code}"
        return worst.mend if commands(worst.mend) else f"{worst.subject}: {worst.mend}"
    open_checks = [r for r in verdict.results if r.status is Status.NOT_RUN]
    if open_checks:
        result = open_checks[0]
        return next((n.mend for n in result.notices if n.mend), f"aztrust explain {result.id}")
    for result in verdict.results:
        if result.status is Status.PENDING:
            return next((n.mend for n in result.notices if n.mend), f"aztrust explain {result.id}")
    return "nothing is open"
