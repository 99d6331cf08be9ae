"""The files of this host: finding them by layout, and reading each one in this run (laws 1, 5)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from aztrust.core.errors import CouldNotCheck
from aztrust.core.host.layouts import Layout, current_entries, expand
from aztrust.core.host.reading import FileDescription, HostFile, NodeKey
from aztrust.core.package.entries import Fault
from aztrust.core.value import frozen, replace
from aztrust.storage.config import shown
from aztrust.storage.passes import (
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


# ---- where ---------------------------------------------------------------------------------------


@frozen
class Found:
    """Where a host's files are: each with what named it ("--binary", a layout's name, "PATH").

    `searched` has one sentence for each file that was looked for in vain.
    """

    binary: Path | None = None
    binary_source: str = ""
    genesis: Path | None = None
    genesis_source: str = ""
    searched: tuple[str, ...] = ()


def find_files(
    names: Sequence[str],
    *,
    layouts: Iterable[Layout],
    home: Path | None = None,
    binary: Path | None = None,
    genesis: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Found:
    """Where the binary and the genesis of this host are; the first hit wins.

    What is there and cannot be reached (no permission, a link to nowhere, a `current` of
    cosmovisor without the binary) is a hit: it is what the host would start, and reading it says
    what is wrong with it.

    Args:
        names: what the binary may be called, in the order to try.
        layouts: in the order to try.
        home: the one home to look in instead of the layouts' own.
        binary, genesis: given by the user; nothing is looked for then.
        environ: `HOME`, `PATH` and the variables that layouts begin with; this process's own.
    """
    layouts = tuple(layouts)
    environ = os.environ if environ is None else environ
    searched: list[str] = []
    binary_source, genesis_source = "--binary", "--genesis"
    if binary is None:
        templates = [(layout, layout.binaries) for layout in layouts]
        places = list(_places(templates, names, environ, home))
        binary, binary_source = _first(places, environ)
        if binary is None:
            searched.append(_in_vain("no binary", places))
    if genesis is None:
        templates = [(layout, layout.geneses) for layout in layouts]
        places = list(_places(templates, names, environ, home))
        genesis, genesis_source = _first(places, environ)
        if genesis is None:
            searched.append(_in_vain("no genesis", places))
    return Found(binary, binary_source, genesis, genesis_source, tuple(searched))


class _Place(NamedTuple):
    """A path to try, the layout that names it, and the `current` above it, "" where none is."""

    path: str
    source: str
    current: str


def _places(
    templates: Iterable[tuple[Layout, tuple[str, ...]]],
    names: Sequence[str],
    environ: Mapping[str, str],
    home: Path | None,
) -> Iterator[_Place]:
    base = None if home is None else os.path.abspath(home)
    for layout, texts in templates:
        entries = current_entries(texts)
        currents = tuple(expand(layout, entries, names, environ=environ, home=base))
        for path in expand(layout, texts, names, environ=environ, home=base):
            above = (current for current in currents if path.startswith(f"{current}/"))
            yield _Place(path, layout.name, next(above, ""))


def _first(places: Sequence[_Place], environ: Mapping[str, str]) -> tuple[Path | None, str]:
    for path, source, current in places:
        if "/" not in path:
            on_path = _look_up(path, environ)
            if on_path is not None:
                return on_path, "PATH"
        elif _is_there(path):
            return Path(path), source
        elif current and _is_there(current):
            # What `current` lacks under one name it may hold under another of them.
            held = (p for p in places if p.current == current and _is_there(p.path))
            hit = next(held, None)
            return (Path(path), source) if hit is None else (Path(hit.path), hit.source)
    return None, ""


def _look_up(name: str, environ: Mapping[str, str]) -> Path | None:
    """The program that a shell would start; parts of PATH that are relative are passed over."""
    for directory in environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(directory, name)
        if os.path.isabs(directory) and os.path.isfile(path) and os.access(path, os.X_OK):
            return Path(path)
    return None


def _is_there(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        # Cosmovisor does not fall back either when its `current` link leads nowhere.
        return any(p.is_symlink() and not p.exists() for p in Path(path).parents)
    except (OSError, ValueError):
        return True
    return True


def _in_vain(what: str, places: Sequence[_Place]) -> str:
    if not places:
        return f"{what}: no layout says where it could be"
    paths = dict.fromkeys(
        shown(Path(path)) if "/" in path else f"{shown(Path(path))} on PATH"
        for path, _, _ in places
    )
    return f"{what}: there is no {', no '.join(paths)}"


# ---- what ----------------------------------------------------------------------------------------


def read_host_file(
    path: Path, source: str, *, known: Callable[[str], bool], keep: bool = False
) -> HostFile:
    """One file's digests; a description where its digest is not a known one. Never raises.

    Links in `path` are resolved first; from then on nothing is followed (law 5). A file that has
    to be described is read a second time, in bounded memory, and must have the same digest again.

    Args:
        source: what named the path, for the report.
        known: whether a `sha256:` digest belongs to anything in the launch.
        keep: hand out the bytes of that same read too, up to `GENESIS_LIMIT`.
    """
    name = shown(path)
    try:
        resolved, (data, executable), raw = _read(
            path, lambda d, status: _digest(d, status, keep=keep)
        )
        file = HostFile(
            path=name,
            source=source,
            resolved="" if str(resolved) == os.path.abspath(path) else shown(resolved),
            size=raw.size,
            sha256=f"sha256:{raw.sha256.hex()}",
            blake3=f"blake3:{raw.blake3.hex()}",
            data=data,
            executable=executable,
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


def read_node_key(path: Path) -> NodeKey:
    """The public consensus key in a file; of a private one nothing else is kept. Never raises."""
    from aztrust.core.host.nodekey import NODE_KEY_LIMIT, parse_node_key

    name = shown(path)
    try:
        _, data, _ = _read(path, lambda d, _: (read_whole(d, NODE_KEY_LIMIT), None))
    except CouldNotCheck as error:
        return NodeKey(name, fault=Fault(error.code, name, error.message))
    return parse_node_key(data, path=name)


def host_platform() -> str:
    """`os/arch` of this machine in Go's words, for instance `linux/amd64`, `darwin/arm64`.

    The kernel's: a 32-bit system on a 64-bit kernel is not told apart.
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
        resolved = Path(os.path.realpath(path, strict=True))
        # Before it is opened: opening a device can do things, and a fifo could wait.
        if not stat.S_ISREG(resolved.lstat().st_mode):
            raise CouldNotCheck("it is not a regular file", code="special-file")
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


def _digest(
    descriptor: int, status: os.stat_result, *, keep: bool
) -> tuple[tuple[bytes | None, bool], RawDigest]:
    data = None
    size = status.st_size
    if keep and size <= GENESIS_LIMIT:
        data = read_whole(descriptor, size)
        raw = digest_bytes(data, paired=True)
    elif size <= WHOLE_LIMIT:
        raw = digest_whole(descriptor, size)
    else:
        raw = digest_paired(descriptor, size)
    check_size(raw, status)
    return (data, bool(status.st_mode & stat.S_IXUSR)), raw


def _describe(descriptor: int, status: os.stat_result) -> tuple[FileDescription, bytes]:
    # Only a file that nobody knows needs these.
    from aztrust.core.host.describe import HEAD_BYTES, describe_head
    from aztrust.core.host.gobuild import find_build_info

    digest = hashlib.sha256()
    heads: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        # One byte past the announced size ends it: the digest then differs.
        left = status.st_size + 1
        while left > 0 and (chunk := os.read(descriptor, min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
            if not heads:
                heads.append(chunk[:HEAD_BYTES])
            yield chunk

    stream = chunks()
    build = find_build_info(stream)
    for _ in stream:
        pass
    description = describe_head(b"".join(heads), status.st_size)
    return replace(description, go=build), digest.digest()
