"""A validator's host, as the pieces in contrib/ find it.

`aztrust` on PATH is this repository's, or a stand-in that reports its arguments and ends as set.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aztrust.cli.main import COMMANDS
from fixtures.forge import Launch
from fixtures.forge.host import Host
from tests.shared import REPOSITORY

CONTRIB = REPOSITORY / "contrib"
RELEASE = REPOSITORY / "fixtures" / "release"
GENESIS = REPOSITORY / "fixtures" / "genesis" / "genesis.json"
PLATFORM = "linux/amd64"


def tool(name: str) -> str:
    """Where a program is; skips the test where it is absent."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def needs(*commands: str) -> None:
    """Skip a test of commands that this aztrust does not have."""
    absent = [name for name in commands if name not in COMMANDS]
    if absent:
        pytest.skip(f"aztrust has no command {', '.join(absent)}")


def script(path: Path, text: str) -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def with_path(folder: Path) -> dict[str, str]:
    """This environment, with a folder's programs first."""
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def install(folder: Path) -> Path:
    """Put this repository's aztrust into a folder, as a program."""
    python, home = shlex.quote(sys.executable), shlex.quote(str(REPOSITORY))
    text = f'#!/bin/sh\nPYTHONPATH={home} exec {python} -P -m aztrust "$@"\n'
    return script(folder / "aztrust", text)


@dataclass(frozen=True)
class StandIn:
    """A program called aztrust: it notes its arguments, writes `--output`, and ends as set."""

    program: Path

    @property
    def _note(self) -> Path:
        return self.program.with_suffix(".asked")

    def answers(self, exit_code: int, report: Any = None) -> None:
        """What the next run does."""
        text = json.dumps(report or {"checks": [], "verdict": "pass"})
        script(
            self.program,
            f"""#!/bin/sh
printf '%s\\0' "$@" > {shlex.quote(str(self._note))}
while [ $# -gt 0 ]; do
    if [ "$1" = --output ]; then printf '%s' {shlex.quote(text)} > "$2"; fi
    shift
done
echo 'the report' ; exit {exit_code}
""",
        )

    @property
    def asked(self) -> list[str]:
        """The arguments of the last run; empty where there was none."""
        return self._note.read_text("utf-8").split("\0")[:-1] if self._note.exists() else []


def node_home(target: Path, *, platform: str = PLATFORM) -> Path:
    """A node's home with the rehearsal's binary, under cosmovisor, and its genesis."""
    binary = target / "cosmovisor" / "genesis" / "bin" / "atlasd"
    binary.parent.mkdir(parents=True)
    with tarfile.open(RELEASE / f"atlasd-{platform.replace('/', '-')}.tar.gz") as archive:
        member = archive.extractfile("bin/atlasd")
        assert member is not None
        binary.write_bytes(member.read())
    binary.chmod(0o755)
    (target / "config").mkdir()
    shutil.copy(GENESIS, target / "config")
    return target


def rehearsal_kit(target: Path) -> Path:
    """A kit of the rehearsal launch, which has no freeze yet."""
    needs("pack", "preflight")
    program = (sys.executable, "-P", "-m", "aztrust")
    words = (*program, "-C", str(REPOSITORY), "pack", "--to", str(target))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@dataclass(frozen=True)
class Ready:
    """A host that holds what was approved and frozen, and the kit that says so."""

    kit: Path
    anchor: str
    home: Path
    binary: Path
    scope: str


def ready_host(target: Path) -> Ready:
    """Forge a frozen launch of the rehearsal's, and a host for it."""
    target.mkdir()
    launch = Launch(target)
    host = Host(launch)
    return Ready(host.kit(), launch.anchor, host.home, host.binary, launch.scope())
