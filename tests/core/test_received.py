"""What a wrong genesis is, is reported where its bytes prove it, and nothing else is."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.genesis.received import received

TIME = "2026-06-01T14:00:00Z"
DOCUMENT = {
    "app_state": {"bank": {"supply": [{"amount": "5", "denom": "uatlas"}]}},
    "chain_id": "test-1",
    "genesis_time": TIME,
}
SEALED = json.dumps(DOCUMENT, indent=2).encode() + b"\n"


def what(data: bytes, sealed: bytes = SEALED, genesis_time: str = TIME) -> str:
    return received(data, sha256_id(sealed), len(sealed), genesis_time)


def answer(**result: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": -1, "result": result}).encode()


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (json.dumps(DOCUMENT).encode(), "re-serialised (the sealed one is indented by 2)"),
        (SEALED.replace(b"14:00", b"15:00"), "another genesis_time: 2026-06-01T15:00:00Z, sealed"),
        (SEALED[:60], f"cut short: 60 of {len(SEALED)} bytes, it stops in line 5"),
        (SEALED[: SEALED.index(b"uatlas") + 3], "cut short"),
        (answer(genesis=DOCUMENT), "a JSON-RPC answer around the sealed genesis"),
        (answer(genesis={"chain_id": "other"}), "a JSON-RPC answer around a genesis"),
        (answer(chunk="0", total="3", data="AAAA"), "a part of a genesis"),
        (answer(node_info={}), "a JSON-RPC answer, not the file itself"),
    ],
    ids=["style", "time", "short", "short in a text", "rpc", "rpc of another", "chunk", "status"],
)
def test_what_is_known_is_reported(data, known):
    assert known in what(data)


@pytest.mark.parametrize(
    ("written", "stated"),
    [
        ("2026-06-01T14:00:00Z", "2026-06-01T14:00:00Z"),
        ("2026-06-01T14:00:00.000000000Z", "2026-06-01T14:00:00Z"),
        ("2026-06-01T14:00:00Z", "2026-06-01T14:00:00.000Z"),
    ],
)
def test_another_time_is_proved_in_each_spelling_of_the_sealed_one(written, stated):
    sealed = SEALED.replace(TIME.encode(), written.encode())
    assert f"sealed is {written}" in what(SEALED.replace(b"14:00", b"15:00"), sealed, stated)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x7fELF",
        SEALED.replace(b'"5"', b'"6"'),
        # Another time, and something else as well.
        SEALED.replace(b"14:00", b"15:00").replace(b'"5"', b'"6"'),
        # Invalid in the middle is not cut short, and longer than the sealed file neither.
        SEALED.replace(b'"chain_id":', b'"chain_id"', 1),
        SEALED[:-2] + b" " * 40 + b'"x": "',
        b"[" * 100_000,
    ],
    ids=["empty", "elf", "value", "time and value", "damaged", "longer", "deep"],
)
def test_nothing_is_guessed(data):
    assert what(data) == ""


def test_without_a_sealed_time_none_is_tried():
    assert what(SEALED.replace(b"14:00", b"15:00"), genesis_time="") == ""
