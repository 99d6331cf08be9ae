"""The roll-call on the board: the power bar, who is not ready and why, who is silent."""

from __future__ import annotations

from typing import Final

from aztrust.report.board.document import BoardReadiness, BoardSeat, SeatState
from aztrust.report.board.markup import Html, join, tag
from aztrust.report.board.moments import time

_STATES: Final[tuple[SeatState, ...]] = ("ready", "not-ready", "stale", "silent", "unconfirmed")
_MILLION: Final = 1_000_000
_SHOWN: Final = 8
_PLACES: Final = {"need": "16", "third": "76", "collapse": "94"}
"""Where the text of each kind of mark is: no two kinds share a line."""
_MET: Final = {True: "met", False: "short"}


def percent(power: int, total: int) -> str:
    """A part of the whole with one digit, rounded down: never more than there is.

    >>> percent(2, 3), percent(1, 1), percent(999_999, 1_000_000), percent(0, 7)
    ('66.6', '100.0', '99.9', '0.0')
    """
    tenths = power * 1000 // total if total else 0
    return f"{tenths // 10}.{tenths % 10}"


def power_text(readiness: BoardReadiness) -> str:
    """`71.2 % of the power is ready, 66.7 % are needed`."""
    if not readiness.total:
        count = sum(seat.state == "ready" for seat in readiness.seats)
        return f"{count} of {_claimed(readiness)} operators are ready, the power is not known"
    text = f"{percent(readiness.powers['ready'], readiness.total)} % of the power is ready"
    if readiness.need_millionths is not None:
        text += f", {_share(readiness.need_millionths)} % are needed"
    return text


def power_part(readiness: BoardReadiness, _: int) -> Html:
    """The bar with its thresholds, and a sentence for each of them."""
    total = readiness.total
    big = f"{percent(readiness.powers['ready'], total)} %" if total else _counted(readiness)
    return join(
        tag("h2", "Ready"),
        tag("p", big, class_=f"huge {'good' if readiness.met else 'bad'}"),
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
    seats = _by_power(readiness, "not-ready", "stale")
    title = tag("h2", f"Not ready: {len(seats)}")
    if not seats:
        return join(title, tag("p", "no operator reports that", class_="good"))
    return join(title, *_list(seats, readiness, now, "not-ready-more"))


def silent_part(readiness: BoardReadiness, now: int) -> Html:
    """Who is silent, by power."""
    seats = _by_power(readiness, "silent", "unconfirmed")
    title = tag("h2", f"Silent: {sum(seat.operator is not None for seat in seats)}")
    if not seats:
        return join(title, tag("p", "every operator confirmed", class_="good"))
    return join(title, *_list(seats, readiness, now, "silent-more"))


def _by_power(readiness: BoardReadiness, *states: SeatState) -> list[BoardSeat]:
    seats = [seat for seat in readiness.seats if seat.state in states]
    return sorted(seats, key=lambda seat: (-(seat.power or 0), seat.operator or ""))


def _list(seats: list[BoardSeat], readiness: BoardReadiness, now: int, name: str) -> list[Html]:
    first = tag("ol", *(_seat(seat, readiness, now) for seat in seats[:_SHOWN]), class_="seats")
    rest = seats[_SHOWN:]
    if not rest:
        return [first]
    power = sum(seat.power or 0 for seat in rest)
    share = f", {percent(power, readiness.total)} %" if readiness.total else ""
    return [
        first,
        tag(
            "details",
            tag("summary", f"{len(rest)} more{share}"),
            tag("ol", *(_seat(seat, readiness, now) for seat in rest), class_="seats"),
            id=name,
        ),
    ]


def _seat(seat: BoardSeat, readiness: BoardReadiness, now: int) -> Html:
    share = ""
    if seat.power is not None and readiness.total:
        share = f"{percent(seat.power, readiness.total)} %"
    where = ", ".join((*seat.roles, *((seat.platform,) if seat.platform else ())))
    return tag(
        "li",
        tag("b", seat.operator or "validators that no operator claims"),
        tag("span", share, class_="share") if share else None,
        f" {where}" if where else None,
        f": {seat.why}" if seat.why else None,
        *((", ", time(seat.at_unix_ms, now, "left")) if seat.at_unix_ms is not None else ()),
        class_=seat.state,
    )


def _bar(readiness: BoardReadiness, total: int) -> Html:
    """A picture of the power; what it shows is in its label and in the legend as text."""
    drawn, before = [], 0
    for state in _STATES:
        power = readiness.powers.get(state, 0)
        if power:
            x, width = _hundredths(before, total), _hundredths(power, total)
            shape = {"x": x, "y": "22", "width": width, "height": "36"}
            drawn.append(tag("rect", **shape, class_=f"bar {state}"))
        before += power
    for place, name, text in _marks(readiness):
        x = _hundredths(place, _MILLION)
        drawn.append(tag("line", x1=x, x2=x, y1="20", y2="60", class_=f"mark {name}"))
        anchor = "end" if place > _MILLION // 2 else "start"
        drawn.append(tag("text", text, x=x, y=_PLACES[name], text_anchor=anchor, class_=name))
    label = f"{power_text(readiness)}; marks at 1/3 and 2/3"
    shape = {"width": "100%", "height": "98"}
    return tag("svg", *drawn, class_="power", role="img", aria_label=label, **shape)


def _marks(readiness: BoardReadiness) -> list[tuple[int, str, str]]:
    marks = [(_MILLION // 3, "third", "1/3"), (2 * _MILLION // 3, "third", "2/3")]
    if readiness.collapse_millionths is not None:
        text = f"collapse {_share(readiness.collapse_millionths)} %"
        marks.append((readiness.collapse_millionths, "collapse", text))
    if readiness.need_millionths is not None:
        text = f"needed {_share(readiness.need_millionths)} %"
        marks.append((readiness.need_millionths, "need", text))
    return marks


def _legend(readiness: BoardReadiness, total: int) -> Html:
    items = [
        tag(
            "li",
            tag("span", "", class_=f"key {state}", aria_hidden="true"),
            f"{state.replace('-', ' ')} {percent(readiness.powers.get(state, 0), total)} %",
        )
        for state in _STATES
    ]
    return tag("ul", *items, class_="legend")


def _hundredths(part: int, whole: int) -> str:
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def _share(millionths: int) -> str:
    """A threshold, rounded up: never less than is needed."""
    tenths = -(-millionths // 1000)
    return f"{tenths // 10}.{tenths % 10}"


def _claimed(readiness: BoardReadiness) -> int:
    return sum(seat.operator is not None for seat in readiness.seats)


def _counted(readiness: BoardReadiness) -> str:
    ready = sum(seat.state == "ready" for seat in readiness.seats)
    return f"{ready} of {_claimed(readiness)}"
