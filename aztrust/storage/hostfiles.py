"""The files of this host, each read once and in this run (laws 1, 5)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import replace
from aztrust.core.host.reading import FileDescription, HostFile, NodeKey
from aztrust.core.package.entries import Fault
from aztrust.storage.access import note
from aztrust.storage.config import shown
from aztrust.storage.describing import describe_head_of, describe_stream
from aztrust.storage.hash_stream import (
    WHOLE_LIMIT,
    RawDigest,
    digest_bytes,
    digest_paired,
    digest_whole,
    read_whole,
)
from aztrust.storage.reading import check_size, read_regular

GENESIS_LIMIT: Final = 1 << 30
"""Bytes up to which a file's contents are handed out; of a larger one there are only digests."""

_CHUNK = 1 << 20
_T = TypeVar("_T")
_Looked = tuple[bytes | None, bool, FileDescription]
Hold = Callable[[int, os.stat_result], None]
"""Called with a descriptor that was just hashed, and its stat from before."""


def read_host_file(
    path: Path,
    source: str,
    *,
    known: Callable[[str], bool],
    keep: bool = False,
    hold: Hold | None = None,
) -> HostFile:
    """One file's digests; a description where its digest is not a known one. Never raises.

    Links in `path` are resolved first; from then on nothing is followed (law 5). A file that has
    to be described is read a second time, in bounded memory, and must have the same digest again.

    Args:
        source: what named the path, for the report.
        known: whether a `sha256:` digest belongs to anything in the launch.
        keep: hand out the bytes of that same read too, up to `GENESIS_LIMIT`.
        hold: gets the descriptor that is hashed, and its stat, once its digests are known.
    """
    name = shown(path)

    def hashed(descriptor: int, status: os.stat_result) -> tuple[_Looked, RawDigest]:
        found = _digest(descriptor, status, keep=keep)
        if hold is not None:
            hold(descriptor, status)
        return found

    try:
        resolved, (data, executable, header), raw = _read(path, hashed)
        file = HostFile(
            path=name,
            source=source,
            resolved="" if str(resolved) == os.path.abspath(path) else shown(resolved),
            size=raw.size,
            sha256=f"sha256:{raw.sha256.hex()}",
            blake3=f"blake3:{raw.blake3.hex()}",
            data=data,
            executable=executable,
            header=header if header.platforms else None,
        )
        if known(file.sha256):
            return file
        if data is not None:
            from aztrust.core.host.describe import HEAD_BYTES, describe_head

            return replace(file, description=describe_head(data[:HEAD_BYTES], len(data)))
        _, description, digest = _read(resolved, _describe)
        if digest != raw.sha256:
            raise CouldNotCheck("it changed between two readings", code="changed-while-reading")
        return replace(file, description=description)
    except CouldNotCheck as error:
        return HostFile(name, source, fault=Fault(error.code, name, error.message))


def read_small(path: Path, limit: int) -> bytes:
    """The bytes of a file of this host, its links resolved.

    Raises:
        CouldNotCheck: as for any file of this host, or `unreadable` beyond `limit` bytes.
    """
    _, data, _ = _read(path, lambda d, status: (_within(d, status.st_size, limit), None))
    return data


def read_parts(path: Path, use: Callable[[Callable[[int, int], bytes], int], _T]) -> _T:
    """What a function makes of a file of this host that it reads in places.

    Args:
        path: its links are resolved.
        use: gets a function that reads at an offset so many bytes, and the size of the file.

    Raises:
        CouldNotCheck: as for any file of this host.
    """

    def read(descriptor: int, status: os.stat_result) -> tuple[_T, None]:
        at = lambda offset, count: os.pread(descriptor, count, offset)  # noqa: E731
        return use(at, status.st_size), None

    return _read(path, read)[1]


def _within(descriptor: int, size: int, limit: int) -> bytes:
    if size > limit:
        raise CouldNotCheck(f"it has more than {limit} bytes", code="unreadable")
    return read_whole(descriptor, size)


def moved(path: Path, file: HostFile) -> HostFile | None:
    """The file as a fault, where its path no longer leads to what was read; None where it does."""
    resolved = file.resolved or shown(Path(os.path.abspath(path)))
    if file.fault is not None or shown(Path(os.path.realpath(path))) == resolved:
        return None
    what = f"it led to {resolved} when it was read and leads to another file now"
    return HostFile(file.path, file.source, fault=Fault("changed-while-reading", file.path, what))


def read_node_key(path: Path) -> NodeKey:
    """The public consensus key in a file; of a private one nothing else is kept. Never raises."""
    from aztrust.core.host.node_key import NODE_KEY_LIMIT, parse_node_key

    name = shown(path)
    try:
        _, data, _ = _read(path, lambda d, _: (read_whole(d, NODE_KEY_LIMIT), None))
    except CouldNotCheck as error:
        return NodeKey(name, fault=Fault(error.code, name, error.message))
    return parse_node_key(data, path=name)


def host_platform() -> str:
    """`os/arch` of this machine as Go writes it, for instance `linux/amd64`, `darwin/arm64`.

    The kernel's: a 32-bit system on a 64-bit kernel cannot be distinguished.
    """
    machine = os.uname()
    arch = machine.machine.lower()
    if arch.startswith("armv"):
        arch = "arm"
    return f"{machine.sysname.lower()}/{_ARCHITECTURES.get(arch, arch)}"


_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "loongarch64": "loong64",
    **dict.fromkeys(("i386", "i486", "i586", "i686"), "386"),
}

_U = TypeVar("_U")


def _read(path: Path, use: Callable[[int, os.stat_result], tuple[_T, _U]]) -> tuple[Path, _T, _U]:
    """(the path with its links resolved, what `use` gave) of a regular file that held still.

    Raises:
        CouldNotCheck: `file-missing`, `special-file`, `unreadable` or `changed-while-reading`.
    """
    directory = -1
    try:
        note(path, "looked for")
        resolved = Path(os.path.realpath(path, strict=True))
        # Before it is opened: opening a device can do things, and a fifo could wait.
        if not stat.S_ISREG(resolved.lstat().st_mode):
            raise CouldNotCheck("it is not a regular file", code="special-file")
        note(resolved, "opened")
        directory = os.open(resolved.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        _, (first, second) = read_regular(directory, resolved.name, None, use)
    except (FileNotFoundError, NotADirectoryError):
        what = "it is a link to something that is not there"
        raise CouldNotCheck(
            what if os.path.islink(path) else "there is no such file", code="file-missing"
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is impossible here"
        raise CouldNotCheck(f"it cannot be read: {reason}", code="unreadable") from None
    finally:
        if directory >= 0:
            os.close(directory)
    return resolved, first, second


def _digest(descriptor: int, status: os.stat_result, *, keep: bool) -> tuple[_Looked, RawDigest]:
    data = None
    size = status.st_size
    header = describe_head_of(descriptor, size)
    if keep and size <= GENESIS_LIMIT:
        data = read_whole(descriptor, size)
        raw = digest_bytes(data, paired=True)
    elif size <= WHOLE_LIMIT:
        raw = digest_whole(descriptor, size)
    else:
        raw = digest_paired(descriptor, size)
    check_size(raw, status)
    return (data, bool(status.st_mode & stat.S_IXUSR), header), raw


def _describe(descriptor: int, status: os.stat_result) -> tuple[FileDescription, bytes]:
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        # One byte past the announced size ends it: the digest then differs.
        left = status.st_size + 1
        while left > 0 and (chunk := os.read(descriptor, min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
            yield chunk

    stream = chunks()
    description = describe_stream(stream, status.st_size)
    for _ in stream:
        pass
    return description, digest.digest()
