"""What a LevelDB log holds: the writes that were not yet moved into tables, newest last.

CometBFT keeps its state in a LevelDB (`data/state.db`); what it wrote at its first start is in the
log as long as the log is small. The format (LevelDB's `log_format.md`): blocks of 32 KiB with
chunks of checksum (4), length (2) and type (1); a record is a batch of sequence number (8), count
(4) and entries. Checksums are not compared: a damaged value differs from the sealed genesis,
so it is never accepted as that genesis. A log in any other form, for instance another engine's, is
unreadable as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import unpack_from
from typing import Final

from aztrust.core.base.errors import Malformed

BLOCK: Final = 32 * 1024
ENTRIES: Final = 1_000_000
"""Entries in all logs of a database, above which it is not read."""

_HEADER = 7
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_DELETED, _PUT = 0, 1


def newest_values(
    logs: Iterable[bytes],
    keys: frozenset[bytes],
    tables: Iterable[tuple[int, bytes, bytes | None]] = (),
) -> dict[bytes, bytes | None]:
    """The newest value of each of these keys; None where it was deleted last.

    Args:
        logs: the bytes of each.
        keys: the wanted keys; one that is nowhere is missing in the answer.
        tables: what `database_table` found of them: sequence number, key and value.

    Raises:
        Malformed: a log has another form, or there are more than `ENTRIES` entries.
    """
    found: dict[bytes, tuple[int, bytes | None]] = {}
    count = 0
    for number, key, value in tables:
        if number >= found.get(key, (-1, None))[0]:
            found[key] = number, value
    for log in logs:
        for record in log_records(log):
            for number, key, value in _entries(record):
                count += 1
                if count > ENTRIES:
                    raise _bad(f"more than {ENTRIES} entries")
                if key in keys and number >= found.get(key, (-1, None))[0]:
                    found[key] = number, value
    return {key: value for key, (_, value) in found.items()}


def log_records(log: bytes) -> Iterator[bytes]:
    """The records of a log, or of a manifest, which has the same form.

    Raises:
        Malformed: it has another form.
    """
    at, parts, within = 0, [], False
    while at + _HEADER <= len(log):
        left = BLOCK - at % BLOCK
        if left < _HEADER:
            if any(log[at : at + left]):
                raise _bad("something in the end of a block")
            at += left
            continue
        _, length, kind = unpack_from("<IHB", log, at)
        if kind not in (_WHOLE, _FIRST, _MIDDLE, _LAST) or length > left - _HEADER:
            raise _bad("a chunk of another kind")
        if (kind in (_MIDDLE, _LAST)) != within:
            raise _bad("a record in parts that do not follow each other")
        chunk = log[at + _HEADER : at + _HEADER + length]
        at += _HEADER + length
        if len(chunk) < length:
            return  # The last write was cut off; the database leaves it out, too.
        parts.append(chunk)
        within = kind in (_FIRST, _MIDDLE)
        if not within:
            yield b"".join(parts)
            parts = []


def _entries(record: bytes) -> Iterator[tuple[int, bytes, bytes | None]]:
    if len(record) < 12:
        raise _bad("a batch without a head")
    sequence, count = unpack_from("<QI", record)
    at = 12
    for number in range(count):
        if at >= len(record):
            raise _bad("fewer entries than a batch counts")
        kind = record[at]
        if kind not in (_DELETED, _PUT):
            raise _bad("an entry of another kind")
        key, at = _text(record, at + 1)
        value = None
        if kind == _PUT:
            value, at = _text(record, at)
        yield sequence + number, key, value
    if at != len(record):
        raise _bad("more entries than a batch counts")


def _text(record: bytes, at: int) -> tuple[bytes, int]:
    length = 0
    for shift in range(0, 35, 7):
        if at >= len(record):
            break
        byte = record[at]
        at += 1
        length |= (byte & 127) << shift
        if byte < 128:
            if at + length > len(record):
                break
            return record[at : at + length], at + length
    raise _bad("an entry that is cut off")


def _bad(what: str) -> Malformed:
    return Malformed(f"its log is not LevelDB's: {what}")
