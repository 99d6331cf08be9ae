"""Every kind of difference between a sealed and a found tree has its own name."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.package.entries import DirectoryEntry, FileEntry, SymlinkEntry
from aztrust.core.package.treediff import diff_entries


def file(path: str, content: int = 1, *, executable: bool = False) -> FileEntry:
    return FileEntry(path, content, executable, f"sha256:{content:064x}", f"blake3:{content:064x}")


def test_equal_lists_differ_in_nothing() -> None:
    assert not diff_entries([], [])
    left = [file("a"), SymlinkEntry("b", "a"), DirectoryEntry("c")]
    assert not diff_entries(left, list(left))
    assert not diff_entries(left, [replace(entry) for entry in left])
    assert not diff_entries(left, left[::-1])


@pytest.mark.parametrize(
    ("right", "aspects"),
    [
        (file("p", 2), ("bytes",)),
        (file("p", executable=True), ("mode",)),
        (file("p", 2, executable=True), ("bytes", "mode")),
        (replace(file("p"), blake3=file("p", 2).blake3), ("digest-conflict",)),
        (replace(file("p"), sha256=file("p", 2).sha256), ("digest-conflict",)),
        (replace(file("p"), size=2), ("digest-conflict",)),
        (replace(file("p", 2), size=1), ("bytes",)),
        (SymlinkEntry("p", "q"), ("kind",)),
        (DirectoryEntry("p"), ("kind",)),
        (None, ("removed",)),
    ],
)
def test_aspects_of_a_file(right: FileEntry | None, aspects: tuple[str, ...]) -> None:
    diff = diff_entries([file("p")], [right] if right else [])
    assert [change.aspects for change in diff.changes] == [aspects]
    back = diff_entries([right] if right else [], [file("p")])
    assert [change.path for change in back.changes] == ["p"]


def test_symlinks_are_compared_by_target() -> None:
    diff = diff_entries([SymlinkEntry("l", "a")], [SymlinkEntry("l", "b")])
    assert diff.having("link") == diff.changes != ()


def test_changes_are_sorted_by_path_and_sorted_into_views() -> None:
    left = [file("z"), file("m", 5), file("a")]
    right = [file("m", 6), file("b", 7), file("a")]
    diff = diff_entries(left, right)
    assert [c.path for c in diff.changes] == ["b", "m", "z"]
    assert [c.path for c in diff.added] == ["b"]
    assert [c.path for c in diff.removed] == ["z"]
    assert [c.path for c in diff.modified] == ["m"]


def test_a_rename_is_shown_with_its_two_changes() -> None:
    diff = diff_entries([file("old")], [file("new")])
    assert diff.renamed == (("old", "new"),)
    assert [c.aspects for c in diff.changes] == [("added",), ("removed",)]
    assert diff.added[0].bytes_of == "old"
    case_only = diff_entries([file("Readme")], [file("README")])
    assert case_only.renamed == (("Readme", "README"),)


def test_each_removed_file_is_renamed_at_most_once() -> None:
    diff = diff_entries([file("a"), file("b")], [file("c"), file("d"), file("e")])
    assert diff.renamed == (("a", "c"), ("b", "d"))


def test_a_rename_with_another_mode_is_not_a_rename_but_names_its_bytes() -> None:
    diff = diff_entries([file("a")], [file("b", executable=True)])
    assert diff.renamed == ()
    assert diff.added[0].bytes_of == "a"


def test_two_swapped_files() -> None:
    diff = diff_entries([file("a", 1), file("b", 2)], [file("a", 2), file("b", 1)])
    assert diff.swapped == (("a", "b"),)
    assert [c.bytes_of for c in diff.changes] == ["b", "a"]
    assert len(diff.modified) == 2


def test_three_files_moved_around_name_where_the_bytes_are_from() -> None:
    left = [file("a", 1), file("b", 2), file("c", 3)]
    right = [file("a", 3), file("b", 1), file("c", 2)]
    diff = diff_entries(left, right)
    assert diff.swapped == ()
    assert [c.bytes_of for c in diff.changes] == ["c", "a", "b"]


def test_bytes_of_an_unchanged_file_are_named() -> None:
    diff = diff_entries([file("a", 1), file("b", 2)], [file("a", 1), file("b", 1)])
    assert diff.changes[0].bytes_of == "a"


def test_a_path_twice_on_one_side_is_refused() -> None:
    with pytest.raises(Malformed, match="twice") as caught:
        diff_entries([file("a\n"), file("a\n", 2)], [])
    assert caught.value.subject == "a\\n"
    with pytest.raises(Malformed):
        diff_entries([file("a")], [file("a"), file("a")])
