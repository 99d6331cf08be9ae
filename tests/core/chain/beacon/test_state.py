"""Beacon states in SSZ, against those that another implementation writes and hashes.

`vectors-*.json.gz` were written by `vectors.mjs` with the types of Lodestar: for each fork an empty
state and one with other values, its serialized form, its root, and the root of each field.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.chain.beacon.ssz import (
    MAX_ITEMS,
    Bits,
    ByteList,
    Bytes,
    Flag,
    Many,
    Nothing,
    Record,
    Uint,
    list_of,
    vector,
)
from aztrust.core.chain.beacon.state import FORKS, MAINNET, MINIMAL, read_state, state_kind

HERE = Path(__file__).parent


def vectors(preset: str) -> dict[str, dict[str, Any]]:
    return json.loads(gzip.decompress((HERE / f"vectors-{preset}.json.gz").read_bytes()))


CASES = [
    (preset, fork, name)
    for preset, forks in (("minimal", FORKS), ("mainnet", ("phase0", "fulu")))
    for fork in forks
    for name in ("empty", "filled")
]


@pytest.mark.parametrize(("preset", "fork", "name"), CASES)
def test_a_state_has_the_roots_that_another_implementation_computes(preset, fork, name):
    vector_ = vectors(preset)[fork][name]
    found = read_state(bytes.fromhex(vector_["ssz"]), "state")
    assert (found.fork, found.preset.name) == (fork, preset)
    assert [root.hex() for root in found.roots.values()] == vector_["roots"]
    assert found.root.hex() == vector_["root"]
    if vector_["json"] is not None:
        kind = state_kind(fork, found.preset)
        assert kind.from_json(vector_["json"], "state") == found.value


def test_every_fork_of_both_presets_has_its_own_layout():
    sizes = {}
    for preset in (MINIMAL, MAINNET):
        for fork in FORKS:
            sizes.setdefault(state_kind(fork, preset).fixed, []).append((preset.name, fork))
    shared = [names for names in sizes.values() if len(names) > 1]
    # These two differ in a field of a varying size, which is looked at too.
    assert shared == [
        [("minimal", "capella"), ("minimal", "deneb")],
        [("mainnet", "capella"), ("mainnet", "deneb")],
    ]


STATE = bytes.fromhex(vectors("minimal")["capella"]["filled"]["ssz"])
FIXED = state_kind("capella", MINIMAL).fixed


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a BeaconState"),
        (b"\0" * 200_000, "is not a BeaconState"),
        (STATE[: FIXED - 1], "is not a BeaconState"),
        (STATE[:-1], "has 319 bytes, which is not a multiple of 64"),
        (STATE + b"\0", "which is not a multiple of 64"),
    ],
    ids=["empty", "zeros", "cut in the fixed part", "cut at the end", "longer"],
)
def test_bytes_that_are_not_exactly_a_state_are_refused(data, message):
    assert read_state(STATE, "state").fork == "capella"
    with pytest.raises(Malformed, match=message):
        read_state(data, "state")


PAIR = Record(a=Uint(2), b=ByteList(4), c=ByteList(4))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\1\0\x0b\0\0\0\x0c\0\0\0--", "does not have 10 bytes and then its lists"),
        (b"\1\0\x0a\0\0\0\x0d\0\0\0--", "b is from byte 10 to 13"),
        (b"\1\0\x0a\0\0\0\x09\0\0\0--", "b is from byte 10 to 9"),
        (b"\1\0\x0a\0\0\0\x0a\0\0\0-----", "c has 5 bytes, and may have 4"),
        (b"\1\0\x0a\0\0", "does not have 10 bytes"),
    ],
    ids=["gap", "beyond the end", "backwards", "too long", "too short"],
)
def test_offsets_that_leave_a_gap_or_lead_elsewhere_are_refused(data, message):
    assert PAIR.read(b"\1\0\x0a\0\0\0\x0b\0\0\0xyz", "pair") == {"a": 1, "b": b"x", "c": b"yz"}
    with pytest.raises(Malformed, match=message):
        PAIR.read(data, "pair")


def test_a_record_of_fixed_fields_has_exactly_its_length():
    kind = Record(a=Uint(2), b=Flag())
    assert kind.read(b"\2\1\1", "r") == {"a": 258, "b": True}
    for data in (b"\2\1", b"\2\1\1\0"):
        with pytest.raises(Malformed, match="does not have 3 bytes"):
            kind.read(data, "r")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Uint(1), b"\xff", b"\xff\0"),
        (Flag(), b"\1", b"\2"),
        (Bytes(3), b"abc", b"ab"),
        (Bits(4), b"\x0f", b"\x10"),
        (ByteList(2), b"ab", b"abc"),
        (vector(Uint(2), 2), b"\0\0\0\0", b"\0\0"),
        (list_of(Uint(2), 2), b"\0\0\0\0", b"\0\0\0\0\0\0"),
        (list_of(Uint(2), 2), b"\0\0", b"\0\0\0"),
        (Nothing(8), b"", b"\0"),
    ],
)
def test_each_kind_refuses_bytes_that_are_not_its_own(kind, good, bad):
    kind.read(good, "it")
    with pytest.raises(Malformed):
        kind.read(bad, "it")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Uint(1), "255", "256"),
        (Uint(8), str(2**64 - 1), str(2**64)),
        (Flag(), True, "true"),
        (Bytes(2), "0xaB01", "ab01"),
        (Bytes(2), "0xab01", "0xab"),
        (Bits(4), "0x0f", "0x1f"),
        (ByteList(1), "0x", "0x0000"),
        (vector(Flag(), 2), [True, False], [True]),
        (list_of(Flag(), 1), [], [True, False]),
        (Nothing(8), [], [1]),
        (Record(a=Flag()), {"a": True}, {}),
        (Record(a=Flag()), {"a": True}, []),
    ],
)
def test_each_kind_refuses_json_that_is_not_its_own(kind, good, bad):
    kind.from_json(good, "it")
    with pytest.raises(Malformed):
        kind.from_json(bad, "it")


def test_a_list_is_never_longer_than_what_is_read():
    kind = list_of(Uint(1), 2**40)
    assert len(kind.read(bytes(MAX_ITEMS), "it")) == MAX_ITEMS
    with pytest.raises(Malformed, match=f"{MAX_ITEMS} are the most"):
        kind.read(bytes(MAX_ITEMS + 1), "it")


def test_a_list_of_elements_of_a_varying_size_is_not_supported():
    with pytest.raises(TypeError):
        Many(ByteList(3), 2, exact=False)


def test_the_length_of_a_list_is_part_of_its_root():
    kind = list_of(Uint(8), 8)
    assert kind.root([1]) != kind.root([1, 0])
    assert vector(Uint(8), 2).root([1, 0]) == vector(Uint(8), 4).root([1, 0, 0, 0])
