"""The chain as the observer on this machine saw it last, for a screen of another command.

What an observer saw is not a record: it is shown with its age, and nothing rests on it. Where there
is no observer, or it stopped, that is what is shown: absence is never a good sign.
"""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.model import Items, Model
from aztrust.core.base.rates import in_tenths
from aztrust.core.base.times import AHEAD_MS, format_duration
from aztrust.core.base.value import frozen
from aztrust.core.chain.judge.thresholds import Phase
from aztrust.core.judge.verify import EXIT_PASS
from aztrust.report.escape import visible
from aztrust.report.lines import labelled
from aztrust.report.model import Milliseconds
from aztrust.report.observe.document import read_share
from aztrust.report.observe.model import (
    ObserveCriterion,
    ObservePicture,
    ObserveReport,
    ObserveSignal,
)
from aztrust.report.text import utc

STALE_MS: Final = 10_000
"""The age from which what an observer saw is not the present: it looks every second."""
_SIGNALS_SHOWN: Final = 6

SeenState = Literal["observed", "stale", "not-observed"]


NOT_THEN: Final = "what an observer saw at another time than now is not kept"


@frozen
class LastSeen:
    """What was found on this machine.

    Args:
        report: what an observer wrote last; None where there is nothing, or it cannot be read.
        why: why there is nothing, "" where there is.
    """

    report: ObserveReport | None
    why: str = ""


class SeenChain(Model):
    """The chain as this machine's observer saw it last.

    `state` is `stale` from ten seconds on, and `not-observed` where nothing is known here: then
    `why` says it, and all that follows is null or empty. `good` is true only where an observer sees
    the chain now, and `aztrust observe --once` would end with 0.
    """

    state: SeenState
    why: str | None
    good: bool
    at_unix_ms: Milliseconds | None
    age_ms: Milliseconds | None
    phase: Phase | None
    genesis_time_unix_ms: Milliseconds | None
    picture: ObservePicture | None
    proven: Items[str]
    signals: Items[ObserveSignal]
    criteria: Items[ObserveCriterion]
    unknown: Items[str]

    @property
    def key(self) -> tuple[object, ...]:
        """What must differ for a screen to be shown again: not the height, which always rises."""
        halted = bool(self.picture.halted_blocks) if self.picture is not None else False
        signals = tuple((one.code, one.subject) for one in self.signals)
        criteria = tuple((one.criterion, one.state) for one in self.criteria)
        return self.state, self.phase, signals, criteria, self.unknown, len(self.proven), halted


def seen_chain(last: LastSeen, now_unix_ms: int) -> SeenChain:
    """The document of what was seen.

    Args:
        last: what was found.
        now_unix_ms: the present, in milliseconds since the epoch.
    """
    report = last.report
    if report is None:
        return SeenChain(
            state="not-observed",
            why=visible(last.why),
            good=False,
            at_unix_ms=None,
            age_ms=None,
            phase=None,
            genesis_time_unix_ms=None,
            picture=None,
            proven=(),
            signals=(),
            criteria=(),
            unknown=(),
        )
    age = now_unix_ms - report.at_unix_ms
    why = ""
    if age > STALE_MS:
        why = f"the observer on this machine looked last {format_duration(age)} ago"
    elif age < -AHEAD_MS:
        why = f"the observer on this machine looked at {utc(report.at_unix_ms)}, in the future"
    return SeenChain(
        state="stale" if why else "observed",
        why=why or None,
        good=not why and report.exit_code == EXIT_PASS,
        at_unix_ms=report.at_unix_ms,
        age_ms=max(age, 0),
        phase=report.phase,
        genesis_time_unix_ms=report.expected.genesis_time_unix_ms,
        picture=report.picture,
        proven=tuple(proof.text for proof in report.proofs if proof.holds),
        signals=report.signals,
        criteria=report.criteria,
        unknown=report.unknown,
    )


def share_text(share: str | None, unknown: str = "unknown") -> str:
    """A share of a document in per cent, rounded down; `unknown` without one."""
    found = read_share(share)
    return unknown if found is None else in_tenths(found.numerator, found.denominator)


def number_text(number: int | None) -> str:
    """A number; `unknown` without one."""
    return "unknown" if number is None else f"{number:,}"


def network_texts(seen: SeenChain) -> list[tuple[str, str]]:
    """What the picture has, each with its name; () without one. Ages are as of the last look."""
    picture = seen.picture
    if picture is None:
        return []
    block = picture.block_time_ms
    answer = picture.answer_age_ms
    return [
        ("height", number_text(picture.height)),
        ("final", number_text(picture.finalized)),
        ("participation", share_text(picture.participation)),
        ("block time", "unknown" if block is None else f"{block / 1000:.1f} s"),
        ("halted slots", number_text(picture.halted_blocks)),
        ("round", number_text(picture.round)),
        ("spread of heads", number_text(picture.spread)),
        ("nodes that answer", f"{picture.answering} of {picture.nodes}"),
        ("newest answer", "never" if answer is None else f"{format_duration(answer)} old"),
        ("blind power", share_text(picture.blind_power)),
    ]


def signal_text(signal: ObserveSignal) -> str:
    """One signal: its class, what the procedure suggests, and what is wrong where."""
    power = f", {share_text(signal.power)} of the power" if signal.power is not None else ""
    head = f"{signal.anomaly} {signal.guidance} {signal.code} {signal.subject}{power}"
    return f"{head}: {signal.detail}"


def criterion_text(one: ObserveCriterion) -> str:
    """One rollback criterion that is met or unknown."""
    detail = f": {one.detail}" if one.detail else ""
    return f"{one.criterion} {one.state}{detail}"


def open_criteria(seen: SeenChain) -> list[ObserveCriterion]:
    """The rollback criteria that are met, and those of which it is not known."""
    return [one for one in seen.criteria if one.state in ("met", "unknown")]


def seen_lines(seen: SeenChain) -> list[str]:
    """The same for a person, at 80 columns."""
    if seen.state == "not-observed":
        return [
            *labelled("chain", f"not observed on this machine: {seen.why}"),
            *labelled("", "aztrust observe --watch"),
        ]
    texts = dict(network_texts(seen))
    head = f"height {texts['height']}, final {texts['final']}"
    head += f", {texts['participation']} take part, phase {seen.phase}"
    lines = labelled("chain", f"STALE: {seen.why}" if seen.state == "stale" else head)
    if seen.state == "stale":
        lines += labelled("", f"then: {head}")
    lines += labelled(
        "",
        f"block time {texts['block time']}, round {texts['round']},"
        f" halted slots {texts['halted slots']}, spread of heads {texts['spread of heads']}",
    )
    lines += labelled(
        "",
        f"{texts['nodes that answer']} nodes answer, the newest answer is"
        f" {texts['newest answer']}, blind power {texts['blind power']}",
    )
    for text in seen.proven[-1:]:
        lines += labelled("", f"proven: {text}")
    for signal in seen.signals[:_SIGNALS_SHOWN]:
        lines += labelled("signal", visible(signal_text(signal)))
    if len(seen.signals) > _SIGNALS_SHOWN:
        lines += labelled("", f"+{len(seen.signals) - _SIGNALS_SHOWN}: aztrust observe --once")
    for one in open_criteria(seen):
        lines += labelled("rollback", visible(criterion_text(one)))
    for text in seen.unknown:
        lines += labelled("unknown", visible(text))
    if seen.good:
        lines += labelled("", "no signal")
    return lines
