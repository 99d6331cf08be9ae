"""The ledger's files in a launch directory, as the keeper alone writes them.

    publish(store, launch, trust, path, place_of)         # after each act of the keeper

The keeper's store is the source. What it publishes is written in an order in which a reader never
meets a head without its tiles: record files, tiles, the head, each synced; only then are the
partial tiles of earlier heads removed. A folder that has more than the store stops the keeper: the
store is an old copy, and what it would publish would be a second history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NoReturn

from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT, VerifiedHead, claimed_head, parse_note
from aztrust.core.formats.dsse import canonical_form
from aztrust.core.formats.tiles import (
    CHECKPOINT,
    FOLDER,
    WIDTH,
    parse_path,
    tiles_of,
)
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.stored_log import Trust
from aztrust.storage.durable import create_idempotent, overwrite, remove
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import RECORDS, VERDICTS, read_whole
from aztrust.storage.ledger.store import LedgerStore
from aztrust.storage.presence import is_present
from aztrust.storage.publishedfiles import listed_files, read_published_files

_SUFFIX: Final = ".dsse.json"
PlaceOf = Callable[[LedgerRecord], str]
"""The path of a record's file, relative to the launch directory."""


@frozen
class Publication:
    """What a publication did. `written` and `removed` are paths below the launch directory."""

    size: int
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def publish(
    store: LedgerStore, launch: Path, trust: Trust, path: Path, place_of: PlaceOf
) -> Publication | None:
    """Bring a launch directory up to the store's last head; None where the store has no head.

    Args:
        store: the keeper's, at one moment.
        launch: the launch directory.
        trust: the log's keeper, and whose records are in it.
        path: the store's file; the notes of a fork are kept next to it.
        place_of: where the file of a record belongs.

    Raises:
        Refused: the folder has more than the store (`ledger-inconsistent`), or is a fork
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
        require_continued(store, found, path)
        head = max(head, found, key=lambda verified: verified.head.size)
    size = head.head.size
    operators = trust.enrolled_in(entry.envelope for entry in store.entries(0, size))
    records = [trust.read(entry, operators) for entry in store.entries(0, size)]
    tiles = _verified_tiles(records, head)
    written = [*_write_records(launch, records, place_of)]
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


def require_continued(store: LedgerStore, found: VerifiedHead, path: Path) -> None:
    """Refuse to work on a store whose published head it does not have.

    Args:
        store: the keeper's.
        found: the keeper's head in the launch directory.
        path: the store's file; the notes of a fork are kept next to it.

    Raises:
        Refused: `ledger-inconsistent`: the store has fewer entries; `ledger-equivocation`: it
            contradicts the head.
        CouldNotCheck: a note could not be kept.
    """
    size = found.head.size
    if size > store.size():
        raise Refused(
            f"{FOLDER} has a head over {size} entries, and the ledger on this machine has"
            f" {store.size()}: nothing is signed or published",
            subject=f"{FOLDER}/{CHECKPOINT}",
            code="ledger-inconsistent",
            mend=f"{escape(str(path))} is an earlier copy: restore the current one on this machine",
        )
    if merkle.root(size, store.nodes) != found.head.root:
        refuse_fork(store, found, path)


def refuse_fork(store: LedgerStore, found: VerifiedHead, path: Path) -> NoReturn:
    """Keep the notes of two histories, and refuse to go on.

    Args:
        store, found, path: as `require_continued`.

    Raises:
        Refused: `ledger-equivocation`.
        CouldNotCheck: a note could not be kept.
    """
    notes = [found.note, *filter(None, [store.latest_head()])]
    raise Refused(
        f"{FOLDER} has a head over {found.head.size} entries that the ledger on this machine"
        " contradicts: one log has two histories",
        subject=f"{FOLDER}/{CHECKPOINT}",
        code="ledger-equivocation",
        mend="keep both notes, they are the evidence; find out which machines signed heads",
        details=tuple(f"kept: {escape(str(_keep_note(path, note)))}" for note in notes),
    )


def _keep_note(path: Path, note: bytes) -> Path:
    head = claimed_head(parse_note(note, name="a head"))
    kept = path.with_name(f"{path.name}.fork-{head.size}-{head.root.hex()[:8]}.note")
    create_idempotent(kept, note)
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


def _write_records(launch: Path, records: list[LedgerRecord], place_of: PlaceOf) -> Iterator[str]:
    """Write a file for each entry that no file is, to the signature."""
    held = {
        canonical_form(data)
        for folder, suffix in ((RECORDS, ""), (VERDICTS, _SUFFIX))
        for data in read_whole(launch, folder, RECORD_LIMIT, suffix).values()
    }
    for record in records:
        if record.envelope not in held:
            path = place_of(record)
            if is_present(launch / path):
                # The same record in another signature has the name: both are kept.
                folder = path.rpartition("/")[0]
                path = f"{folder}/{sha256_id(record.envelope)[7:]}{_SUFFIX}"
            create_idempotent(launch / path, record.envelope, within=launch)
            yield path


def _remove_partials(launch: Path, tiles: Mapping[str, bytes]) -> Iterator[str]:
    """Remove the partial tiles that the published log does not have; other files stay."""
    for path in listed_files(launch / FOLDER, {}):
        tile = parse_path(path)
        if tile is not None and tile.width < WIDTH and path not in tiles:
            remove(launch / FOLDER / path, within=launch)
            yield f"{FOLDER}/{path}"
