"""jq conventions: a hash that is given is the one of the form that is documented."""

from __future__ import annotations

import hashlib
import json

from _harness import instrumented, main

with instrumented():
    from aztrust.core.genesis.conventions import genesis_hash, matching_conventions

SEEDS = [
    b'{"b":[1,-2,[],{}],"a":{"c":"\\u0000\xc3\xa9\\ud83d\\ude00"}}\n',
    b"[9007199254740991,[[9007199254740992]]]",
    b'{"a":-0,"b":": 12345678901234567,"}',
    b'"\\u007f"',
    b"1.0",
    b'{"a":1,"\\u0061":2}',
]


def target(data: bytes) -> None:
    matching_conventions(data, "sha256:" + "0" * 64)
    given = genesis_hash("jq-S-c", data), genesis_hash("jq-S", data)
    value = json.loads(data)
    forms = (
        json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")),
        json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2),
    )
    for one, form in zip(given, forms, strict=True):
        digest = hashlib.sha256(form.encode() + b"\n").hexdigest()
        assert one == f"sha256:{digest}"
        assert "\x7f" not in form


if __name__ == "__main__":
    main(target, SEEDS)
