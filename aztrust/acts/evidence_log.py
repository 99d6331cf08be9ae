"""Keeping logs of nodes with a launch, for its archive (AZ-37.1)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from aztrust.core.archive.logs import (
    AROUND,
    DOCUMENT_LIMIT,
    ENDING,
    Around,
    NodeLog,
    encode_log,
    log_path,
    parse_log,
)
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.private_keys import private_key_form
from aztrust.storage.bag.hashing import BLOCK, Hasher
from aztrust.storage.durable import create_exclusive
from aztrust.storage.folders import open_regular, read_bounded
from aztrust.storage.presence import is_present
from aztrust.storage.tree.hashing import FileDigest, hash_file


@frozen
class KeptLog:
    """A log, and whether it was copied now; False where these bytes were kept before."""

    log: NodeLog
    written: bool


def keep_logs(
    launch: Path, files: Sequence[Path], around: Sequence[str], node: str, now_unix_ms: int
) -> tuple[KeptLog, ...]:
    """Copy logs into the launch. All are hashed before one is copied.

    Args:
        launch: the launch directory.
        files: the logs.
        around: what they cover, of `core.archive.logs.AROUND`.
        node: whose they are, "" where that is not known.
        now_unix_ms: when they are taken.

    Raises:
        CouldNotCheck: a file cannot be read or written, is empty, or changed while it was copied.
        Refused: `private-key-exposed`: a file holds a private key; `file-modified`: a copy has
            other bytes than the log; or a log is here under other facts.
    """
    covered = cast("tuple[Around, ...]", tuple(a for a in AROUND if a in around))
    prepared = [(path, _hashed(path)) for path in files]
    return tuple(
        _keep(launch, path, _log(path, digest, covered, node, now_unix_ms))
        for path, digest in prepared
    )


def _hashed(path: Path) -> FileDigest:
    digest = hash_file(path)
    if not digest.size:
        raise CouldNotCheck(
            "it is empty, so it shows nothing",
            subject=escape(str(path)),
            mend="name the node's log file",
        )
    with open_regular(Path(digest.resolved)) as file:
        form = private_key_form(file.read(BLOCK))
    if form:
        raise Refused(
            f"it holds a private key ({form})",
            subject=escape(str(path)),
            code="private-key-exposed",
            mend="name a log file; an archive is for others to read",
        )
    return digest


def _log(
    path: Path, digest: FileDigest, around: tuple[Around, ...], node: str, now_unix_ms: int
) -> NodeLog:
    return NodeLog(
        schema_="aztrust/node-log",
        version_major=1,
        version_minor=0,
        name=escape(path.name)[:255],
        path=log_path(digest.sha256),
        node=escape(node)[:200],
        around=around,
        size=digest.size,
        sha256=digest.sha256,
        blake3=digest.blake3,
        taken_at_unix_ms=now_unix_ms,
    )


def _keep(launch: Path, path: Path, log: NodeLog) -> KeptLog:
    place = launch / log.path
    document = place.with_name(place.name.removesuffix(".log") + ENDING)
    is_documented, is_here = is_present(document), is_present(place)
    if is_documented:
        data = read_bounded(document, DOCUMENT_LIMIT)
        before = parse_log(data, name=escape(str(document.relative_to(launch))))
        if (before.around, before.node) != (log.around, log.node):
            raise Refused(
                f"{escape(path.name)} is kept already, as the log of"
                f" {before.node or 'no named node'} around {', '.join(before.around)}",
                subject=escape(str(document.relative_to(launch))),
                mend=f"remove {log.path} and its document, then keep it again",
            )
        log = before
    if not is_here:
        create_exclusive(place, _copied(path, log), within=launch)
    elif not is_kept(launch, log):
        raise Refused(
            f"{log.path} has other bytes than the log that was kept there",
            subject=log.path,
            code="file-modified",
            mend="move it away, then keep the log again",
        )
    if not is_documented:
        create_exclusive(document, encode_log(log), within=launch)
    return KeptLog(log, not (is_documented and is_here))


def is_kept(launch: Path, log: NodeLog) -> bool:
    """Whether the copy has the bytes that its document says.

    Raises:
        CouldNotCheck: as `hash_file`.
    """
    found = hash_file(launch / log.path)
    return (found.sha256, found.blake3) == (log.sha256, log.blake3)


def _copied(path: Path, log: NodeLog) -> Iterator[bytes]:
    """The blocks of the file, which must be the bytes that were hashed."""
    hasher = Hasher()
    with open_regular(Path(os.path.realpath(path))) as file:
        while hasher.size <= log.size and (block := file.read(BLOCK)):
            hasher.update(block)
            yield block
    if hasher.size != log.size or f"sha256:{hasher.file().sha256.hex()}" != log.sha256:
        raise CouldNotCheck(
            "it changed while it was copied",
            subject=escape(str(path)),
            mend="copy the log first, then keep the copy",
            code="changed-while-reading",
        )
