"""A whole launch through the command line: a directory, its ledger, and people who run commands.

    desk = Desk(make_launch(tmp_path, policy=window_policy(), seal=False))
    desk.seal_and_approve()                     # or without `seal=False`, which is faster
    desk.run("freeze")
    desk.answer_all()
    desk.run("final-check")

Use it with fixtures of the test's module, whose functions are here:

    clock = pytest.fixture(ticking_clock)
    template = pytest.fixture(scope="module")(answered)   # made once
    desk = pytest.fixture(copied)                         # for each test
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.window.reading import read_launch_window
from aztrust.cli.session import Session
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.state import WindowState
from aztrust.storage.ledger.sqlite import open_store
from fixtures.identities import HOLDERS, Identity
from tests.command import Done, run
from tests.disk_launch import (
    GENESIS,
    MINUTE,
    NOW,
    SEALED_AND_APPROVED_BY,
    Launch,
    make_launch,
    policy_text,
)
from tests.final_check_builders import OWNERS
from tests.ledgers import TABLE
from tests.verdicts import ONE, TWO

DAY = 24 * 60 * MINUTE
SIGNERS = {
    "freeze": "luca",
    "final-check": "luca",
    "attest": "dan",
    "blocker": "rita",
    "advisory": "sonia",
    "lessons": "luca",
    "window": "luca",
    "revoke": "sonia",
    "countersign": "sonia",
}


LEDGERED = {
    "checklist",
    "countersign",
    "freeze",
    "final-check",
    "attest",
    "blocker",
    "advisory",
    "lessons",
    "window",
    "verify",
    "todo",
    "sign",
    "status",
}


class Clock:
    """A clock that goes a second further each time it is looked at, from the day after `NOW`."""

    def __init__(self) -> None:
        self.now = NOW + DAY

    def read(self) -> int:
        self.now += 1000
        return self.now

    def forward(self, milliseconds: int) -> None:
        self.now += milliseconds


def ticking_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The fixture."""
    clock = Clock()
    monkeypatch.setattr(Session, "now_unix_ms", lambda _session: clock.read())
    return clock


def home_at(patch: pytest.MonkeyPatch, path: Path) -> None:
    """Keep what aztrust saw in a folder that no other home knows."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        patch.setenv(name, str(path))


@contextmanager
def another_machine(path: Path) -> Iterator[None]:
    """A home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        home_at(patch, path / "other home")
        yield


def refused(done: Done, *causes: str) -> None:
    """The state of the launch does not allow what a command was asked for, and it says why."""
    assert done.exit_code == 10, done.out + done.err
    for cause in causes:
        assert cause in done.advised


def window_policy(more: str = "", *, verdicts: str = ONE) -> str:
    """A policy under which everything about a launch window can be signed."""
    return policy_text(extra=verdicts + '[checks.incident-path]\nrole = "ops-lead"\n' + more)


QUESTIONS = (
    *("finalized-roots", "finality-cadence", "determinism", "committees"),
    *("finality-gaps", "scope-match", "governance"),
)
"""The seven of AZ-11.2, as options."""
ALL_OK = tuple(word for name in QUESTIONS for word in (f"--{name}", "ok"))


class Desk:
    """Runs commands in a launch directory, each by a person who may, with the launch's anchor."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.anchor = launch.anchor

    def run(self, *words: object, by: str | None = None, anchor: bool = True) -> Done:
        command = str(words[0])
        more: list[object] = []
        if command in LEDGERED and "--ledger" not in words:
            more += ["--ledger", self.ledger]
        if by is not None or self._signs(words):
            more += ["--key", self.launch.key_file(by or SIGNERS[command])]
        if anchor and command != "show":
            more += ["--anchor", self.anchor]
        return run("-C", self.launch.path, *words, *more)

    def done(self, *words: object, by: str | None = None) -> Done:
        """The same with --yes; it ends in 0."""
        done = self.run(*words, "--yes", by=by)
        assert done.exit_code == 0, f"{words}\n{done.out}{done.err}"
        return done

    def window(self, now: int) -> WindowState:
        """What has become of the window that is open, at a time."""
        inputs = TrustInputs(now, anchor=self.anchor, ledger=str(self.ledger))
        context = read_launch_window(self.launch.path, inputs)
        (attempt,) = context.state.attempts
        return present_window(context, attempt)

    def json(self, *words: object, **more: Any) -> tuple[int, dict[str, Any]]:
        done = self.run(*words, "--format", "json", **more)
        return done.exit_code, done.document

    def seal_and_approve(self) -> None:
        """Seal both packages and approve them, by the people whom `make_launch` takes."""
        for package_class, (sealer, approvers) in SEALED_AND_APPROVED_BY.items():
            steps = [("seal", sealer), *(("approve", by) for by in approvers)]
            for command, by in steps:
                done = self.run(command, package_class, "--yes", by=by)
                assert done.exit_code == 0, done.out + done.err

    def freeze(self, *words: str, by: str = "luca") -> str:
        """Freeze the scope; its hash."""
        exit_code, document = self.json("freeze", "--yes", *words, by=by)
        assert exit_code in (0, 11), document
        return str(document["scope_hash"])

    def answer_all(self, *, but: tuple[str, ...] = ()) -> None:
        """A pass for every row that people answer."""
        for row, by in OWNERS.items():
            if row not in but:
                assert self.run("attest", row, "pass", by=by).exit_code == 0
        if "advisory-review" not in but:
            words = ("--outcome", "clear", "--source", "public", "--source", "private")
            assert self.run("advisory", "review", *words).exit_code == 0
        self.keep()

    def keep(self) -> None:
        """The keeper appends what waits in the folder, and signs and publishes a head."""
        words = ("append", "--ledger", self.ledger, "--key", self.launch.key_file("luca"))
        done = self.run("ledger", *words)
        assert done.exit_code == 0, done.out + done.err

    def verify(self) -> tuple[int, str, set[str]]:
        """Exit code, guidance, and the codes of all findings."""
        exit_code, document = self.json("verify")
        codes = {f["code"] for check in document["checks"] for f in check["findings"]}
        return exit_code, document["guidance"], codes

    def files(self, folder: str = "records") -> list[Path]:
        """The files in a folder of manifests/, sorted."""
        return sorted((self.launch.path / "manifests" / folder).iterdir())

    def statement(self, path: str) -> dict[str, Any]:
        """The signed statement of a record or verdict."""
        data = (self.launch.path / path).read_bytes()
        return dict(json.loads(parse_envelope(data, name=path).payload))

    def snapshot(self) -> dict[str, object]:
        """Every file of the launch, and what its ledger holds."""
        found: dict[str, object] = {
            str(path): path.read_bytes()
            for path in sorted(self.launch.path.rglob("*"))
            if path.is_file()
        }
        if self.ledger.exists():
            with open_store(self.ledger) as store:
                found["ledger"] = store.size()
        return found

    @property
    def ledger(self) -> Path:
        """The launch's ledger; next to it, so that both can be copied."""
        return self.launch.path.parent / "launch.ledger"

    def _signs(self, words: tuple[object, ...]) -> bool:
        reading = ("list", "status", "next", "log", "script", "minutes", "roles", "--dry-run")
        return words[0] in SIGNERS and not any(word in reading for word in words)


@dataclass(frozen=True)
class Template:
    """A launch with its ledger, and the time at which it was made."""

    path: Path
    now: int

    @classmethod
    def of(
        cls,
        parent: Path,
        policy: str,
        act: Callable[[Desk, Clock], object],
        *,
        people: tuple[Identity, ...] = HOLDERS,
        genesis: Mapping[str, bytes] = GENESIS,
    ) -> Template:
        """A launch under a policy, sealed and approved, after some acts."""
        with another_machine(parent), pytest.MonkeyPatch.context() as patch:
            clock = ticking_clock(patch)
            launch = make_launch(parent, policy=policy, people=people, genesis=genesis)
            act(Desk(launch), clock)
            return cls(parent, clock.now)

    def after(self, parent: Path, act: Callable[[Desk, Clock], object]) -> Template:
        """The same launch after more acts, on a machine that does not know it."""
        with another_machine(parent), pytest.MonkeyPatch.context() as patch:
            clock = ticking_clock(patch)
            act(self.copy(parent, clock), clock)
            return Template(parent, clock.now)

    @classmethod
    def make(cls, parent: Path, *, answered: bool) -> Template:
        """A frozen launch, and with `answered` every answer to its final checks."""

        def act(desk: Desk, _: Clock) -> None:
            desk.freeze()
            if answered:
                desk.answer_all()

        return cls.of(parent, window_policy(), act)

    @classmethod
    def at_go_hold(cls, parent: Path, more: str = "", *, verdicts: str = ONE) -> Template:
        """A launch whose final checks passed, under a policy with more tables."""

        def act(desk: Desk, _: Clock) -> None:
            desk.freeze()
            desk.answer_all()
            desk.done("final-check")

        return cls.of(parent, window_policy(more, verdicts=verdicts), act)

    @classmethod
    def started(
        cls,
        parent: Path,
        more: str = "",
        *,
        to: str = "posture",
        people: tuple[Identity, ...] = HOLDERS,
        genesis: Mapping[str, bytes] = GENESIS,
    ) -> Template:
        """A launch that one coordinator led to the start, or on to the restricted posture.

        Args:
            parent: where it is made.
            more: tables of its policy.
            to: `start`, `epochs` (the first epoch is final) or `posture`.
            people: whose public keys are there.
            genesis: the files of this package.
        """

        def act(desk: Desk, clock: Clock) -> None:
            desk.freeze()
            desk.answer_all()
            desk.done("final-check")
            opens = clock.now // 1000
            times = ("--opens", str(opens), "--closes", str(opens + 7200))
            desk.done("window", "go", "--reason", "every check passes", *times)
            desk.done("window", "checkpoint", "go_hold_review_completed")
            desk.done("window", "checkpoint", "bootstrap_authorized")
            desk.done("final-check")
            desk.done("window", "activate-role", "node")
            if to != "start":
                shown = ("--evidence", desk.launch.path / "manifests" / "launch.toml")
                desk.done("window", "checkpoint", "first_blocks_healthy", *shown)
                desk.done("window", "checkpoint", "first_epoch_finalized", *shown)
            if to == "posture":
                desk.done("window", "observe", "--epochs", "0-3", *ALL_OK)
                desk.done("window", "posture", "enter", "--epochs", "0-3")
                desk.done("window", "checkpoint", "restricted_posture_entered")

        return cls.of(parent, window_policy(more), act, people=people, genesis=genesis)

    @classmethod
    def of_two(cls, parent: Path, act: Callable[[Desk], object]) -> Template:
        """A launch whose freeze luca and sonia sign, whose ledger luca keeps, after some acts."""
        return cls.of(parent, window_policy(TABLE, verdicts=TWO), lambda desk, _: act(desk))

    def copy(self, parent: Path, clock: Clock) -> Desk:
        """A desk of its own, at the time at which the template was made."""
        for name in ("launch", "launch.ledger"):
            copy = shutil.copytree if name == "launch" else shutil.copy
            copy(self.path / name, parent / name)
        clock.now = self.now
        launch = Launch(parent / "launch")
        launch.records = [None] * 7  # type: ignore[list-item]  # only their number counts
        return Desk(launch)


def copied(template: Template, tmp_path: Path, clock: Clock) -> Desk:
    """The fixture of a desk with the launch of the module's template."""
    return template.copy(tmp_path, clock)


def answered(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The fixture of a launch that is frozen, and whose final checks are answered."""
    return Template.make(tmp_path_factory.mktemp("answered"), answered=True)
