"""Zip members: a zip is read from its end, so it is copied first to a file that has no name."""

from __future__ import annotations

import stat
import zipfile  # noqa: TID253 - this module is itself imported only for an archive
import zlib
from collections.abc import Iterator
from typing import IO

from aztrust.core.paths import escape
from aztrust.storage.archive import BLOCK, RawReader, Wanted, unreadable

ENCRYPTED = 0x1
"""General purpose bit 0 (APPNOTE 4.4.4)."""


def read_zip(raw: RawReader, wanted: Wanted) -> None:
    """Hashes the wanted members from a snapshot of the bytes that `raw` hashes.

    Raises:
        CouldNotCheck: code `artifact-unreadable`.
    """
    import tempfile  # only a zip needs it

    with tempfile.TemporaryFile(prefix="aztrust-") as snapshot:
        for block in raw:
            snapshot.write(block)
        try:
            with zipfile.ZipFile(snapshot) as archive:
                entries = archive.infolist()
                # Readers that start at the front would see what this directory leaves out.
                if min((info.header_offset for info in entries), default=0) != 0:
                    raise unreadable("the zip archive has data before its first listed entry")
                # Unpacking writes what nobody asked for, too.
                total = sum(info.file_size for info in entries)
                if total > wanted.limits.total:
                    raise unreadable(
                        f"it unpacks to more than the limit of {wanted.limits.total} bytes"
                    )
                for info in entries:
                    _read_entry(archive, info, wanted)
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            EOFError,
            OSError,
            RuntimeError,
            ValueError,
            LookupError,
        ) as error:
            raise unreadable(f"the zip archive is corrupt: {escape(str(error))}") from None


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, wanted: Wanted) -> None:
    mode = info.external_attr >> 16
    normal = wanted.wants(info.filename, link=stat.S_ISLNK(mode))
    if normal is None:
        return
    if info.is_dir() or stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        wanted.no_file(normal, "a directory, a link or a device")
        return
    if info.flag_bits & ENCRYPTED:
        raise unreadable(f"the member '{escape(normal)}' is encrypted")
    with archive.open(info) as member:
        wanted.hash(normal, info.file_size, _blocks(member))


def _blocks(member: IO[bytes]) -> Iterator[bytes]:
    while block := member.read(BLOCK):
        yield block
