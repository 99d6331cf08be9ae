"""The files that a new launch begins with: what they are, and their copies in `packages/`.

A program's own header gives its platform, and the genesis its chain id. What cannot be read stays a
blank of the policy; nothing is executed (law 11).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from aztrust.core.base.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.host.describe import ARCHIVES, HEAD_BYTES, describe_head
from aztrust.core.linkage.jsondoc import parse_json
from aztrust.core.linkage.jsonpointer import parse_pointer, point
from aztrust.core.policy.scaffold import Installed
from aztrust.storage.durable import create_exclusive

_CHUNK = 1 << 20
_ANY = "any"
# Where chains keep their id: Cosmos, Ethereum, Substrate.
_CHAIN_IDS = ("#/chain_id", "#/config/chainId", "#/id")


@frozen
class NamedFile:
    """A file that was named, or is in a folder that was, and its path in the package."""

    source: Path
    path: str
    executable: bool


@frozen
class ChainId:
    """The chain id of a genesis, and the JSON Pointer to it."""

    value: str
    at: str


def files_of(paths: Iterable[Path], option: str) -> tuple[NamedFile, ...]:
    """The regular files that were named, those of a folder by their paths in it.

    Raises:
        UsageError: a path does not exist, is neither file nor folder, or two have one name.
        CouldNotCheck: a folder cannot be listed.
    """
    found: dict[str, NamedFile] = {}
    for path in paths:
        for file in _files(path, option):
            if file.path in found:
                raise UsageError(
                    f"{option}: two files would be {escape(file.path)} in the package",
                    subject=option,
                    mend="name one of them, or a folder that has both at different places",
                )
            found[file.path] = file
    return tuple(found[name] for name in sorted(found))


def _files(path: Path, option: str) -> Iterator[NamedFile]:
    shown = escape(str(path))
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise UsageError(
            f"{option} {shown}: {error.strerror or error}",
            subject=option,
            mend="name a file, or a folder",
        ) from None
    if stat.S_ISREG(mode):
        yield NamedFile(path, path.name, bool(mode & stat.S_IXUSR))
        return
    if not stat.S_ISDIR(mode):
        raise UsageError(f"{option} {shown} is neither a file nor a folder", subject=option)
    try:
        inside = sorted(p for p in path.rglob("*") if not p.is_dir() or p.is_symlink())
        modes = {p: os.lstat(p).st_mode for p in inside}
    except OSError as error:
        raise CouldNotCheck(
            f"cannot list {shown}: {error.strerror or error}",
            subject=shown,
            mend="make it readable",
        ) from None
    for each in inside:
        if not stat.S_ISREG(modes[each]):
            raise UsageError(
                f"{option} {escape(str(each))} is not a regular file",
                subject=option,
                mend="copy the package into packages/ by hand, after init",
            )
        name = each.relative_to(path).as_posix()
        yield NamedFile(each, name, bool(modes[each] & stat.S_IXUSR))


def installed_files(files: Iterable[NamedFile]) -> tuple[Installed, ...]:
    """What hosts install of the files of a release: programs, and programs in archives.

    A single file that is neither is taken for a program of any platform, as a script is.

    Raises:
        CouldNotCheck: a file cannot be read.
    """
    files = tuple(files)
    found: list[Installed] = []
    for file in files:
        head, size = _head(file.source)
        described = describe_head(head, size)
        if described.kind.endswith("executable"):
            found.append(Installed(file.path, next(iter(described.platforms), _ANY)))
        elif described.kind in ARCHIVES:
            found += _members(file)
        elif len(files) == 1:
            found.append(Installed(file.path, _ANY))
    return tuple(found)


def _members(file: NamedFile) -> Iterator[Installed]:
    """The programs in an archive: a suggestion that sealing then checks with its own reader."""
    for name, head, size in _archived(file.source):
        described = describe_head(head, size)
        if described.kind.endswith("executable"):
            yield Installed(file.path, next(iter(described.platforms), _ANY), name)


def _archived(path: Path) -> Iterator[tuple[str, bytes, int]]:
    import tarfile
    import zipfile

    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    if not entry.is_dir():
                        with archive.open(entry) as member:
                            yield entry.filename, member.read(HEAD_BYTES), entry.file_size
            return
        with tarfile.open(path, "r:*") as tar:
            for part in tar:
                opened = tar.extractfile(part) if part.isreg() else None
                if opened is not None:
                    yield part.name.removeprefix("./"), opened.read(HEAD_BYTES), part.size
    except (OSError, EOFError, ValueError, RuntimeError, tarfile.TarError, zipfile.BadZipFile):
        # What cannot be read is a blank of the policy, and sealing names the fault.
        return


def chain_id_of(file: NamedFile, at: str | None) -> ChainId | None:
    """The chain id in a genesis; None where it is not JSON, or has none at a known place.

    Args:
        file: the genesis.
        at: the JSON Pointer of its chain, None to look where chains keep it.

    Raises:
        CouldNotCheck: the file cannot be read.
    """
    try:
        data = file.source.read_bytes()
    except OSError as error:
        raise _unreadable(file.source, error) from None
    try:
        document = parse_json(data, what=escape(str(file.source)))
    except AztrustError:
        return None
    for pointer in _CHAIN_IDS if at is None else (at,):
        try:
            value = point(document, parse_pointer(pointer), what="genesis")
        except AztrustError:
            continue
        if value.kind in ("string", "integer") and value.text:
            return ChainId(value.text, pointer)
    return None


def copy_files(files: Iterable[NamedFile], package: Path, launch: Path) -> None:
    """Copy the files into a package of a launch directory; the execute bit goes with them.

    Raises:
        Refused: a file of that name is there already.
        CouldNotCheck: one cannot be read or written.
    """
    for file in files:
        mode = 0o755 if file.executable else 0o644
        create_exclusive(package / file.path, _chunks(file.source), mode=mode, within=launch)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb") as source:
            while chunk := source.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise _unreadable(path, error) from None


def _head(path: Path) -> tuple[bytes, int]:
    try:
        with open(path, "rb") as source:
            return source.read(HEAD_BYTES), os.fstat(source.fileno()).st_size
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> CouldNotCheck:
    shown = escape(str(path))
    return CouldNotCheck(
        f"cannot read {shown}: {error.strerror or error}", subject=shown, mend="make it readable"
    )
