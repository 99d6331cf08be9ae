"""What may be restored, and what prevents restoring anything."""

from __future__ import annotations

import pytest

from aztrust.core.base.digest import both
from aztrust.core.base.value import replace
from aztrust.core.judge.restore_plan import plan_repairs
from aztrust.core.package.entries import (
    DirectoryEntry,
    Entry,
    Fault,
    FileEntry,
    SymlinkEntry,
    Tree,
    content_root,
)
from aztrust.core.package.manifest import Manifest


def file(path: str, data: bytes = b"x", *, executable: bool = False) -> FileEntry:
    digests = both(data)
    return FileEntry(path, len(data), executable, digests.sha256, digests.blake3)


RUN = file("bin/run", executable=True)
LINK = SymlinkEntry("current/link", "../bin/run")
EMPTY = DirectoryEntry("data/deep/empty")
SEALED: tuple[Entry, ...] = (RUN, LINK, EMPTY, file("readme"))


def plan(*entries: Entry, faults: tuple[Fault, ...] = ()):
    manifest = Manifest(
        schema_="aztrust/package-manifest",
        version_major=1,
        version_minor=0,
        package_class="release",
        package_name="x",
        package_version="1",
        network_class="devnet",
        chain_id="x",
        entries=SEALED,
        content_root=content_root(SEALED),
    )
    return plan_repairs(manifest, Tree(tuple(sorted(entries, key=lambda e: e.path)), faults))


def test_the_sealed_package_needs_nothing():
    found = plan(*SEALED)
    assert not found
    assert found.obstacles == ()


def test_what_a_flat_carrier_drops_is_put_back():
    found = plan(replace(RUN, executable=False), file("readme", executable=True))
    assert found.modes == (RUN, SEALED[3])
    assert found.directories == (EMPTY,)
    assert found.links == (LINK,)
    assert found.obstacles == ()


def test_the_parents_of_what_is_missing_are_not_an_obstacle():
    assert (
        plan(RUN, SEALED[3], DirectoryEntry("data/deep"), DirectoryEntry("current")).obstacles == ()
    )


@pytest.mark.parametrize(
    ("entries", "code", "subject"),
    [
        ((file("bin/run", b"y", executable=True), *SEALED[1:]), "file-modified", "bin/run"),
        ((file("bin/run", b"y"), *SEALED[1:]), "file-modified", "bin/run"),
        (SEALED[1:], "file-missing", "bin/run"),
        ((*SEALED, file("evil")), "file-unlisted", "evil"),
        ((*SEALED, DirectoryEntry("evil")), "file-unlisted", "evil"),
        ((*SEALED, SymlinkEntry("evil", "bin/run")), "file-unlisted", "evil"),
        ((RUN, SymlinkEntry("current/link", "x"), *SEALED[2:]), "link-changed", "current/link"),
        ((RUN, file("current/link"), *SEALED[2:]), "kind-changed", "current/link"),
    ],
)
def test_any_other_difference_prevents_the_whole_restore(
    entries: tuple[Entry, ...], code: str, subject: str
):
    (obstacle,) = [o for o in plan(*entries).obstacles if o.code != "mode-changed"]
    assert (obstacle.code, obstacle.subject) == (code, f"release:{subject}")


def test_a_fault_prevents_it_even_where_the_entries_are_right():
    (obstacle,) = plan(*SEALED, faults=(Fault("mode-changed", "bin/run", "set-id"),)).obstacles
    assert (obstacle.code, obstacle.message) == ("mode-changed", "set-id")


def test_a_digest_conflict_is_an_obstacle():
    forged = replace(RUN, blake3=both(b"other").blake3)
    (obstacle,) = plan(forged, *SEALED[1:]).obstacles
    assert obstacle.code == "digest-conflict"
