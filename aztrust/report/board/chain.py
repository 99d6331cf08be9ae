"""The running chain on the board: what the observer on this machine sees, and how old that is."""

from __future__ import annotations

from typing import Final

from aztrust.report.board.markup import Child, Html, join, tag
from aztrust.report.board.moments import time
from aztrust.report.observe.seen import (
    SeenChain,
    criterion_text,
    network_texts,
    open_criteria,
    share_text,
    signal_text,
)

_SHOWN: Final = 8
_BIG: Final = ("height", "final", "participation")


def chain_text(seen: SeenChain) -> str:
    """The chain in a few words, which change only where something becomes wrong or good."""
    if seen.state == "not-observed":
        return "the chain is not observed here"
    if seen.state == "stale":
        return "what is known of the chain is STALE"
    if seen.signals:
        many = "signal" if len(seen.signals) == 1 else "signals"
        return f"{len(seen.signals)} {many} from the chain"
    return "no signal from the chain" if seen.good else "not everything of the chain is known"


def chain_part(seen: SeenChain, now: int) -> Html:
    """Height, finality, participation, what is wrong, and what is not known."""
    title = tag("h2", "Chain")
    if seen.picture is None:
        return join(
            title,
            tag("p", "not observed on this machine", class_="big bad"),
            tag("p", f"{seen.why}; start one: aztrust observe --watch", class_="note"),
        )
    is_stale = seen.state == "stale"
    tone = "bad" if is_stale or seen.signals else "good" if seen.good else "plain"
    began = seen.genesis_time_unix_ms
    started = " started" if began is not None and began <= now else ""
    share = share_text(seen.picture.participation)
    texts = [(name, text) for name, text in network_texts(seen) if name != "newest answer"]
    return join(
        title,
        tag("p", "STALE", class_="huge bad") if is_stale else None,
        tag("p", f"{seen.why}: this is not the present", class_="bad") if is_stale else None,
        tag("p", f"{share} take part", class_=f"{'big' if is_stale else 'huge'} {tone}"),
        tag("dl", *(_pair(name, text) for name, text in texts), class_=f"chain{started}"),
        tag("p", *_answers(seen, now), class_="note"),
        tag("p", f"proven: {seen.proven[-1]}") if seen.proven else None,
        tag("div", *_lists(seen), class_="columns"),
        tag("p", "no signal", class_="good") if seen.good else None,
    )


def _lists(seen: SeenChain) -> list[Child]:
    return [
        _list("Signals", [signal_text(one) for one in seen.signals], "signals"),
        _list(
            "Open rollback criteria",
            [criterion_text(one) for one in open_criteria(seen)],
            "criteria",
        ),
        _list("Not known", list(seen.unknown), "not-known"),
    ]


def _answers(seen: SeenChain, now: int) -> list[Child]:
    """When the observer looked, and when a node answered: both get older by themselves."""
    found: list[Child] = []
    if seen.at_unix_ms is not None:
        found += ["observed ", time(seen.at_unix_ms, now, "left")]
    if seen.picture is not None and seen.picture.answered_at_unix_ms is not None:
        found += ["; newest answer ", time(seen.picture.answered_at_unix_ms, now, "left")]
    else:
        found.append("; no node ever answered")
    return [*found, f"; phase {seen.phase}"]


def _pair(name: str, text: str) -> Html:
    return tag("div", tag("dt", name), tag("dd", text, class_="big" if name in _BIG else None))


def _list(title: str, texts: list[str], name: str) -> Child:
    if not texts:
        return None
    rest = texts[_SHOWN:]
    return tag(
        "div",
        tag("h3", f"{title}: {len(texts)}"),
        tag("ul", *(tag("li", text, class_="bad") for text in texts[:_SHOWN])),
        tag(
            "details",
            tag("summary", f"{len(rest)} more"),
            tag("ul", *(tag("li", text) for text in rest)),
            id=f"{name}-more",
        )
        if rest
        else None,
    )
