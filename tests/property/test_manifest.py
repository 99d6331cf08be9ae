"""Manifests: writing is canonical JSON, reading inverts it, and both readers agree."""

from __future__ import annotations

import json

from hypothesis import assume, given
from hypothesis import strategies as st

from aztrust.core.base import canonical
from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import find_collisions, find_escaping_links, path_flaw
from aztrust.core.package.entries import (
    DirectoryEntry,
    Entry,
    FileEntry,
    SymlinkEntry,
    content_root,
    encode_entries,
    entry_problems,
    scan_entries,
)
from aztrust.core.package.manifest import (
    Manifest,
    encode_manifest,
    parse_manifest,
    read_any,
    read_canonical,
)

_hex = st.binary(min_size=32, max_size=32).map(bytes.hex)
_character = st.one_of(
    st.sampled_from(['"', "\\", "\n", "\x00", "\x1f", "\x7f", "/", ".", "a", "A", "é", "\ue000"]),
    st.characters(exclude_categories=["Cs"]),
)
_name = st.text(_character, min_size=1, max_size=6)
_path = st.lists(_name, min_size=1, max_size=3).map("/".join)
_file = st.builds(
    FileEntry,
    path=_path,
    size=st.integers(0, 2**53 - 1),
    executable=st.booleans(),
    sha256=_hex.map("sha256:{}".format),
    blake3=_hex.map("blake3:{}".format),
)
_link = st.builds(SymlinkEntry, path=_path, target=_path)
_entry = st.one_of(_file, _link, st.builds(DirectoryEntry, path=_path))
_entries = st.lists(_entry, max_size=6)


def _plain(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__slots__}


def _manifest(entries: tuple[Entry, ...], text: str = "x") -> bytes:
    return encode_manifest(
        Manifest.model_construct(
            schema_="aztrust/package-manifest",
            version_major=1,
            version_minor=0,
            package_class="release",
            package_name=text,
            package_version="1",
            network_class="devnet",
            chain_id=text,
            entries=entries,
            content_root=content_root(entries),
        )
    )


@given(_entries)
def test_entries_are_written_as_canonical_json(entries: list[Entry]):
    assert encode_entries(entries) == canonical.dumps([_plain(e) for e in entries])


@given(_entries)
def test_the_fast_reader_inverts_writing_or_declines(entries: list[Entry]):
    found = scan_entries(encode_entries(entries).decode()[1:-1])
    names = "".join(e.path + getattr(e, "target", "") for e in entries)
    plain = names.isprintable() and not {'"', "\\"} & set(names)
    assert found == (tuple(entries) if plain else None)


@given(_entries, _name)
def test_a_sound_manifest_is_read_back(entries: list[Entry], text: str):
    ordered = tuple(sorted({e.path: e for e in entries}.values(), key=lambda e: e.path))
    assume(any(isinstance(e, FileEntry) for e in ordered))
    data = _manifest(ordered, text)
    assert canonical.dumps(json.loads(data)) == data
    if list(entry_problems(ordered)):
        return
    found = parse_manifest(data, what="m")
    assert found.entries == ordered
    assert encode_manifest(found) == data


@given(st.data(), _entries.filter(bool))
def test_both_readers_agree_on_every_change_of_a_byte(data: st.DataObject, entries: list[Entry]):
    text = bytearray(_manifest(tuple(entries)))
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.sampled_from(b'",:{}[]\\0aAf3 .\x00\xc3'))
    fast = read_canonical(bytes(text))
    try:
        strict = read_any(bytes(text), "m")
    except Malformed:
        strict = None
    if fast is not None:
        assert fast == strict
        assert encode_manifest(fast) == text


@given(st.lists(_path, max_size=6))
def test_the_search_over_all_paths_finds_what_each_path_shows(paths: list[str]):
    entries = [DirectoryEntry(p) for p in sorted(set(paths))]
    codes = {code for code, _ in entry_problems(entries)}
    assert ("path-unsafe" in codes) == any(path_flaw(e.path) for e in entries)
    if "path-unsafe" not in codes:
        assert ("path-collision" in codes) == bool(find_collisions(paths))
        listed = {e.path for e in entries}
        below = any(e.path[:i] in listed for e in entries for i, c in enumerate(e.path) if c == "/")
        assert ("manifest-malformed" in codes) == below


@given(st.lists(_link, max_size=5))
def test_no_link_that_leads_out_is_accepted(links: list[SymlinkEntry]):
    entries = sorted({e.path: e for e in links}.values(), key=lambda e: e.path)
    assume(not any(path_flaw(e.path) for e in entries))
    codes = {code for code, _ in entry_problems(entries)}
    assert ("link-escapes" in codes) == bool(
        find_escaping_links({e.path: e.target for e in entries})
    )
