"""A node's consensus key: in every form that nodes write it, and never its private half."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.genesis.validators import Validator, ValidatorSet
from aztrust.core.host.node_key import NODE_KEY_LIMIT, find_validator, parse_node_key
from aztrust.core.host.reading import NodeKey

RAW = bytes(range(32))
KEY = base64.b64encode(RAW).decode()
RAW33 = b"\x02" + RAW
KEY33 = base64.b64encode(RAW33).decode()
SECRET = base64.b64encode(b"the private half" * 4).decode()
ADDRESS = hashlib.sha256(RAW).hexdigest()[:40].upper()
PUBLIC = {"type": "tendermint/PubKeyEd25519", "value": KEY}
PRIVATE = {"type": "tendermint/PrivKeyEd25519", "value": SECRET}


def parse(value: object) -> NodeKey:
    data = value if isinstance(value, bytes) else json.dumps(value, indent=2).encode()
    return parse_node_key(data, path="key.json")


def refused(value: object) -> str:
    found = parse(value)
    assert found.key == ""
    assert found.fault is not None
    assert (found.fault.code, found.fault.path) == ("node-key-malformed", "key.json")
    assert found.fault.detail
    assert SECRET[:8] not in repr(found)
    return found.fault.detail


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ({"address": ADDRESS, "pub_key": PUBLIC, "priv_key": PRIVATE}, KEY),
        ({"address": ADDRESS.lower(), "pub_key": PUBLIC, "priv_key": PRIVATE}, KEY),
        ({"pub_key": PUBLIC, "priv_key": PRIVATE}, KEY),
        (PUBLIC, KEY),
        ({"@type": "/cosmos.crypto.ed25519.PubKey", "key": KEY}, KEY),
        ({"@type": "/cosmos.crypto.secp256k1.PubKey", "key": KEY33}, KEY33),
        ({"type": "tendermint/PubKeySecp256k1", "value": KEY33}, KEY33),
        (
            {
                "address": "0" * 40,
                "pub_key": {"type": "tendermint/PubKeySecp256k1", "value": KEY33},
                "priv_key": PRIVATE,
            },
            KEY33,
        ),
        (f"  {KEY}\r\n".encode(), KEY),
        (KEY33.encode(), KEY33),
    ],
)
def test_every_form_gives_the_public_key(value, key):
    assert parse(value) == NodeKey("key.json", key)


@pytest.mark.parametrize(
    "value",
    [
        {"address": ADDRESS, "pub_key": PUBLIC, "priv_key": PRIVATE},
        {"address": "0" * 40, "pub_key": PUBLIC, "priv_key": PRIVATE},
        {"address": 5, "pub_key": PUBLIC, "priv_key": PRIVATE},
        {"priv_key": PRIVATE},
        PRIVATE,
        {"pub_key": PRIVATE, "priv_key": PRIVATE},
        {"pub_key": SECRET, "priv_key": PRIVATE},
        {"pub_key": {"type": SECRET, "value": SECRET}},
        {"pub_key": {**PUBLIC, SECRET: SECRET}},
        {SECRET: SECRET},
        {"type": "tendermint/PubKeyEd25519", "value": SECRET},
        SECRET.encode(),
        f'{{"{SECRET}":1,"{SECRET}":2}}'.encode(),
        f'{{"pub_key": {SECRET}'.encode(),
        json.dumps({"pub_key": PUBLIC, "priv_key": PRIVATE}).encode()[:-40],
        f"{KEY}\n{SECRET}\n".encode(),
    ],
)
def test_the_private_half_is_nowhere(value):
    found = parse(value)
    said = repr(found) + str(found.fault)
    for start in range(len(SECRET) - 12):
        assert SECRET[start : start + 12] not in said


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{}", "not one of these"),
        (b"[]", "not one of these"),
        (b"{", "not strict JSON"),
        (b'{"pub_key":1,"pub_key":2}', "not strict JSON"),
        (b"\xff\xfe{\x00", "not one of these"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n", "not one of these"),
        (KEY[:-1].encode(), "not one of these"),
        (KEY.replace("A", "-").encode(), "not one of these"),
        (KEY[:-2].encode() + b"9=", "not one of these"),
        (b"AAAA", "3 bytes instead of 32 or 33"),
        (base64.b64encode(b"\x04" + RAW), "compressed"),
        (SECRET.encode(), "keep it secret"),
        ({"pub_key": []}, "not an object"),
        ({"priv_key": PRIVATE}, "priv_validator_key.json"),
        ({**PUBLIC, "type": "tendermint/PubKeySr25519"}, "another type"),
        ({**PUBLIC, "type": 5}, "another type"),
        ({**PUBLIC, "value": 5}, "not base64"),
        ({**PUBLIC, "value": KEY33}, "33 bytes instead of 32"),
        ({**PUBLIC, "value": KEY + "\n"}, "not base64"),
        ({"@type": "/cosmos.crypto.ed25519.PubKey", "value": KEY}, "not one of these"),
        ({"address": "0" * 40, "pub_key": PUBLIC}, "edited by hand"),
        (b"A" * (NODE_KEY_LIMIT + 1), "larger than"),
    ],
)
def test_what_is_not_a_key_is_reported_in_one_sentence(value, says):
    assert says in refused(value)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_key_or_a_fault(data):
    found = parse(data)
    assert bool(found.key) != (found.fault is not None)


def test_a_validator_is_found_by_the_bytes_of_its_key():
    loose = KEY[:21] + "\n" + KEY[21:]
    others = [Validator("a", 5, ""), Validator("b", 4, "not base64"), Validator("c", 3, KEY33)]
    mine = Validator("d", 2, loose)
    validators = ValidatorSet((*others, mine), "voting power")
    assert find_validator(KEY, validators) == mine
    assert find_validator(KEY33, validators) == others[2]
    assert find_validator(base64.b64encode(bytes(32)).decode(), validators) is None


@pytest.mark.parametrize("key", ["", "not base64"])
def test_a_missing_key_is_not_a_validators_key(key):
    validators = ValidatorSet((Validator("a", 5, ""), Validator("b", 5, "not base64")), "x")
    assert find_validator(key, validators) is None
