"""The one table: a case is several commands, or several acts of one process, in turn."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time

from benchmarks.measure import Command, Figures, difference, ratio, run_in_turn

HEAD = """\
| case | command | median | processor | rate | peak | theirs / ours | goal |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"""


@dataclass(frozen=True)
class Goal:
    """What is asked against one command; `says` it in words.

    Args:
        against: how that command's name begins.
        at_least: what the ratio theirs / ours must reach.
        says: in words.
        more: where it is not 0, the seconds that ours may take longer, instead of a ratio.
    """

    against: str
    at_least: float
    says: str
    more: float = 0


@dataclass
class Case:
    """Commands to run in turn over the same bytes; the first one is aztrust."""

    title: str
    size: int
    commands: list[Command]
    goals: tuple[Goal, ...]
    peak_limit: int = 0

    def rows(self, runs: int, skip: Collection[str], environment: dict[str, str]) -> Iterator[str]:
        """Runs them; the rows in Markdown."""
        commands = [command for command in self.commands if command.name not in skip]
        figures = run_in_turn(commands, runs, environment)
        ours = figures[0]
        for found in figures:
            yield _row(
                self.title if found is ours else "",
                found.command.name,
                f"{found.median:.3f} s",
                f"{statistics.median(found.cpu):.3f} s",
                f"{self.size / found.median / 1e9:.2f} GB/s" if self.size else "",
                f"{found.peak / 2**20:.0f} MiB",
                "" if found is ours else f"{ratio(found, ours):.2f}",
                self._verdict(found, ours),
            )

    def _verdict(self, found: Figures, ours: Figures) -> str:
        if found is ours:
            if not self.peak_limit:
                return ""
            return f"at most {self.peak_limit >> 20} MiB: {_word(found.peak <= self.peak_limit)}"
        goal = next((g for g in self.goals if found.command.name.startswith(g.against)), None)
        if goal is None:
            return ""
        if goal.more:
            longer = difference(found, ours)
            return f"{goal.says} (it takes {longer:.3f} s): {_word(longer <= goal.more)}"
        return f"{goal.says} ({goal.at_least:.2f}): {_word(ratio(found, ours) >= goal.at_least)}"


@dataclass
class Act:
    """Something that this process does: `run` does it `count` times and is timed as one.

    Args:
        name: shown in the table.
        run: called once for each turn.
        count: how many things one call does.
        per_second: the goal for their rate, 0 for none.
        within: the goal for the seconds of one of them, 0 for none.
        times: the goal for how many times as long as the last act of the case it takes, 0 for none.
        one_core: whether the rate and the goal are of the seconds of the processor.
        seconds: what was measured.
        cpu: the seconds of the processor.
    """

    name: str
    run: Callable[[], object]
    count: int = 1
    per_second: float = 0
    within: float = 0
    times: float = 0
    one_core: bool = False
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds of one call."""
        return statistics.median(self.cpu if self.one_core else self.seconds)


@dataclass
class Acts:
    """A case of acts; what the others are compared with, if anything, is the last one."""

    title: str
    acts: Sequence[Act]

    def rows(self, runs: int, skip: Collection[str], environment: dict[str, str]) -> Iterator[str]:
        """Does them in turn, first uncounted; the rows in Markdown."""
        acts = [act for act in self.acts if act.name not in skip]
        # As the program runs (cli/main): cycles are not looked for.
        gc.disable()
        for number in range(runs + 1):
            for act in acts:
                start, start_cpu = perf_counter(), process_time()
                act.run()
                took, cpu = perf_counter() - start, process_time() - start_cpu
                if number:
                    act.seconds.append(took)
                    act.cpu.append(cpu)
        gc.enable()
        for act in acts:
            rate = f"{act.count / act.median:,.0f} / s" if act.count > 1 else ""
            each = act.median / act.count
            yield _row(
                self.title if act is acts[0] else "",
                act.name,
                f"{statistics.median(act.seconds):.3f} s"
                if each >= 0.1 or not act.within
                else f"{each * 1000:.2f} ms",
                f"{act.median:.3f} s" if act.one_core else "",
                rate,
                "",
                f"{_times(acts[-1], act):.2f}" if act.times else "",
                _goal(act, acts[-1]),
            )


def _goal(act: Act, last: Act) -> str:
    if act.per_second:
        met = act.count / act.median >= act.per_second
        return f"at least {act.per_second:,.0f} a second: {_word(met)}"
    if act.within:
        met = act.median / act.count <= act.within
        return f"at most {act.within * 1000:.0f} ms: {_word(met)}"
    if act.times:
        met = _times(last, act) >= 1 / act.times
        return f"takes at most {act.times:.0f} times as long ({1 / act.times:.2f}): {_word(met)}"
    return ""


def _times(other: Act, ours: Act) -> float:
    pairs = zip(ours.seconds, other.seconds, strict=True)
    return statistics.median(b / a for a, b in pairs)


def _word(met: bool) -> str:
    return "met" if met else "missed"


def _row(*columns: str) -> str:
    return f"| {' | '.join(columns)} |"
