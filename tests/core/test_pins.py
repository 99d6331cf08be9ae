from __future__ import annotations

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.policy.pins import Pin, Place, conflict, dump_pins, parse_pins

ONE, OTHER = sha256_id(b"one"), sha256_id(b"other")


def pin(**changes: object) -> Pin:
    values: dict[str, object] = {
        "name": "atlas",
        "network_class": "devnet",
        "chain_id": "atlas-1",
        "directory": "/launch",
        "policy_digest": ONE,
        "pinned_at_unix_ms": 1,
    }
    return Pin.model_validate(values | changes)


def test_what_is_written_is_read_back():
    pins = (pin(), pin(directory="/other", name="line\nbreak ü"))
    assert parse_pins(dump_pins(pins), what="f") == pins
    assert parse_pins(dump_pins(()), what="f") == ()


SOUND = dump_pins([pin()])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        SOUND[:-10],
        SOUND + SOUND,
        SOUND.replace(b"aztrust/anchors", b"aztrust/anchor"),
        SOUND.replace(b'"version_major":1', b'"version_major":2'),
        SOUND.replace(b'"version_major":1', b'"version_major":true'),
        SOUND.replace(b'"chain_id"', b'"chain_id":"x","chain_id"'),
        SOUND.replace(b'"chain_id"', b'"chainid"'),
        SOUND.replace(b'"chain_id"', b'"extra":1,"chain_id"'),
        SOUND.replace(ONE.encode(), b"sha256:00"),
        SOUND.replace(b"devnet", b"Devnet"),
        b"\xef\xbb\xbf" + SOUND,
    ],
)
def test_a_damaged_file_is_never_no_pins(data: bytes):
    with pytest.raises(Malformed) as caught:
        parse_pins(data, what="f")
    assert caught.value.code == "anchors-malformed"


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        (Place(frozenset({"/launch"}), None), True),
        (Place(frozenset({"/link", "/launch"}), ("x", "devnet", "y")), True),
        (Place(frozenset({"/clone"}), ("atlas", "devnet", "atlas-1")), True),
        (Place(frozenset({"/clone"}), ("atlas", "testnet", "atlas-1")), False),
        (Place(frozenset({"/clone"}), ("Atlas", "devnet", "atlas-1")), False),
        (Place(frozenset({"/clone"}), None), False),
    ],
)
def test_a_pin_counts_by_place_or_by_name(place: Place, meant: bool):
    assert place.is_meant_by(pin()) is meant


def test_a_conflict_says_whose_anchor_it_was():
    here = Place(frozenset({"/launch"}), ("other", "devnet", "o-1"))
    assert conflict(pin(), ONE, here) == ""
    assert conflict(pin(), OTHER, here).startswith("this directory is pinned as another launch")
    same = Place(frozenset({"/launch"}), ("atlas", "devnet", "atlas-1"))
    assert conflict(pin(), OTHER, same).endswith("another policy")
