"""What carriers drop, by carrier and cause."""

from __future__ import annotations

import pytest

from aztrust.core.package.entries import DirectoryEntry, Entry, FileEntry, SymlinkEntry
from aztrust.core.package.transport_loss import GIT_HOST_LIMIT, PAGE_LIMIT, losses


def file(path: str, size: int = 1, *, executable: bool = False) -> FileEntry:
    return FileEntry(path, size, executable, "sha256:" + "0" * 64, "blake3:" + "0" * 64)


def found(*entries: Entry) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(x.carrier, x.says.split()[0], x.paths) for x in losses(entries)]


def test_a_flat_package_of_plain_files_travels_anywhere():
    assert found(file("atlasd-1.0.0-linux-amd64.tar.gz"), file("SHA256SUMS")) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            DirectoryEntry("data"),
            [("git", "does", ("data",)), ("page", "drops", ("data",))],
        ),
        (SymlinkEntry("current", "v1"), [("page", "drops", ("current",))]),
        (file("run", executable=True), [("page", "drops", ("run",))]),
        (file("bin/run"), [("page", "has", ("bin/run",))]),
        (file("run", GIT_HOST_LIMIT), []),
        (file("run", GIT_HOST_LIMIT + 1), [("git", "hosts", ("run",))]),
        (file("empty", 0), [("page", "refuses", ("empty",))]),
        (file("run", PAGE_LIMIT - 1), [("git", "hosts", ("run",))]),
        (
            file("run", PAGE_LIMIT),
            [("git", "hosts", ("run",)), ("page", "refuses", ("run",))],
        ),
        (file("a b"), [("page", "renames", ("a b",))]),
        (file(".env"), [("page", "renames", (".env",))]),
        (file("n."), [("git", "cannot", ("n.",)), ("page", "renames", ("n.",))]),
        (file("a:b"), [("git", "cannot", ("a:b",)), ("page", "renames", ("a:b",))]),
        (
            file(".gitignore"),
            [("git", "obeys", (".gitignore",)), ("page", "renames", (".gitignore",))],
        ),
    ],
)
def test_each_loss_is_named_for_its_carrier(entry: Entry, expected: object):
    assert found(entry) == expected


def test_git_takes_a_repository_inside_for_someone_elses():
    assert ("git", "does", ("sub/.git/HEAD",)) in found(file("sub/.git/HEAD"), file("sub/a"))
    assert found(file("sub/.github"))[0][0] == "page"


def test_names_that_meet_on_a_flat_page():
    names = found(file("amd64/atlasd"), file("arm64/Atlasd"), file("other"))
    assert ("page", "has", ("amd64/atlasd", "arm64/Atlasd")) in names[1:]


def test_what_restore_mends_is_marked():
    entries = (DirectoryEntry("d"), SymlinkEntry("l", "x"), file("bin/x", executable=True))
    assert {x.says.split(" for")[0]: x.mendable for x in losses(entries)} == {
        "does not carry empty directories": True,
        "drops execute bits": True,
        "drops links and empty directories": True,
        "has no directories": False,
    }
