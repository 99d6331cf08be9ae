"""Hashing files that the host names, outside any package."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import frozen
from aztrust.storage.hash_stream import (
    WHOLE_LIMIT,
    RawDigest,
    digest_paired,
    digest_streamed,
    digest_whole,
)
from aztrust.storage.reading import check_size, read_regular

FEW = 256
"""Files that are hashed by this process alone; more of them are shared out."""


@frozen
class FileDigest:
    """A host file: size in bytes, digests with their prefix, the path after resolving links."""

    size: int
    sha256: str
    blake3: str
    executable: bool
    resolved: str = ""


def hash_file(path: Path, *, paired: bool = True) -> FileDigest:
    """Digests of one file outside any package.

    Links in `path` are resolved first, and `resolved` says where they led; from then on nothing
    is followed (law 5).

    Args:
        paired: compute both digests of a large file side by side, on two threads.

    Raises:
        CouldNotCheck: missing (`file-missing`), not a regular file (`special-file`),
            `unreadable`, or `changed-while-reading`.
    """
    directory = -1
    try:
        resolved = Path(os.path.realpath(path, strict=True))
        if not resolved.is_file():
            raise _not_hashed(path, "it is not a regular file", "special-file")
        directory = os.open(resolved.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        status, raw = read_regular(
            directory, resolved.name, None, _digest_paired if paired else _digest_alone
        )
        check_size(raw, status)
    except FileNotFoundError:
        raise _not_hashed(path, "there is no such file", "file-missing") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is impossible here"
        raise _not_hashed(path, f"it cannot be read: {reason}", "unreadable") from None
    except CouldNotCheck as error:
        raise _not_hashed(path, error.message, error.code) from None
    finally:
        if directory >= 0:
            os.close(directory)
    return FileDigest(
        size=raw.size,
        sha256="sha256:" + raw.sha256.hex(),
        blake3="blake3:" + raw.blake3.hex(),
        executable=bool(status.st_mode & stat.S_IXUSR),
        resolved=str(resolved),
    )


_MENDS = {
    "file-missing": "check the path",
    "special-file": "name a regular file",
    "unreadable": "check its permissions",
    "changed-while-reading": "run again once nothing writes to it",
}


def _not_hashed(path: Path, message: str, code: str) -> CouldNotCheck:
    return CouldNotCheck(message, subject=str(path), mend=_MENDS[code], code=code)


def hash_files(
    paths: Sequence[Path], *, jobs: int
) -> Iterator[tuple[Path, FileDigest | CouldNotCheck]]:
    """(path, digests or why there are none) for each path, in their order.

    Args:
        jobs: processors to use; 1 starts no thread and no process.
    """
    if jobs == 1 or len(paths) <= FEW:
        yield from zip(paths, _hash_each(paths, paired=jobs > 1), strict=True)
        return
    from functools import partial

    from aztrust.storage.tree.pool import own_executor

    chunks = [paths[start : start + FEW] for start in range(0, len(paths), FEW)]
    with own_executor(jobs, None) as (executor, _):
        for chunk, digests in zip(
            chunks, executor.map(partial(_hash_chunk, paired=False), chunks), strict=True
        ):
            yield from zip(chunk, digests, strict=True)


def _hash_each(paths: Sequence[Path], *, paired: bool) -> Iterator[FileDigest | CouldNotCheck]:
    for path in paths:
        try:
            yield hash_file(path, paired=paired)
        except CouldNotCheck as error:
            yield error


def _hash_chunk(paths: Sequence[Path], *, paired: bool) -> list[FileDigest | CouldNotCheck]:
    return list(_hash_each(paths, paired=paired))


def _digest_paired(descriptor: int, status: os.stat_result) -> RawDigest:
    if status.st_size <= WHOLE_LIMIT:
        return digest_whole(descriptor, status.st_size)
    return digest_paired(descriptor, status.st_size)


def _digest_alone(descriptor: int, status: os.stat_result) -> RawDigest:
    return digest_streamed(descriptor, status.st_size)
