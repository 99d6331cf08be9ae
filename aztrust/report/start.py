"""The start of a program, for the person who reads the log of a host: what runs, and what was not
looked at.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.host.program import Program
from aztrust.core.host.reading import HostReading
from aztrust.report.escape import visible
from aztrust.report.lines import joined, labelled


@frozen
class Started:
    """A program that is about to run.

    Attributes:
        program: which one.
        role: of the network, in which it starts; "" where nothing is asked any more.
        process: its process id, which is aztrust's own.
        loader: what the kernel starts first, "" for nothing.
        removed: the variables that it does not get.
        sealed: whether a sealed copy runs.
        lost: whether the copy lacks rights that the file has.
        compared: whether its bytes were compared with the approved ones.
        passed_over: what was found and stops no restart.
    """

    program: Program
    role: str
    process: int
    loader: str = ""
    removed: tuple[str, ...] = ()
    sealed: bool = False
    lost: bool = False
    compared: bool = True
    passed_over: tuple[Finding, ...] = ()


def start_lines(started: Started, host: HostReading) -> list[str]:
    """The report's lines at 80 columns; the first one alone is that of -q."""
    file = started.program.file
    lines = [start_brief(started), *labelled("file", visible(file.path))]
    if file.resolved:
        lines += labelled("", f"-> {visible(file.resolved)}")
    lines += labelled("bytes", file.sha256)
    if not started.compared:
        lines += labelled("notice", "the network is in normal operation: nothing was compared")
    for finding in started.passed_over:
        lines += labelled("since", f"{finding.code}: {visible(finding.message)}")
    if started.passed_over:
        lines += labelled("", "no reason to stay down: an anomaly on the role or an abort is one")
    how = "a sealed copy in memory" if started.sealed else "the file that was hashed, still open"
    lines += labelled("runs", how)
    if started.lost:
        lines += labelled("notice", "the copy lacks the file's set-id bits and capabilities")
    if started.removed:
        lines += labelled("unset", f"{visible(joined(started.removed))}, for this program")
    return lines + labelled("notice", f"not verified: {joined(_unverified(started, host))}")


def start_brief(started: Started) -> str:
    """One line."""
    name = started.program.item.name or started.program.file.path
    role = f" in role {visible(started.role)}" if started.role else ""
    return f"START    {visible(name)}{role}, process {started.process}"


def _unverified(started: Started, host: HostReading) -> Iterable[str]:
    if not started.compared:
        yield "the program itself"
    if started.loader:
        yield f"the loader {visible(started.loader)}"
        verified = [item.name for item in host.artifacts if item.kind == "library" and item.files]
        but = f" but {visible(joined(verified))}" if verified and started.compared else ""
        yield f"its shared libraries{but}"
    yield "configuration files"
    yield "its arguments and environment"
