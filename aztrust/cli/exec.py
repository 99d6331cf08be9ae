"""`aztrust exec`: start a program that was verified, once its start is authorized."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aztrust.cli.app import Session, command
from aztrust.cli.host_options import host_options
from aztrust.cli.kits import request_about, sources
from aztrust.cli.options import (
    anchor_option,
    complete_file,
    ledger_option,
    scope_option,
)
from aztrust.cli.session import is_url
from aztrust.cli.terminal import print_lines
from aztrust.core.base.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.core.base.times import parse_duration
from aztrust.core.base.value import field, frozen, replace
from aztrust.report.escape import visible
from aztrust.report.lines import STOP, labelled
from aztrust.storage.config import shown

if TYPE_CHECKING:
    from aztrust.acts.bootstrap import Start
    from aztrust.acts.hostread import HostRequest
    from aztrust.core.formats.head_line import HeardHead
    from aztrust.storage.held import HeldFiles


@command(
    "exec",
    refusal=STOP,
    short_help="Start the node: only what was verified, once authorized.",
    example="aztrust exec --kit atlas-zero-1.aztrust --role node -- start --home ~/.atlasd\n"
    "aztrust exec --wait --kit https://a.example/k.aztrust --kit https://b.example/k.aztrust \\\n"
    "    --binary /usr/local/bin/atlasd --home /var/lib/atlas -- start",
)
@click.argument("arguments", metavar="-- [ARG]...", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--kit",
    "kits",
    metavar="KIT",
    multiple=True,
    shell_complete=complete_file,
    help="A kit, its https URL, or a launch directory; repeatable, and merged. Else as preflight.",
)
@host_options(
    role="The role in which this host starts; repeatable where the release calls it otherwise.",
    binary="The program to start, or a library. Else found.",
)
@click.option(
    "--sealed",
    is_flag=True,
    help="Start a sealed copy in memory: nothing can be written into it. It has no capabilities"
    " and no path of its own (docs/exec.md), and vm.memfd_noexec=2 forbids it.",
)
@click.option(
    "--head",
    "head_line",
    metavar="LINE",
    help="The line that the keeper just read out, in the place of a young head:"
    " aztrust ledger head --line.",
)
@click.option("--wait", is_flag=True, help="Ask again until the start is authorized.")
@click.option(
    "--timeout",
    metavar="TIME",
    default="24h",
    show_default=True,
    help="How long --wait waits.",
)
@click.option(
    "--interval",
    metavar="TIME",
    default="10s",
    show_default=True,
    help="How often --wait asks; a change of a file here is seen at once.",
)
@ledger_option
@anchor_option
@scope_option
def exec_command(  # noqa: PLR0913 - one argument for each option
    session: Session,
    arguments: tuple[str, ...],
    kits: tuple[str, ...],
    roles: tuple[str, ...],
    binaries: tuple[str, ...],
    geneses: tuple[str, ...],
    home: Path | None,
    sealed: bool,
    head_line: str | None,
    wait: bool,
    timeout: str,
    interval: str,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
) -> int:
    """Become the node's program, or report DO NOT START THIS HOST and why.

    ARGs are the program's arguments, without its name. Everything that preflight asks is asked. In
    addition the launch authorization and the instruction have to be in force for the role of this
    host, under a ledger head younger than `max_head_age`, or under the one that its keeper just
    read out. What is started is the open file that was hashed, in this process: its id, signals,
    descriptors and exit status are the program's. `LD_*` are unset for it. A script is refused, and
    so is cosmovisor: it would start something else.

    After the network has started, a restart needs no young ledger. Wrong bytes, an abort, and an
    anomaly on this role without an approval of the restart still refuse; what was revoked since is
    shown, and stops nothing. In normal operation, under the announced anchor, the program is
    started without a comparison, and a notice says so. Exit codes before the start are those of
    preflight; afterwards they are the program's.
    """
    from aztrust.acts.hostread import HostRequest
    from aztrust.core.formats.head_line import parse_head_line
    from aztrust.storage.execute import require_start_by_descriptor, unset_loader_variables

    require_start_by_descriptor()
    removed = unset_loader_variables(os.environb)
    host = HostRequest(binaries, geneses, home, None, "", roles)
    heard = parse_head_line(head_line, "--head") if head_line is not None else None
    question = _Question(session, kits, host, ledger, anchor, scope, heard)
    _refuse_name(arguments, binaries)
    try:
        start = _wait(session, question, timeout, interval) if wait else question()
        if start.may:
            _become(session, question, start, arguments, removed, sealed=sealed)
        return _refuse(session, question, start)
    finally:
        question.close()


# What follows the first argument belongs to the program, whatever it looks like.
exec_command.allow_interspersed_args = False


def _refuse_name(arguments: tuple[str, ...], binaries: tuple[str, ...]) -> None:
    """Refuse the name of the program among its arguments.

    Raises:
        UsageError: the first argument is the file that --binary names.
    """
    files = {text.partition("=")[2] or text for text in binaries}
    if arguments and (arguments[0] in files or Path(arguments[0]).name in map(_name, files)):
        raise UsageError(
            f"{visible(arguments[0])} is the program itself, and its arguments come after --",
            subject="--",
            mend=f"leave it out: aztrust exec … -- {visible(' '.join(arguments[1:2]))}".rstrip(),
        )


def _name(path: str) -> str:
    return Path(path).name


@frozen
class _Question:
    """Whether this host may start, asked anew each time: kits are fetched and files read again."""

    session: Session
    kits: tuple[str, ...]
    host: HostRequest
    ledger: str | None
    anchor: str | None
    scope: str | None
    heard: HeardHead | None = None
    held: list[HeldFiles] = field(default_factory=list)
    opened: list[Path] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __call__(self) -> Start:
        from aztrust.acts.bootstrap import ask, require_own_program
        from aztrust.acts.ledger.reading import LedgerOptions
        from aztrust.storage.held import HeldFiles
        from aztrust.storage.launch import open_launch

        self.close()
        self.held.append(HeldFiles())
        self.opened[:] = self._sources()
        files = [open_launch(path) for path in self.opened]
        now = self.session.now_unix_ms()
        request = request_about(files[0], now, self.anchor, self.scope, self.heard)
        host = replace(self.host, urls=tuple(self.session.fetched))
        options = LedgerOptions(self.ledger, insists=True)
        start = ask(files, host, request, options, self.held[0])
        home = "" if self.host.home is None else shown(self.host.home)
        require_own_program(start, self.held[0], home)
        return start

    def _sources(self) -> tuple[Path, ...]:
        """The kits; of several URLs those that answer."""
        self.session.fetched.clear()
        self.failed.clear()
        named, last = [], None
        for kit in self.kits:
            try:
                if is_url(kit):
                    self.session.fetch(kit)
                named.append(kit)
            except CouldNotCheck as error:
                self.failed.append(error.message)
                last = error
        if last is not None and not named:
            raise last
        return sources(self.session, tuple(named), "aztrust exec --kit KIT")

    def close(self) -> None:
        """Close what is held open."""
        while self.held:
            self.held.pop().__exit__(None, None, None)


def _wait(session: Session, question: _Question, timeout: str, interval: str) -> Start:
    """The answer that ends the wait: a start, something wrong, or the last one in time.

    Raises:
        UsageError: a time cannot be read.
        AztrustError: the last question could not be answered.
    """
    from aztrust.acts.bootstrap import Patience, Start, wait_for_start
    from aztrust.core.state.ledger.freshness import without_spans
    from aztrust.storage.waiting import Changes

    until, every = parse_duration(timeout, "--timeout"), parse_duration(interval, "--interval")
    quiet = replace(session, quiet=True)
    question = replace(question, session=quiet)
    seen, answer = "", None
    with Changes(_watched(question)) as changes:
        patience = Patience(
            _monotonic_ms() + until, every, _monotonic_ms, changes.wait, changes.have_come
        )
        for answer in wait_for_start(question, patience):
            why = answer.reason if isinstance(answer, Start) else answer.message
            why = "; ".join((*question.failed, why))
            state = without_spans(why)
            if state != seen and not (isinstance(answer, Start) and answer.may):
                _line(session, why)
            seen = state
    if isinstance(answer, AztrustError):
        raise answer
    assert answer is not None  # noqa: S101 - a wait gives an answer at least
    return answer


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _watched(question: _Question) -> tuple[Path, ...]:
    """What can be watched before the first question: kits and launches on this host."""
    session = question.session
    named = [Path(kit) for kit in question.kits if not is_url(kit)]
    if not question.kits and not (session.launch_option and is_url(session.launch_option)):
        named = list(sources(session, (), "aztrust exec --kit KIT"))
    found = []
    for path in named:
        parts = (path / "manifests", path / "keys")
        found += [part for part in parts if part.is_dir()] if path.is_dir() else [path]
    return tuple(found)


def _line(session: Session, text: str) -> None:
    """One line at once, for the log of a host; standard output is the program's."""
    from aztrust.report.text import utc

    if not session.quiet:
        now = utc(session.now_unix_ms())
        print_lines(labelled("waiting", f"{now[11:]}  {visible(text)}"), err=True)
        sys.stderr.flush()


def _become(
    session: Session,
    question: _Question,
    start: Start,
    arguments: tuple[str, ...],
    removed: tuple[str, ...],
    *,
    sealed: bool,
) -> NoReturn:
    """Start the program; what is reported goes to standard error.

    Raises:
        CouldNotCheck: it changed, or the system does not start it.
    """
    from aztrust.acts.bootstrap import choose
    from aztrust.core.host.program import role_to_start
    from aztrust.report.start import Started, start_brief, start_lines
    from aztrust.storage.execute import (
        child_environment,
        execute,
        has_privileges,
        loader,
        sealed_copy,
    )

    program, held = choose(start, question.held[0])
    reading = start.verdict.context.evidence.host
    assert reading is not None  # noqa: S101 - preflight read it
    environment = child_environment(os.environb)
    aside = start.steps_aside
    started = Started(
        program,
        "" if aside else role_to_start(reading),
        os.getpid(),
        loader(held),
        removed,
        sealed=sealed,
        lost=sealed and has_privileges(held),
        compared=not aside,
        passed_over=start.passed_over,
    )
    copy = sealed_copy(held, program.file) if sealed else None
    if session.output is not None:
        session.emit(_document(question, start), [])
    lines = [start_brief(started)] if session.quiet else start_lines(started, reading)
    print_lines(lines, err=True)
    execute(held, [str(held.path), *arguments], environment, copy=copy)


def _refuse(session: Session, question: _Question, start: Start) -> int:
    from aztrust.report.preflight import preflight_brief, preflight_lines

    lines = preflight_lines(start.verdict, verbose=session.verbose)
    brief = preflight_brief(start.verdict)
    document = _document(question, start) if session.needs_document else {}
    session.emit(document, lines, brief=brief, verdict_first=True)
    if session.output is not None:
        print_lines([brief] if session.quiet else lines)
    return start.verdict.exit_code


def _document(question: _Question, start: Start) -> dict[str, object]:
    from aztrust.report.hostdocument import KitFacts, preflight_document
    from aztrust.storage.launch import is_kit

    facts = tuple(KitFacts(shown(path), is_kit(path)) for path in question.opened)
    return preflight_document(start.verdict, facts, command="exec")
