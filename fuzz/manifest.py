"""Manifests: one way to write what is accepted, and the fast reader never disagrees."""

from __future__ import annotations

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.package.entries import FileEntry, SymlinkEntry
    from aztrust.core.package.manifest import (
        encode_manifest,
        parse_manifest,
        read_any,
        read_canonical,
    )

from aztrust.core.base.paths import link_escapes, path_flaw
from aztrust.core.package.entries import DirectoryEntry, content_root
from aztrust.core.package.manifest import Manifest

SHA, BLAKE = "sha256:" + "0" * 64, "blake3:" + "0" * 64
ENTRIES = (
    FileEntry("a", 0, True, SHA, BLAKE),
    DirectoryEntry("b"),
    SymlinkEntry("c", "a"),
    FileEntry('d/"', 1, False, SHA, BLAKE),
)


def seed(*entries: FileEntry | SymlinkEntry | DirectoryEntry, **fields: object) -> bytes:
    common = {
        "schema": "aztrust/package-manifest",
        "version_major": 1,
        "version_minor": 0,
        "package_class": "release",
        "package_name": "n",
        "package_version": "1",
        "network_class": "devnet",
        "chain_id": "c",
        "entries": entries,
        "content_root": content_root(entries),
    }
    return encode_manifest(Manifest.model_validate({**common, **fields}))


SEEDS = [
    seed(*ENTRIES[:3]),
    seed(*ENTRIES),
    seed(
        ENTRIES[0],
        package_class="genesis",
        genesis_files=["a"],
        genesis_hash={"convention": "raw", "sha256": SHA, "blake3": BLAKE},
        release_package_id=SHA,
        facts={"a": [1, "b"]},
    ),
]


def target(data: bytes) -> None:
    fast = read_canonical(data)
    if fast is not None:
        assert fast == read_any(data, "f"), "two readings of the same bytes"
    manifest = parse_manifest(data, what="f")
    assert encode_manifest(manifest) == data, "a second way to write it"
    paths = [entry.path for entry in manifest.entries]
    assert paths == sorted(set(paths))
    assert not any(map(path_flaw, paths)), "an unsafe path"
    for entry in manifest.entries:
        if isinstance(entry, SymlinkEntry):
            assert not link_escapes(entry.path, entry.target), "a link that leads out"


if __name__ == "__main__":
    main(target, SEEDS, (*JSON_TOKENS, '"entries":[', '],"excluded":[', '{"kind":', SHA, BLAKE))
