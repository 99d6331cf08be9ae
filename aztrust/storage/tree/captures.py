"""Files of which more is wanted than digests: their bytes, or members of the archive they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.host.reading import FileDescription
from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.storage.describing import describe_file
from aztrust.storage.directory import Directories
from aztrust.storage.hash_stream import (
    WHOLE_LIMIT,
    RawDigest,
    digest_bytes,
    digest_whole,
    read_whole,
)
from aztrust.storage.reading import check_size, read_regular
from aztrust.storage.tree.batches import Batch, BatchResult, Columns, digest_large, open_part
from aztrust.storage.tree.schedule import Schedule


class Special:
    """A batch of one file and what is wanted from it; `path` is relative to the package root."""

    __slots__ = ("batch", "capture", "described", "member_limit", "members", "path")

    def __init__(
        self,
        batch: Batch,
        *,
        capture: bool,
        members: tuple[str, ...],
        member_limit: int,
        described: bool = False,
    ) -> None:
        self.batch = batch
        self.capture = capture
        self.members = members
        self.member_limit = member_limit
        self.described = described
        self.path = batch.parts[0].path(batch.parts[0].names[0])


CAPTURE_LIMIT = 512 << 20
"""Bytes up to which a file's content is held; a larger one is hashed, and not looked into."""

WORTH_A_POOL = 8 << 20
"""Bytes of archives from which unpacking them side by side pays for starting processes."""

SpecialResult = tuple[
    BatchResult, bytes | None, dict[str, MemberDigest | Fault], dict[str, FileDescription]
]
"""The usual columns for the one file, its bytes if wanted, and its members by name.

Then what was read of the members, and of the file itself under the name "".
"""


def read_special(special: Special) -> SpecialResult:
    """Reads one such file: a top-level function that an executor can be given."""
    columns = Columns()
    captured: bytes | None = None
    members: dict[str, MemberDigest | Fault] = {}
    descriptions: dict[str, FileDescription] = {}

    def use(descriptor: int, status: os.stat_result) -> RawDigest:
        nonlocal captured, members
        size = status.st_size
        if special.capture and size <= CAPTURE_LIMIT:
            captured = read_whole(descriptor, size)
            raw = digest_bytes(captured, paired=special.batch.paired)
        elif size <= WHOLE_LIMIT:
            raw = digest_whole(descriptor, size)
        else:
            raw = digest_large(descriptor, size, paired=special.batch.paired, mapped=False)
        if special.members:
            from aztrust.storage.archives.archive import Limits, hash_members

            members = hash_members(
                descriptor,
                special.path,
                special.members,
                raw.sha256,
                limits=Limits.of_member(special.member_limit),
                descriptions=descriptions,
            )
        if special.described:
            descriptions[""] = describe_file(descriptor, size)
        return raw

    part = special.batch.parts[0]
    with Directories(Path(special.batch.base), special.batch.relative) as directories:
        try:
            directory = open_part(directories, part)
            status, raw = read_regular(directory, part.names[0], directories.device, use)
            check_size(raw, status)
            columns.hashed(status, raw)
        except CouldNotCheck as error:
            columns.problem(error)
            captured = None
            descriptions.clear()
            members = {
                m: Fault(error.code, escape(special.path), error.message) for m in special.members
            }
    return columns.result(), captured, members, descriptions


def read_specials(
    schedule: Schedule, specials: list[Special]
) -> Iterator[tuple[Special, SpecialResult]]:
    """Reads them all and adds their entries: captures here, several large files side by side."""
    here = [s for s in specials if s.capture]
    archives = [s for s in specials if not s.capture]
    if not _worth_an_executor(schedule, archives):
        here, archives = specials, []
    for special in here:
        yield _add(schedule, special, read_special(special))
    if archives:
        for special, result in schedule.run(
            archives, read_special, read_special, ahead=len(archives) + 1
        ):
            yield _add(schedule, special, result)


def _worth_an_executor(schedule: Schedule, archives: list[Special]) -> bool:
    if schedule.jobs == 1:
        return False
    if schedule.executor is not None:
        return True
    return len(archives) > 1 and sum(map(_size_now, archives)) >= WORTH_A_POOL


def _size_now(special: Special) -> int:
    """Only to decide who reads it: what is read is measured by its own descriptor."""
    path = Path(special.batch.base) / special.batch.relative / special.path
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _add(
    schedule: Schedule, special: Special, result: SpecialResult
) -> tuple[Special, SpecialResult]:
    schedule.collector.files_seen += 1
    schedule.collector.take(special.batch, result[0])
    return special, result


def missing_members(
    requested: tuple[tuple[str, str], ...], found: dict[tuple[str, str], MemberDigest | Fault]
) -> dict[tuple[str, str], MemberDigest | Fault]:
    """Every requested pair with an answer: an archive that is not a file is `artifact-missing`."""
    return {
        pair: found.get(pair)
        or Fault("artifact-missing", escape(pair[0]), "there is no such file in the package")
        for pair in requested
    }
