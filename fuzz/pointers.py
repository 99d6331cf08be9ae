"""Linkage references and the JSON, TOML and YAML they lead into: one line reference, then file."""

from __future__ import annotations

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.linkage.pointers import Sources, parse_reference, resolve
    from aztrust.core.linkage.scalars import READINGS, compare

SEEDS = [
    b'genesis:g.json#/a/0/b~1c\n{"a":[{"b/c":"x"}]}',
    b"release:g.toml#/t/n\n[t]\nn = 0x10\nf = 1.5\nd = 2026-06-01T14:00:00Z\n",
    b"release:g.yaml#/a/1\na: [no, 'x']\nb: {c: 1}\n",
    b"release:g.yaml#/b\na: &x 1\nb: *x\n---\nc: !!int 1\n",
    b"genesis:g.json@blake3\n{}",
    b"launch:chain_id\n",
    b"'text'\n",
]
TOKENS = ("release:g.yaml#/", "release:g.toml#/", "genesis:g.json#/", "@sha256", "~0", "~1", "---")


def target(data: bytes) -> None:
    line, _, content = data.partition(b"\n")
    reference = parse_reference(line.decode("utf-8", "replace"))
    key = (reference.package_class, reference.path)
    scalar = resolve(reference, Sources({key: content}, {"chain_id": "c"}))
    assert compare(scalar, scalar).holds
    assert scalar.shown().isprintable()
    for reading in READINGS:
        compare(scalar, scalar, reading)


if __name__ == "__main__":
    main(target, SEEDS, (*JSON_TOKENS, *TOKENS))
