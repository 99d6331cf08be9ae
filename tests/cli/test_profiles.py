"""Each profile walked as a stranger walks it: by what `next` and `then` print, typed into a shell.

The walker knows no command of aztrust but the first. It reads the block that follows `next` or
`then`, hands each line to the person whom the line names first, and goes on with the block that
this command prints, until a host says READY. Everyone has a home and keys of their own. What a
person types in the place of HEX is what the coordinator announced.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import PROGRAM, environment
from tests.core.programs import elf
from tests.patience import PATIENCE

GENESIS = b'{"app_state":{},"chain_id":"atlas-1","genesis_time":"2036-01-01T00:00:00Z"}\n'
STEP = re.compile(r"(?:(?P<who>[a-z][a-z0-9 -]*): )?(?P<command>(?:aztrust|git|cd) .*)")
GIT_NAMES = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
ANSWERS = b"y\n" * 4


class Walker:
    """Strangers with a shell each, in one shared folder, who type what they read.

    Args:
        path: a folder of its own.
        people: the roles of each; a step for a role or a holder is that person's.
    """

    def __init__(self, path: Path, people: dict[str, list[str]]) -> None:
        self.path, self.people = path, people
        self.folder = path / "shared"
        self.folder.mkdir()
        self.typed: list[tuple[str, str]] = []
        self.announced = ""
        self.ready = ""
        program = path / "bin" / "aztrust"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
        program.chmod(0o755)
        for name in (*people, "host"):
            (path / name).mkdir()
        self._make_host()

    def walk(self, who: str, line: str) -> None:
        """Type a line, then everything that it says comes next, until a host is READY."""
        waiting = [(who, line)]
        while waiting and not self.ready:
            who, line = waiting.pop(0)
            if (who, line) in self.typed:
                continue
            self.typed.append((who, line))
            output = self.type(who, line)
            if output.startswith("READY"):
                self.ready = output
            steps = steps_of(output)
            # One's own steps are done at once, those of others when they look.
            waiting = [
                *((who, command) for named, command in steps if not named and is_own(command)),
                *waiting,
                *(
                    (person, command)
                    for named, command in steps
                    if named or not is_own(command)
                    for person in self._persons(named, who, command)
                ),
            ]

    def type(self, who: str, line: str) -> str:
        """What a line prints, typed at a terminal by a person who answers y."""
        line = line.replace(" HEX", f" {self.announced}")
        where = self.path / "where"
        terminal, inside = pty.openpty()
        try:
            os.write(terminal, ANSWERS)
            done = subprocess.run(
                ["sh", "-c", f'{line}\ncode=$?; pwd >"$WHERE"; exit $code'],
                cwd=self.folder if who != "host" else self.path / "host",
                env=self._environment(who, where),
                stdin=inside,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
        finally:
            os.close(terminal)
            os.close(inside)
        # 11: what one of several has signed is not the whole yet.
        assert done.returncode in (0, 11), f"{who}$ {line}\n{done.stdout}{done.stderr}"
        if who != "host":
            self.folder = Path(where.read_text().strip())
        if line == "aztrust anchor show":
            self.announced = re.findall(r"sha256:([0-9a-f]{64})", done.stdout)[0]
        return done.stdout

    def _persons(self, named: str, before: str, command: str) -> Iterator[str]:
        if command.startswith("aztrust preflight"):
            for kit in self.folder.glob("*.aztrust"):
                shutil.copy(kit, self.path / "host")
            yield "host"
            return
        if named == "each holder":
            yield from self.people
            return
        wanted = set(named.split(" or ")) if named else {before}
        yield from (p for p, roles in self.people.items() if wanted & {p, *roles})

    def _environment(self, who: str, where: Path) -> dict[str, str]:
        home = str(self.path / who)
        person = dict.fromkeys(GIT_NAMES, who)
        return environment(
            HOME=home,
            XDG_CONFIG_HOME=f"{home}/.config",
            LOGNAME=who,
            USER=who,
            AZTRUST_PASSPHRASE=f"passphrase of {who}",
            PATH=f"{self.path / 'bin'}:{os.environ['PATH']}",
            WHERE=str(where),
            **person,
        )

    def _make_host(self) -> None:
        """A host that the node is installed on, as cosmovisor does it."""
        home = self.path / "host" / ".atlasd"
        program = home / "cosmovisor/genesis/bin/atlasd"
        for target, data in ((program, elf()), (home / "config/genesis.json", GENESIS)):
            target.parent.mkdir(parents=True)
            target.write_bytes(data)
        program.chmod(0o755)


def is_own(command: str) -> bool:
    """Whether a step without a name is for the person who reads it; a host asks preflight."""
    return not command.startswith("aztrust preflight")


def steps_of(output: str) -> list[tuple[str, str]]:
    """Who is to type what, by the blocks that `next` and `then` begin."""
    lines: list[str] = []
    inside = False
    for line in output.splitlines():
        label, text = line[:9].strip(), line[9:].strip()
        inside = label in ("next", "then") or (inside and not label)
        if inside:
            lines.append(text)
    joined = "\n".join(lines).replace("\\\n", "")
    found = (STEP.fullmatch(line) for line in joined.splitlines())
    return [(step["who"] or "", step["command"]) for step in found if step]


@pytest.fixture
def files(tmp_path: Path) -> str:
    """The options with which a release and a genesis are named."""
    (tmp_path / "atlasd").write_bytes(elf())
    (tmp_path / "atlasd").chmod(0o755)
    (tmp_path / "genesis.json").write_bytes(GENESIS)
    return f"--release {tmp_path}/atlasd --genesis {tmp_path}/genesis.json"


def test_solo_is_ready_after_three_commands(tmp_path: Path, files: str):
    walker = Walker(tmp_path, {"olga": ["owner"]})
    walker.walk("olga", f"aztrust init atlas --profile solo {files}")
    assert "approved by 1 person" in walker.ready
    assert "no freeze in this policy" in " ".join(walker.ready.split())
    assert [who for who, _ in walker.typed] == ["olga", "olga", "host"]


def test_testnet_is_ready_by_two_people(tmp_path: Path, files: str):
    people = {"rita": ["release-manager"], "gabi": ["genesis-custodian"]}
    walker = Walker(tmp_path, people)
    walker.walk("rita", f"aztrust init atlas --profile testnet {files}")
    assert "approved and frozen" in walker.ready
    assert {who for who, _ in walker.typed} == {"rita", "gabi", "host"}


def test_mainnet_is_ready_by_eight_people(tmp_path: Path, files: str):
    people = {
        "rita": ["release-manager"],
        "gabi": ["genesis-custodian"],
        "sonia": ["security-lead"],
        "cosmin": ["consensus-lead"],
        "luca": ["launch-coordinator"],
        "dan": ["ops-lead"],
        "ines": ["incident-commander"],
        "ada": ["audit-scribe"],
    }
    walker = Walker(tmp_path, people)
    walker.walk("luca", f"aztrust init atlas --profile mainnet {files}")
    assert "approved and frozen" in walker.ready
    frozen_by = {who for who, command in walker.typed if command == "aztrust freeze"}
    assert frozen_by >= {"luca", "sonia"}
