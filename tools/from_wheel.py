"""Run the wheel as a validator does, without installing it: `uvx` and `pipx run`, for real.

    python tools/from_wheel.py [WHEEL]        else the one in dist/

Both start in an empty home, ask the machine's own package index, and answer a validator's question
on a node's home that is made from the rehearsal launch: `preflight` of a kit that the wheel packed.
The versions are those of requirements/run.txt, so that the answer is the same tomorrow. Needs uv
and pipx next to this Python (requirements/tools.txt).
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import readme

REPOSITORY = readme.REPOSITORY
BIN = Path(sys.executable).parent
PIN = re.compile(r"^[a-z0-9-]+==[^ \\]+", re.MULTILINE)
# pip's settings that say how packages are reached, and uv's names for them.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


class TrialError(Exception):
    """What did not work, as one sentence."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One command line and the exit code it must have."""

    title: str
    command: tuple[str, ...]
    exit_code: int


def node_home(target: Path) -> Path:
    """A validator's home as cosmovisor has it, with the rehearsal's binary and genesis.

    Returns:
        the home; its binary is the one for linux/amd64.
    """
    binary = target / "cosmovisor" / "genesis" / "bin" / "atlasd"
    binary.parent.mkdir(parents=True)
    with tarfile.open(REPOSITORY / "fixtures" / "release" / "atlasd-linux-amd64.tar.gz") as packed:
        member = packed.extractfile("bin/atlasd")
        if member is None:
            raise TrialError("bin/atlasd of the rehearsal is not a regular file")
        binary.write_bytes(member.read())
    binary.chmod(0o755)
    (target / "cosmovisor" / "current").symlink_to("genesis")
    (target / "config").mkdir()
    shutil.copy(REPOSITORY / "fixtures" / "genesis" / "genesis.json", target / "config")
    return target


def anchor() -> str:
    """The rehearsal's anchor, from the Makefile."""
    text = (REPOSITORY / "Makefile").read_text("utf-8")
    found = re.search(r"^ANCHOR := (\S+)$", text, re.MULTILINE)
    if found is None:
        raise TrialError("the Makefile has no line ANCHOR := sha256:<64 hex>")
    return found[1]


def trials(wheel: Path, kit: Path, home: Path) -> list[Trial]:
    """The commands, in order: uvx packs the kit that both check."""
    uvx = (str(BIN / "uvx"), "--from", str(wheel), "aztrust")
    pipx = (str(BIN / "pipx"), "run", "--spec", str(wheel), "aztrust")
    preflight = ("preflight", str(kit), "--home", str(home), "--anchor", anchor(), "--platform")
    return [
        Trial("uvx: which aztrust", (*uvx, "--version"), 0),
        Trial("uvx: pack", (*uvx, "-C", str(REPOSITORY), "pack", "--to", str(kit)), 0),
        Trial("uvx: preflight, before the freeze", (*uvx, *preflight, "linux/amd64"), 11),
        Trial("pipx: which aztrust", (*pipx, "--version"), 0),
        Trial("pipx: preflight, before the freeze", (*pipx, *preflight, "linux/amd64"), 11),
        Trial("pipx: preflight, another platform", (*pipx, *preflight, "linux/arm64"), 10),
    ]


def environment(home: Path, scratch: Path) -> dict[str, str]:
    """A person's empty home, and this machine's way to its package index."""
    kept = readme.environment(home)
    configured = uv_settings(kept)
    pins = scratch / "constraints.txt"
    lines = PIN.findall((REPOSITORY / "requirements" / "run.txt").read_text("utf-8"))
    pins.write_text("\n".join(lines) + "\n", "utf-8")
    python = ("PYTHON", "XDG_", "PIPX_")
    return {name: value for name, value in kept.items() if not name.startswith(python)} | {
        **{name: value for name, value in configured.items() if name not in kept},
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "PIPX_DEFAULT_PYTHON": sys.executable,
        # pipx uses the uv next to it where there is one: uvx proves that half already.
        "PIPX_DEFAULT_BACKEND": "pip",
        "PIP_CONSTRAINT": str(pins),
        "PIP_ONLY_BINARY": ":all:",
        "UV_CONSTRAINT": str(pins),
        "UV_NO_BUILD": "1",
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }


def uv_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """How pip is configured for its index on this machine, as uv's variables."""
    done = subprocess.run(
        (sys.executable, "-m", "pip", "config", "list"),
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, str] = {}
    for section in ("global", "install", ":env:"):  # the later one wins, as with pip
        for line in done.stdout.splitlines():
            name, _, value = line.partition("=")
            variable = UV_NAMES.get(name.removeprefix(f"{section}."))
            if variable and value:
                found[variable] = " ".join(str(ast.literal_eval(value)).split())
    return found


def run(trial: Trial, cwd: Path, env: Mapping[str, str]) -> None:
    """Run one command in an empty folder.

    Raises:
        TrialError: it ended otherwise than it must.
    """
    began = time.monotonic()
    done = subprocess.run(
        trial.command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != trial.exit_code:
        sys.stderr.write(done.stdout + done.stderr)
        raise TrialError(
            f"{trial.title}: exit {done.returncode}, expected {trial.exit_code}: "
            f"{' '.join(trial.command)}"
        )
    first = (done.stdout.splitlines() or [""])[0]
    print(f"{time.monotonic() - began:5.1f} s  {trial.title}: exit {trial.exit_code}  {first}")


def only_wheel(folder: Path) -> Path:
    """The wheel that `make dist` left there.

    Raises:
        TrialError: there is none, or more than one.
    """
    wheels = sorted(folder.glob("aztrust-*.whl"))
    if len(wheels) != 1:
        raise TrialError(f"{folder} has {len(wheels)} wheels, not one: make dist")
    return wheels[0]


def main(arguments: list[str]) -> int:
    """Run all; returns the exit code."""
    try:
        wheel = Path(arguments[0]).resolve() if arguments else only_wheel(REPOSITORY / "dist")
        with tempfile.TemporaryDirectory(prefix="aztrust-wheel-") as name:
            scratch = Path(name)
            home, work = scratch / "home", scratch / "work"
            home.mkdir()
            work.mkdir()
            env = environment(home, scratch)
            for trial in trials(wheel, scratch / "rehearsal.aztrust", node_home(scratch / "node")):
                run(trial, work, env)
    except TrialError as error:
        print(f"from_wheel: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
