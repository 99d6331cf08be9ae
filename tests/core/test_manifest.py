"""The manifest: one way to write it, and every other way refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import both, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.package import entries
from aztrust.core.package.entries import (
    LARGEST_INTEGER,
    DirectoryEntry,
    Entry,
    FileEntry,
    SymlinkEntry,
    content_root,
    encode_entries,
    entry_problems,
    read_entries,
    scan_entries,
)
from aztrust.core.package.manifest import (
    MANIFEST_LIMIT,
    encode_manifest,
    package_id,
    parse_manifest,
)
from tests.shared import REPOSITORY

SHA = "sha256:" + "ab" * 32
BLAKE = "blake3:" + "cd" * 32


def file(path: str, data: bytes = b"x", *, executable: bool = False) -> FileEntry:
    digests = both(data)
    return FileEntry(path, len(data), executable, digests.sha256, digests.blake3)


ENTRIES: tuple[Entry, ...] = (
    file("bin/node", b"node", executable=True),
    SymlinkEntry("current", "bin/node"),
    DirectoryEntry("data"),
    file("genesis.json", b"{}"),
)


def manifest(entries: Sequence[Entry] = ENTRIES, **fields: Any) -> bytes:
    """Canonical bytes written without the module under test, whatever the entries are worth."""
    common = {
        "schema": "aztrust/package-manifest",
        "version_major": 1,
        "version_minor": 0,
        "package_class": "release",
        "package_name": "x-1-release",
        "package_version": "1",
        "network_class": "devnet",
        "chain_id": "x-1",
        "entries": [{name: getattr(e, name) for name in e.__slots__} for e in entries],
        "content_root": content_root(entries),
        "excluded": [],
        "artifacts": [],
    }
    found = {**common, **fields}
    return canonical.dumps({key: value for key, value in found.items() if value is not None})


def genesis(**fields: Any) -> bytes:
    digests = both(b"{}")
    return manifest(
        **{
            "package_class": "genesis",
            "genesis_files": ("genesis.json",),
            "genesis_hash": {"convention": "raw", **digests._asdict()},
            "release_package_id": SHA,
            **fields,
        }
    )


def document(data: bytes) -> dict[str, Any]:
    return json.loads(data)


def rewritten(change: Callable[[dict[str, Any]], object], data: bytes | None = None) -> bytes:
    """A manifest changed as a document, canonical again, its content root made to fit."""
    found = document(manifest() if data is None else data)
    change(found)
    root = canonical.dumps({"schema": "aztrust/content", "entries": found.get("entries", [])})
    found["content_root"] = sha256_id(root)
    return canonical.dumps(found)


def refused(data: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parse_manifest(data, what="manifests/release.json")
    assert caught.value.subject == "manifests/release.json"
    assert caught.value.exit_code == 10
    return caught.value


@pytest.mark.parametrize("data", [manifest(), genesis(), genesis(facts={"size": 2, "a": ["é", 1]})])
def test_what_is_written_is_read_back(data: bytes):
    found = parse_manifest(data, what="m")
    assert found.entries == ENTRIES
    assert encode_manifest(found) == data
    assert canonical.dumps(document(data)) == data
    assert package_id(data) == sha256_id(data)


def test_two_who_list_the_same_tree_write_the_same_bytes():
    assert manifest() == manifest(tuple(ENTRIES))
    assert b"time" not in manifest()


def test_the_content_root_is_over_entries_alone():
    root = canonical.dumps(
        {"schema": "aztrust/content", "entries": document(manifest())["entries"]}
    )
    assert content_root(ENTRIES) == sha256_id(root)
    assert parse_manifest(manifest(package_version="2"), what="m").content_root == sha256_id(root)


def test_file_finds_files_only():
    found = parse_manifest(manifest(), what="m")
    assert found.file("bin/node") == ENTRIES[0]
    assert found.file("current") is None
    assert found.file("nothing") is None
    assert found.total_bytes == 6


def edited(*pairs: tuple[str, str]) -> bytes:
    data = manifest()
    for old, new in pairs:
        assert old.encode() in data, old
        data = data.replace(old.encode(), new.encode(), 1)
    return data


NODE = '"kind":"file","path":"bin/node"'

NOT_CANONICAL = {
    "empty": b"",
    "not an object": b"[]",
    "cut short": manifest()[:-1],
    "not JSON": b"{]",
    "trailing data": manifest() + b"{}",
    "trailing newline": manifest() + b"\n",
    "a BOM": b"\xef\xbb\xbf" + manifest(),
    "spaces": json.dumps(document(manifest())).encode(),
    "another key order": edited(
        ('{"artifacts":[],"chain_id":"x-1",', '{"chain_id":"x-1","artifacts":[],')
    ),
    "a key twice": edited(('"chain_id":"x-1"', '"chain_id":"x-1","chain_id":"x-1"')),
    "a key twice in an entry": edited((NODE, NODE + ',"path":"bin/node"')),
    "a key of another case": edited(('"chain_id"', '"Chain_id"')),
    "an escaped key": edited(('"chain_id"', '"\\u0063hain_id"')),
    "an escaped path": edited(("bin/node", "bin\\u002fnode")),
    "a slash escaped": edited(("bin/node", "bin\\/node")),
    "a lone surrogate": edited(("bin/node", "bin/\\ud800node")),
    "raw bytes that are not UTF-8": manifest().replace(b"bin/node", b"bin/nod\xe9"),
    "a control character": manifest().replace(b"bin/node", b"bin/\x01node"),
    "a NaN": edited(('"size":4', '"size":NaN')),
    "an infinity": edited(('"size":4', '"size":Infinity')),
    "a float": edited(('"size":4', '"size":4.0')),
    "an exponent": edited(('"size":4', '"size":4e0')),
    "a negative size": edited(('"size":4', '"size":-4')),
    "a leading zero": edited(('"size":4', '"size":04')),
    "a size as text": edited(('"size":4', '"size":"4"')),
    "minus zero": edited(('"size":4', '"size":-0')),
    "2^53": edited(('"size":4', '"size":9007199254740992')),
    "a size beyond 64 bits": edited(('"size":4', '"size":99999999999999999999')),
    "a bit as number": edited(('"executable":true', '"executable":1')),
    "a bit as text": edited(('"executable":true', '"executable":"true"')),
    "an uppercase digest": edited(
        ("sha256:" + both(b"node").sha256[7:], both(b"node").sha256.upper())
    ),
    "uppercase hex": edited((both(b"node").sha256[7:], both(b"node").sha256[7:].upper())),
    "a digest without prefix": edited((both(b"node").sha256, both(b"node").sha256[7:])),
    "the prefixes swapped": edited(("blake3:", "sha256:")),
    "a short digest": edited((both(b"node").blake3, both(b"node").blake3[:-1])),
    "no BLAKE3": edited((f'"blake3":"{both(b"node").blake3}",', "")),
    "no SHA-256": edited((f',"sha256":"{both(b"node").sha256}"', "")),
    "an empty BLAKE3": edited((both(b"node").blake3, "")),
    "a null digest": edited((f'"{both(b"node").sha256}"', "null")),
    "an unknown key": edited((',"version_major"', ',"sealed_at":1,"version_major"')),
    "an unknown key in an entry": edited((NODE, NODE + ',"mode":493')),
    "an unknown kind": edited(('"kind":"directory"', '"kind":"socket"')),
    "no kind": edited(('"kind":"directory",', "")),
    "a link with a size": edited(('"path":"current"', '"path":"current","size":1')),
    "an optional key as null": edited(('"excluded":[],', '"excluded":[],"facts":null,')),
    "an optional key left out": edited(('"excluded":[],', "")),
    "another schema": edited(("aztrust/package-manifest", "aztrust/package-manifesto")),
    "a later major version": edited(('"version_major":1', '"version_major":2')),
    "a later minor version": edited(('"version_minor":0', '"version_minor":1')),
    "no version": edited(('"version_major":1,', "")),
    "an empty chain id": edited(('"chain_id":"x-1"', '"chain_id":""')),
    "another class": edited(('"package_class":"release"', '"package_class":"binary"')),
    "a comma at the end of entries": edited(('],"excluded"', ',],"excluded"')),
    "a comma missing": edited(('},{"kind":"directory"', '}{"kind":"directory"')),
    "no entries": edited(('"entries":', '"entry":')),
    "deep nesting": genesis(facts={}).replace(
        b'"facts":{}', b'"facts":{"a":' + b"[" * 70 + b"]" * 70 + b"}"
    ),
    "very deep nesting": b"[" * 100_000,
    "a float among the facts": genesis(facts={}).replace(b'"facts":{}', b'"facts":{"a":0.5}'),
    "a big integer among the facts": genesis(facts={}).replace(
        b'"facts":{}', b'"facts":{"a":9007199254740992}'
    ),
}


@pytest.mark.parametrize("data", NOT_CANONICAL.values(), ids=NOT_CANONICAL)
def test_a_second_way_to_write_it_is_refused(data: bytes):
    assert refused(data).code == "manifest-malformed"


def test_an_unknown_key_names_the_nearest():
    error = refused(canonical.dumps({**document(manifest()), "exclude": []}))
    assert error.message == "unknown key exclude; did you mean excluded?"


def test_what_is_over_its_limit_is_not_parsed():
    class Huge(bytes):
        def __len__(self) -> int:
            return MANIFEST_LIMIT + 1

    assert "larger than" in refused(Huge(manifest())).message


def paths(*names: str) -> bytes:
    return manifest([file(name) for name in names])


ENTRY_FAULTS = {
    "unsorted": (paths("b", "a"), "manifest-malformed", "sorted"),
    "twice": (paths("a", "a"), "manifest-malformed", "sorted and unique at a"),
    "absolute": (paths("/etc/passwd"), "path-unsafe", "is absolute"),
    "up": (paths("../evil"), "path-unsafe", "'..'"),
    "up inside": (paths("a/../b"), "path-unsafe", "'..'"),
    "here": (paths("a/./b"), "path-unsafe", "'.'"),
    "only here": (paths("."), "path-unsafe", "'.'"),
    "only up": (paths(".."), "path-unsafe", "'..'"),
    "up at the end": (paths("a/.."), "path-unsafe", "'..'"),
    "an empty part": (paths("a//b"), "path-unsafe", "empty part"),
    "a slash at the end": (paths("a/"), "path-unsafe", "empty part"),
    "empty": (paths(""), "path-unsafe", "is empty"),
    "a NUL": (paths("a\0b"), "path-unsafe", "NUL"),
    "only a NUL": (paths("\0"), "path-unsafe", "NUL"),
    "too long": (paths("a/" * 2047 + "abc"), "path-unsafe", "4096"),
    "below a file": (paths("a", "a/b"), "manifest-malformed", "below a, which is listed as a file"),
    "below a file, not next to it": (paths("a", "a-b", "a/b"), "manifest-malformed", "below a,"),
    "below a link": (
        manifest([SymlinkEntry("a", "b"), file("a/c")]),
        "manifest-malformed",
        "listed as a symlink",
    ),
    "below an empty directory": (
        manifest([DirectoryEntry("a"), file("a/c/d")]),
        "manifest-malformed",
        "listed as a directory",
    ),
    "case": (paths("README", "readme"), "path-collision", "README and readme"),
    "case of a directory": (paths("Bin/a", "bin/b"), "path-collision", "Bin and bin"),
    "a file against a directory": (paths("A", "a/b"), "path-collision", "A and a"),
    "Unicode form": (paths("cafe\u0301", "caf\u00e9"), "path-collision", "are one name"),
    "case beyond ASCII": (paths("strasse", "stra\u00dfe"), "path-collision", "are one name"),
    "a link upwards": (
        manifest([file("a"), SymlinkEntry("l", "../x")]),
        "link-escapes",
        "the link l leaves the package: ../x",
    ),
    "an absolute link": (
        manifest([file("a"), SymlinkEntry("l", "/etc/passwd")]),
        "link-escapes",
        "/etc/passwd",
    ),
    "a link through a link": (
        manifest([file("d/f"), SymlinkEntry("d/l", ".."), SymlinkEntry("x", "d/l/../..")]),
        "link-escapes",
        "the link x",
    ),
    "an empty link": (manifest([file("a"), SymlinkEntry("l", "")]), "manifest-malformed", "target"),
    "nothing at all": (manifest([]), "manifest-malformed", "lists no file"),
    "no file": (manifest([DirectoryEntry("a")]), "manifest-malformed", "lists no file"),
    "another root": (
        manifest(content_root=SHA),
        "manifest-malformed",
        "content_root is not the root of its entries",
    ),
}


@pytest.mark.parametrize(("data", "code", "says"), ENTRY_FAULTS.values(), ids=ENTRY_FAULTS)
def test_a_false_entry_list_is_refused_for_every_signer(data: bytes, code: str, says: str):
    error = refused(data)
    assert error.code == code
    assert says in "\n".join((error.message, *error.details))


def test_all_problems_are_listed():
    data = manifest([file("A"), SymlinkEntry("L", "/x"), file("a"), SymlinkEntry("l", "/y")])
    error = refused(data)
    assert len(error.details) == 4
    assert "and 3 more" in error.message


def test_the_largest_integer_is_a_size_and_the_next_is_not():
    at = FileEntry("a", LARGEST_INTEGER, False, SHA, BLAKE)
    assert parse_manifest(manifest([at]), what="m").entries == (at,)
    assert list(entry_problems([FileEntry("a", LARGEST_INTEGER + 1, False, SHA, BLAKE)]))
    assert list(entry_problems([FileEntry("a", -1, False, SHA, BLAKE)]))


ODD_NAMES = [
    "a\nb",
    'a"b',
    "a\\b",
    "a\x7fb",
    "a\x1bb",
    "\u2028",
    "\u202e",
    "\ue000",
    "\U0001f680",
    "a b",
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_odd_names_are_content(name: str):
    entries = sorted([file(name), SymlinkEntry("z", name)], key=lambda e: e.path)
    data = manifest(entries)
    assert parse_manifest(data, what="m").entries == tuple(entries)
    assert canonical.dumps(document(data)) == data


def test_order_is_by_code_point_where_utf16_would_differ():
    entries = [file("\ue000"), file("\U0001f680")]
    assert parse_manifest(manifest(entries), what="m").entries == tuple(entries)


def test_a_text_that_spells_the_entry_list_is_only_text():
    trick = '","entries":[],"excluded":['
    data = manifest(package_version=trick, chain_id=trick)
    found = parse_manifest(data, what="m")
    assert (found.chain_id, found.entries) == (trick, ENTRIES)


def test_facts_that_hold_entries_are_only_facts():
    data = genesis(facts={"entries": [], "excluded": ["x"]})
    assert parse_manifest(data, what="m").entries == ENTRIES


def artifact(**fields: Any) -> dict[str, Any]:
    digests = both(b"node")
    common = {"path": "bin/node", "role": "node", "platform": "linux/amd64", **digests._asdict()}
    return {**common, **fields}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (artifact(path="bin/other"), "the artifact bin/other is not in it"),
        (artifact(path="current"), "the artifact current is not in it"),
        (artifact(sha256=SHA), "has other digests than its entry"),
        (artifact(blake3=BLAKE), "has other digests than its entry"),
    ],
)
def test_an_artifact_is_an_entry(wrong: dict[str, Any], says: str):
    assert says in refused(manifest(artifacts=(wrong,))).message


def test_an_artifact_inside_an_archive_has_digests_of_its_own():
    data = manifest(artifacts=(artifact(member="bin/x", sha256=SHA),))
    assert parse_manifest(data, what="m").artifacts[0].sha256 == SHA
    assert "is not in it" in refused(manifest(artifacts=(artifact(path="x", member="y"),))).message


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (manifest(genesis_files=("genesis.json",)), "has no place in a release manifest"),
        (manifest(release_package_id=SHA), "has no place in a release manifest"),
        (manifest(facts={}), "has no place in a release manifest"),
        (manifest(genesis_time="2026-01-01T00:00:00Z"), "has no place in a release manifest"),
        (genesis(artifacts=(artifact(),)), "artifacts have no place in a genesis manifest"),
        (genesis(genesis_files=None), "needs genesis_files"),
        (genesis(genesis_files=()), "needs genesis_files"),
        (genesis(genesis_hash=None), "needs genesis_files"),
        (genesis(release_package_id=None), "needs genesis_files"),
        (genesis(genesis_files=("other.json",)), "the genesis file other.json is not in it"),
        (genesis(genesis_files=("genesis.json", "current")), "the genesis file current is not in"),
        (
            genesis(genesis_hash={"convention": "raw", "sha256": SHA, "blake3": BLAKE}),
            "genesis_hash has other digests",
        ),
    ],
)
def test_each_class_has_its_own_fields(data: bytes, says: str):
    assert says in refused(data).message


def test_a_genesis_hash_is_raw():
    data = genesis().replace(b'"convention":"raw"', b'"convention":"jq-S"')
    assert refused(data).code == "manifest-malformed"


def test_the_fast_reader_leaves_what_it_does_not_know():
    text = encode_entries(ENTRIES).decode()[1:-1]
    assert scan_entries(text) == ENTRIES
    assert scan_entries(encode_entries([file('a"b')]).decode()[1:-1]) is None
    digits = both(b"node")
    for wrong in (digits.sha256[7:].upper(), "g" * 64, "sha256:" + "0" * 57, " " * 64):
        assert scan_entries(text.replace(digits.sha256[7:], wrong)) is None
        assert scan_entries(text.replace(digits.blake3[7:], wrong)) is None
    for broken in (text + ",", "," + text, text[1:], text + " ", text.replace("true", "True")):
        assert scan_entries(broken) is None


def test_a_list_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch):
    data = encode_entries(ENTRIES)
    for size in (0, 1, 100, len(data)):
        monkeypatch.setattr(entries, "PIECE", size)
        assert read_entries(data, 1, len(data) - 1) == ENTRIES
        # A second comma where two pieces meet, one before the first entry, one after the last.
        for broken in (data.replace(b"},{", b"},,{"), b"[," + data[1:], data[:-1] + b",]"):
            assert read_entries(broken, 1, len(broken) - 1) is None
        # Of a name that looks like the end of an entry nothing is made up.
        odd = encode_entries([file("a},{"), file("b")])
        assert read_entries(odd, 1, len(odd) - 1) in (None, (file("a},{"), file("b")))


def test_the_examples_of_the_format_page_are_what_they_say():
    page = (REPOSITORY / "docs/formats/manifest.md").read_text("utf-8")
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    release, of_genesis = (canonical.dumps(json.loads(block)) for block in blocks)
    assert parse_manifest(release, what="the page").package_class == "release"
    found = parse_manifest(of_genesis, what="the page")
    assert found.release_package_id == package_id(release)
    assert package_id(release) in page.partition("The genesis for it")[0]


@pytest.mark.parametrize("kind", ["directory\n\x1b[2K", "x" * 100_000])
def test_a_kind_that_is_not_known_is_quoted_on_one_short_line(kind):
    document = {"entries": [{"kind": kind, "path": "a"}]}
    with pytest.raises(Malformed) as caught:
        parse_manifest(canonical.dumps(document), what="m.json")
    for text in (caught.value.message, *caught.value.details):
        assert text.isprintable()
        assert len(text) < 1000
    assert any("expected tags" in text or kind[:9] in text for text in caught.value.details)
