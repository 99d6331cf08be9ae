"""A wheelhouse: what a host without a network installs aztrust from, with hashes for everything.

    python tools/wheelhouse.py [--output dist] [--python 3.11 …] [--platform TAG …]

It is a tar file of one folder, with the wheel that `make dist` left there, the wheels of its
dependencies (requirements/binary.txt) for each Python and this machine's platform, and a
`requirements.txt` with one hash for each file. Then it is installed by the commands of
docs/install.md, into a new environment, without an index, and the program is run.

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
from tools.install_page import run_section

REQUIREMENTS = REPOSITORY / "requirements" / "binary.txt"
PYTHONS = ("3.11", "3.12", "3.13")
NAME = "aztrust-wheelhouse"
_PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.+?))? \\$")


class WheelhouseError(Exception):
    """Why there is no wheelhouse, as one sentence."""


def pip(*words: str | Path) -> None:
    """Run this Python's pip.

    Raises:
        WheelhouseError: it failed.
    """
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WheelhouseError(f"pip {words[0]} failed: {done.stderr.strip()[-1500:]}")


def fetch(folder: Path, pythons: list[str], platforms: list[str]) -> None:
    """Download the pinned wheels; their hashes are those of requirements/binary.txt."""
    for python in pythons:
        target = [f"--python-version={python}", "--implementation=cp"]
        target += [f"--platform={tag}" for tag in platforms]
        locked = ("--require-hashes", "--no-deps", "--only-binary=:all:")
        pip("download", *locked, *target, "-d", folder, "-r", REQUIREMENTS)


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
    """Install it by the commands of docs/install.md; what they print."""
    for path in (archive, digest_file(archive)):
        shutil.copy(path, scratch)
    try:
        return run_section("A host without a network", scratch, offline=True)
    except RuntimeError as error:
        raise WheelhouseError(str(error)) from None


def digest_file(archive: Path) -> Path:
    """Where its SHA-256 is, as `sha256sum --check` reads it."""
    return archive.with_name(f"{archive.name}.sha256")


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
            data = packed(folder)
            target.write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            digest_file(target).write_text(f"{digest}  {target.name}\n", "ascii")
            count = len(list(folder.glob("*.whl")))
            said = install(target, scratch) if not given.platform else ""
    except (WheelhouseError, TrialError) as error:
        print(f"wheelhouse: {error}", file=sys.stderr)
        return 1
    if said and f"sha256:{code_digest(wheel)}" not in said:
        print(f"wheelhouse: it installed another aztrust: {said}", file=sys.stderr)
        return 1
    print(f"packed   {os.path.relpath(target)}\n  sha256:{digest}")
    print(f"  {len(data):,} bytes, {count} wheels; {'installed offline' if said else 'not tried'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
