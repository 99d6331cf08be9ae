"""`aztrust guard`: watch a frozen scope, and report at once when something changes."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.failure import EXIT_INTERRUPTED, failure_document, report_failure
from aztrust.cli.hook import hook_words
from aztrust.cli.options import anchor_option, given_anchor, given_scope, scope_option
from aztrust.cli.terminal import print_lines, silence
from aztrust.core.base.errors import AztrustError, CouldNotCheck
from aztrust.core.base.times import parse_duration
from aztrust.report.escape import visible
from aztrust.report.lines import labelled
from aztrust.storage.config import shown

if TYPE_CHECKING:
    from aztrust.acts.guard import GuardEvent
    from aztrust.core.judge.verify import Verdict
    from aztrust.core.policy.model import Policy
    from aztrust.core.state.context import Context
    from aztrust.signers import Signer

_UNVERIFIED = CouldNotCheck("the launch could not be verified")
_EXAMPLE = """\
aztrust guard --anchor 8f3a91c2...5ac41d06
aztrust guard --interval 5m --exec 'systemctl stop atlasd' --key luca"""


@command(
    "guard",
    short_help="Watch a frozen scope until something changes.",
    example=_EXAMPLE,
)
@click.option("--interval", metavar="TIME", default="10m", show_default=True)
@click.option(
    "--quiet-for",
    "quiet_for",
    metavar="TIME",
    default="1s",
    show_default=True,
    help="How long nothing may change before everything is recomputed.",
)
@click.option(
    "--grace",
    metavar="TIME",
    default="10s",
    show_default=True,
    help="How long to wait for quiet, and for a directory that was deleted to be made again.",
)
@click.option("--exec", "hook", metavar="COMMAND", help="Run this when something is wrong.")
@click.option(
    "--key", metavar="K", help="Record what is found as an anomaly with guidance HOLD, by this key."
)
@click.option("--jobs", type=click.IntRange(1, 1024), metavar="N")
@click.option("--ledger", metavar="PATH", help="The launch's ledger; else $AZTRUST_LEDGER.")
@anchor_option
@scope_option
def guard(  # noqa: PLR0913 - one argument for each option
    session: Session,
    interval: str,
    quiet_for: str,
    grace: str,
    hook: str | None,
    key: str | None,
    jobs: int | None,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
) -> int:
    """Watch packages, manifests, keys and policy of a frozen scope; end when something is wrong.

    A change is reported within a second as `suspect`; then everything is recomputed, and it is
    either `cleared` or named, with the exit code of `aztrust verify`. Everything is recomputed at
    an interval as well, because a system can lose events. COMMAND is run without a shell after the
    report was given, gets it as JSON on its standard input, and has 30 seconds. A guard never
    invalidates anything: people do.
    """
    from aztrust.acts.guard import Pace, guard, guarded_places
    from aztrust.acts.hook import STOPS, run_hook
    from aztrust.core.base.canonical import dumps
    from aztrust.core.base.findings import Conclusion

    # However it is stopped, by a service or with its terminal, it ends like Ctrl-C: with 130.
    for number in STOPS:
        # nohup has a hang-up ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    command_line = hook_words(hook) if hook is not None else ()
    spans = {"--interval": interval, "--quiet-for": quiet_for, "--grace": grace}
    pace = Pace(*(parse_duration(text, option) / 1000 for option, text in spans.items()))
    launch = session.launch()
    ask = _Asking(session, launch, jobs, ledger, anchor, scope)
    policy = ask.policy()
    signer = None
    if key is not None:
        from aztrust.acts.anomaly import anomaly_signer

        # Before the watch begins: at night there is no one to type a passphrase.
        signer = anomaly_signer(policy, key, session.passphrase)
    last: GuardEvent | None = None
    held: Context | None = None
    try:
        for event in guard(guarded_places(launch, policy), ask, pace, time.monotonic):
            _print_event(session, event)
            if held is None and event.kind == "watching" and event.verdict is not None:
                held = event.verdict.context
            last = event
    except KeyboardInterrupt:
        return _stopped(session)
    if last is None or last.kind != "concluded":
        raise CouldNotCheck("the guard ended without a conclusion")
    # The conclusion first: the hook and the record neither delay it nor change its exit code.
    try:
        code = _ended(session, last)
    finally:
        with _contained():
            if last.verdict is not None and last.verdict.conclusion is Conclusion.FAIL and signer:
                _record(session, launch, last.verdict, signer, ledger, held)
        with _contained():
            if command_line:
                _line(session, "exec", run_hook(command_line, dumps(_document(last)) + b"\n"))
    return code


@contextmanager
def _contained() -> Iterator[None]:
    """Handle a signal or a closed stream without another exit code."""
    try:
        yield
    except KeyboardInterrupt:
        pass
    except OSError:
        silence()


def _stopped(session: Session) -> int:
    try:
        _line(session, "stopped", "by a signal; the watch has ended")
    except OSError:
        silence()  # the terminal is gone
    return EXIT_INTERRUPTED


def _record(
    session: Session,
    launch: Path,
    verdict: Verdict,
    signer: Signer,
    ledger: str | None,
    held: Context | None,
) -> None:
    """Record the anomaly. That it cannot be recorded changes neither the hook nor the exit code."""
    from aztrust.acts.anomaly import record_anomaly

    now = session.now_unix_ms()
    try:
        published, anomaly = record_anomaly(launch, verdict, signer, now, ledger, held)
    except AztrustError as error:
        _line(session, "recorded", f"nothing: {error.message}")
    else:
        path = published.record.path
        _line(session, "recorded", f"{path}: anomaly {anomaly}, guidance HOLD")
        if published.entry is None and published.hindrance:
            _line(
                session, "ledger", f"did not take it: {published.hindrance}; it counts all the same"
            )


class _Asking:
    """The check that is repeated: `aztrust verify --require frozen`."""

    def __init__(
        self,
        session: Session,
        launch: Path,
        jobs: int | None,
        ledger: str | None,
        anchor: str | None,
        scope: str | None,
    ) -> None:
        self._session = session
        self._launch = launch
        self._jobs = jobs
        self._ledger = ledger
        self._anchor = given_anchor(anchor)
        self._scope = given_scope(scope)

    def policy(self) -> Policy:
        """Whose places are watched."""
        from aztrust.core.policy.validate import parse_policy
        from aztrust.storage.launch import read_policy

        return parse_policy(read_policy(self._launch))

    def __call__(self) -> Verdict:
        from aztrust.acts.anchors import resolve_anchor
        from aztrust.acts.ledger.reading import LedgerOptions
        from aztrust.acts.verify import ReadOptions, verify_files
        from aztrust.core.checks.check import Stage
        from aztrust.core.state.context import Request
        from aztrust.storage.launch import open_launch

        files = open_launch(self._launch)
        evidence = files.evidence()
        anchoring = resolve_anchor(files.path, evidence.policy, given=self._anchor)
        request = Request(
            self._session.now_unix_ms(),
            anchor=anchoring.anchor,
            anchor_source=anchoring.source,
            scope=self._scope,
            pin_conflicts=anchoring.conflicts,
        )
        ledger_options = LedgerOptions(self._ledger, insists=True)
        return verify_files(
            files, evidence, request, Stage.FROZEN, ReadOptions(self._jobs), ledger_options
        )


def _print_event(session: Session, event: GuardEvent) -> None:
    if event.kind == "watching":
        _line(session, "watching", f"{len(event.paths)} places; {_result_text(event)}")
    elif event.kind == "suspect":
        more = f" (+{len(event.paths) - 1})" if len(event.paths) > 1 else ""
        _line(session, "suspect", f"{shown(Path(event.paths[0]))}{more} changed; recomputing")
    elif event.kind == "cleared":
        _line(session, "cleared", "recomputed: nothing that counts has changed")
    elif event.kind == "checked":
        _line(session, "checked", f"recomputed at the interval: {_result_text(event)}")


def _result_text(event: GuardEvent) -> str:
    """The result of the last recomputation, where the watch continues."""
    from aztrust.core.base.findings import Conclusion

    verdict = event.verdict
    if verdict is None or verdict.conclusion is Conclusion.PASS:
        return "everything passes"
    return f"{verdict.conclusion.value}, in a verification of its own"


def _line(session: Session, label: str, text: str) -> None:
    """One line at once, for a person or a log: with the time, flushed."""
    from aztrust.report.text import utc

    if session.quiet:
        return
    now = utc(session.now_unix_ms())
    print_lines(labelled(label, f"{now[11:]}  {visible(text)}"), err=session.format == "json")
    (sys.stderr if session.format == "json" else sys.stdout).flush()


def _document(event: GuardEvent) -> dict[str, object]:
    from aztrust.report.json import report_document

    if event.verdict is not None:
        return report_document(event.verdict, command="guard")
    return failure_document(event.fault or _UNVERIFIED, "guard")


def _ended(session: Session, event: GuardEvent) -> int:
    """Report the conclusion; return the exit code."""
    from aztrust.report.json import report_document
    from aztrust.report.text import brief, text_report

    verdict = event.verdict
    if verdict is None:
        fault = event.fault or _UNVERIFIED
        return report_failure(
            fault, form=session.format, output=session.output, command=session.command
        )
    lines = text_report(verdict, verbose=session.verbose, whole="aztrust verify")
    document = report_document(verdict, command="guard") if session.format == "json" else {}
    session.emit(document, lines, brief=brief(verdict))
    return verdict.exit_code
