"""Canonical JSON: what is accepted means the same to the standard library, and is a fixed point."""

from __future__ import annotations

import json

from _harness import instrumented, main

with instrumented():
    from aztrust.core.base import canonical

SEEDS = [
    b'{"a":[1,true,null,"\xc3\xa9"],"b":{"c":"\\u0000\\n\\"\\\\"}}',
    b"[9007199254740991,-9007199254740991,0]",
    b'{"\\ud83d\\ude00":1,"\xef\xac\xb3":2}',
    b"[1.5,-0.0,1e21,1e-7,333333333.33333329]",
    b"[[[[[[[[]]]]]]]]",
    b'"\\u0061\\/"',
]


def target(data: bytes) -> None:
    value = canonical.loads(data, what="f", code="c", floats=True)
    assert value == json.loads(data), "two readings"
    written = canonical.dumps(value)
    assert canonical.dumps(json.loads(written)) == written, "no fixed point"
    exact = canonical.loads_canonical(data, what="f", code="c")
    assert written == data, "accepted though it is not canonical"
    assert exact == value


if __name__ == "__main__":
    main(target, SEEDS)
