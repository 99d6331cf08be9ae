"""An audit for a person at 80 columns: the answer, each decision, what had no effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.report.audit.model import AuditAct, AuditDecision, AuditEvent, AuditNamed, AuditReport
from aztrust.report.lines import labelled, short
from aztrust.report.text import utc

WORDS = {
    "pass": "PASS",
    "partial": "PARTIAL",
    "unpinned": "PASS",
    "fail": "FAIL",
    "error": "ERROR",
}
STATUSES = {
    "recomputed": "recomputed, byte for byte",
    "differs": "DOES NOT RECOMPUTE",
    "not-recomputed": "not recomputed",
    "not-reached": "not reached: the audit ended before it",
}
MARKS = {"none": "NO EFFECT  ", "waiting": "waits  ", "revoked": "revoked  ", "step": ""}
UNPINNED = "whether this is your launch is unknown: --anchor HEX, as it was announced"
_SHOWN = 5


def headline(report: AuditReport) -> str:
    """The answer in one line."""
    word = WORDS[report.verdict]
    return f"{word:<9}{report.chain_id}: {report.summary}  exit {report.exit_code}"


_SEEN: Final = {
    "checklist-evidence-files": "each file of the checklist's evidence is the recorded one",
    "decision-score": "the score of each decision was made again, and is the same byte for byte",
}
"""What was looked at in addition to verdicts, where it passes."""


def audit_lines(report: AuditReport, *, verbose: bool = False) -> list[str]:
    """The report's lines.

    Args:
        report: the document.
        verbose: whether every id, record and difference is shown.
    """
    lines = _launch(report)
    for decision in report.decisions:
        lines += ["", *_decision(decision, verbose=verbose)]
    if report.acts:
        lines += ["", *labelled("acts", f"{len(report.acts)} of the window that are not verdicts")]
    for act in report.acts:
        lines += _act(act, verbose=verbose)
    if report.without_effect:
        lines += ["", *labelled("records", f"{len(report.without_effect)} without effect")]
        shown = report.without_effect if verbose else report.without_effect[:_SHOWN]
        for event in shown:
            lines += _event(event)
        more = len(report.without_effect) - len(shown)
        lines += labelled("", f"and {more} more: -v shows them") if more else []
    if report.events is not None:
        lines += ["", *labelled("timeline", f"{len(report.events)} records")]
        for event in report.events:
            lines += _event(event)
    return lines


def _launch(report: AuditReport) -> list[str]:
    """The answer, and what is known of the launch itself."""
    lines = labelled(WORDS[report.verdict], headline(report)[9:])
    lines += labelled("as of", utc(report.at_unix_ms))
    lines += labelled("policy", report.policy_digest)
    if report.anchor == "unpinned":
        lines += labelled("anchor", UNPINNED)
    if report.ledger is not None:
        ledger = report.ledger
        state = "holds" if ledger.holds else "DOES NOT HOLD"
        closed = ", closed" if ledger.closed else ""
        lines += labelled("ledger", f"{ledger.entries} entries{closed}, {state}")
        lines += labelled("", ledger.root)
    for check in report.checks:
        for finding in check.findings:
            lines += labelled("FAIL", f"{finding.code}  {finding.subject}: {finding.message}")
            lines += labelled("", finding.mend) if finding.mend else []
        if check.status in ("not_run", "error") and not check.findings and check.id != "anchor":
            lines += labelled("open", f"{check.id}: {check.detail or 'not answered'}")
        if check.status == "pass" and check.id in _SEEN:
            lines += labelled("checks", _SEEN[check.id])
    return lines


def _decision(decision: AuditDecision, *, verbose: bool) -> Iterator[str]:
    place = "folder" if decision.entry is None else f"{decision.entry}"
    title = f"{decision.checkpoint_class}  {decision.verdict}  {decision.holder}"
    yield from labelled(place, f"{utc(decision.at_unix_ms)}  {title}")
    yield from labelled("", STATUSES[decision.status])
    if verbose or decision.status == "differs":
        yield f"         {decision.record_id}"
    for reason in decision.reasons:
        yield from labelled("", f"because {reason}")
    shown = decision.differences if verbose else decision.differences[:_SHOWN]
    for difference in shown:
        yield from labelled("", f"at {difference.pointer or 'the whole payload'}")
        yield from labelled("", f"signed:     {difference.signed or '(absent)'}", indent=9)
        yield from labelled("", f"recomputed: {difference.recomputed or '(absent)'}", indent=9)
    if more := len(decision.differences) - len(shown):
        yield from labelled("", f"and {more} more differences: -v shows them")
    versions = ", ".join(f"{name} {version}" for name, version in decision.version.items())
    known = "no ledger" if decision.entries is None else f"a ledger of {decision.entries} entries"
    yield from labelled("", f"made with {versions}; known then: {known}")
    yield from labelled("", f"rests on {len(decision.rests_on)} records")
    if verbose:
        for named in decision.rests_on:
            yield from _named(named)
    if not decision.in_force:
        yield from labelled("", "it does not count now")
    for named in decision.later:
        yield from labelled("", f"later: {named.why}")
        yield from _named(named)


def _act(act: AuditAct, *, verbose: bool) -> Iterator[str]:
    place = "folder" if act.entry is None else f"{act.entry}"
    title = f"{utc(act.at_unix_ms)}  {act.statement}  {', '.join(act.holders)} -> {act.status}"
    yield from labelled(place, title)
    if act.rests_on:
        yield from labelled("", f"rests on {len(act.rests_on)} records")
    if verbose:
        for named in act.rests_on:
            yield from _named(named)


def _named(named: AuditNamed) -> Iterator[str]:
    place = "folder" if named.entry is None else f"{named.entry}"
    if named.kind is None:
        yield from labelled("", f"{short(named.record_id)}  is not here")
        return
    yield from labelled(
        "", f"{place:>6}  {named.statement}, {named.holder} ({short(named.record_id)})"
    )


def _event(event: AuditEvent) -> Iterator[str]:
    place = "folder" if event.entry is None else f"{event.entry}"
    mark = MARKS.get(event.effect or "", "")
    status = f" -> {event.status}" if event.status else ""
    title = f"{mark}{event.kind}  {', '.join(event.who)}{status}"
    yield from labelled(place, f"{utc(event.at_unix_ms)}  {title}")
    yield from labelled("", event.statement)
    if event.text:
        yield from labelled("", f'"{event.text}"')
    for why in event.why:
        yield from labelled("", why)
