"""Genesis comparison: two files, split at the first NUL; exact, and nothing forges a line."""

from __future__ import annotations

import json

from _harness import instrumented, main

with instrumented():
    from aztrust.core.genesis.differences import diff_genesis

SEEDS = [
    b'{"a":[1,2],"b":{"c":null}}\0{"b":{"c":true},"a":[2,1]}',
    b'{"app_state":{"genutil":{"gen_txs":[1]}}}\0{"app_state":{"gentxs":[{"body":{}}]}}',
    b'[{"name":"x","v":1.0}]\0[{"name":"x","v":1.00},{"name":"y"}]',
    b"abc\0abd",
]


def target(data: bytes) -> None:
    a, _, b = data.partition(b"\0")
    diff = diff_genesis(a, b)
    assert all(line.isprintable() and len(line) <= 80 for line in diff.lines())
    assert (diff.raw == "same") == (a == b)
    if diff.values in ("order", "differ"):
        assert diff.differences
    if diff.values == "same" and a != b:
        old, new = json.loads(a, parse_float=str), json.loads(b, parse_float=str)
        assert json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


if __name__ == "__main__":
    main(target, SEEDS)
