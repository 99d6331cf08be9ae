"""DSSE envelopes: what is accepted has one spelling, and nothing opens without its signature."""

from __future__ import annotations

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.formats.dsse import encode_envelope, open_envelope, parse_envelope
    from aztrust.core.formats.keys import PublicKey

# RFC 8032, section 7.1, TEST 1; its private half signed nothing below.
KEY = PublicKey(
    "ed25519", bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
)
SEEDS = [
    encode_envelope(b'{"_type":"x"}', KEY.keyid, b"\x30\x06\x02\x01\x01\x02\x01\x01"),
    encode_envelope(b"payload", KEY.keyid, bytes(64)),
    encode_envelope(b"p", KEY.keyid, b"s").replace(b"}]", b"},{}]"),
    encode_envelope(b"p", KEY.keyid, b"s").replace(b"=", b""),
]


def target(data: bytes) -> None:
    envelope = parse_envelope(data, name="f")
    again = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
    assert parse_envelope(again, name="f") == envelope, "another envelope after writing it"
    open_envelope(envelope, KEY)
    raise RuntimeError("opened without a signature")


if __name__ == "__main__":
    main(
        target,
        SEEDS,
        (*JSON_TOKENS, "payload", "payloadType", "signatures", "keyid", "sig", KEY.keyid, "=="),
    )
