"""Start a program on a host: only what was verified, and only when it is authorized (AZ-30.2).

    with HeldFiles() as held:
        start = ask(kits, host, request, ledger_options, held)
        if start.may:
            program = choose(start, held)

What is asked of the host is preflight's own question, put through preflight. In addition the start
has to be authorized, instructed and, for later roles, activated; a young head of the ledger has to
show that nothing took that back. From the start of the network until normal operation the ledger
may be old, and what was revoked since the start is only shown. In normal operation nothing is asked
under the announced anchor: what was given is started, and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from aztrust.acts.hostread import HostRequest, manifest_of
from aztrust.acts.ledger.reading import LedgerOptions
from aztrust.acts.preflight import preflight
from aztrust.core.base.errors import AztrustError, CouldNotCheck, NothingToVerify, UsageError
from aztrust.core.base.findings import CheckResult, Conclusion, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks.host import START_CHECKS
from aztrust.core.host.program import Program, programs_to_start
from aztrust.core.judge.since_start import as_at_the_start
from aztrust.core.judge.verify import EXIT_PASS, Verdict, waive
from aztrust.core.state.context import Request
from aztrust.core.state.starting import Starting, read_starting
from aztrust.storage.execute import require_program
from aztrust.storage.held import HeldFile, HeldFiles
from aztrust.storage.launch import LaunchFiles

RETRIES: Final = 3
"""How often in a row a question is asked again because files changed meanwhile."""

_AGE: Final = frozenset({"kit-current", "records-fresh"})
_RUNNING: Final = "the network has started: a host that starts again needs no young ledger"


@frozen
class Start:
    """The answer to one question whether this host may start.

    Attributes:
        verdict: preflight's, with what a start needs in addition.
        starting: the launch window, None where there is none.
        passed_over: what was found and stops no restart once the network has started.
    """

    verdict: Verdict
    starting: Starting | None
    passed_over: tuple[Finding, ...] = ()

    @property
    def steps_aside(self) -> bool:
        """Whether the network is in normal operation, by records of the announced launch."""
        results = self.verdict.results
        announced = [r.status for r in results if r.id == "anchor"] == [Status.PASS]
        normal = self.starting is not None and self.starting.is_normal
        # A scope alone shows which packages were meant, and these are what is no longer asked.
        return normal and announced and bool(self.verdict.context.request.anchor)

    @property
    def may(self) -> bool:
        """Whether the program may be started."""
        return self.verdict.exit_code == EXIT_PASS or self.steps_aside

    @property
    def is_final(self) -> bool:
        """Whether waiting cannot help: something is wrong, and not only too early."""
        return self.verdict.conclusion is Conclusion.FAIL

    @property
    def reason(self) -> str:
        """Why not, in one sentence: the first finding, else the first open question."""
        return next(_reasons(self.verdict.results), "")


def _reasons(results: Iterable[CheckResult]) -> Iterator[str]:
    results = tuple(results)
    # What decides about the start comes first; the rest of a host is usually ready by then.
    ordered = sorted(results, key=lambda result: result.id != "bootstrap")
    for result in ordered:
        for finding in result.findings:
            yield f"{finding.code}: {finding.message}"
    for result in ordered:
        if result.status is Status.NOT_RUN:
            yield result.detail


def ask(
    kits: Sequence[LaunchFiles],
    host: HostRequest,
    request: Request,
    ledger_options: LedgerOptions,
    held: HeldFiles,
) -> Start:
    """Whether this host may start now.

    Args:
        kits: as of preflight.
        host: as of preflight; a role that the release does not have is one of the network.
        request: as of preflight.
        ledger_options: as of preflight.
        held: where the files that are read stay open.

    Raises:
        AztrustError: as preflight.
    """
    host = with_roles(kits, host)
    verdict = preflight(kits, host, request, ledger_options, further=START_CHECKS, held=held)
    starting = read_starting(verdict.context)
    if starting is not None and starting.runs:
        verdict = waive(verdict, _AGE, _RUNNING)
        if starting.started is not None:
            verdict, passed_over = as_at_the_start(verdict, starting.started)
            return Start(verdict, starting, passed_over)
    return Start(verdict, starting)


def with_roles(kits: Sequence[LaunchFiles], host: HostRequest) -> HostRequest:
    """The same request: of its roles those of the release are preflight's, one is the network's.

    Raises:
        UsageError: two of them are not the release's.
    """
    known: set[str] = set()
    for kit in kits:
        manifest = manifest_of(kit.evidence(), "release")
        known |= (
            {artifact.role for artifact in manifest.artifacts} if manifest is not None else set()
        )
    others = [role for role in host.roles if role not in known]
    if len(others) > 1:
        raise UsageError(
            f"{' and '.join(map(escape, others))} are two roles that the release does not have",
            subject="--role",
            mend="name one role of the network, and those of the release that this host runs",
        )
    mine = tuple(role for role in host.roles if role in known)
    return replace(host, roles=mine, start_role="".join(others))


def require_own_program(start: Start, held: HeldFiles, home: str) -> None:
    """Refuse a program that would start another one, before anything else is waited for.

    Args:
        start: the answer, whatever it is.
        held: the files that were read for it.
        home: the node's home, for the mend; "" where it is not known.

    Raises:
        Refused: as `storage.execute.require_program`.
    """
    host = start.verdict.context.evidence.host
    found = programs_to_start(host) if host is not None else ()
    if len(found) == 1 and (file := held.take(found[0].file.path)) is not None:
        require_program(file, found[0].item.name, home)


def choose(start: Start, held: HeldFiles) -> tuple[Program, HeldFile]:
    """The program to start, and its open file.

    Raises:
        UsageError: it could be one of several.
        NothingToVerify: none was found.
        CouldNotCheck: it is missing, or cannot be read.
    """
    host = start.verdict.context.evidence.host
    found = programs_to_start(host) if host is not None else ()
    if not found:
        raise NothingToVerify(
            "no program was found to start",
            subject="--binary",
            mend="name it: --binary FILE",
        )
    if len(found) > 1:
        names = ", ".join(f"{escape(p.item.role)} ({p.file.path})" for p in found)
        raise UsageError(
            f"this host has {len(found)} programs, and one is started: {names}",
            subject="--binary",
            mend=f"name the one: --binary {escape(found[0].item.role)}=FILE, or --role ROLE",
        )
    (program,) = found
    file = held.take(program.file.path)
    if file is None:
        why = program.file.fault.detail if program.file.fault else "it was not read"
        raise CouldNotCheck(
            f"{program.file.path} cannot be started: {why}",
            subject=program.file.path,
            mend="name a program that is here: --binary FILE",
        )
    return program, file


@frozen
class Patience:
    """How long is waited, and how often is asked again.

    Attributes:
        until_ms: when the wait ends, by `clock`.
        interval_ms: between two questions where nothing changes here.
        clock: milliseconds, as of a wall clock.
        wait: waits for so many milliseconds, or for a change of what is here.
        changed: whether anything that is here changed since the last wait.
    """

    until_ms: int
    interval_ms: int
    clock: Callable[[], int]
    wait: Callable[[int], None]
    changed: Callable[[], bool] = lambda: False


def wait_for_start(
    question: Callable[[], Start], patience: Patience
) -> Iterator[Start | AztrustError]:
    """Ask until this host may start, or something is wrong, or the time is over.

    Every answer comes out, the last one is the one that counts. Time alone starts nothing: each
    answer is a new one, from records that are read again. What could not be read is asked again,
    and so is what changed while it was read: it may have been half written.

    Args:
        question: reads everything anew.
        patience: how long, how often.
    """
    unsteady = 0
    while True:
        answer: Start | AztrustError
        try:
            answer = question()
        except (CouldNotCheck, NothingToVerify) as error:
            # A kit that is being replaced, or a server that does not answer now.
            answer = error
        if patience.changed() and unsteady < RETRIES:
            unsteady += 1
            patience.wait(patience.interval_ms)
            continue
        unsteady = 0
        yield answer
        if isinstance(answer, Start) and (answer.may or answer.is_final):
            return
        left = patience.until_ms - patience.clock()
        if left <= 0:
            return
        patience.wait(min(patience.interval_ms, left))
