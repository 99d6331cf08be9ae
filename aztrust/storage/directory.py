"""Directories by descriptor: opened part by part, never through a link (laws 5 and 6)."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import check_path, escape
from aztrust.storage.reading import os_name

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

KEPT_OPEN = 64
"""Descriptors that one `Directories` keeps at most, however deep or wide the tree is."""


class Directories:
    """The directories below one root, by path; the most recently used stay open.

    A context manager. `open` returns a descriptor that belongs to this object and stays valid
    until the next `open`. Every part is opened relative to the descriptor of its parent.
    """

    def __init__(self, base: Path, relative: str) -> None:
        """`base` is trusted as given; `relative` ("." for `base` itself) is never followed."""
        self.base = base
        self.relative = relative
        self.device = -1
        self._root = -1
        self._kept: dict[str, int] = {}

    def __enter__(self) -> Directories:
        self._root = open_root(self.base, self.relative)
        self.device = os.fstat(self._root).st_dev
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in (self._root, *self._kept.values()):
            os.close(descriptor)
        self._kept.clear()
        self._root = -1

    def open(self, path: str) -> int:
        """Descriptor of the directory at `path`; "" is the root.

        Raises:
            OSError: a part is gone, not a directory any more, a link, or unreadable.
        """
        if not path:
            return self._root
        kept = self._kept.pop(path, None)
        if kept is not None:
            self._kept[path] = kept
            return kept
        parent, descriptor = self._nearest(path)
        for part in path[len(parent) :].lstrip("/").split("/"):
            parent = f"{parent}/{part}" if parent else part
            descriptor = os.open(os_name(part), OPEN_DIRECTORY, dir_fd=descriptor)
            self._kept[parent] = descriptor
            if len(self._kept) > KEPT_OPEN:
                os.close(self._kept.pop(next(iter(self._kept))))
        return descriptor

    def _nearest(self, path: str) -> tuple[str, int]:
        cut = path.rfind("/")
        while cut > 0:
            descriptor = self._kept.get(path[:cut])
            if descriptor is not None:
                return path[:cut], descriptor
            cut = path.rfind("/", 0, cut)
        return "", self._root


def open_root(base: Path, relative: str) -> int:
    """A descriptor of the package root `base`/`relative`, opened part by part.

    Raises:
        CouldNotCheck: it is missing, unreadable, no directory, or a link leads to it.
        Malformed: `relative` is an unsafe path.
    """
    parts = [] if relative == "." else check_path(relative).split("/")
    shown = escape(str(base))
    try:
        descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _no_root(shown, error) from None
    for part in parts:
        shown = f"{shown}/{escape(part)}"
        try:
            following = os.open(os_name(part), OPEN_DIRECTORY, dir_fd=descriptor)
        except OSError as error:
            linked = OSError(errno.ELOOP, "link") if _is_link(part, descriptor) else error
            raise _no_root(shown, linked) from None
        finally:
            os.close(descriptor)
        descriptor = following
    return descriptor


def _is_link(part: str, directory: int) -> bool:
    # With O_DIRECTORY a link is ENOTDIR, the same as a file; the reader deserves the difference.
    try:
        os.readlink(os.fsencode(os_name(part)), dir_fd=directory)
    except OSError:
        return False
    return True


def _no_root(shown: str, error: OSError) -> CouldNotCheck:
    if error.errno == errno.ELOOP:
        return CouldNotCheck(
            "a symbolic link is in the place of the package's directory",
            subject=shown,
            mend="put the directory itself there; links to a package are never followed",
            code="unreadable",
        )
    reasons = {errno.ENOENT: "it does not exist", errno.ENOTDIR: "it is not a directory"}
    reason = reasons.get(error.errno or 0, f"it cannot be opened: {error.strerror}")
    return CouldNotCheck(
        f"the package cannot be read: {reason}",
        subject=shown,
        mend="check the path in the policy, and that the package is on this machine and readable",
        code="unreadable",
    )
