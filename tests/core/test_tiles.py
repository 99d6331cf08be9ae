"""A published log as tiles: against C2SP's examples and a second, plain computation."""

from __future__ import annotations

import hashlib

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.formats.tiles import (
    CHECKPOINT,
    ENTRIES,
    Tile,
    conflict_line,
    encode_bundle,
    parse_bundle,
    parse_path,
    parse_published,
    tiles_at,
    tiles_of,
)
from tests.ledgers import head_note

LEAVES = [b"leaf %d" % number * (number % 3) for number in range(1100)]


def root(hashes: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it is written there."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return hashlib.sha256(b"\x01" + root(hashes[:half]) + root(hashes[half:])).digest()


HASHES = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in LEAVES]


def published(size: int, leaves: list[bytes] = LEAVES) -> dict[str, bytes]:
    """The files of a log with these leaves, with a head over them."""
    return {**tiles_of(leaves[:size]), CHECKPOINT: head_note(size, root(HASHES[:size]))}


@pytest.mark.parametrize(
    ("number", "path"),
    [(0, "000"), (67, "067"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")],
)
def test_a_path_has_groups_of_three_digits(number, path):
    # The last one is the example of c2sp.org/tlog-tiles.
    assert Tile(0, number).path == f"tile/0/{path}"
    assert Tile(ENTRIES, number, 3).path == f"tile/entries/{path}.p/3"
    assert parse_path(f"tile/0/{path}") == Tile(0, number)
    assert parse_path(f"tile/entries/{path}.p/3") == Tile(ENTRIES, number, 3)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/7/000",
        "tile/00/000",
        "tile/entries/000.p/0",
        "tile/entries/000.p/256",
        "tile/entries/000.p/03",
        "tile/entries/000.p",
        "tile/-1/000",
        "checkpoint",
        "x/tile/0/000",
        "tile/0/000\n",
    ],
)
def test_no_second_spelling_is_a_tile(path):
    assert parse_path(path) is None


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, set()),
        (1, {"tile/entries/000.p/1", "tile/0/000.p/1"}),
        (255, {"tile/entries/000.p/255", "tile/0/000.p/255"}),
        (256, {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}),
        (
            257,
            {
                *("tile/entries/000", "tile/entries/001.p/1"),
                *("tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"),
            },
        ),
    ],
)
def test_the_files_of_a_size(size, paths):
    assert {tile.path for tile in tiles_at(size)} == paths
    assert set(tiles_of(LEAVES[:size])) == paths


def test_the_files_of_a_log_of_three_levels():
    tiles = set(tiles_at(65_537))
    assert len(tiles) == 257 + 257 + 1 + 1
    for path in ("tile/entries/256.p/1", "tile/0/256.p/1", "tile/0/255", "tile/1/000"):
        assert parse_path(path) in tiles
    assert parse_path("tile/2/000.p/1") in tiles
    assert all(tile.is_of(65_537) for tile in tiles)
    for path in ("tile/entries/256", "tile/0/256.p/2", "tile/0/255.p/1", "tile/1/001.p/1"):
        tile = parse_path(path)
        assert tile is not None
        assert not tile.is_of(65_537)


@pytest.mark.parametrize("size", [0, 1, 2, 254, 255, 256, 257, 300, 511, 512, 513, 1024, 1100])
def test_every_hash_is_that_of_a_plain_computation(size):
    tiles = tiles_of(LEAVES[:size])
    for path, data in tiles.items():
        tile = parse_path(path)
        assert tile is not None
        if tile.level == ENTRIES:
            leaves = LEAVES[tile.number * 256 : min(size, tile.number * 256 + 256)]
            assert data == b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
            continue
        under = 256**tile.level
        starts = range(tile.number * 256 * under, size - under + 1, under)
        wanted = [root(HASHES[start : start + under]) for start in starts][:256]
        assert data == b"".join(wanted)


def test_a_bundle_is_read_back():
    leaves = (b"", b"a", b"b" * 65_535)
    data = encode_bundle(leaves)
    assert parse_bundle(data, 3) == leaves
    for wrong, width in ((data, 2), (data, 4), (data[:-1], 3), (data + b"\0", 3), (b"", 1)):
        with pytest.raises(Malformed) as refused:
            parse_bundle(wrong, width)
        assert refused.value.code == "ledger-inconsistent"
    with pytest.raises(ValueError, match="65536"):
        encode_bundle([b"x" * 65_536])


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1100])
def test_what_is_published_is_read_back(size):
    log = parse_published(published(size))
    assert (log.size, log.broken, log.extra) == (size, (), ())
    assert [leaf.leaf for leaf in log.leaves] == LEAVES[:size]
    assert [leaf.hash for leaf in log.leaves] == HASHES[:size]


def test_each_file_that_is_missing_or_changed_is_named():
    whole = published(600)
    for path in whole:
        missing = parse_published({name: data for name, data in whole.items() if name != path})
        assert [(file.path, file.cause) for file in missing.broken][:1] == [(path, "is missing")]
        changed = parse_published({**whole, path: whole[path][:-1] + bytes([whole[path][-1] ^ 1])})
        assert changed.broken, path
        # A hash tile and the leaves under it may both be the wrong one.
        below = {path, path.replace("entries", "0"), "tile/1/000.p/2"}
        assert {file.path for file in changed.broken} <= below


def test_a_missing_bundle_leaves_the_places_of_its_entries():
    whole = published(600)
    del whole["tile/entries/001"]
    log = parse_published(whole)
    assert [file.path for file in log.broken] == ["tile/entries/001"]
    assert [leaf.hash for leaf in log.leaves] == HASHES[:600]
    assert [leaf.leaf for leaf in log.leaves[256:512]] == [None] * 256
    assert log.leaves[512].leaf == LEAVES[512]
    del whole["tile/0/001"]
    assert len(parse_published(whole).leaves) == 256


def test_a_head_over_more_than_there_can_be_ends_at_the_first_missing_file():
    files = {**published(300), CHECKPOINT: head_note((1 << 53) - 1, bytes(32))}
    log = parse_published(files)
    assert [file.path for file in log.broken] == ["tile/entries/001"]
    assert len(log.leaves) == 256


def test_other_files_are_listed():
    more = {
        "tile/0/000.p/255": b"",
        "tile/0/002": b"",
        "notes.txt": b"",
        "tile/entries/000.p/7": b"",
    }
    log = parse_published({**published(300), **more})
    assert (log.broken, log.extra) == ((), tuple(sorted(more)))


def test_a_merge_conflict_is_named_with_its_line():
    note = published(3)[CHECKPOINT]
    conflict = b"ledger\n<<<<<<< HEAD\n3\n=======\n4\n>>>>>>> other\n" + note
    log = parse_published({**published(3), CHECKPOINT: conflict})
    assert [(file.path, file.conflict) for file in log.broken] == [(CHECKPOINT, 2)]
    bundle = "tile/entries/000.p/3"
    log = parse_published({**published(3), bundle: b"<<<<<<< HEAD\n" + published(3)[bundle]})
    assert [(file.path, file.conflict) for file in log.broken] == [(bundle, 1)]
    assert conflict_line(b"a <<<<<<< b\n=======\n") == 0
