"""What happened to a sealed file on its way: its bytes, given back, prove it.

A guess names nothing here. Each answer undoes one thing that carriers do to files, and holds the
result against the sealed digest.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.foreign import BOM, foreign
from aztrust.core.genesis.received import received
from aztrust.core.package.entries import FileEntry

# A form that the sealed file has itself explains nothing.
_COMPRESSED: Final = (".gz", ".tgz", ".zip", ".zst", ".jar", ".whl")


def altered(data: bytes, sealed: FileEntry, genesis_time: str = "") -> str:
    """What the bytes are, as the end of "it is …"; "" where they do not show it.

    Args:
        data: the whole file as it is now.
        sealed: what the manifest lists in its place.
        genesis_time: as the manifest states it, for a genesis file; else "".
    """
    for undone, what in _undone(data, sealed.size):
        if len(undone) == sealed.size and sha256_id(undone) == sealed.sha256:
            return what
    document = received(data, sealed.sha256, sealed.size, genesis_time)
    if document or sealed.path.lower().endswith(_COMPRESSED):
        return document
    found = foreign(data)
    return f"{found.what}; {found.mend}" if found else ""


def _undone(data: bytes, size: int) -> Iterator[tuple[bytes, str]]:
    yield (
        data.replace(b"\r\n", b"\n"),
        "the sealed file with CRLF line ends; a clone converted them (.gitattributes: * -text)",
    )
    if b"\r" not in data:
        yield (
            data.replace(b"\n", b"\r\n"),
            "the sealed file with LF line ends, sealed with CRLF; a clone converted them"
            " (.gitattributes: * -text)",
        )
    yield data.removeprefix(BOM), "the sealed file with a byte order mark in front"
    yield data[:size], "the sealed file with further bytes at its end"
    yield data + b"\n", "the sealed file without its last line end"
    yield _gunzipped(data, size), "the sealed file, gzip-compressed; unpack it: gzip -d"


def _gunzipped(data: bytes, size: int) -> bytes:
    """What one gzip member holds, as far as the sealed size goes."""
    if not data.startswith(b"\x1f\x8b"):
        return b""
    try:
        # One byte more than is wanted: a bomb is never unpacked.
        return zlib.decompressobj(wbits=31).decompress(data, size + 1)
    except zlib.error:
        return b""
