"""Build the wheel and the source archive twice, and keep them only if the bytes are the same.

    python tools/dist.py [--output dist]

The first build is of a copy of this tree. The second is of the first one's source archive, unpacked
elsewhere under another umask, other file times, another time zone, locale and hash seed, so that
one run proves two things: nothing of the machine is in the bytes, and the source archive is all
that a build needs. What pip would install is held against `aztrust/`: each of its files, and
nothing else.

Needs hatchling (requirements/build.txt) and neither git nor a network.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# The time of every member, for every builder: 2020-01-01, after the year that zip begins with.
EPOCH = 1_577_836_800
# What a package may hold; a stray file of another kind is an error, not a part of the release.
KINDS = frozenset({".css", ".js", ".py", ".sh", ".toml", ".typed"})
# Never part of a package, wherever they come from.
LEFTOVERS = shutil.ignore_patterns("__pycache__", "*.py[co]", "*.egg-info")


class DistError(Exception):
    """Why there is no release, as one sentence."""


@dataclass(frozen=True, slots=True)
class Built:
    """One build's two files."""

    wheel: Path
    sdist: Path


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a build must not depend on.

    Attributes:
        umask: of the copy and of the build.
        mtime: of every file that is built from, in Unix seconds.
        environment: variables that some tools listen to.
    """

    umask: int
    mtime: int
    environment: dict[str, str]


FIRST = Circumstances(0o022, 1_700_000_000, {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"})
SECOND = Circumstances(
    0o077, 1_000_000_001, {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242"}
)


def unpack(archive: tarfile.TarFile, there: Path) -> None:
    """Our own archive, made a moment ago; Python before 3.11.4 has no filters."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(there, filter="data")
    else:
        archive.extractall(there)  # noqa: S202 - it is ours


def build_twice(source: Path, scratch: Path) -> Built:
    """The files of a tree, built in two ways that agree.

    Args:
        source: a git clone or an unpacked source archive.
        scratch: an empty folder.

    Raises:
        DistError: the two builds differ, or the wheel is not exactly the package.
    """
    here, there = scratch / "one" / "aztrust", scratch / "two" / "elsewhere"
    copy_sources(source, here)
    first = build(here, FIRST)
    check_members(first.wheel, here / "aztrust", shared(here))
    there.mkdir(parents=True)
    with tarfile.open(first.sdist) as archive:
        unpack(archive, there)
    second = build(next(there.iterdir()), SECOND)
    for one, two in ((first.wheel, second.wheel), (first.sdist, second.sdist)):
        if one.name != two.name or one.read_bytes() != two.read_bytes():
            raise DistError(f"two builds differ: {difference(one, two)}")
    return first


def copy_sources(source: Path, target: Path) -> None:
    """Copy what the source archive is made of, and what tells the build so."""
    target.mkdir(parents=True)
    for name in (*included(source), "pyproject.toml", ".gitignore"):
        there = source / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if there.is_dir():
            shutil.copytree(there, target / name, ignore=LEFTOVERS)
        elif there.is_file():
            shutil.copyfile(there, target / name)
        else:
            raise DistError(f"{there} is missing, and pyproject.toml puts it into the archive")


def included(source: Path) -> list[str]:
    """The paths that pyproject.toml names for the source archive."""
    project = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))
    paths: list[str] = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    return [path.lstrip("/") for path in paths]


def build(tree: Path, circumstances: Circumstances) -> Built:
    """Build one tree, after giving its files the circumstances' modes and times."""
    for path in (tree, *tree.rglob("*")):
        mode = 0o777 if path.is_dir() or path.stat().st_mode & 0o100 else 0o666
        path.chmod(mode & ~circumstances.umask)
        os.utime(path, (circumstances.mtime, circumstances.mtime))
    ours = ("HATCH_", "PYTHON", "SOURCE_DATE_EPOCH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    output = tree.parent / "built"
    command = (sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel")
    done = subprocess.run(
        (*command, "-d", str(output)),
        cwd=tree,
        env=kept | circumstances.environment | {"SOURCE_DATE_EPOCH": str(EPOCH)},
        umask=circumstances.umask,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise DistError(f"hatchling failed: {lines[-1]}")
    return Built(next(output.glob("*.whl")), next(output.glob("*.tar.gz")))


def shared(source: Path) -> dict[str, bytes]:
    """What the wheel installs outside of the package: path below the environment, and bytes."""
    project = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))
    folders: dict[str, str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    return {
        f"{target}/{path.relative_to(source / folder).as_posix()}": path.read_bytes()
        for folder, target in folders.items()
        for path in (source / folder).rglob("*")
        if path.is_file()
    }


def check_members(wheel: Path, package: Path, data: Mapping[str, bytes]) -> None:
    """Refuse a wheel that is not the package's files, its metadata, `data`, and nothing else.

    Args:
        wheel: the built file.
        package: the folder of the package.
        data: what `shared` found.

    Raises:
        DistError: the first member that differs.
    """
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stem = "-".join(wheel.name.split("-")[:2])
    metadata, beside = f"{stem}.dist-info/", f"{stem}.data/data/"
    files = {
        path.relative_to(package.parent).as_posix(): path.read_bytes()
        for path in package.rglob("*")
        if path.is_file()
    }
    strays = [name for name in files if Path(name).suffix not in KINDS]
    files |= {beside + name: content for name, content in data.items()}
    packed = {name: data for name, data in members.items() if not name.startswith(metadata)}
    strays += [name for name in packed.keys() - files.keys() if Path(name).suffix not in KINDS]
    absent = sorted(files.keys() - packed.keys())
    extra = sorted(packed.keys() - files.keys())
    for reason, names in (
        ("is not a file of a package (tools/dist.py names the kinds)", sorted(strays)),
        ("is not in the wheel: .gitignore, or the build's own rules, leave it out", absent),
        ("is in the wheel, and not in the package", extra),
        ("has other bytes in the wheel", sorted(n for n in files if packed.get(n) != files[n])),
    ):
        if names:
            raise DistError(f"{names[0]} {reason}")


def difference(one: Path, two: Path) -> str:
    """Where two archives first differ, for the person who has to mend it."""
    if one.name != two.name:
        return f"{one.name} is called {two.name}"
    ours, theirs = (_members(path) for path in (one, two))
    # RECORD lists the others: it is the cause only where nothing else is.
    for name in sorted(ours.keys() | theirs.keys(), key=lambda n: (n.endswith("/RECORD"), n)):
        if ours.get(name) != theirs.get(name):
            return f"{one.name}, at {name}"
    return f"{one.name}, in its order or its compression"


def _members(path: Path) -> dict[str, tuple[object, ...]]:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return {
                item.filename: (item.date_time, item.external_attr, archive.read(item))
                for item in archive.infolist()
            }
    with tarfile.open(path) as source:
        return {
            item.name: (item.mtime, item.mode, item.uid, item.uname, _content(source, item))
            for item in source
        }


def _content(source: tarfile.TarFile, item: tarfile.TarInfo) -> bytes:
    stream = source.extractfile(item) if item.isfile() else None
    return stream.read() if stream else item.linkname.encode()


def code_digest(wheel: Path) -> str:
    """What `aztrust --version` will say of the installed files: one line per file, sorted."""
    lines = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist(), key=str.encode):
            if name.startswith("aztrust/"):
                digest = hashlib.sha256(archive.read(name)).hexdigest()
                lines.update(f"{digest}  {name}\n".encode())
    return lines.hexdigest()


def publish(built: Built, output: Path) -> Built:
    """Put the two files into the output folder, in place of those of an earlier build."""
    output.mkdir(parents=True, exist_ok=True)
    for pattern in ("aztrust-*.whl", "aztrust-*.tar.gz"):
        for old in output.glob(pattern):
            old.unlink()
    placed = Built(output / built.wheel.name, output / built.sdist.name)
    shutil.copyfile(built.wheel, placed.wheel)
    shutil.copyfile(built.sdist, placed.sdist)
    return placed


def main(arguments: list[str]) -> int:
    """Build, compare, say what there is; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist")
    output = parser.parse_args(arguments).output
    try:
        with tempfile.TemporaryDirectory(prefix="aztrust-dist-") as name:
            placed = publish(build_twice(REPOSITORY, Path(name)), output)
    except DistError as error:
        print(f"dist: {error}", file=sys.stderr)
        return 1
    for label, path in (("wheel", placed.wheel), ("sdist", placed.sdist)):
        shown = os.path.relpath(path)
        print(f"{label:<9}{shown}\n  sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")
    print("code     of the files it installs; aztrust --version says the same")
    print(f"  sha256:{code_digest(placed.wheel)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
