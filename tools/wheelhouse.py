"""A wheelhouse: what a host without a network installs aztrust from, with hashes for everything.

    python tools/wheelhouse.py [--output dist] [--python 3.11 …] [--platform TAG …]

It is a folder and a tar file of it, with the wheel that `make dist` left there, the wheels of its
dependencies (requirements/binary.txt) for each Python and this machine's platform, and a
`requirements.txt` with one hash for each file. Then each wheelhouse is installed from as a host
does it, by this Python into a new environment, without an index, and the program is run.

The tar file has the same bytes wherever it is made from the same wheels.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.dist import EPOCH, REPOSITORY, code_digest
from tools.from_wheel import TrialError, only_wheel

REQUIREMENTS = REPOSITORY / "requirements" / "binary.txt"
PYTHONS = ("3.11", "3.12", "3.13")
NAME = "aztrust-wheelhouse"
INSTALL = ("install", "--no-index", "--only-binary=:all:", "--require-hashes")
_PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.+?))? \\$")


class WheelhouseError(Exception):
    """Why there is no wheelhouse, as one sentence."""


def pip(python: str | Path, *words: str | Path, offline: bool = False) -> None:
    """Run pip.

    Args:
        python: whose pip.
        words: its arguments.
        offline: without any setting of this machine, as where there is no network.

    Raises:
        WheelhouseError: it failed.
    """
    settings = ("PIP_", "UV_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    env = {**kept, "PIP_CONFIG_FILE": os.devnull} if offline else dict(os.environ)
    command = (python, "-m", "pip", "--disable-pip-version-check", "--quiet", *words)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WheelhouseError(f"pip {words[0]} failed: {done.stderr.strip()[-1500:]}")


def fetch(folder: Path, pythons: list[str], platforms: list[str]) -> None:
    """Download the pinned wheels; their hashes are those of requirements/binary.txt."""
    for python in pythons:
        target = [f"--python-version={python}", "--implementation=cp"]
        target += [f"--platform={tag}" for tag in platforms]
        locked = ("--require-hashes", "--no-deps", "--only-binary=:all:")
        pip(sys.executable, "download", *locked, *target, "-d", folder, "-r", REQUIREMENTS)


def this_platform() -> list[str]:
    """The tags of the wheels that this machine's pip takes, the widest one last."""
    words = (sys.executable, "-m", "pip", "debug", "--verbose")
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    version = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    tags = re.findall(rf"^\s+{version}-{version}-(\S+)$", done.stdout, re.MULTILINE)
    if not tags:
        raise WheelhouseError("pip debug names no platform: give --platform")
    return tags


def requirements(folder: Path) -> str:
    """The pins of the wheels that are there, each with the hashes of its files and no others."""
    digests: dict[tuple[str, str], list[str]] = {}
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        key = (re.sub(r"[-_.]+", "-", name).lower(), version)
        digests.setdefault(key, []).append(hashlib.sha256(path.read_bytes()).hexdigest())
    pinned = [_PIN.match(line) for line in REQUIREMENTS.read_text("utf-8").splitlines()]
    markers = {found[1]: found[3] for found in pinned if found and found[3]}
    lines = []
    for (name, version), hashes in sorted(digests.items()):
        marker = f" ; {markers[name]}" if name in markers else ""
        lines.append(f"{name}=={version}{marker} \\")
        lines += [f"    --hash=sha256:{digest} \\" for digest in sorted(hashes)]
        lines[-1] = lines[-1].removesuffix(" \\")
    return "\n".join(lines) + "\n"


def packed(folder: Path) -> bytes:
    """The folder as a tar file: sorted, with fixed times, modes and owners."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            entry = tarfile.TarInfo(f"{NAME}/{path.name}")
            entry.size, entry.mtime, entry.mode = len(data), EPOCH, 0o644
            archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def install(archive: Path, scratch: Path) -> str:
    """Install from the tar file as a host without a network does; what the program says it is."""
    with tarfile.open(archive) as source:
        source.extractall(scratch, filter="data")
    there = scratch / NAME
    environment = scratch / "environment"
    subprocess.run((sys.executable, "-m", "venv", environment), check=True)
    words = (*INSTALL, "--find-links", there, "-r", there / "requirements.txt")
    pip(environment / "bin" / "python", *words, offline=True)
    done = subprocess.run(
        (environment / "bin" / "aztrust", "--version"),
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WheelhouseError(f"aztrust --version: exit {done.returncode}: {done.stderr}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """Fetch, pack, try; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist")
    parser.add_argument("--python", action="append", metavar="VERSION")
    parser.add_argument("--platform", action="append", metavar="TAG")
    given = parser.parse_args(arguments)
    try:
        wheel = only_wheel(given.output)
        target = given.output / f"{NAME}-{wheel.name.split('-')[1]}.tar"
        with tempfile.TemporaryDirectory(prefix="aztrust-wheelhouse-") as name:
            folder, scratch = Path(name) / NAME, Path(name) / "host"
            folder.mkdir()
            scratch.mkdir()
            fetch(folder, given.python or list(PYTHONS), given.platform or this_platform())
            shutil.copy(wheel, folder)
            (folder / "requirements.txt").write_text(requirements(folder), "ascii")
            target.write_bytes(packed(folder))
            count = len(list(folder.glob("*.whl")))
            said = install(target, scratch) if not given.platform else ""
    except (WheelhouseError, TrialError) as error:
        print(f"wheelhouse: {error}", file=sys.stderr)
        return 1
    if said and f"sha256:{code_digest(wheel)}" not in said:
        print(f"wheelhouse: it installed another aztrust: {said}", file=sys.stderr)
        return 1
    data = target.read_bytes()
    print(f"packed   {os.path.relpath(target)}\n  sha256:{hashlib.sha256(data).hexdigest()}")
    print(f"  {len(data):,} bytes, {count} wheels; {'installed offline' if said else 'not tried'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
