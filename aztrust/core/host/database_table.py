"""The newest values in a LevelDB table: what a database moved out of its log.

A node moves what it wrote into tables (`*.ldb`) once the log is full, within minutes of its start.
The format (LevelDB's `table_format.md`): blocks of entries with shared prefixes, each plain or
compressed with Snappy, an index of them, and a footer of 48 bytes with a magic number. Only the
footer, the index and the blocks that may hold a wanted key are read. Checksums are not compared, as
in `database_log`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import unpack_from
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.host.database_log import log_records

Read = Callable[[int, int], bytes]
"""(offset, count) to the bytes there."""

FOOTER: Final = 48
BLOCK_LIMIT: Final = 64 << 20
"""Bytes of one block, as stored and as unpacked."""

_MAGIC: Final = bytes.fromhex("57fb808b247547db")
_TRAILER: Final = 5
_PLAIN, _SNAPPY = 0, 1
_DELETED, _PUT = 0, 1
_COMPARATOR, _POINTER, _GONE, _NEW = 1, 5, 6, 7
_NUMBERS: Final = (2, 3, 4, 9)
"""Changes of a manifest that are one number each: of a log, the next file, the last entry."""


def table_values(
    read: Read, size: int, keys: frozenset[bytes]
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Sequence number, key and value of every entry with one of these keys; None where deleted.

    Args:
        read: reads the table.
        size: bytes of the table.
        keys: the wanted keys.

    Raises:
        Malformed: it has another form, or a block over the limit.
    """
    if size < FOOTER:
        raise _bad("it is too short")
    footer = read(size - FOOTER, FOOTER)
    if footer[-8:] != _MAGIC:
        raise _bad("it has another end")
    _, at = _handle(footer, 0)
    index, _ = _handle(footer, at)
    blocks = [(_user_key(key), _handle(value, 0)[0]) for key, value in _entries(read, size, index)]
    for wanted in sorted(keys):
        # The key of a block in the index is not less than its last one.
        for last, block in blocks:
            if last < wanted:
                continue
            for key, value in _entries(read, size, block):
                if _user_key(key) == wanted:
                    (tag,) = unpack_from("<Q", key, len(key) - 8)
                    if tag & 255 not in (_DELETED, _PUT):
                        raise _bad("an entry of another kind")
                    yield tag >> 8, wanted, value if tag & 255 == _PUT else None
            if last > wanted:
                break


def live_tables(manifest: bytes, keys: frozenset[bytes]) -> tuple[int, ...]:
    """The numbers of the tables that a database has and that may hold one of these keys.

    What a compaction left behind, finished or not, is not among them.

    Args:
        manifest: of the database: a log of changes.
        keys: the wanted keys.

    Raises:
        Malformed: it has another form.
    """
    live: dict[int, bool] = {}
    for record in log_records(manifest):
        at = 0
        while at < len(record):
            tag, at = _number(record, at)
            if tag in _NUMBERS:
                _, at = _number(record, at)
            elif tag == _COMPARATOR:
                _, at = _text(record, at)
            elif tag in (_POINTER, _GONE, _NEW):
                _, at = _number(record, at)
                at = _change(record, at, tag, live, keys)
            else:
                raise _bad("a manifest with another change")
    return tuple(sorted(number for number, wanted in live.items() if wanted))


def _change(record: bytes, at: int, tag: int, live: dict[int, bool], keys: frozenset[bytes]) -> int:
    if tag == _POINTER:
        return _text(record, at)[1]
    number, at = _number(record, at)
    if tag == _GONE:
        live.pop(number, None)
        return at
    _, at = _number(record, at)
    smallest, at = _text(record, at)
    largest, at = _text(record, at)
    live[number] = any(_user_key(smallest) <= key <= _user_key(largest) for key in keys)
    return at


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = _number(data, at)
    if at + length > len(data):
        raise _bad("a text that is cut off")
    return data[at : at + length], at + length


def _user_key(key: bytes) -> bytes:
    if len(key) < 8:
        raise _bad("a key without a sequence number")
    return key[:-8]


def _entries(read: Read, size: int, handle: tuple[int, int]) -> Iterator[tuple[bytes, bytes]]:
    block = _block(read, size, handle)
    if len(block) < 4:
        raise _bad("a block without an end")
    (restarts,) = unpack_from("<I", block, len(block) - 4)
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise _bad("a block with another end")
    at, key = 0, b""
    while at < end:
        shared, at = _number(block, at)
        own, at = _number(block, at)
        length, at = _number(block, at)
        if shared > len(key) or at + own + length > end:
            raise _bad("an entry that is cut off")
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + length]
        at += length


def _block(read: Read, size: int, handle: tuple[int, int]) -> bytes:
    offset, length = handle
    if length > BLOCK_LIMIT or offset + length + _TRAILER > size:
        raise _bad("a block that is too large")
    stored = read(offset, length + 1)
    if len(stored) != length + 1:
        raise _bad("a block that is cut off")
    if stored[-1] == _PLAIN:
        return stored[:-1]
    if stored[-1] != _SNAPPY:
        raise _bad("a block in another compression")
    return unpack_snappy(stored[:-1])


def unpack_snappy(data: bytes, limit: int = BLOCK_LIMIT) -> bytes:
    """What is packed in a block of Snappy's raw format.

    Raises:
        Malformed: it is not of this format, or is longer than the limit.
    """
    length, at = _number(data, 0)
    if length > limit:
        raise _bad("a block that is too large")
    out = bytearray()
    while at < len(data) and len(out) <= length:
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            count = tag >> 2
            if count >= 60:
                width = count - 59
                count = int.from_bytes(data[at : at + width], "little")
                at += width
            count += 1
            out += data[at : at + count]
            at += count
            continue
        width = (1, 2, 4)[(tag & 3) - 1]
        offset = int.from_bytes(data[at : at + width], "little")
        at += width
        count = (tag >> 2) + 1
        if tag & 3 == 1:
            offset |= tag >> 5 << 8
            count = (tag >> 2 & 7) + 4
        if not 0 < offset <= len(out):
            raise _bad("a copy from before the block")
        start = len(out) - offset
        piece = bytes(out[start : start + count])
        out += (piece * (count // len(piece) + 1))[:count]
    if at != len(data) or len(out) != length:
        raise _bad("a block that is cut off")
    return bytes(out)


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = _number(data, at)
    length, at = _number(data, at)
    return (offset, length), at


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise _bad("a number that is cut off")


def _bad(what: str) -> Malformed:
    return Malformed(f"its table is not LevelDB's: {what}")
