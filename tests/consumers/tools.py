"""The programs that docs/consumers.md names, and its commands, each a test's to run.

They are installed by `make consumers-tools` into `.tools` and `.venv-consumers`; what is not there
is looked for on PATH, and where it is nowhere, the test is skipped and says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.shared import REPOSITORY
from tools.readme import Command, commands

DOCUMENT = REPOSITORY / "docs" / "consumers.md"
TOOLS = REPOSITORY / ".tools"
MODULES = TOOLS / "npm" / "node_modules"
PYTHON = REPOSITORY / ".venv-consumers" / "bin"
PATH = os.pathsep.join([*map(str, (TOOLS, MODULES / ".bin", PYTHON)), os.environ.get("PATH", "")])

# Section of the document -> the programs that its commands need.
NEEDS = {
    "check.sh": ("openssl",),
    "slsa-verifier": ("slsa-verifier", "openssl", "sha256sum"),
    "cosign": ("cosign", "jq"),
    "@sigstore/verify": ("node",),
    "securesystemslib": ("python",),
}
INSTALLED = {
    "@sigstore/verify": MODULES / "@sigstore/verify",
    "securesystemslib": PYTHON / "python",
}


@dataclass(frozen=True)
class Documented:
    """One command of the page that verifies a file."""

    section: str
    command: Command

    @property
    def name(self) -> str:
        return f"{self.section}{', ledger' * self.asks_the_ledger}"

    @property
    def asks_the_ledger(self) -> bool:
        return "$ROOT" in self.command.text

    @property
    def reads_the_bundle(self) -> bool:
        return ".sigstore.json" in self.command.text


def documented() -> list[Documented]:
    """Every verifying command of docs/consumers.md, by section."""
    found = []
    sections = DOCUMENT.read_text("utf-8").split("\n## ")
    for section in sections[1:]:
        title = section.partition("\n")[0]
        found += [Documented(title, c) for c in commands(section) if not c.skip]
    return found


def require(section: str) -> None:
    """Skip the test where a program of a section is absent."""
    absent = [p for p in NEEDS[section] if shutil.which(p, path=PATH) is None]
    if section in INSTALLED and not INSTALLED[section].exists():
        absent.append(section)
    if absent:
        pytest.skip(f"{', '.join(absent)} is not installed: make consumers-tools")


@dataclass(frozen=True)
class Bench:
    """A folder as the page has it: the unpacked kit, `contrib/consumers`, and its variables."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def path(self, variable: str, ending: str = "") -> Path:
        """The file that a variable names."""
        return self.folder / (self.variables[variable] + ending)

    def copy(self, to: Path) -> Bench:
        """The same once more, to be spoiled."""
        shutil.copytree(self.folder, to, symlinks=True)
        return Bench(to, dict(self.variables))

    def run(self, words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command line, in this folder, in an empty home, without input."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        env = {**os.environ, "PATH": PATH, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        # A program that asks the network gets nothing: no proxy answers there.
        env |= dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
        return subprocess.run(
            ("bash", "-c", words),
            cwd=self.folder,
            env={**env, **self.variables, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def bench(folder: Path, variables: dict[str, str]) -> Bench:
    """A folder that was handed over, with the scripts that the page's commands run."""
    scripts = folder / "contrib" / "consumers"
    scripts.mkdir(parents=True)
    for script in (REPOSITORY / "contrib" / "consumers").glob("with-*"):
        shutil.copy(script, scripts)
    (scripts / "node_modules").symlink_to(MODULES)
    return Bench(folder, variables)
