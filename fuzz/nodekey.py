"""Node keys: any bytes give one public key or one sentence, and a private half is in neither."""

from __future__ import annotations

import base64

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.genesis.validators import Validator, ValidatorSet
    from aztrust.core.host.node_key import find_validator, parse_node_key

SECRET = "c2VjcmV0"
_KEY = base64.b64encode(bytes(range(32)))

SEEDS = [
    b'{"address":"630DCD2966C4336691125448BBB25B4FF412A49C","pub_key":{"type":'
    b'"tendermint/PubKeyEd25519","value":"' + _KEY + b'"},"priv_key":{"type":'
    b'"tendermint/PrivKeyEd25519","value":"' + SECRET.encode() * 8 + b'"}}',
    b'{"@type":"/cosmos.crypto.ed25519.PubKey","key":"' + _KEY + b'"}',
    b'{"type":"tendermint/PubKeySecp256k1","value":"Ag' + b"A" * 42 + b'"}',
    b'{"priv_key":{"type":"x","value":"' + SECRET.encode() + b'"}}',
    SECRET.encode() * 11,
    _KEY + b"\n",
]


def target(data: bytes) -> None:
    found = parse_node_key(data, path="f")
    assert bool(found.key) != (found.fault is not None), "a key or a reason"
    if found.fault is not None:
        assert found.fault.detail.isprintable()
        assert SECRET not in repr(found), "the private half is in the reason"
        return
    assert base64.b64encode(base64.b64decode(found.key, validate=True)).decode() == found.key
    assert parse_node_key(found.key.encode(), path="f") == found, "another key after writing it"
    mine = Validator("v", 1, found.key)
    assert find_validator(found.key, ValidatorSet((Validator("", 2, ""), mine))) == mine


if __name__ == "__main__":
    main(target, SEEDS, (*JSON_TOKENS, '"pub_key"', '"priv_key"', '"value"', '"type"', '"@type"'))
