"""Kits: what is accepted is what a writer would have written, byte for byte."""

from __future__ import annotations

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.kit.archive import KIT_LIMIT, encode_kit, kit_evidence, kit_sealed, parse_kit

from aztrust.core.kit.archive import member_limit
from aztrust.core.kit.ustar import END, header, padding

POLICY = {"manifests/launch.toml": b"version = 1\n"}
SMALL = encode_kit(POLICY)
FULL = encode_kit(
    {
        **POLICY,
        "check.sh": b"#!/bin/sh\n",
        "keys/a.pem": b"key",
        "manifests/release.json": b"{}",
        "manifests/records/a.json": b"x" * 512,
        "manifests/verdicts/a.dsse.json": b"",
    }
)
LINK = header("keys/b.pem", 0)[:156] + b"2/etc/passwd" + header("keys/b.pem", 0)[168:]
SEEDS = [
    SMALL,
    FULL,
    FULL[:600],
    SMALL[: -len(END)] + header("keys/a.pem", 1) + b"k" + padding(1) + END,
    SMALL[: -len(END)] + LINK + END,
    FULL.replace(header("keys/a.pem", 3), header("/etc/a.pem", 3)),
    b"\x1f\x8b" + SMALL,
    b"<!doctype html>",
]


def target(data: bytes) -> None:
    kit = parse_kit(data, what="f")
    assert len(data) <= KIT_LIMIT
    assert encode_kit(kit.files) == data, "a second way to write it"
    for path, contents in kit.files.items():
        limit = member_limit(path)
        assert limit is not None, "a member where no kit has one"
        assert len(contents) <= limit, "a member over its limit"
        assert not path.startswith("/"), "an absolute path"
        assert ".." not in path.split("/"), "a path that leads out"
    evidence = kit_evidence(kit)
    assert evidence.policy == kit.files["manifests/launch.toml"]
    assert len(list(kit_sealed(kit))) >= len(set(evidence.manifests.values()))


if __name__ == "__main__":
    main(
        target,
        SEEDS,
        (
            *JSON_TOKENS,
            "aztrust/kit",
            "index.json",
            "keys/",
            "manifests/",
            "ustar",
            "../",
            "sha256:",
        ),
    )
