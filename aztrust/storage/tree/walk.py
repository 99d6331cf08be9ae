"""Walking a package: every name is seen once, by descriptor, and classified without opening it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import MAX_PATH_BYTES, check_path, collision_key, escape
from aztrust.core.base.value import frozen
from aztrust.core.package.entries import DirectoryEntry, Fault, SymlinkEntry
from aztrust.storage.directory import Directories
from aztrust.storage.reading import failure, os_name
from aztrust.storage.tree.mounts import mounts_below


@frozen
class Part:
    """Regular files of one directory that wait to be hashed; `inode` is the directory's."""

    directory: str
    inode: int
    names: tuple[str, ...]

    def path(self, name: str) -> str:
        """`name` relative to the package root."""
        return f"{self.directory}/{name}" if self.directory else name


class Exclusions:
    """Literal paths, and prefixes that end in `/`: what the policy lets a package leave out.

    A literal leaves out the file, link or empty directory of exactly that path; `dir/` leaves out
    that directory and all below it. A directory that holds nothing but excluded things counts as
    empty, so the entries are the same whether the excluded things are there or not.
    """

    def __init__(self, exclude: Iterable[str]) -> None:
        """Raises Malformed (`path-unsafe`) if one of them is not a safe path."""
        paths = tuple(exclude)
        self._literals = frozenset(check_path(p) for p in paths if not p.endswith("/"))
        self._directories = frozenset(check_path(p[:-1]) for p in paths if p.endswith("/"))
        self.any = bool(paths)

    def covers(self, path: str, *, is_directory: bool) -> bool:
        """Whether the thing at `path` is left out, with all below it if it is a directory."""
        return path in (self._directories if is_directory else self._literals)

    def covers_empty(self, path: str) -> bool:
        """Whether an empty directory at `path` is left out by a literal."""
        return path in self._literals


class Walk:
    """One pass over the directories below a root.

    `files` yields the regular files, a directory at a time; meanwhile `entries` fills with links
    and empty directories, and `faults` with what a package cannot contain. `settle` must be called
    when everything has been hashed: it finds the directories that changed since they were listed.
    """

    def __init__(self, directories: Directories, exclusions: Exclusions) -> None:
        self.directories = directories
        self.exclusions = exclusions
        self.entries: list[SymlinkEntry | DirectoryEntry] = []
        self.faults: list[Fault] = []
        self._listed: list[tuple[str, tuple[int, int, int, int]]] = []
        self._mounts: frozenset[bytes] = frozenset()

    def files(self) -> Iterator[Part]:
        """Depth first, with one list of pending paths instead of a stack of descriptors."""
        self._mounts = mounts_below(self.directories.open(""))
        pending = [""]
        while pending:
            path = pending.pop()
            try:
                descriptor = self.directories.open(path)
                status = os.fstat(descriptor)
                if status.st_dev != self.directories.device or path.encode() in self._mounts:
                    self.fault("mount-crossing", path, "another file system is mounted here")
                    continue
                self._listed.append((path, _directory_identity(status)))
                names, below, anything = self._list(path, descriptor)
            except OSError as error:
                self.fail(path, failure(error))
                continue
            if not anything and path and not self.exclusions.covers_empty(path):
                self.entries.append(DirectoryEntry(path))
            below.sort(reverse=True)
            pending.extend(f"{path}/{name}" if path else name for name in below)
            if names:
                names.sort()
                yield Part(path, status.st_ino, tuple(names))

    def fault(self, code: str, path: str, detail: str) -> None:
        """Notes a fault at `path` (not yet escaped; "" is the root)."""
        self.faults.append(Fault(code, escape(path) or ".", detail))

    def fail(self, path: str, error: CouldNotCheck) -> None:
        """Notes a fault from the error that says why `path` has no entry."""
        self.fault(error.code, path, error.message)

    def settle(self) -> None:
        """Compares every directory with what it was when it was listed.

        A file added, removed or renamed behind the walk's back changes its directory's times.
        """
        for path, identity in self._listed:
            try:
                now = _directory_identity(os.fstat(self.directories.open(path)))
            except OSError as error:
                self.fail(path, failure(error))
                continue
            if now != identity:
                self.fault(
                    "changed-while-reading",
                    path,
                    "names were added, removed or renamed in this directory while it was read",
                )

    def _list(self, path: str, descriptor: int) -> tuple[list[str], list[str], bool]:
        """Names of files, names of directories, and whether there is anything at all."""
        prefix = f"{path}/" if path else ""
        names: list[str] = []
        below: list[str] = []
        seen: list[str] = []
        selective, mounts = self.exclusions.any, self._mounts
        with os.scandir(descriptor) as listing:
            for found in listing:
                name = found.name
                if not name.isascii():
                    decoded = _utf8(name)
                    if decoded is None:
                        seen.append("")
                        self.faults.append(
                            Fault(
                                "path-unsafe",
                                escape(prefix.encode() + os.fsencode(name)),
                                "the name is not valid UTF-8; it and all below it were not read",
                            )
                        )
                        continue
                    name = decoded
                path = prefix + name
                is_directory = found.is_dir(follow_symlinks=False)
                if selective and self.exclusions.covers(path, is_directory=is_directory):
                    continue
                seen.append(name)
                if len(path) > MAX_PATH_BYTES // 4 and not self._fits(path):
                    continue
                if is_directory:
                    below.append(name)
                elif found.is_file(follow_symlinks=False):
                    if not mounts or not self._is_mounted(path):
                        names.append(name)
                elif found.is_symlink():
                    self._link(path, name, descriptor)
                else:
                    self.fault(
                        "special-file", path, "a package cannot contain a device, fifo or socket"
                    )
        self._collide(prefix, seen)
        return names, below, bool(seen)

    def _fits(self, path: str) -> bool:
        if len(path.encode()) <= MAX_PATH_BYTES:
            return True
        self.fault(
            "path-unsafe",
            path,
            f"the path is longer than {MAX_PATH_BYTES} bytes; it and all below it were not read",
        )
        return False

    def _is_mounted(self, path: str) -> bool:
        if path.encode() not in self._mounts:
            return False
        self.fault("mount-crossing", path, "another file is mounted here")
        return True

    def _link(self, path: str, name: str, descriptor: int) -> None:
        try:
            target = os.readlink(os.fsencode(os_name(name)), dir_fd=descriptor)
        except OSError as error:
            self.fail(path, failure(error))
            return
        try:
            self.entries.append(SymlinkEntry(path, target.decode("utf-8")))
        except UnicodeDecodeError:
            self.fault("path-unsafe", path, f"its target is not valid UTF-8: {escape(target)}")

    def _collide(self, prefix: str, names: list[str]) -> None:
        if len(set(map(collision_key, names))) == len(names):
            return
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(collision_key(name), []).append(name)
        for group in groups.values():
            first, *others = sorted(group)
            if others and first:
                also = ", ".join(escape(prefix + other) for other in others)
                self.fault(
                    "path-collision",
                    prefix + first,
                    f"the same name as {also} where case or Unicode form is ignored",
                )


def _directory_identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return (status.st_ino, status.st_dev, status.st_mtime_ns, status.st_ctime_ns)


def _utf8(name: str) -> str | None:
    try:
        return os.fsencode(name).decode("utf-8")
    except UnicodeDecodeError:
        return None
