"""Execute bits, empty directories and links, put back through directory descriptors (law 5)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.package.entries import FileEntry, SymlinkEntry
from aztrust.storage.directory import Directories
from aztrust.storage.hash_stream import digest_streamed
from aztrust.storage.reading import OPEN_FILE, os_name

_EXECUTE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class Restorer:
    """Changes one package; a context manager. No link is ever followed on the way."""

    def __init__(self, base: Path, relative: str) -> None:
        """`base` is trusted as given (the launch directory), `relative` the package in it."""
        self._directories = Directories(base, relative)

    def __enter__(self) -> Restorer:
        self._directories.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._directories.__exit__(*error)

    def set_execute(self, entry: FileEntry) -> None:
        """Give a file the sealed execute bit, if its bytes are the sealed ones right now.

        Everyone who may read it may then execute it; without the bit no one may.

        Raises:
            CouldNotCheck: it is another file by now, or the system refuses.
        """
        try:
            self._set_execute(entry)
        except OSError as error:
            raise _refused(entry.path, error) from None

    def _set_execute(self, entry: FileEntry) -> None:
        parent, _, name = entry.path.rpartition("/")
        descriptor = os.open(os_name(name), OPEN_FILE, dir_fd=self._directories.open(parent))
        try:
            before = os.fstat(descriptor)
            raw = digest_streamed(descriptor, before.st_size)
            digests = (f"sha256:{raw.sha256.hex()}", f"blake3:{raw.blake3.hex()}")
            if not stat.S_ISREG(before.st_mode) or digests != (entry.sha256, entry.blake3):
                raise CouldNotCheck(
                    f"{escape(entry.path)} changed after it was read; its mode was left alone",
                    subject=escape(entry.path),
                    mend="find out who is writing there, then restore again",
                    code="changed-while-reading",
                )
            mode = stat.S_IMODE(before.st_mode) & ~_EXECUTE
            if entry.executable:
                mode |= stat.S_IXUSR | (mode & 0o444) >> 2
            # The descriptor that was hashed, not the name: another file may have the name now.
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)

    def make_directory(self, path: str) -> None:
        """Make a directory and those above it that are missing.

        Raises:
            CouldNotCheck: something else is there, or the system refuses.
        """
        try:
            self._open_or_make(path)
        except OSError as error:
            raise _refused(path, error) from None

    def make_link(self, entry: SymlinkEntry) -> None:
        """Make a link with the sealed target, and the directories above it.

        Raises:
            CouldNotCheck: something is there, or the system refuses.
        """
        parent, _, name = entry.path.rpartition("/")
        try:
            directory = self._open_or_make(parent)
            os.symlink(os_name(entry.target), os_name(name), dir_fd=directory)
        except OSError as error:
            raise _refused(entry.path, error) from None

    def _open_or_make(self, path: str) -> int:
        try:
            return self._directories.open(path)
        except FileNotFoundError:
            parent, _, name = path.rpartition("/")
            os.mkdir(os_name(name), dir_fd=self._open_or_make(parent))
            return self._directories.open(path)


def _refused(path: str, error: OSError) -> CouldNotCheck:
    return CouldNotCheck(
        f"{escape(path)} cannot be restored: {error.strerror or error}",
        subject=escape(path),
        mend="check who owns the package and whether you may write there",
    )
