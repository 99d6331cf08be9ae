"""`aztrust observe` for a person, at 80 columns: the verdict, the picture, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aztrust.core.base.times import format_duration
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import fitted, labelled, short
from aztrust.report.moment import relative
from aztrust.report.observe.model import ObserveNode, ObserveReport, ObserveSignal
from aztrust.report.observe.seen import share_text
from aztrust.report.text import utc

_NODES: Final = 12
_SIGNALS: Final = 8
_UNKNOWN: Final = 8
_DETAIL: Final = 300
UNKNOWN: Final = "?"
"""In place of a number that is not known."""


def observe_brief(report: ObserveReport) -> str:
    """The first line, and the one line of -q."""
    head = "HEALTHY"
    if report.exit_code == 10:
        head = "BROKEN"
    elif report.signals:
        head = "SIGNALS"
    elif report.differs:
        head = "DIFFERS"
    elif report.exit_code:
        head = "UNKNOWN"
    return f"{head:<10}{report.chain_id}   {utc(report.at_unix_ms)}   exit {report.exit_code}"


def observe_lines(report: ObserveReport, *, verbose: bool = False) -> list[str]:
    """The screen.

    Args:
        report: of one look.
        verbose: whether every node, signal and unknown is listed.
    """
    lines = [observe_brief(report), *_head(report), *_picture(report), *_proofs(report)]
    lines += labelled("rollback", ", ".join(f"{c.criterion} {c.state}" for c in report.criteria))
    lines += _nodes(report, verbose=verbose)
    shown = report.signals if verbose else report.signals[:_SIGNALS]
    for signal in shown:
        lines += ["", *signal_lines(signal, report.at_unix_ms)]
    if len(report.signals) > len(shown):
        lines += labelled("", f"+{len(report.signals) - len(shown):,} more signals: -v")
    if report.differs:
        lines.append("")
    lines += _listed("DIFFERS", report.differs, verbose=verbose)
    if report.unknown:
        lines.append("")
    lines += _listed("unknown", report.unknown, verbose=verbose)
    if report.not_asked:
        lines += labelled("not", f"asked, the policy has no limit: {', '.join(report.not_asked)}")
    return [*lines, *advice_lines("next", _next(report))]


def change_lines(report: ObserveReport, before: ObserveReport) -> list[str]:
    """What a look has that the one before had not, as lines of a log with the time."""
    when = utc(report.at_unix_ms)[11:]
    lines: list[str] = []
    if report.exit_code != before.exit_code or report.phase != before.phase:
        lines += labelled("now", f"{when}  {observe_brief(report).split()[0]}, {report.phase}")
    was = {(one.code, one.subject): one for one in before.signals}
    now = {(one.code, one.subject): one for one in report.signals}
    for key, signal in now.items():
        if key not in was or was[key].guidance != signal.guidance:
            lines += labelled("signal", f"{when}  {_signal(signal)}: {_cut(signal.detail)}")
    for key, signal in was.items():
        if key not in now:
            lines += labelled("over", f"{when}  {_signal(signal)}")
    for proof in report.proofs:
        if proof.text not in {one.text for one in before.proofs}:
            lines += labelled("proof", f"{when}  {proof.text} ({proof.node})")
    states = {one.criterion: one.state for one in before.criteria}
    for one in report.criteria:
        if states.get(one.criterion) != one.state:
            lines += labelled("rollback", f"{when}  {one.criterion} {one.state}")
    new = [text for text in report.differs if text not in before.differs]
    lines += [line for text in new for line in labelled("DIFFERS", f"{when}  {_cut(text)}")]
    return [*lines, *_changed_nodes(report, before, when)]


def _changed_nodes(report: ObserveReport, before: ObserveReport, when: str) -> Iterator[str]:
    silent = {node.name for node in before.nodes if not node.fresh}
    for node in report.nodes:
        if node.fresh == (node.name in silent):
            how = "answers" if node.fresh else f"does not answer: {node.reach or 'not asked'}"
            yield from labelled("node", f"{when}  {node.name} {how}")


def signal_lines(signal: ObserveSignal, now: int) -> list[str]:
    """One signal: what it suggests, how much power, since when, and what was seen."""
    share = share_text(signal.power, UNKNOWN)
    facts = f"{signal.anomaly}  {share} of power  {relative(now - signal.since_unix_ms)}"
    return [
        *labelled("signal", _signal(signal)),
        *labelled("", f"{facts}  {signal.clause}"),
        *labelled("", _cut(signal.detail)),
    ]


def _signal(signal: ObserveSignal) -> str:
    return f"{signal.guidance}  {signal.code}  {signal.locus} {visible(signal.subject)}"


def _head(report: ObserveReport) -> Iterator[str]:
    picture = report.picture
    yield from labelled(
        "scope",
        f"{report.scope_hash[7:23]}, policy {short(report.policy_digest)}, phase {report.phase},"
        f" {picture.answering} of {picture.nodes} nodes answer",
    )


def _picture(report: ObserveReport) -> Iterator[str]:
    picture, now = report.picture, report.at_unix_ms
    height = _number(picture.height)
    final = f"final {_number(picture.finalized)}"
    if picture.finalized_at_unix_ms is not None:
        final += f" {relative(now - picture.finalized_at_unix_ms)}"
    elif now < report.expected.genesis_time_unix_ms:
        final += f", genesis time {relative(now - report.expected.genesis_time_unix_ms)}"
    yield from labelled("height", f"{height}, {final}")
    votes = f"{_percent(picture.participation)} votes, {_percent(picture.blind_power)} is blind"
    if picture.unlisted_power not in (None, "0/1"):
        votes += f", {_percent(picture.unlisted_power)} is not in the list"
    if picture.round is not None:
        votes += f", round {picture.round} has {_percent(picture.voted)}"
    yield from labelled("power", votes)
    spread = f"{_number(picture.lowest_head)} to {_number(picture.highest_head)}"
    age = format_duration(picture.answer_age_ms) if picture.answer_age_ms is not None else UNKNOWN
    yield from labelled("heads", f"{spread}, the newest answer is {age} old")


def _proofs(report: ObserveReport) -> Iterator[str]:
    for number, proof in enumerate(report.proofs):
        label = "" if number else "proof"
        if proof.holds:
            yield from labelled(label, f"{proof.text} (asked {proof.node})")
        else:
            why = "; ".join(proof.wrong) or proof.unverified or "more than two thirds must sign"
            yield from labelled(label, f"{proof.text}, not proven by {proof.node}: {_cut(why)}")
    if not report.proofs:
        yield from labelled("proof", "none yet")


def _nodes(report: ObserveReport, *, verbose: bool) -> Iterator[str]:
    """Nodes in trouble first; the healthy ones as far as there is room."""
    order = sorted(report.nodes, key=lambda node: node.fresh and not node.genesis_altered)
    shown = order if verbose else order[:_NODES]
    yield f"{'node':<20}{'answers':<11}{'height':>12}{'peers':>7}{'age':>8}  genesis"
    for node in shown:
        yield _node(node)
    if len(order) > len(shown):
        yield from labelled("", f"+{len(order) - len(shown):,} more nodes: -v")


def _node(node: ObserveNode) -> str:
    genesis = UNKNOWN
    if node.genesis_altered is not None:
        genesis = "ANOTHER" if node.genesis_altered else "sealed"
    age = format_duration(node.age_ms) if node.age_ms is not None else UNKNOWN
    return (
        f"{fitted(node.name, 19):<20}{node.reach or UNKNOWN:<11}{_number(node.head):>12}"
        f"{_number(node.peers):>7}{fitted(age, 8):>8}  {genesis}"
    ).rstrip()


def _listed(label: str, texts: Sequence[str], *, verbose: bool) -> Iterator[str]:
    shown = texts if verbose else texts[:_UNKNOWN]
    for number, text in enumerate(shown):
        yield from labelled("" if number else label, _cut(text))
    if len(texts) > len(shown):
        yield from labelled("", f"+{len(texts) - len(shown):,} more: -v")


def _number(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def _percent(text: str | None) -> str:
    return share_text(text, f"{UNKNOWN} of power")


def _cut(text: str) -> str:
    return fitted(visible(text), _DETAIL)


def _next(report: ObserveReport) -> str:
    if report.exit_code == 0:
        return "aztrust window status"
    if report.exit_code == 10:
        return f"stop what is about to be instructed, and decide: {_first(report)}"
    if report.differs:
        return "find out who sees another network; see who signed what: aztrust window status"
    if report.signals:
        return f"a person decides on each signal: {_first(report)}"
    return "look again, or keep looking: aztrust observe --watch"


def _first(report: ObserveReport) -> str:
    """The command that records the first signal as an anomaly."""
    if not report.signals:
        return "aztrust window next"
    first = report.signals[0]
    several = sum(one.code == first.code for one in report.signals) > 1
    plain = re.fullmatch(r"[A-Za-z0-9._-]{1,80}", first.subject)
    name = f"{first.code}:{first.subject}" if several and plain else first.code
    return f"aztrust window anomaly --from {name}"
