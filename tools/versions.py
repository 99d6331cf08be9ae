"""One launch, one answer: the oldest and the newest version of every dependency give equal bytes.

    python tools/versions.py

Two environments are made in a scratch directory, from the hashed requirement files: oldest.txt has
the lower bound of every dependency in pyproject.toml, run.txt what CI runs. In each, the same
commands run over the rehearsal launch of this repository, over its kit, and over policies that a
newer TOML library reads and an older one does not. Exit codes and output must be equal. How the
command line library words a usage error of its own is not compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
FILES = ("oldest.txt", "run.txt")
AT = "2026-06-01T12:00:00Z"
NEWER_TOML = (
    "\n[extra]\na = { b = 1,\n c = 2 }\n",
    "\n[extra]\na = { b = 1, }\n",
    '\n[extra]\na = "\\e"\n',
    "\n[extra]\na = 07:32\n",
)

Answer = tuple[int, bytes, bytes]


def main() -> int:
    """Compare; 0 where all answers are equal, 1 where one differs."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        answers = {name: ask(environment(folder, name), folder / f"{name}.work") for name in FILES}
    oldest, newest = (answers[name] for name in FILES)
    unequal = [command for command in oldest if oldest[command] != newest[command]]
    for command in unequal:
        print(f"{command}: two answers", file=sys.stderr)
        for name in FILES:
            code, out, err = answers[name][command]
            print(f"  {name}: exit {code}\n{(out + err).decode()[:2000]}", file=sys.stderr)
    if not unequal:
        print(f"{len(oldest)} commands give the same bytes with {' and '.join(FILES)}")
    return 1 if unequal else 0


def environment(folder: Path, name: str) -> Path:
    """The Python of a new environment with exactly these versions."""
    place = folder / name.removesuffix(".txt")
    subprocess.run((sys.executable, "-m", "venv", place), check=True)
    python = place / "bin" / "python"
    pip = (python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    locked = ("--require-hashes", "--no-deps", "--only-binary=:all:")
    subprocess.run((*pip, *locked, "-r", REPOSITORY / "requirements" / name), check=True)
    return python


def ask(python: Path, work: Path) -> dict[str, Answer]:
    """Every command's answer, by what was asked; the scratch directory is named `WORK` in it."""
    work.mkdir()
    launch = work / "launch"
    for name in ("manifests", "keys", "fixtures/rehearsal"):
        if (REPOSITORY / name).exists():
            shutil.copytree(REPOSITORY / name, launch / name)
    policy = (launch / "manifests/launch.toml").read_text("utf-8")
    for path in re.findall(r'(?m)^path = "([^"]+)"', policy):
        if not (launch / path).exists() and (REPOSITORY / path).is_dir():
            shutil.copytree(REPOSITORY / path, launch / path)
    kit = work / "kit.aztrust"
    common = ("--format", "json")
    commands: list[tuple[str, ...]] = [
        ("-C", "launch", "verify", "--at", AT, *common),
        ("-C", "launch", "verify", "--at", AT, "-v"),
        ("-C", "launch", "policy", "lint", *common),
        ("-C", "launch", "policy", "show", *common),
        ("-C", "launch", "anchor", "show", *common),
        ("-C", "launch", "pack", "--to", kit.name, *common),
        ("-C", kit.name, "verify", "--at", AT, *common),
        ("preflight", kit.name, "--platform", "linux/amd64", "--at", AT, *common),
        ("hash", "launch/keys"),
        ("verify", "--require", "nothing"),
        ("-C", "nowhere", "verify"),
    ]
    answers = {" ".join(words): run(python, work, words) for words in commands}
    answers["the kit"] = (0, kit.read_bytes(), b"")
    for number, text in enumerate(NEWER_TOML):
        (launch / "manifests/launch.toml").write_text(policy + text, "utf-8")
        words = ("-C", "launch", "policy", "lint", *common)
        answers[f"{' '.join(words)}, newer TOML {number}"] = run(python, work, words)
    return answers


def run(python: Path, work: Path, words: tuple[str, ...]) -> Answer:
    """Exit code, output and errors of one command."""
    environ = {
        "HOME": str(work / "home"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        (python, "-m", "aztrust", *words),
        cwd=work,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    here = str(work).encode()
    return done.returncode, done.stdout.replace(here, b"WORK"), done.stderr.replace(here, b"WORK")


if __name__ == "__main__":
    sys.exit(main())
