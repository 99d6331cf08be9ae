"""The parts of the board's page, each with an id: the script replaces a part as a whole.

Everything here is made from the document, so that the page has nothing that the JSON lacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from aztrust.core.state.window.row import PHASES
from aztrust.report.board.chain import chain_part, chain_text
from aztrust.report.board.markup import Child, Html, join, tag
from aztrust.report.board.model import BoardAct, BoardCheck, BoardDocument, BoardHold
from aztrust.report.board.moments import time
from aztrust.report.board.power import not_ready_part, power_part, power_text, silent_part
from aztrust.report.lines import joined

_WORDS: Final = {
    "pass": "pass",
    "fail": "FAIL",
    "error": "error",
    "not_run": "open",
    "not_applicable": "not needed",
}
_SOURCES: Final = {
    "records": "",
    "final-check": "final check",
    "not-looked-at": "not looked at",
}
_SIGNED_SHOWN: Final = 8
_TASKS_SHOWN: Final = 8


def parts(document: BoardDocument) -> dict[str, Html]:
    """Every part by its id, in the order of the page; one without contents is empty."""
    return {name: make(document) for name, make in _PARTS.items()}


def headline(document: BoardDocument) -> str:
    """The board in one sentence: for a screen reader, when it changes, and for the title."""
    window = document.window
    texts = [document.chain_id, window.status if window is not None else document.stage]
    if document.unseen:
        texts.append("NOT EVERYTHING IS SEEN")
    if document.readiness is not None:
        texts.append(power_text(document.readiness))
    holds = len(window.holds) if window is not None else 0
    if holds:
        texts.append(f"{holds} {'hold' if holds == 1 else 'holds'} open")
    if document.stops:
        texts.append(f"{len(document.stops)} more to stop it")
    if document.chain is not None:
        texts.append(chain_text(document.chain))
    return ", ".join(texts)


def _phase(document: BoardDocument) -> Html:
    window = document.window
    if window is None:
        return join(
            tag("h2", "Status"),
            tag("p", document.stage, class_="huge"),
            tag("p", "no window was opened yet", class_="note"),
        )
    items = [
        tag(
            "li",
            tag("span", _phase_name(name), class_="name"),
            class_="now" if number == window.phase else "past" if number < window.phase else None,
            aria_current="step" if number == window.phase else None,
        )
        for number, name in enumerate(PHASES)
    ]
    return join(
        tag("h2", "Status"),
        tag("p", window.status.replace("_", " "), class_=f"huge {_tone(document)}"),
        tag("p", f"decided: {window.decided}", class_="note") if window.decided else None,
        tag("p", f"Phase {window.phase} of 8: {_phase_name(PHASES[window.phase])}"),
        tag("ol", *items, class_="phases", aria_label="phases"),
    )


def _tone(document: BoardDocument) -> str:
    window = document.window
    stopped = window is not None and (window.holds or window.status == "ABORTED")
    return "bad" if document.unseen or document.stops or stopped else "plain"


def _phase_name(name: str) -> str:
    return name.partition("_PHASE_")[2][2:].replace("_", " ").lower()


def _start(document: BoardDocument) -> Html:
    window, now = document.window, document.at_unix_ms
    if window is None or window.start_at_unix_ms is None:
        ended = window is not None and window.start_from is None and window.phase > 0
        text = "no start is waited for" if ended else "no time of a start is fixed"
        return join(tag("h2", "Start"), tag("p", text, class_="note"))
    at = window.start_at_unix_ms
    return join(
        tag("h2", "Start"),
        tag("p", time(at, now, "countdown"), class_="huge", role="timer"),
        tag("p", f"{window.start_from}, ", time(at, now, "date"), class_="note"),
    )


def _stops(document: BoardDocument) -> Html:
    window, now = document.window, document.at_unix_ms
    holds = window.holds if window is not None else ()
    if not holds and not document.stops:
        return join(tag("h2", "Holds"), tag("p", "no hold, no blocker, no anomaly", class_="good"))
    due = min((hold.update_at_unix_ms for hold in holds), default=None)
    items = [_hold(hold, now) for hold in holds]
    items += [tag("li", tag("b", stop.kind), " ", stop.text) for stop in document.stops]
    return join(
        tag("h2", "Holds and what stops the launch"),
        tag("p", "next update ", time(due, now, "left"), class_="big due") if due else None,
        tag("ul", *items, class_="stops"),
    )


def _hold(hold: BoardHold, now: int) -> Html:
    return tag(
        "li",
        tag("b", f"{hold.severity} hold"),
        f" {hold.record_id[7:15]} by {hold.holder}, ends ",
        time(hold.ends_at_unix_ms, now, "left"),
        ", update due ",
        time(hold.update_at_unix_ms, now, "left"),
        tag("p", hold.text) if hold.text else None,
    )


def _signers(document: BoardDocument) -> Html:
    now = document.at_unix_ms
    acts = document.window.acts if document.window is not None else ()
    lines = [_act(act, now) for act in acts[:_SIGNED_SHOWN]]
    tasks = [task for task in document.tasks if task.urgency != "rest"]
    lines += [
        tag(
            "li",
            tag("b", joined([h.holder for h in task.holders], last="or")),
            f": {task.act} {task.subject if len(task.subject) < 60 else task.subject[7:15]}",
            tag("p", task.why),
        )
        for task in tasks[:_TASKS_SHOWN]
    ]
    more = max(len(acts) - _SIGNED_SHOWN, 0) + max(len(tasks) - _TASKS_SHOWN, 0)
    body = tag("ul", *lines) if lines else tag("p", "no signature is waited for", class_="good")
    return join(
        tag("h2", "Who still has to sign"),
        body,
        tag("p", f"and {more} more: aztrust status", class_="note") if more else None,
        _waiting(document),
    )


def _act(act: BoardAct, now: int) -> Html:
    have = f"{len(act.signed_by)} of {act.need} signed" if act.need is not None else "not allowed"
    missing = [
        f"{missing.role or 'any role'} ({' or '.join(missing.holders) or 'no holder is left'})"
        for missing in act.missing
    ]
    return tag(
        "li",
        tag("b", act.act),
        f" {act.record_id[7:15]}: {have}",
        f" ({', '.join(act.signed_by)})" if act.signed_by else "",
        f"; missing: {', '.join(missing)}" if missing else "",
        f"; waits for: {', '.join(act.waits_for)}" if act.waits_for else "",
        *(
            ("; expires ", time(act.expires_at_unix_ms, now, "left"))
            if act.expires_at_unix_ms is not None
            else ()
        ),
    )


def _waiting(document: BoardDocument) -> Child:
    if not document.waiting:
        return None
    many = "record waits" if document.waiting == 1 else "records wait"
    return tag("p", f"{document.waiting} {many} for the keeper of the ledger", class_="note")


def _matrix(document: BoardDocument) -> Html:
    title = tag("h2", "Final checks", id="matrix-title")
    if not document.checks:
        return join(title, tag("p", "asked once the scope is frozen", class_="note"))
    passed = sum(check.status in ("pass", "not_applicable") for check in document.checks)
    rows = (_check(check, document.at_unix_ms) for check in document.checks)
    return join(
        title,
        tag("p", f"{passed} of {len(document.checks)} pass", class_="big"),
        _table(("row", "status", "owner", "detail"), rows, "matrix-title"),
    )


def _check(check: BoardCheck, now: int) -> Html:
    details: list[Child] = [check.detail or ""]
    if _SOURCES[check.source] and not check.detail:
        details = [_SOURCES[check.source]]
    if check.at_unix_ms is not None:
        details += [" " if details[0] else "", time(check.at_unix_ms, now, "left")]
    return tag(
        "tr",
        tag("th", check.id, scope="row"),
        tag("td", _WORDS[check.status], class_=f"state {check.status}"),
        tag("td", check.owner or ""),
        tag("td", *details),
    )


def _times(document: BoardDocument) -> Html:
    window, now = document.window, document.at_unix_ms
    title = tag("h2", "Times", id="times-title")
    ahead = [t for t in window.times if not t.over] if window is not None else []
    if not ahead:
        return join(title, tag("p", "no time is waited for", class_="note"))
    rows = [
        tag(
            "tr",
            tag("th", t.text, scope="row"),
            tag("td", time(t.at_unix_ms, now, "left")),
            tag("td", time(t.at_unix_ms, now, "date")),
            tag("td", t.after or "" if t.at_unix_ms <= now else ""),
        )
        for t in ahead
    ]
    return join(title, _table(("what", "left", "at", "passed"), rows, "times-title"))


def _records(document: BoardDocument) -> Html:
    now, size = document.at_unix_ms, document.ledger_size
    title = tag("h2", "Last records", id="records-title")
    rows = [
        tag(
            "tr",
            tag("td", "not in it" if record.entry is None else str(record.entry)),
            tag("td", time(record.at_unix_ms, now, "left")),
            tag("td", record.holder),
            tag(
                "td",
                tag("s", record.statement) if record.revoked else record.statement,
                " revoked" if record.revoked else None,
                tag("p", record.text) if record.text else None,
            ),
        )
        for record in document.records
    ]
    ledger = f"{size} entries in the ledger" if size is not None else "no ledger is read here"
    table = _table(("entry", "made", "by", "record"), rows, "records-title")
    return join(title, tag("p", ledger, class_="note"), table if rows else None)


def _unseen(document: BoardDocument) -> Html:
    if not document.unseen:
        return join()
    return join(
        tag("h2", "Not seen here: this board may lack a stop"),
        tag("ul", *(tag("li", text) for text in document.unseen)),
    )


def _table(heads: Iterable[str], rows: Iterable[Html], title: str) -> Html:
    """A table in a region of its own, which a keyboard can scroll."""
    head = tag("tr", *(tag("th", name, scope="col") for name in heads))
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    region = {"role": "region", "aria_labelledby": title}
    return tag("div", table, id=f"{title}-scroll", class_="scroll", tabindex=0, **region)


def _from_readiness(make: Callable[..., Html]) -> Callable[[BoardDocument], Html]:
    def part(document: BoardDocument) -> Html:
        return make(document.readiness, document.at_unix_ms) if document.readiness else join()

    return part


def _chain(document: BoardDocument) -> Html:
    if document.chain is None:
        return join()
    return chain_part(document.chain, document.at_unix_ms)


_PARTS: Final[dict[str, Callable[[BoardDocument], Html]]] = {
    "unseen": _unseen,
    "phase": _phase,
    "start": _start,
    "power": _from_readiness(power_part),
    "stops": _stops,
    "not-ready": _from_readiness(not_ready_part),
    "silent": _from_readiness(silent_part),
    "chain": _chain,
    "signers": _signers,
    "matrix": _matrix,
    "times": _times,
    "records": _records,
}
IDS: Final = tuple(_PARTS)
"""The ids of all parts, in the order of the page."""


def changed(before: dict[str, Html], after: dict[str, Html]) -> dict[str, Html]:
    """The parts that differ in more than the distance to an instant, which the script moves on."""
    return {
        name: part
        for name, part in after.items()
        if name not in before or _still(before[name]) != _still(part)
    }


def _still(part: Html) -> str:
    return _MOVING.sub(r"\1", part.text)


_MOVING: Final = re.compile(r'(<time data-at="[0-9]+"[^>]*>)[^<]*')
