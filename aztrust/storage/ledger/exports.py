"""Exports on disk: one file, or a standby directory that is kept current.

    standby/
      entries-0000000000000000-0000000000000200.jsonl    entries 0 up to, not including, 200
      entries-0000000000000200-0000000000000203.jsonl
      head-0000000000000203.note                         the keeper's note over 203 entries

No file of a standby is ever changed, so that any copying program may copy it to another place. A
head is written after the entries that it covers.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT, claimed_head, parse_note
from aztrust.core.history.export import LINE_LIMIT, ExportReader, export_lines
from aztrust.storage.durable import create_exclusive, create_idempotent
from aztrust.storage.folders import open_regular, read_bounded
from aztrust.storage.ledger.store import LedgerStore

SEGMENT: Final = 10_000
"""How many entries one file of a standby holds at most."""

_ENTRIES: Final = re.compile(r"entries-([0-9]{16})-([0-9]{16})\.jsonl")
_HEAD: Final = re.compile(r"head-([0-9]{16})\.note")


class Copy(Protocol):
    """A ledger as an export holds it; nothing in it is verified."""

    name: str
    origin: str
    size: int

    def entries(self) -> Iterator[bytes]:
        """The envelopes, from entry 0 on."""

    def notes(self) -> Iterator[bytes]:
        """The signed heads, the smallest first; to be read after the entries."""


@frozen
class Segment:
    """One file of entries in a standby directory."""

    path: Path
    start: int
    end: int


@frozen
class Followed:
    """What one round of following wrote: so many entries and heads; `size` are all entries."""

    size: int
    entries: int
    heads: int


def write_export(store: LedgerStore, path: Path) -> int:
    """Write one moment of a ledger to a new file; the number of its entries.

    Raises:
        Refused: something is already there.
        CouldNotCheck: the ledger cannot be read, or the file not be written.
    """
    with store.snapshot():
        size = store.size()
        envelopes = (entry.envelope for entry in store.entries(0, size))
        notes = [note for _, note in store.heads()]
        create_exclusive(path, export_lines(store.origin, 0, size, envelopes, notes))
    return size


def follow(store: LedgerStore, directory: Path) -> Followed:
    """Bring a standby directory up to the ledger, once; of two at a time one waits.

    Raises:
        Refused: `ledger-inconsistent`: the standby does not begin like the ledger.
        Malformed: the standby is not of the form that this writes.
        CouldNotCheck: something cannot be read or written.
    """
    with _alone(directory), store.snapshot():
        segments, heads = standby_files(directory)
        _check_same(store, directory, segments, heads)
        size = store.size()
        start = segments[-1].end if segments else 0
        written = size - start
        while start < size:
            end = min(size, start + SEGMENT)
            _write_segment(store, directory, start, end)
            start = end
        new = [(n, note) for n, note in store.heads() if n not in heads]
        for n, note in new:
            create_idempotent(directory / f"head-{n:016d}.note", note)
    return Followed(size, written, len(new))


@contextmanager
def open_export(path: Path) -> Iterator[Copy]:
    """An export in a file, or a standby directory.

    Raises:
        Malformed: `ledger-inconsistent`: it is not of an export's form.
        CouldNotCheck: it cannot be read.
    """
    if path.is_dir():
        yield _Standby(path)
        return
    # A link that a person names is followed, as everywhere.
    with _lines(Path(os.path.realpath(path))) as lines:
        yield _File(path, lines)


def standby_files(directory: Path) -> tuple[tuple[Segment, ...], dict[int, Path]]:
    """The files of a standby: entries in their order, and heads by size.

    Raises:
        Malformed: `ledger-inconsistent`: entries are missing between two files, or are in two.
        CouldNotCheck: the directory cannot be listed.
    """
    try:
        names = sorted(os.listdir(directory))
    except FileNotFoundError:
        return (), {}
    except OSError as error:
        raise CouldNotCheck(
            f"cannot list {escape(str(directory))}: {error.strerror or error}",
            subject=escape(str(directory)),
            mend="check the directory's permissions",
        ) from None
    segments: list[Segment] = []
    heads: dict[int, Path] = {}
    end = 0
    for name in names:
        if (match := _ENTRIES.fullmatch(name)) is not None:
            segment = Segment(directory / name, int(match[1]), int(match[2]))
            if segment.start != end or segment.end <= segment.start:
                raise _broken(directory, f"has {name} where entry {end} should begin")
            segments.append(segment)
            end = segment.end
        elif (match := _HEAD.fullmatch(name)) is not None:
            heads[int(match[1])] = directory / name
    return tuple(segments), heads


class _File:
    """An export in one file."""

    def __init__(self, path: Path, lines: Iterator[bytes]) -> None:
        self.name = escape(str(path))
        self._reader = ExportReader(lines, name=str(path))
        header = self._reader.header
        if header.start:
            raise _broken(path, f"begins with entry {header.start}; it is a part of a standby")
        self.origin, self.size = header.origin, header.entries

    def entries(self) -> Iterator[bytes]:
        return self._reader.entries()

    def notes(self) -> Iterator[bytes]:
        return self._reader.notes()


class _Standby:
    """A standby directory."""

    def __init__(self, path: Path) -> None:
        self.name = escape(str(path))
        self._segments, self._heads = standby_files(path)
        if not self._segments and not self._heads:
            raise CouldNotCheck(
                f"{self.name} is not a standby directory: it has neither entries nor heads",
                subject=self.name,
                mend="name the directory that aztrust ledger export --follow DIR keeps",
            )
        self.size = self._segments[-1].end if self._segments else 0
        self.origin = self._origin()

    def entries(self) -> Iterator[bytes]:
        for segment in self._segments:
            with _lines(segment.path) as lines:
                reader = _segment_reader(segment, lines)
                if reader.header.origin != self.origin:
                    raise _broken(segment.path, "is of another log than the file before it")
                yield from reader.entries()
                for _ in reader.notes():
                    raise _broken(segment.path, "has a head among its entries")

    def notes(self) -> Iterator[bytes]:
        for size in sorted(self._heads):
            yield read_bounded(self._heads[size], NOTE_LIMIT)

    def _origin(self) -> str:
        if self._segments:
            with _lines(self._segments[0].path) as lines:
                return _segment_reader(self._segments[0], lines).header.origin
        path = next(iter(self._heads.values()))
        return claimed_head(parse_note(read_bounded(path, NOTE_LIMIT), name=str(path))).origin


def _write_segment(store: LedgerStore, directory: Path, start: int, end: int) -> None:
    def lines() -> Iterator[bytes]:
        envelopes = (entry.envelope for entry in store.entries(start, end))
        return export_lines(store.origin, start, end - start, envelopes, ())

    path = directory / f"entries-{start:016d}-{end:016d}.jsonl"
    try:
        create_exclusive(path, lines())
    except Refused:
        # Where there are no locks, another process may have been writing the same.
        with _lines(path) as there:
            if all(ours == theirs for ours, theirs in zip_longest(lines(), there)):
                return
        raise _followed(directory) from None


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold a standby, made where there is none; not on a file system that knows no locks."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot use {escape(str(directory))}: {error.strerror or error}",
            subject=escape(str(directory)),
            mend="name a directory that you may write to",
        ) from None
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _followed(directory: Path) -> CouldNotCheck:
    return CouldNotCheck(
        f"another process follows in {escape(str(directory))}",
        subject=escape(str(directory)),
        mend="run it again; one follower is enough for a standby",
    )


def _check_same(
    store: LedgerStore, directory: Path, segments: Sequence[Segment], heads: dict[int, Path]
) -> None:
    """That what the standby has is the beginning of this ledger: its last entry, and every head."""
    if segments:
        last = segments[-1]
        envelope, origin = _last_entry(last)
        if origin != store.origin:
            raise _unlike(directory, "is of another log")
        if last.end > store.size():
            raise _unlike(directory, f"has {last.end} entries, and the ledger {store.size()}")
        if store.entry(last.end - 1).envelope != envelope:
            raise _unlike(directory, f"has another entry {last.end - 1}")
    for size, path in heads.items():
        head = claimed_head(parse_note(read_bounded(path, NOTE_LIMIT), name=escape(str(path))))
        if head.origin != store.origin:
            raise _unlike(directory, "has a head of another log")
        if size != head.size or size > store.size() or merkle.root(size, store.nodes) != head.root:
            raise _unlike(directory, f"has a head over {size} entries that the ledger denies")


def _last_entry(segment: Segment) -> tuple[bytes, str]:
    with _lines(segment.path) as lines:
        reader = _segment_reader(segment, lines)
        (last,) = deque(reader.entries(), maxlen=1)
        return last, reader.header.origin


def _segment_reader(segment: Segment, lines: Iterator[bytes]) -> ExportReader:
    reader = ExportReader(lines, name=str(segment.path))
    if (reader.header.start, reader.header.entries) != (segment.start, segment.end - segment.start):
        raise _broken(segment.path, "holds other entries than its name says")
    return reader


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a regular file, each cut just above the limit."""
    with open_regular(path) as file:
        yield _bounded(path, file)


def _bounded(path: Path, file: BinaryIO) -> Iterator[bytes]:
    while True:
        try:
            line = file.readline(LINE_LIMIT + 1)
        except OSError as error:
            raise _unreadable(path, error) from None
        if not line:
            return
        yield line


def _unreadable(path: Path, error: OSError) -> CouldNotCheck:
    return CouldNotCheck(
        f"cannot read {escape(str(path))}: {error.strerror or error}",
        subject=escape(str(path)),
        mend="name an export, or a standby directory",
    )


def _broken(path: Path, reason: str) -> Malformed:
    return Malformed(
        reason,
        subject=escape(str(path)),
        code="ledger-inconsistent",
        mend="follow the ledger into a new directory; a standby is never edited by hand",
    )


def _unlike(directory: Path, has: str) -> Refused:
    return Refused(
        f"the standby {escape(str(directory))} {has}",
        subject=escape(str(directory)),
        code="ledger-inconsistent",
        mend="one of the two was cut back or changed: keep both, and verify both against a head"
        " that someone kept (aztrust ledger verify --since HEADFILE)",
    )
