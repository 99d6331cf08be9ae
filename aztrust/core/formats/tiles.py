"""A published log as files: C2SP tlog-tiles of height 8 (c2sp.org/tlog-tiles), and its checkpoint.

    checkpoint                 the newest signed head
    tile/0/000, tile/1/000     256 hashes; level 1 has the roots of the whole tiles of level 0
    tile/entries/000           256 leaves, each after its length in two bytes
    tile/0/000.p/7             the last tile while it is not full, here of 7 hashes

A number from 1,000 on is written in groups of three digits: 1,234,067 is `x001/x234/067`. Paths are
relative to the folder that holds them. Nothing here is believed: `parse_published` recomputes every
hash tile from the leaves and says which files do not agree; whether the root is the one that was
signed is for the reader of the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import claimed_head, parse_note
from aztrust.core.formats.merkle import HASH_BYTES

FOLDER: Final = "manifests/ledger"
"""Where a launch has these files, and a kit too."""
CHECKPOINT: Final = "checkpoint"
HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
"""How many hashes or leaves a full tile has."""
ENTRIES: Final = -1
"""The level of the tiles that hold the leaves themselves."""
LEAF_LIMIT: Final = 65_535
"""Bytes of one leaf."""
HASHES_LIMIT: Final = WIDTH * HASH_BYTES
BUNDLE_LIMIT: Final = WIDTH * (2 + LEAF_LIMIT)
MAX_LEVEL: Final = 6
"""A log has at most 2^53 - 1 leaves."""

_CODE: Final = "ledger-inconsistent"
_PATH: Final = re.compile(
    r"tile/(entries|[0-6])/((?:x[0-9]{3}/){0,5})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


class Tile(NamedTuple):
    """One tile: `width` hashes of a level from `number` * 256 on; leaves at the level `ENTRIES`."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below the folder of the log."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = f"{self.number:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join((*(f"x{group}" for group in groups[:-1]), groups[-1]))
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{name}{partial}"

    @property
    def limit(self) -> int:
        """The most bytes that it may have."""
        return BUNDLE_LIMIT if self.level == ENTRIES else HASHES_LIMIT

    def is_of(self, size: int) -> bool:
        """Whether the log of so many leaves has this very tile."""
        there = size >> HEIGHT * max(self.level, 0)
        full, rest = divmod(there, WIDTH)
        if self.number < full:
            return self.width == WIDTH
        return self.number == full and 0 < rest == self.width


def parse_path(path: str) -> Tile | None:
    """The tile of a path, only in the one spelling that a writer gives it; else None."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level = ENTRIES if match[1] == "entries" else int(match[1])
    number = int(re.sub("[x/]", "", match[2]) + match[3])
    tile = Tile(level, number, WIDTH if match[4] is None else int(match[4]))
    return tile if tile.path == path else None


def tiles_at(size: int) -> Iterator[Tile]:
    """Every tile of the log of so many leaves: the leaves first, then level by level."""
    for level in (ENTRIES, *range(MAX_LEVEL + 1)):
        full, rest = divmod(size >> HEIGHT * max(level, 0), WIDTH)
        yield from (Tile(level, number) for number in range(full))
        if rest:
            yield Tile(level, full, rest)


def tiles_of(leaves: Sequence[bytes]) -> dict[str, bytes]:
    """The tiles of a log with these leaves, by path.

    Raises:
        ValueError: a leaf is longer than a bundle can say.
    """
    hashes = _levels([merkle.leaf_hash(leaf) for leaf in leaves])
    return {
        tile.path: (
            encode_bundle(leaves[tile.number * WIDTH :][: tile.width])
            if tile.level == ENTRIES
            else b"".join(hashes[tile.level][tile.number * WIDTH :][: tile.width])
        )
        for tile in tiles_at(len(leaves))
    }


def encode_bundle(leaves: Iterable[bytes]) -> bytes:
    """The bytes of a tile of leaves; raises ValueError as `tiles_of`."""
    parts: list[bytes] = []
    for leaf in leaves:
        if len(leaf) > LEAF_LIMIT:
            raise ValueError(f"a leaf of {len(leaf)} bytes; at most {LEAF_LIMIT} can be written")
        parts += (len(leaf).to_bytes(2, "big"), leaf)
    return b"".join(parts)


def parse_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """The leaves in a tile of `width` leaves.

    Raises:
        Malformed: `ledger-inconsistent`: it has more or fewer of them, or ends within one.
    """
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise Malformed(f"ends within leaf {len(leaves)}", code=_CODE)
        leaves.append(data[at + 2 : end])
        at = end
    if len(leaves) != width:
        raise Malformed(f"has {len(leaves)} leaves, not {width}", code=_CODE)
    return tuple(leaves)


@frozen
class PublishedLeaf:
    """A leaf and its hash. The leaf is None where only the hash tile could be read."""

    hash: bytes
    leaf: bytes | None = None


@frozen
class BrokenFile:
    """A file of the log that is missing or not what it must be.

    Attributes:
        path: below the folder of the log.
        cause: what is wrong, as the rest of a sentence about the file.
        conflict: the line at which git left a merge conflict in it, from 1; 0 for none.
    """

    path: str
    cause: str
    conflict: int = 0


@frozen
class PublishedLog:
    """A published log as its files are; no signature is checked.

    Attributes:
        checkpoint: the note, b"" where there is none.
        size: what the note claims; 0 where it cannot be read.
        leaves: by index; fewer than `size` where a file is missing.
        broken: what is missing or does not agree, the checkpoint first.
        extra: paths that the log of this size does not have, sorted.
    """

    checkpoint: bytes
    size: int
    leaves: tuple[PublishedLeaf, ...]
    broken: tuple[BrokenFile, ...] = ()
    extra: tuple[str, ...] = ()


def claimed_size(checkpoint: bytes) -> int:
    """The size that a checkpoint claims, 0 where it is not a checkpoint; nothing is verified."""
    try:
        return claimed_head(parse_note(checkpoint, name="")).size
    except Malformed:
        return 0


def parse_published(files: Mapping[str, bytes]) -> PublishedLog:
    """The log in these files, each compared with what the others say.

    Args:
        files: path below the folder to bytes.
    """
    checkpoint = files.get(CHECKPOINT)
    broken: list[BrokenFile] = []
    size = 0
    if checkpoint is None:
        broken.append(BrokenFile(CHECKPOINT, "is missing"))
    else:
        try:
            size = claimed_head(parse_note(checkpoint, name=CHECKPOINT)).size
        except Malformed as error:
            broken.append(_broken(CHECKPOINT, checkpoint, error.message))
    leaves = tuple(_leaves(files, size, broken))
    if len(leaves) == size:
        _compare_hashes(files, [leaf.hash for leaf in leaves], broken)
    extra = sorted(path for path in files if not is_file_of(path, size))
    return PublishedLog(checkpoint or b"", size, leaves, tuple(broken), tuple(extra))


def is_file_of(path: str, size: int) -> bool:
    """Whether the log of so many leaves has a file of this path."""
    tile = parse_path(path)
    return path == CHECKPOINT or (tile is not None and tile.is_of(size))


def _leaves(
    files: Mapping[str, bytes], size: int, broken: list[BrokenFile]
) -> Iterator[PublishedLeaf]:
    """The leaves up to the first that no file has; the loop ends with the files, at any size."""
    for start in range(0, size, WIDTH):
        width = min(WIDTH, size - start)
        bundle = Tile(ENTRIES, start // WIDTH, width).path
        leaves: tuple[bytes, ...] = ()
        if bundle not in files:
            broken.append(BrokenFile(bundle, "is missing"))
        else:
            try:
                leaves = parse_bundle(files[bundle], width)
            except Malformed as error:
                broken.append(_broken(bundle, files[bundle], error.message))
        if leaves:
            yield from (PublishedLeaf(merkle.leaf_hash(leaf), leaf) for leaf in leaves)
            continue
        # The hashes hold the places of these entries, so that all others are still read.
        hashes = files.get(Tile(0, start // WIDTH, width).path, b"")
        if len(hashes) != width * HASH_BYTES:
            return
        for at in range(0, len(hashes), HASH_BYTES):
            yield PublishedLeaf(hashes[at : at + HASH_BYTES])


def _compare_hashes(
    files: Mapping[str, bytes], hashes: list[bytes], broken: list[BrokenFile]
) -> None:
    levels = _levels(hashes)
    for tile in tiles_at(len(hashes)):
        if tile.level == ENTRIES:
            continue
        data = files.get(tile.path)
        wanted = b"".join(levels[tile.level][tile.number * WIDTH :][: tile.width])
        if data is None:
            broken.append(BrokenFile(tile.path, "is missing"))
        elif data != wanted:
            below = f"tile/{tile.level - 1}" if tile.level else "tile/entries"
            cause = f"does not have the hashes of what is below it, in {below}"
            broken.append(_broken(tile.path, data, cause))


def _levels(hashes: list[bytes]) -> list[list[bytes]]:
    """The hashes of every level: each is the roots of the whole tiles of the level below."""
    levels = [hashes]
    for _ in range(MAX_LEVEL):
        below = levels[-1]
        levels.append([_root(below[at : at + WIDTH]) for at in _starts(len(below))])
    return levels


def _starts(count: int) -> range:
    return range(0, count - count % WIDTH, WIDTH)


def _root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [merkle.node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _broken(path: str, data: bytes, cause: str) -> BrokenFile:
    line = conflict_line(data)
    if line:
        return BrokenFile(path, f"has a merge conflict of git at line {line}", line)
    return BrokenFile(path, cause)


def conflict_line(data: bytes) -> int:
    """The first line, from 1, at which git marks a merge conflict; 0 where there is none."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith(b"<<<<<<< "):
            return number
    return 0
