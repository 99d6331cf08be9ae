"""The library: what `verify`, `preflight` and `gate` answer, for programs that import aztrust.

    result = aztrust.verify("launch", anchor="8f3a...", require="frozen")
    if not result.passed:
        print(result.to_json())

Every argument is parsed before anything is read: what is mistyped is a `UsageError`, as on the
command line, and never a verdict. Nothing is written: a head is kept for later runs only with
`keep_head=True`. The user's pinned anchors are read where no anchor is given, `$AZTRUST_ANCHOR` is
not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from aztrust.acts import arguments
from aztrust.core.base.digest import parse_sha256
from aztrust.core.base.errors import UsageError
from aztrust.core.base.findings import Finding
from aztrust.core.base.times import parse_duration
from aztrust.core.base.value import frozen
from aztrust.core.judge.verify import EXIT_PASS, Verdict
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass
from aztrust.core.state.context import Request

if TYPE_CHECKING:
    from aztrust.acts.ledger.reading import LedgerOptions
    from aztrust.core.checks.check import Stage
    from aztrust.core.state.evidence import Evidence
    from aztrust.storage.launch import LaunchFiles

PathLike: TypeAlias = str | os.PathLike[str]

FIRST_UNIX_MS: Final = 1_000_000_000_000
"""2001-09-09. A present time in seconds is below it, and one in microseconds above the last."""
LAST_UNIX_MS: Final = 253_402_300_799_999


@frozen
class Result:
    """What one of the functions below found.

    Attributes:
        command: `verify`, `preflight` or `gate`.
        exit_code: that of the command: 0 passes, 1 could not check, 10 something is wrong, 11
            something is open, 12 no anchor shows whose launch it is.
        verdict: the conclusion and everything it rests on. Its parts may move; `findings` and
            `to_json` do not.
        document: the report (docs/formats/report.md), as JSON values.
    """

    command: str
    exit_code: int
    verdict: Verdict
    document: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether everything that was asked passes: the exit code is 0."""
        return self.exit_code == EXIT_PASS

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why it does not pass, in the order of the report; () also where only something is open.

        Each has `code`, `subject`, `message` and `mend`, escaped for display.
        """
        return tuple(f for result in self.verdict.results for f in result.findings)

    @property
    def notices(self) -> tuple[Finding, ...]:
        """What does not count, and what an open question waits for."""
        return tuple(n for result in self.verdict.results for n in result.notices)

    def to_json(self) -> str:
        """The report, byte for byte what the command prints with `--format json`."""
        from aztrust.report.output_format import render

        return render("json", self.document).decode()


def parse_anchor(text: str) -> str:
    """An anchor or scope hash as people pass it on, in its one form, `sha256:` and 64 digits.

    Raises:
        UsageError: it is not a whole SHA-256 digest.
    """
    if not isinstance(text, str):
        raise arguments.wrong("anchor", "a text of 64 hex digits", text)
    return parse_sha256(text)


def verify(  # noqa: PLR0913 - one argument for each option
    launch: PathLike,
    *,
    anchor: str | None = None,
    scope: str | None = None,
    at_unix_ms: int | None = None,
    require: str | None = None,
    only: str | None = None,
    ledger: PathLike | None = None,
    jobs: int | None = None,
    keep_head: bool = False,
) -> Result:
    """Recompute a launch directory or a kit, as `aztrust verify`.

    Args:
        launch: the launch directory, or the kit file.
        anchor: the policy digest that was received out of band; None to use the user's pins.
        scope: the scope hash that was received out of band.
        at_unix_ms: judge as of this time, in milliseconds since 1970; None for now.
        require: `sealed`, `approved` or `frozen`; None for the stage that the launch claims.
        only: `release` or `genesis`; None for both.
        ledger: the ledger's file; None for where aztrust looks for it.
        jobs: workers; None for the CPUs that this process may use.
        keep_head: write the largest head that was verified to the user's configuration.

    Raises:
        UsageError: an argument is not of its form; nothing was read.
        NothingToVerify, Malformed, CouldNotCheck: as the command, with its exit code in
            `exit_code`.
    """
    from aztrust.acts.verify import ReadOptions, verify_files
    from aztrust.report.json import report_document
    from aztrust.storage.launch import open_launch

    path = arguments.path("launch", launch)
    asked = _asked(anchor, scope, at_unix_ms, ledger, keep_head)
    stage = _stage(require)
    classes: dict[str, PackageClass] = {name: name for name in PACKAGE_CLASSES}
    package_class = (
        None if only is None else classes[arguments.one_of("only", only, tuple(classes))]
    )
    if jobs is not None:
        arguments.whole("jobs", jobs, 1, 1024)
    files = open_launch(path)
    evidence = files.evidence()
    request = asked.request(files.path, evidence.policy, only=package_class)
    options = asked.ledger_options()
    verdict = verify_files(files, evidence, request, stage, ReadOptions(jobs), options)
    return _result("verify", verdict, report_document(verdict, command="verify"))


def preflight(  # noqa: PLR0913 - one argument for each option
    kits: PathLike | Sequence[PathLike],
    *,
    anchor: str | None = None,
    scope: str | None = None,
    at_unix_ms: int | None = None,
    binaries: PathLike | Sequence[PathLike] = (),
    geneses: PathLike | Sequence[PathLike] = (),
    home: PathLike | None = None,
    node_key: PathLike | None = None,
    platform: str | None = None,
    roles: Sequence[str] = (),
    ledger: PathLike | None = None,
    keep_head: bool = False,
) -> Result:
    """Compare this host's files with what was approved and frozen, as `aztrust preflight`.

    Args:
        kits: a kit or launch directory, or several, which are merged.
        binaries: the host's artifacts, each `FILE` or `ROLE=FILE`; else where the layouts look.
        geneses: its genesis files, each `FILE` or `NAME=FILE`; else where the layouts look.
        home, node_key: the node's home, and its key or public key.
        platform: `OS/ARCH`; None for this host's.
        roles: what this host runs; () for every role that the release has for the platform.

    The other arguments and the errors are those of `verify`.
    """
    from aztrust.acts.hostread import HostRequest
    from aztrust.acts.preflight import preflight as run
    from aztrust.report.hostdocument import KitFacts, preflight_document
    from aztrust.storage.config import shown
    from aztrust.storage.launch import open_launch

    paths = arguments.paths("kits", kits)
    asked = _asked(anchor, scope, at_unix_ms, ledger, keep_head)
    host = HostRequest(
        arguments.texts("binaries", binaries),
        arguments.texts("geneses", geneses),
        arguments.optional("home", home),
        arguments.optional("node_key", node_key),
        "" if platform is None else arguments.text("platform", platform),
        arguments.texts("roles", roles),
    )
    opened = [open_launch(path) for path in paths]
    request = asked.request(opened[0].path, opened[0].policy())
    verdict = run(opened, host, request, asked.ledger_options())
    facts = tuple(KitFacts(shown(f.path), f.kit is not None) for f in opened)
    return _result("preflight", verdict, preflight_document(verdict, facts))


def gate(  # noqa: PLR0913 - one argument for each option
    verdicts: PathLike | Sequence[PathLike],
    *,
    checkpoint_class: str,
    launch: PathLike | None = None,
    policy: PathLike | None = None,
    signer: str | None = None,
    anchor: str | None = None,
    scope: str | None = None,
    at_unix_ms: int | None = None,
    max_age: str | None = None,
    max_head_age: str = "1h",
    binaries: PathLike | Sequence[PathLike] = (),
    allow_conditional: bool = False,
    offline: bool = False,
    ledger: PathLike | None = None,
    keep_head: bool = False,
) -> Result:
    """Whether signed verdicts can be relied on, as `aztrust gate`.

    Args:
        verdicts: one `.sigstore.json` or `.dsse.json` file, or several.
        checkpoint_class: the checkpoint they must be about, such as `freeze_confirmed`.
        launch, policy, signer: exactly one of them defines who may sign: a launch directory or kit,
            a policy file alone, or the fingerprint of one key. Next to the last two the launch that
            the policy is in, of $AZTRUST_LAUNCH, or around the current directory is asked, too.
        max_age: how old the verdict may be, such as `15m`; None for any age.
        max_head_age: how old the ledger's newest head may be.
        binaries: files of this host that the verdicts must name.
        allow_conditional: let `conditional` pass.
        offline: pass without knowing whether later records exist.

    The other arguments and the errors are those of `verify`.
    """
    from aztrust.acts.gate import GateFiles, files_here, parse_class
    from aztrust.acts.gate import gate as run
    from aztrust.core.state.evidence import GateRequirements
    from aztrust.report.json import report_document

    asked = _asked(anchor, scope, at_unix_ms, ledger, keep_head)
    given = arguments.paths("verdicts", verdicts)
    files = GateFiles(given, arguments.paths("binaries", binaries) if binaries != () else ())
    requirements = GateRequirements(
        checkpoint_class=parse_class(arguments.text("checkpoint_class", checkpoint_class)),
        max_age_ms=None if max_age is None else parse_duration(arguments.text("max_age", max_age)),
        allow_conditional=arguments.flag("allow_conditional", allow_conditional),
        offline=arguments.flag("offline", offline),
        max_head_age_ms=parse_duration(arguments.text("max_head_age", max_head_age)),
        signer="" if signer is None else parse_anchor(signer),
    )
    source, path, policy_bytes = _source(launch, policy, requirements.signer, ledger)
    request = asked.request(path, policy_bytes)
    here = files_here(path if policy is not None else None) if launch is None else None
    verdict = run(source, files, requirements, request, asked.ledger_options(), here)
    return _result("gate", verdict, report_document(verdict, command="gate"))


def _source(
    launch: PathLike | None, policy: PathLike | None, signer: str, ledger: PathLike | None
) -> tuple[LaunchFiles | Evidence, Path | None, bytes]:
    """Where roles come from, its path, and the policy's bytes; no path for a signer alone."""
    from aztrust.acts.gate import policy_alone
    from aztrust.core.state.evidence import Evidence
    from aztrust.storage.launch import open_launch

    if sum((launch is not None, policy is not None, bool(signer))) != 1:
        raise UsageError(
            "exactly one of launch, policy and signer defines who may sign",
            mend="give one of the three",
        )
    if launch is not None:
        files = open_launch(arguments.path("launch", launch))
        return files, files.path, files.policy()
    if ledger is not None:
        raise UsageError(
            "a ledger is read under the policy of a launch",
            subject="ledger",
            mend="give launch, or leave out ledger",
        )
    if policy is not None:
        path = arguments.path("policy", policy)
        evidence = policy_alone(path)
        return evidence, path, evidence.policy
    return Evidence(b""), None, b""


@frozen
class _Asked:
    """The arguments that all functions share, parsed.

    Attributes:
        anchor, scope: in the one form; None and "" where they were not given.
        now: milliseconds since 1970.
        ledger: its path as text, None where it was not given.
        keep_head: whether a verified head is written.
    """

    anchor: str | None
    scope: str
    now: int
    ledger: str | None
    keep_head: bool

    def request(
        self, launch: Path | None, policy: bytes, *, only: PackageClass | None = None
    ) -> Request:
        """The request over a launch, or without a policy; raises as `resolve_anchor`."""
        from aztrust.acts.anchors import anchor_without_a_policy, resolve_anchor

        if launch is None:
            anchoring = anchor_without_a_policy(self.anchor)
        else:
            anchoring = resolve_anchor(launch, policy, given=self.anchor)
        return Request(
            now_unix_ms=self.now,
            anchor=anchoring.anchor,
            anchor_source=anchoring.source,
            scope=self.scope,
            only=only,
            pin_conflicts=anchoring.conflicts,
        )

    def ledger_options(self) -> LedgerOptions:
        """Where the ledger is, and whether its head is kept."""
        from aztrust.acts.ledger.reading import LedgerOptions

        return LedgerOptions(self.ledger, insists=True, keeps_head=self.keep_head)


def _asked(
    anchor: str | None,
    scope: str | None,
    at_unix_ms: int | None,
    ledger: PathLike | None,
    keep_head: bool,
) -> _Asked:
    if at_unix_ms is None:
        now = current_unix_ms()
    else:
        now = arguments.whole("at_unix_ms", at_unix_ms, FIRST_UNIX_MS, LAST_UNIX_MS)
    return _Asked(
        anchor=None if anchor is None else parse_anchor(anchor),
        scope="" if scope is None else parse_anchor(scope),
        now=now,
        ledger=None if ledger is None else str(arguments.path("ledger", ledger)),
        keep_head=arguments.flag("keep_head", keep_head),
    )


def current_unix_ms() -> int:
    """The present time."""
    return time.time_ns() // 1_000_000


def _result(command: str, verdict: Verdict, document: Mapping[str, Any]) -> Result:
    return Result(command, verdict.exit_code, verdict, document)


def _stage(value: str | None) -> Stage | None:
    from aztrust.core.checks.check import Stage

    if value is None:
        return None
    return Stage[arguments.one_of("require", value, [s.name.lower() for s in Stage]).upper()]
