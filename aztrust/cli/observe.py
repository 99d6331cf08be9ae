"""`aztrust observe`: the network that a launch starts, read, proven and judged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from aztrust.cli.app import Session, command
from aztrust.cli.default_group import DefaultGroup
from aztrust.cli.hook import hook_words
from aztrust.cli.kits import sources
from aztrust.cli.observe_record import check_record, record_look
from aztrust.cli.options import (
    Given,
    anchor_option,
    key_option,
    ledger_option,
    scope_option,
    together,
    yes_option,
)
from aztrust.cli.streams import InputFile
from aztrust.cli.terminal import is_dumb, is_terminal, print_bytes, print_lines
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, UsageError

if TYPE_CHECKING:
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.hook import BackgroundHook
    from aztrust.acts.observe.in_force import InForce
    from aztrust.acts.observe.launch import ObservedLaunch
    from aztrust.acts.observe.run import Observing
    from aztrust.cli.observe_output import Written
    from aztrust.core.chain.node_list import ListedNode
    from aztrust.core.chain.observation import Observation
    from aztrust.report.observe.model import ObserveReport
    from aztrust.storage.launch import LaunchFiles

HOOK_S: Final = 5.0
"""How long the program of `--exec` may take."""
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(file_okay=False, path_type=Path)

observe = DefaultGroup(
    "observe",
    help="Observe the network that a launch starts. Without a subcommand: observe network.",
    short_help="Is the network that started the one that was frozen?",
)
observe.default = "network"
observe.example = (
    "aztrust observe\naztrust observe http://10.0.0.1:26657 http://10.0.0.2:26657\n"
    "aztrust observe --watch"
)


@command(
    "network",
    parent=observe,
    short_help="Read nodes, prove the first blocks, and judge what is seen.",
    example="aztrust observe\naztrust observe val-a=http://10.0.0.1:26657 -o facts.json\n"
    "aztrust observe --watch --metrics /var/lib/node_exporter/aztrust.prom",
)
@click.argument("nodes", metavar="[NODE]...", nargs=-1)
@click.option(
    "--nodes",
    "listed",
    metavar="FILE",
    type=InputFile(path_type=Path),
    help="The list of nodes; else nodes.toml in the launch directory.",
)
@click.option("--once", is_flag=True, help="One look; the default.")
@click.option("--watch", is_flag=True, help="Look every second, until interrupted.")
@click.option(
    "--genesis", metavar="FILE", type=_FILE, help="The sealed genesis, where a kit is read."
)
@click.option(
    "--keep",
    metavar="DIR",
    type=_FOLDER,
    help="Keep the answers that signals name there; else in the launch directory.",
)
@click.option(
    "--proof", metavar="FILE", type=_FILE, help="Write the proof of the last proven block there."
)
@click.option(
    "--metrics", metavar="FILE", type=_FILE, help="Write series for Prometheus there (*.prom)."
)
@click.option(
    "--exec", "hook", metavar="COMMAND", help="Run this when the set of signals changes (--watch)."
)
@click.option("--record", is_flag=True, help="Sign what this look saw: a LaunchObservationRecord.")
@key_option
@yes_option
@click.option("--addresses", is_flag=True, help="Put the addresses of nodes into the result.")
@ledger_option
@anchor_option
@scope_option
@together
def network(  # noqa: PLR0913 - one argument for each option
    session: Session,
    nodes: tuple[str, ...],
    listed: Path | None,
    once: bool,
    watch: bool,
    genesis: Path | None,
    keep: Path | None,
    proof: Path | None,
    metrics: Path | None,
    hook: str | None,
    addresses: bool,
    record: bool,
    yes: bool,
    given: Given,
) -> int:
    """Read the nodes of a network, prove its first blocks from the frozen genesis, judge the rest.

    NODE is http://HOST:PORT, or NAME=http://HOST:PORT. Nodes are only read, all at once, each
    within its own time and size. Without --record nothing is signed. No one is called: people
    decide. Exit 0
    means that every node answered, a block is proven, and nothing is wrong or unknown; 10 that what
    runs is not what was frozen, or is not one network; 11 that there is a signal, or that something
    is unknown. COMMAND is run without a shell, gets the facts as JSON, and has 5 seconds.
    """
    from aztrust.cli.observe_output import Outputs

    if once and watch:
        raise UsageError(
            "--once and --watch exclude each other", subject="--watch", mend="give one of them"
        )
    if hook is not None and not watch:
        raise UsageError(
            "--exec runs when signals change, which one look cannot see",
            subject="--exec",
            mend="add --watch",
        )
    check_record(session, given, record=record, watch=watch, yes=yes)
    words = hook_words(hook) if hook is not None else ()
    outputs = Outputs(session, keep=keep, proof=proof, metrics=metrics, addresses=addresses)
    outputs.check([("--nodes", listed), ("--genesis", genesis)])
    files = _files(session)

    def inputs() -> TrustInputs:
        from aztrust.acts.frozen_attempt import TrustInputs

        return TrustInputs(session.now_unix_ms(), given.anchor, given.scope, given.ledger)

    from aztrust.acts.observe.in_force import InForce
    from aztrust.acts.observe.launch import read_observed

    launch = read_observed(files, inputs(), genesis)
    run = _run(session, launch, _nodes(launch, nodes, listed))
    in_force = InForce(launch, [one.path for one in files], inputs)
    if not watch:
        signing = (lambda data: record_look(session, given, data, yes=yes)) if record else None
        return _once(session, run, outputs.of(run), in_force, signing)
    return _watch(session, run, outputs.of(run), words, in_force)


def _files(session: Session) -> list[LaunchFiles]:
    """The launch around, which has its genesis; else the only kit here."""
    from aztrust.storage.launch import open_launch

    paths: tuple[Path, ...]
    try:
        paths = (session.source(),)
    except NothingToVerify:
        paths = sources(session, (), "aztrust -C KIT observe")
    return [open_launch(path) for path in paths]


def _nodes(
    launch: ObservedLaunch, words: tuple[str, ...], listed: Path | None
) -> tuple[ListedNode, ...]:
    from aztrust.acts.observe.launch import NODES, require_readable
    from aztrust.core.chain.node_list import nodes_of, parse_node_list
    from aztrust.storage.config import shown
    from aztrust.storage.presence import is_present

    if words and listed is not None:
        raise UsageError(
            "nodes are named twice, on the line and in a file",
            subject="--nodes",
            mend="give one of the two",
        )
    if words:
        return nodes_of(words)
    path = listed if listed is not None else launch.path / NODES
    if listed is None and (launch.is_kit or not is_present(path)):
        raise NothingToVerify(
            "no node is named",
            subject="NODE",
            mend=f"name nodes, or list them in {NODES} in the launch directory",
        )
    return parse_node_list(require_readable(path), what=shown(path))


def _run(session: Session, launch: ObservedLaunch, nodes: tuple[ListedNode, ...]) -> Observing:
    from aztrust.acts.observe.run import Observing
    from aztrust.storage.nodes.client import Network
    from aztrust.storage.nodes.limits import LIMITS
    from aztrust.storage.nodes.recent import Recent

    clock = session.now_unix_ms
    return Observing(launch, nodes, Network(LIMITS, clock=clock), Recent(), clock)


def _once(
    session: Session,
    run: Observing,
    written: Written,
    in_force: InForce,
    record: Callable[[bytes], None] | None,
) -> int:
    from aztrust.acts.observe.run import look_once
    from aztrust.core.judge.verify import EXIT_FAIL
    from aztrust.report.observe.document import facts_bytes
    from aztrust.report.observe.text import observe_brief, observe_lines

    prover = run.prover()
    seen = look_once(run, prover)
    report = written.report(seen)
    written.write_proofs(prover, in_force)
    data = facts_bytes(report)
    written.write(seen, report, data)
    # As JSON there is one document: that of the record, where there is one, names the facts.
    if record is None or session.format == "text" or session.output is not None:
        session.emit(
            report.model_dump(mode="json"),
            observe_lines(report, verbose=session.verbose),
            brief=observe_brief(report),
            verdict_first=True,
        )
    if record is not None:
        record(data)
    # A network that is not the frozen one is worse than a file that is not there.
    if written.lacks_output and seen.exit_code != EXIT_FAIL:
        return CouldNotCheck.exit_code
    return seen.exit_code


def _watch(
    session: Session,
    run: Observing,
    written: Written,
    words: tuple[str, ...] | list[str],
    in_force: InForce,
) -> int:
    from aztrust.acts.hook import BackgroundHook
    from aztrust.acts.observe.run import matters, signal_set, watch
    from aztrust.report.observe.document import facts_bytes

    prover = run.prover()
    last: Observation | None = None
    before: ObserveReport | None = None
    hook = BackgroundHook(words, HOOK_S)
    with _stopping(), _ending(hook):
        for seen in watch(run, prover, in_force):
            report = written.report(seen)
            data = facts_bytes(report)
            written.write_proofs(prover, in_force)
            written.write(seen, report, data)
            changed = last is None or matters(seen) != matters(last)
            _show(session, report, data, before, changed=changed)
            written.write_facts(data)
            signals = signal_set(last) if last is not None else frozenset()
            if words and signal_set(seen) != signals:
                hook.offer(data)
            _say(hook.poll())
            last, before = seen, report if changed else before
    return 0


@contextmanager
def _ending(hook: BackgroundHook) -> Iterator[None]:
    """Nothing that a watch started goes on after it."""
    try:
        yield
    finally:
        _say(hook.stop())


def _say(phrases: Iterable[str]) -> None:
    print_lines([f"exec     {phrase}" for phrase in phrases], err=True)


def _show(
    session: Session,
    report: ObserveReport,
    data: bytes,
    before: ObserveReport | None,
    *,
    changed: bool,
) -> None:
    """A picture on a terminal; elsewhere, and as JSON, what has changed."""
    from aztrust.report.observe.text import change_lines, observe_brief, observe_lines

    if session.quiet:
        lines = [observe_brief(report)] if changed else []
    elif session.format == "json" and session.output is None:
        if changed:
            print_bytes(data)
        lines = []
    elif is_terminal(sys.stdout) and not is_dumb():
        # Home, and clear what is below: the picture is drawn again in its place.
        print_bytes(b"\x1b[H\x1b[J")
        lines = observe_lines(report, verbose=session.verbose)
    elif before is None:
        lines = observe_lines(report, verbose=session.verbose)
    else:
        lines = change_lines(report, before) if changed else []
    print_lines(lines)
    sys.stdout.flush()


@contextmanager
def _stopping() -> Iterator[None]:
    """A service manager stops a watch with SIGTERM: it ends like with Ctrl-C."""
    import signal

    from aztrust.acts.hook import STOPS

    for number in STOPS:
        # nohup has a hang-up ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    yield
