"""The core's tests, the archives of earlier versions and one launch, with every supported Python.

    python tools/pythons.py 3.11 3.12 3.13

An interpreter is looked for as `pythonX.Y` on PATH and below `$PYENV_ROOT/versions` (else
`~/.pyenv`). The version that runs this file is left out: `make test` ran it. A version that is
not there is named and does not fail; one that was run and failed does.
Needs uv next to this Python's environment (`make .venv-tools/.done`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.from_wheel import anchor, uv_settings

REPOSITORY = Path(__file__).resolve().parents[1]
UV = REPOSITORY / ".venv-tools" / "bin" / "uv"
TESTS = (
    *("-q", "-n", "auto", "-p", "no:cacheprovider", "-m", "not slow"),
    *("tests/core", "tests/corpus"),
)
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def candidates(version: str) -> list[Path]:
    """Where a Python of this version may be, the best first."""
    on_path = shutil.which(f"python{version}")
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    below = sorted(root.glob(f"{version}.*/bin/python"), reverse=True)
    return [*([Path(on_path)] if on_path else []), *below]


def interpreter(version: str) -> Path | None:
    """A Python that runs and is of this version; a launcher without its version is none."""
    for path in candidates(version):
        done = subprocess.run((path, "-c", _VERSION), capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == version:
            return path
    return None


def try_with(python: Path, folder: Path) -> int:
    """The exit code of the first thing that fails in an environment of its own, else 0."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env = {**uv_settings(settings), **settings, "UV_PYTHON_DOWNLOADS": "never"}
    place = folder / "environment"
    locked = ("--require-hashes", "--no-deps", "--no-build", "-r", "requirements/dev.txt")
    inside = place / "bin" / "python"
    smoke = ("-P", "-m", "aztrust", "-C", str(REPOSITORY), "verify", "--anchor", anchor())
    with_package = {**settings, "PYTHONPATH": str(REPOSITORY)}
    for words, environment in (
        ((UV, "venv", "--quiet", "--python", python, place), env),
        ((UV, "pip", "install", "--quiet", "--python", inside, *locked), env),
        ((inside, *smoke), with_package),
        ((inside, "-m", "pytest", *TESTS), with_package),
    ):
        code = subprocess.run(words, cwd=REPOSITORY, env=environment, check=False).returncode
        if code:
            print(f"failed: {' '.join(map(str, words))}: exit {code}", file=sys.stderr)
            return code
    return 0


def main(versions: list[str]) -> int:
    """Try all; returns the exit code."""
    ran = [f"{sys.version.split()[0]} (make test)"]
    absent: list[str] = []
    failed: list[str] = []
    for version in versions:
        if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
            continue
        python = interpreter(version)
        if python is None:
            absent.append(version)
            continue
        print(f"---- Python {version}: {python}", flush=True)
        with tempfile.TemporaryDirectory(prefix="aztrust-python-") as folder:
            (failed if try_with(python, Path(folder)) else ran).append(version)
    print(f"Python   ran: {', '.join(ran)}")
    if absent:
        print(f"         NOT run, not on this machine: {', '.join(absent)}")
    if failed:
        print(f"         FAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
