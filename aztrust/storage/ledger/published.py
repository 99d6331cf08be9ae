"""The ledger's files in a launch directory: read within bounds, and written by the keeper alone.

    part = read_published_files(launch)          # what every reader of a launch looks at
    publish(store, launch, keeper, keys)         # after each act of the keeper

The keeper's store is the source. What it publishes is written in an order in which a reader never
meets a head without its tiles: record files, tiles, the head, each synced; only then are the
partial tiles of earlier heads removed. A folder that has more than the store stops the keeper: the
store is an old copy, and what it would publish would be a second history.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT, VerifiedHead
from aztrust.core.formats.dsse import canonical_form
from aztrust.core.formats.tiles import (
    CHECKPOINT,
    FOLDER,
    WIDTH,
    claimed_size,
    parse_path,
    tiles_of,
)
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.published import PublishedLedger
from aztrust.core.history.replay import Trust
from aztrust.core.records.summary import VERDICT
from aztrust.storage.durable import create_idempotent, overwrite, remove
from aztrust.storage.launch import (
    FOLDER_COUNT,
    FOLDER_LIMIT,
    LINK,
    RECORDS,
    VERDICTS,
    read_bounded,
    read_whole,
)
from aztrust.storage.ledger.store import LedgerStore
from aztrust.storage.presence import is_present

_SUFFIX: Final = ".dsse.json"
_DEPTH: Final = 10
"""Folders of a tile's path: `tile`, the level, five groups of digits, `000.p`, the width."""


def read_published_files(launch: Path) -> PublishedLedger | None:
    """The ledger's files in a launch directory; None where there is no such folder.

    Only the files of the log that the head claims are read; the rest are named. No link is
    followed, and everything together is bounded as a folder of records is.

    Args:
        launch: the launch directory.
    """
    if not is_present(launch / FOLDER):
        return None
    unread: dict[str, str] = {}
    files: dict[str, bytes] = {}
    paths = _listed(launch / FOLDER, unread)
    left = FOLDER_LIMIT
    if CHECKPOINT in paths:
        _read(launch, CHECKPOINT, NOTE_LIMIT, files, unread)
    size = claimed_size(files.get(CHECKPOINT, b""))
    others = []
    for path in paths:
        tile = parse_path(path)
        if path == CHECKPOINT:
            continue
        if tile is None or not tile.is_of(size):
            others.append(path)
            continue
        _read(launch, path, min(tile.limit, left), files, unread)
        left -= len(files.get(path, b""))
        if left < 0:
            del files[path]
            unread[path] = f"the files of the ledger have more than {FOLDER_LIMIT:,} bytes together"
            left = 0
    return PublishedLedger(FOLDER, files, tuple(others), unread)


def _read(
    launch: Path, path: str, limit: int, files: dict[str, bytes], unread: dict[str, str]
) -> None:
    try:
        files[path] = read_bounded(launch / FOLDER / path, limit)
    except CouldNotCheck as error:
        unread[path] = error.message


def _listed(folder: Path, unread: dict[str, str]) -> list[str]:
    """Every path below the folder that is not a directory, sorted; links are listed as files."""
    paths: list[str] = []
    try:
        for path in _walk(folder, "", _DEPTH):
            if len(paths) == FOLDER_COUNT:
                raise OSError(None, f"it has more than {FOLDER_COUNT:,} files")
            paths.append(path)
    except OSError as error:
        unread["."] = f"cannot list it: {error.strerror or error}"
    return sorted(paths)


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[str]:
    if folder.is_symlink():
        raise OSError(None, LINK)
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            # Dot files are an editor's or a file system's, as in the folders of records.
            if entry.name.startswith("."):
                continue
            if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode) and depth:
                yield from _walk(folder / entry.name, f"{path}/", depth - 1)
            else:
                yield path


@frozen
class Publication:
    """What a publication did. `written` and `removed` are paths below the launch directory."""

    size: int
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def publish(store: LedgerStore, launch: Path, trust: Trust, path: Path) -> Publication | None:
    """Bring a launch directory up to the store's last head; None where the store has no head.

    Args:
        store: the keeper's, at one moment.
        launch: the launch directory.
        trust: the log's keeper, and whose records are in it.
        path: the store's file; the notes of a fork are kept next to it.

    Raises:
        Refused: the folder has more than the store (`ledger-inconsistent`), or is a fork of it
            (`ledger-equivocation`); the store's entries are not those of its head.
        Malformed, CouldNotCheck: an entry or the last head cannot be read, or the file system
            refused. Written files stay: the same command again completes the work.
    """
    note = store.latest_head()
    if note is None:
        return None
    head = trust.open_head(note, name="the ledger's last head")
    found = _published_head(launch, trust)
    if found is not None:
        head = _continued(store, head, found, path)
    records = [
        read_record(entry.envelope, trust.keys, trust.opener, name=f"entry {entry.index}")
        for entry in store.entries(0, head.head.size)
    ]
    tiles = _verified_tiles(records, head)
    written = [*_write_records(launch, records)]
    part = read_published_files(launch)
    held = {} if part is None else part.files
    for name, data in {**tiles, CHECKPOINT: head.note}.items():
        if held.get(name) != data:
            overwrite(launch / FOLDER / name, data, within=launch)
            written.append(f"{FOLDER}/{name}")
    return Publication(head.head.size, tuple(written), tuple(_remove_partials(launch, tiles)))


def _published_head(launch: Path, trust: Trust) -> VerifiedHead | None:
    """The keeper's head that is there; what is not one is replaced by one."""
    path = launch / FOLDER / CHECKPOINT
    if not is_present(path):
        return None
    try:
        return trust.open_head(read_bounded(path, NOTE_LIMIT), name=f"{FOLDER}/{CHECKPOINT}")
    except Malformed:
        return None


def _continued(
    store: LedgerStore, own: VerifiedHead, found: VerifiedHead, path: Path
) -> VerifiedHead:
    """The head to publish, once the folder's is a head of this store's log."""
    size = found.head.size
    if size > store.size():
        raise Refused(
            f"{FOLDER} has a head over {size} entries, and the ledger on this machine has"
            f" {store.size()}: nothing is published",
            subject=f"{FOLDER}/{CHECKPOINT}",
            code="ledger-inconsistent",
            mend=f"{escape(str(path))} is an earlier copy: restore the current one on this machine",
        )
    root = merkle.root(size, store.nodes)
    if root != found.head.root:
        kept = [_keep_note(path, head) for head in (own, found)]
        raise Refused(
            f"{FOLDER} has a head over {size} entries that the ledger on this machine contradicts:"
            " one log has two histories",
            subject=f"{FOLDER}/{CHECKPOINT}",
            code="ledger-equivocation",
            mend="keep both notes, they are the evidence; find out which machines signed heads",
            details=tuple(f"kept: {escape(str(note))}" for note in kept),
        )
    return found if size > own.head.size else own


def _keep_note(path: Path, verified: VerifiedHead) -> Path:
    head = verified.head
    kept = path.with_name(f"{path.name}.fork-{head.size}-{head.root.hex()[:8]}.note")
    create_idempotent(kept, verified.note)
    return kept


def _verified_tiles(records: list[LedgerRecord], verified: VerifiedHead) -> Mapping[str, bytes]:
    head = verified.head
    at_peaks: list[bytes] = []
    for size, record in enumerate(records):
        merkle.add_leaf(size, at_peaks, merkle.leaf_hash(record.leaf))
    if len(records) != head.size or merkle.root_of_peaks(at_peaks) != head.root:
        raise Refused(
            f"nothing is published: the entries are not those of the head over {head.size}",
            code="ledger-inconsistent",
            mend="aztrust ledger verify",
        )
    return tiles_of([record.leaf for record in records])


def _write_records(launch: Path, records: list[LedgerRecord]) -> Iterator[str]:
    """Write a file for each entry that no file is, to the signature."""
    held = {
        canonical_form(data)
        for folder, suffix in ((RECORDS, ""), (VERDICTS, _SUFFIX))
        for data in read_whole(launch, folder, RECORD_LIMIT, suffix).values()
    }
    for record in records:
        if record.envelope not in held:
            folder = VERDICTS if record.kind == VERDICT.name else RECORDS
            path = f"{folder}/{sha256_id(record.envelope)[7:]}{_SUFFIX}"
            create_idempotent(launch / path, record.envelope, within=launch)
            yield path


def _remove_partials(launch: Path, tiles: Mapping[str, bytes]) -> Iterator[str]:
    """Remove the partial tiles that the published log does not have; other files stay."""
    for path in _listed(launch / FOLDER, {}):
        tile = parse_path(path)
        if tile is not None and tile.width < WIDTH and path not in tiles:
            remove(launch / FOLDER / path, within=launch)
            yield f"{FOLDER}/{path}"
