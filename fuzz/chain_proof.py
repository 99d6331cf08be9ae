"""Proof bundles: one that is read is canonical, and none proves a block of another genesis."""

from __future__ import annotations

import json

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.chain.bundle import prove_again, read_bundle

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from fixtures.signed_chain import SignedChain

CHAIN = SignedChain([3, 2], "c-1")
# No bundle made from the first chain proves a block of this one.
OTHER = SignedChain([3, 3], "c-1").expected
ADAPTER = CHAIN.adapter
DATA = CHAIN.bundle(2)


def _with(**changes: object) -> bytes:
    return canonical.dumps({**json.loads(DATA), **changes})


SEEDS = [DATA, CHAIN.bundle(1), _with(responses=[]), _with(scope_hash=sha256_id(b""))]


def target(data: bytes) -> None:
    bundle = read_bundle(data, what="f")
    written = bundle.model_dump(mode="json", exclude_none=True)
    assert canonical.dumps(written) == data, "another bundle after writing it"
    proven = prove_again(bundle, ADAPTER, OTHER)
    assert proven is None or not proven.holds, "a block of another genesis"


if __name__ == "__main__":
    main(target, SEEDS, (*JSON_TOKENS, "heights", "responses", "signed_header", "signatures"))
