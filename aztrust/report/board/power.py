"""The roll-call on the board: the power bar, who is not ready and why, who is silent."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.rates import WHOLE, format_percent, in_tenths
from aztrust.report.board.markup import Html, join, tag
from aztrust.report.board.model import BoardOperator, BoardReadiness, OperatorState
from aztrust.report.board.moments import time

_STATES: Final[tuple[OperatorState, ...]] = (
    "ready",
    "not-ready",
    "stale",
    "silent",
    "unconfirmed",
    "contested",
)
_SHOWN: Final = 8
_LISTED: Final = 100
"""The operators of a list that is opened. A list of thousands would be sent to every page at each
change, four times a second, and no one reads it: `aztrust readiness -v` has it.
"""
_PLACES: Final = {"need": "16", "third": "76", "collapse": "94"}
"""Where the text of each kind of mark is: no two kinds share a line."""


def power_text(readiness: BoardReadiness) -> str:
    """`71.2% of the power is ready, 67% are needed`."""
    total = _total(readiness)
    if not total:
        return f"{_counted(readiness)} operators are ready, the power is not known"
    text = f"{in_tenths(_power(readiness, 'ready'), total)} of the power is ready"
    if readiness.need_millionths is not None:
        text += f", {format_percent(readiness.need_millionths)} are needed"
    return text


def power_part(readiness: BoardReadiness, _: int) -> Html:
    """The bar with its thresholds, and a sentence for each of them."""
    total = _total(readiness)
    big = in_tenths(_power(readiness, "ready"), total) if total else _counted(readiness)
    tone = {True: "good", False: "bad", None: "plain"}[readiness.met]
    return join(
        tag("h2", "Ready"),
        tag("p", big, class_=f"huge {tone}"),
        _bar(readiness, total) if total else None,
        _legend(readiness, total) if total else None,
        tag(
            "ul",
            *(
                tag(
                    "li",
                    f"{'met' if t.met else 'short'}: {t.text}",
                    class_="good" if t.met else "bad",
                )
                for t in readiness.thresholds
            ),
        )
        if readiness.thresholds
        else None,
        tag("ul", *(tag("li", text, class_="bad") for text in readiness.findings))
        if readiness.findings
        else None,
    )


def not_ready_part(readiness: BoardReadiness, now: int) -> Html:
    """Who is not ready and why, by power; then whose confirmation does not count."""
    found = _by_power(readiness, "not-ready", "stale")
    title = tag("h2", f"Not ready: {len(found)}")
    if not found:
        return join(title, tag("p", "no operator reports that", class_="good"))
    return join(title, *_list(found, readiness, now, "not-ready-more"))


def silent_part(readiness: BoardReadiness, now: int) -> Html:
    """Who is silent, by power."""
    found = _by_power(readiness, "silent", "unconfirmed", "contested")
    title = tag("h2", f"Silent: {sum(one.operator is not None for one in found)}")
    if not found:
        return join(title, tag("p", "every operator confirmed", class_="good"))
    return join(title, *_list(found, readiness, now, "silent-more"))


def _by_power(readiness: BoardReadiness, *states: OperatorState) -> list[BoardOperator]:
    found = [one for one in readiness.operators if one.state in states]
    return sorted(found, key=lambda one: (-int(one.power or 0), one.operator or ""))


def _list(found: list[BoardOperator], readiness: BoardReadiness, now: int, name: str) -> list[Html]:
    first = tag("ol", *(_operator(one, readiness, now) for one in found[:_SHOWN]), class_="seats")
    rest = found[_SHOWN:]
    if not rest:
        return [first]
    listed, left = rest[: _LISTED - _SHOWN], max(len(found) - _LISTED, 0)
    power, total = sum(int(one.power or 0) for one in rest), _total(readiness)
    share = f", {in_tenths(power, total)}" if total else ""
    return [
        first,
        tag(
            "details",
            tag("summary", f"{len(rest):,} more{share}"),
            tag("ol", *(_operator(one, readiness, now) for one in listed), class_="seats"),
            tag("p", f"and {left:,} more: aztrust readiness -v", class_="note") if left else None,
            id=name,
        ),
    ]


def _operator(one: BoardOperator, readiness: BoardReadiness, now: int) -> Html:
    total = _total(readiness)
    share = in_tenths(int(one.power), total) if one.power is not None and total else ""
    where = ", ".join((*one.roles, *one.platforms))
    return tag(
        "li",
        tag("b", one.operator or one.why),
        tag("span", share, class_="share") if share else None,
        f" {where}" if where else None,
        f": {one.why}" if one.why and one.operator else None,
        *((", ", time(one.at_unix_ms, now, "left")) if one.at_unix_ms is not None else ()),
        class_=one.state,
    )


def _bar(readiness: BoardReadiness, total: int) -> Html:
    """A picture of the power; what it shows is in its label and in the legend as text."""
    drawn, before = [], 0
    for state in _STATES:
        power = _power(readiness, state)
        if power:
            x, width = _hundredths(before, total), _hundredths(power, total)
            shape = {"x": x, "y": "22", "width": width, "height": "36"}
            drawn.append(tag("rect", **shape, class_=f"bar {state}"))
        before += power
    for place, name, text in _marks(readiness):
        x = _hundredths(place, WHOLE)
        drawn.append(tag("line", x1=x, x2=x, y1="20", y2="60", class_=f"mark {name}"))
        anchor = "end" if place > WHOLE // 2 else "start"
        drawn.append(tag("text", text, x=x, y=_PLACES[name], text_anchor=anchor, class_=name))
    label = f"{power_text(readiness)}; marks at 1/3 and 2/3"
    shape = {"width": "100%", "height": "98"}
    return tag("svg", *drawn, class_="power", role="img", aria_label=label, **shape)


def _marks(readiness: BoardReadiness) -> list[tuple[int, str, str]]:
    marks = [(WHOLE // 3, "third", "1/3"), (2 * WHOLE // 3, "third", "2/3")]
    if readiness.collapse_millionths is not None:
        text = f"collapse {format_percent(readiness.collapse_millionths)}"
        marks.append((readiness.collapse_millionths, "collapse", text))
    if readiness.need_millionths is not None:
        text = f"needed {format_percent(readiness.need_millionths)}"
        marks.append((readiness.need_millionths, "need", text))
    return marks


def _legend(readiness: BoardReadiness, total: int) -> Html:
    items = [
        tag(
            "li",
            tag("span", "", class_=f"key {state}", aria_hidden="true"),
            f"{state.replace('-', ' ')} {in_tenths(_power(readiness, state), total)}",
        )
        for state in _STATES
        if state != "contested" or _power(readiness, state)
    ]
    return tag("ul", *items, class_="legend")


def _hundredths(part: int, whole: int) -> str:
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def _total(readiness: BoardReadiness) -> int:
    """The power of the whole launch; 0 where it is not known."""
    return int(readiness.total or 0)


def _power(readiness: BoardReadiness, state: OperatorState) -> int:
    return int(readiness.powers.get(state, 0))


def _counted(readiness: BoardReadiness) -> str:
    named = [one for one in readiness.operators if one.operator is not None]
    return f"{sum(one.state == 'ready' for one in named)} of {len(named)}"
