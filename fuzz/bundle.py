"""Sigstore bundles: all of one follows from its envelope and its proof; no head opens unsigned."""

from __future__ import annotations

import binascii

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.history.bundle import (
        MEDIA_TYPE,
        Inclusion,
        encode_bundle,
        open_inclusion,
        parse_bundle,
    )

from aztrust.core.formats.checkpoint_note import Head
from aztrust.core.formats.dsse import encode_envelope, parse_envelope
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.merkle import leaf_hash, node_hash
from aztrust.core.history.leaf import leaf_of
from aztrust.core.records.summary import VERDICT

# RFC 8032, section 7.1, TEST 1; its private half signed nothing below.
KEY = PublicKey(
    "ed25519", bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
)
ORIGIN = "ledger.example"
ENVELOPE = encode_envelope(b'{"_type":"x"}', KEY.keyid, bytes(range(1, 65)))
LEAF = leaf_hash(leaf_of(parse_envelope(ENVELOPE, name="seed"), VERDICT.name, KEY))
OTHER = bytes(32)
LOG = KEY.log_id(ORIGIN)
LINE = binascii.b2a_base64(LOG[:4] + bytes(64), newline=False).decode()


def included(index: int, size: int, root: bytes, *hashes: bytes) -> Inclusion:
    """A place in a log whose head is not signed."""
    note = Head(ORIGIN, size, root).text + f"\n— {ORIGIN} {LINE}\n".encode()
    return Inclusion(LOG, note, index, hashes)


SEEDS = [
    encode_bundle(ENVELOPE, KEY),
    encode_bundle(ENVELOPE, KEY, included(0, 1, LEAF)),
    encode_bundle(ENVELOPE, KEY, included(1, 2, node_hash(OTHER, LEAF), OTHER)),
]


def target(data: bytes) -> None:
    bundle = parse_bundle(data, name="f")
    assert (bundle.inclusion is None) == (bundle.key is None)
    again = parse_bundle(
        encode_bundle(bundle.envelope, bundle.key or KEY, bundle.inclusion), name="f"
    )
    assert again == bundle, "another bundle after writing it"
    if bundle.inclusion is None:
        return
    open_inclusion(bundle.inclusion, (KEY,), ORIGIN, name="f")
    raise AssertionError("a head that its keeper never signed")


if __name__ == "__main__":
    main(
        target,
        SEEDS,
        (
            *JSON_TOKENS,
            MEDIA_TYPE,
            "tlogEntries",
            "inclusionProof",
            "hashes",
            "logIndex",
            KEY.keyid,
        ),
    )
