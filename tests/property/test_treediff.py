"""`diff_entries` is exact: empty if and only if equal, and a recipe from left to right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.package.entries import DirectoryEntry, Entry, FileEntry, SymlinkEntry
from aztrust.core.package.treediff import TreeDiff, diff_entries

paths = st.sampled_from(["a", "b", "c", "d/e", "d/f", "é", "\n", "z"])
digits = st.integers(0, 2)
files = st.builds(
    lambda path, size, executable, sha, b3: FileEntry(
        path, size, executable, f"sha256:{sha:064x}", f"blake3:{b3:064x}"
    ),
    paths,
    digits,
    st.booleans(),
    digits,
    digits,
)
entries = st.one_of(
    files,
    st.builds(SymlinkEntry, paths, st.sampled_from(["x", "y"])),
    st.builds(DirectoryEntry, paths),
)
trees = st.lists(entries, unique_by=lambda entry: entry.path, max_size=8).map(
    lambda found: tuple(sorted(found, key=lambda entry: entry.path))
)


def apply(tree: tuple[Entry, ...], diff: TreeDiff) -> tuple[Entry, ...]:
    by_path = {entry.path: entry for entry in tree}
    for change in diff.changes:
        assert by_path.get(change.path) == change.left
        if change.right is None:
            del by_path[change.path]
        else:
            by_path[change.path] = change.right
    return tuple(sorted(by_path.values(), key=lambda entry: entry.path))


@given(trees, trees)
def test_applying_the_difference_to_left_gives_right(
    left: tuple[Entry, ...], right: tuple[Entry, ...]
) -> None:
    assert apply(left, diff_entries(left, right)) == right


@given(trees, trees)
def test_empty_if_and_only_if_equal(left: tuple[Entry, ...], right: tuple[Entry, ...]) -> None:
    assert bool(diff_entries(left, right)) == (left != right)
    assert not diff_entries(left, left)


@given(trees, trees)
def test_changes_are_sorted_minimal_and_explained(
    left: tuple[Entry, ...], right: tuple[Entry, ...]
) -> None:
    diff = diff_entries(left, right)
    assert [c.path for c in diff.changes] == sorted({c.path for c in diff.changes})
    assert all(c.left != c.right and c.aspects for c in diff.changes)
    old = [a for a, _ in diff.renamed]
    new = [b for _, b in diff.renamed]
    assert len(set(old)) == len(old) <= len(diff.removed)
    assert len(set(new)) == len(new) <= len(diff.added)


@given(trees, trees)
def test_the_way_back_touches_the_same_paths(
    left: tuple[Entry, ...], right: tuple[Entry, ...]
) -> None:
    there, back = diff_entries(left, right), diff_entries(right, left)
    assert [c.path for c in there.changes] == [c.path for c in back.changes]
    assert there.swapped == back.swapped
