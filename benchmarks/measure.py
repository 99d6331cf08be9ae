"""Whole processes, timed from outside and in turn (A B C, A B C), so that drift hits all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """What is run, and where; `name` is shown in the table, `exit_code` is how it must end."""

    name: str
    words: tuple[str, ...]
    cwd: Path
    ours: bool = False
    exit_code: int = 0


@dataclass
class Figures:
    """One command's counted runs: seconds by the clock, seconds of processor, peak bytes."""

    command: Command
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.wall)


def run_in_turn(
    commands: Sequence[Command], runs: int, environment: dict[str, str]
) -> list[Figures]:
    """`runs` counted runs of each command after one that is not counted.

    Raises:
        SystemExit: a command fails; its error output is shown.
    """
    figures = [Figures(command) for command in commands]
    for number in range(runs + 1):
        for found in figures:
            wall, cpu, peak = run_once(found.command, environment)
            found.peak = max(found.peak, peak)
            if number:
                found.wall.append(wall)
                found.cpu.append(cpu)
    return figures


def run_once(command: Command, environment: dict[str, str]) -> tuple[float, float, int]:
    """(wall seconds, processor seconds, peak bytes of its largest process)."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command.words,
        cwd=command.cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != command.exit_code:
        sys.exit(f"{' '.join(command.words)}: exit {process.returncode}\n{errors.decode()[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def ratio(other: Figures, ours: Figures) -> float:
    """How many times as long the other took, the median over the pairs of one turn."""
    return statistics.median(b / a for a, b in zip(ours.wall, other.wall, strict=True))


def difference(other: Figures, ours: Figures) -> float:
    """How many seconds longer ours took, the median over the pairs of one turn."""
    return statistics.median(a - b for a, b in zip(ours.wall, other.wall, strict=True))
