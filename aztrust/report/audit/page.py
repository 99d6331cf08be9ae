"""An audit as one page that needs nothing else: to read on a screen, and to print."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from aztrust.report.audit.model import (
    AuditAct,
    AuditDecision,
    AuditDifference,
    AuditEvent,
    AuditNamed,
    AuditReport,
)
from aztrust.report.audit.text import STATUSES, UNPINNED
from aztrust.report.board.markup import Child, Html, inline, join, page, tag
from aztrust.report.lines import short
from aztrust.report.text import utc

_TITLES: Final = {
    "pass": "Every verdict recomputes",
    "unpinned": "Every verdict recomputes",
    "partial": "Not everything can be recomputed",
    "fail": "This does not hold",
    "error": "This could not be looked at",
}
_COUNTED: Final = "recomputed"


def style() -> str:
    """The style sheet of the page."""
    from importlib.resources import files

    return (files("aztrust.report.audit") / "audit.css").read_text("utf-8")


def audit_page(report: AuditReport) -> str:
    """The page.

    Args:
        report: with its events.
    """
    sheet = style()
    digest = b64encode(sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = f"Audit of {report.launch} ({report.chain_id})"
    return page(
        tag(
            "html",
            tag(
                "head",
                tag("meta", charset="utf-8"),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("meta", name="color-scheme", content="light dark"),
                tag("meta", name="referrer", content="no-referrer"),
                tag("title", title),
                tag("meta", http_equiv="Content-Security-Policy", content=policy),
                inline("style", sheet),
            ),
            tag(
                "body",
                tag("a", "Skip to the decisions", href="#decisions", class_="skip"),
                _header(report, title),
                tag(
                    "main",
                    _launch(report),
                    _decisions(report),
                    _acts(report),
                    _without_effect(report),
                    _timeline(report),
                ),
                tag(
                    "footer",
                    tag("p", f"made by aztrust {report.aztrust_version} from {report.name}"),
                    tag("p", "To check it: aztrust audit FILE --anchor HEX"),
                ),
            ),
            lang="en",
            # A later audit may take the place of this file, and no other page may.
            data_made_by="aztrust-audit",
        )
    )


def _header(report: AuditReport, title: str) -> Html:
    good = report.verdict in ("pass", "unpinned")
    return tag(
        "header",
        tag("h1", title, tag("small", f" {report.network_class}")),
        tag(
            "p",
            tag("strong", _TITLES[report.verdict], class_="good" if good else "bad"),
            f": {report.summary}. Exit code {report.exit_code}.",
            class_="answer",
        ),
        tag("p", UNPINNED, class_="due") if report.anchor == "unpinned" else None,
        tag(
            "nav",
            tag("a", f"{len(report.decisions)} decisions", href="#decisions"),
            tag("a", f"{len(report.acts)} acts", href="#acts") if report.acts else None,
            tag("a", f"{len(report.without_effect)} records without effect", href="#without"),
            tag("a", f"timeline of {len(report.events or ())} records", href="#timeline"),
            aria_label="Parts of this page",
        ),
    )


def _launch(report: AuditReport) -> Html:
    ledger = report.ledger
    facts: list[tuple[str, Child]] = [
        ("as of", utc(report.at_unix_ms)),
        ("policy", tag("code", report.policy_digest)),
    ]
    if ledger is not None:
        state = "holds" if ledger.holds else "does not hold"
        closed = ", closed by its keeper" if ledger.closed else ""
        facts += [
            ("ledger", f"{ledger.origin}: {ledger.entries} entries{closed}; it {state}"),
            ("root", tag("code", ledger.root)),
            ("keeper", tag("code", ledger.keeper)),
        ]
    wrong = [
        tag("li", tag("code", f.code), f" {f.subject}: {f.message}", class_="bad")
        for check in report.checks
        for f in check.findings
    ]
    open_ = [
        tag("li", f"{check.id}: {check.detail or 'not answered'}", class_="due")
        for check in report.checks
        if check.status in ("not_run", "error") and not check.findings and check.id != "anchor"
    ]
    return tag(
        "section",
        tag("h2", "The launch"),
        _facts(facts),
        tag("ul", *wrong, *open_) if wrong or open_ else None,
        id="launch",
    )


def _decisions(report: AuditReport) -> Html:
    return tag(
        "section",
        tag("h2", "Decisions"),
        tag("p", "Each verdict was computed again from what its signer knew, byte for byte."),
        *map(_decision, report.decisions),
        id="decisions",
    )


def _decision(decision: AuditDecision) -> Html:
    good = decision.status == _COUNTED
    tone = "good" if good else "bad" if decision.status == "differs" else "due"
    known = "no ledger"
    if decision.entries is not None:
        kinds = ", ".join(f"{count} {kind}" for kind, count in decision.known.items())
        known = f"a ledger of {decision.entries} entries: {kinds}"
    facts: list[tuple[str, Child]] = [
        ("signed by", join(f"{decision.holder}, ", tag("code", decision.key))),
        ("at", utc(decision.at_unix_ms)),
        ("says", f"{decision.verdict}, {decision.guidance}"),
        ("entry", "none: in the folder only" if decision.entry is None else f"{decision.entry}"),
        ("scope", tag("code", decision.scope_hash)),
        ("known then", known),
        ("made with", ", ".join(f"{n} {v}" for n, v in decision.version.items())),
        ("record", tag("code", decision.record_id)),
    ]
    if not decision.in_force:
        facts.append(("now", tag("span", "it does not count", class_="bad")))
    return tag(
        "article",
        tag("h3", decision.checkpoint_class, tag("span", STATUSES[decision.status], class_=tone)),
        *(tag("p", f"Because {reason}.", class_="due") for reason in decision.reasons),
        _differences(decision.differences) if decision.differences else None,
        _facts(facts),
        tag("h4", f"Rests on {len(decision.rests_on)} records"),
        _named_table(decision.rests_on) if decision.rests_on else None,
        tag("h4", "What came later") if decision.later else None,
        _named_table(decision.later, why=True) if decision.later else None,
        id=f"verdict-{decision.record_id[7:23]}",
    )


def _differences(different: tuple[AuditDifference, ...]) -> Html:
    return _table(
        ("where", "signed", "recomputed"),
        (
            (
                tag("code", each.pointer or "the whole payload"),
                tag("code", each.signed or "(absent)"),
                tag("code", each.recomputed or "(absent)"),
            )
            for each in different
        ),
        "differences",
    )


def _named_table(named: tuple[AuditNamed, ...], *, why: bool = False) -> Html:
    heads = ("entry", "when", "who", "what", *(("why it matters",) if why else ()), "id")
    return _table(
        heads,
        (
            (
                _place(each.entry) if each.kind else "",
                "" if each.at_unix_ms is None else utc(each.at_unix_ms),
                each.holder or "",
                each.statement or "it is not here",
                *((each.why or "",) if why else ()),
                tag("code", short(each.record_id), title=each.record_id),
            )
            for each in named
        ),
    )


def _acts(report: AuditReport) -> Html | None:
    if not report.acts:
        return None
    return tag(
        "section",
        tag("h2", "Acts of the window"),
        tag("p", "Each took effect by the conditions of its step, folded from record 0."),
        *map(_act, report.acts),
        id="acts",
    )


def _act(act: AuditAct) -> Html:
    return tag(
        "article",
        tag("h3", act.statement, tag("span", act.status)),
        _facts(
            [
                ("signed by", ", ".join(act.holders)),
                ("at", utc(act.at_unix_ms)),
                ("entry", _place(act.entry)),
                ("record", tag("code", act.record_id)),
            ]
        ),
        tag("p", tag("q", act.text)) if act.text else None,
        tag("h4", f"Rests on {len(act.rests_on)} records") if act.rests_on else None,
        _named_table(act.rests_on) if act.rests_on else None,
    )


def _without_effect(report: AuditReport) -> Html:
    return tag(
        "section",
        tag("h2", "Records without effect"),
        _events(report.without_effect)
        if report.without_effect
        else tag("p", "Every record took effect."),
        id="without",
    )


def _timeline(report: AuditReport) -> Html:
    return tag("section", tag("h2", "Timeline"), _events(report.events or ()), id="timeline")


def _events(events: tuple[AuditEvent, ...]) -> Html:
    return _table(
        ("entry", "when", "who", "kind", "what it says", "then", "id"),
        (
            (
                _place(event.entry),
                utc(event.at_unix_ms),
                ", ".join(event.who),
                event.kind,
                join(event.statement, _quoted(event.text), *_why(event)),
                event.status or "",
                tag("code", short(event.record_id), title=event.record_id),
            )
            for event in events
        ),
    )


def _why(event: AuditEvent) -> tuple[Html, ...]:
    words = {"none": "no effect", "waiting": "waits", "revoked": "revoked"}
    name = words.get(event.effect or "")
    if name is None:
        return ()
    return (tag("div", f"{name}: {'; '.join(event.why)}", class_="due"),)


def _quoted(text: str | None) -> Html | None:
    return tag("q", text) if text else None


def _place(entry: int | None) -> str:
    return "folder" if entry is None else f"{entry}"


def _facts(facts: list[tuple[str, Child]]) -> Html:
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in facts))


def _table(
    heads: tuple[str, ...], rows: Iterable[tuple[Child, ...]], kind: str = "records"
) -> Html:
    head = tag("tr", *(tag("th", name, scope="col") for name in heads))
    body = (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    return tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", *body), class_=kind),
        class_="scroll",
        role="region",
        aria_label="table",
        tabindex=0,
    )
