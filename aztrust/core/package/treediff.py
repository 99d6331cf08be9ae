"""What differs between two lists of entries: the question of the integrity check and of `diff`.

Exact: two lists differ in nothing reported if and only if they are equal, and the changes turn
one into the other. What the changes mean together (a rename, two files swapped) is reported in
addition and removes none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.package.entries import Entry, FileEntry, SymlinkEntry

Aspect: TypeAlias = Literal["added", "removed", "kind", "bytes", "digest-conflict", "mode", "link"]


@frozen
class Change:
    """One path that is not the same on both sides; None where it does not exist.

    Attributes:
        aspects: in what it differs. `added`, `removed` and `kind` are each alone; `bytes` is a
            file's content; `digest-conflict` replaces it when size, SHA-256 and BLAKE3 do not
            agree on whether the content is the same (law 4); `mode` is the execute bit; `link`
            a symlink's target.
        bytes_of: another path of the left side that has the right side's bytes, "" if none.
    """

    path: str
    left: Entry | None
    right: Entry | None
    aspects: tuple[Aspect, ...]
    bytes_of: str = ""


@frozen
class TreeDiff:
    """All changes, sorted by path as UTF-8 bytes; empty and false when there are none.

    Attributes:
        renamed: (old, new) path of an entry that moved as it is, each path once.
        swapped: (a, b), a before b, of two files that have each other's former bytes.
    """

    changes: tuple[Change, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def having(self, aspect: Aspect) -> tuple[Change, ...]:
        """The changes with this aspect, by path."""
        return tuple(change for change in self.changes if aspect in change.aspects)

    @property
    def added(self) -> tuple[Change, ...]:
        """Paths only on the right."""
        return self.having("added")

    @property
    def removed(self) -> tuple[Change, ...]:
        """Paths only on the left."""
        return self.having("removed")

    @property
    def modified(self) -> tuple[Change, ...]:
        """Files with other bytes, digest conflicts included."""
        return tuple(c for c in self.changes if {"bytes", "digest-conflict"} & {*c.aspects})


def diff_entries(left: Sequence[Entry], right: Sequence[Entry]) -> TreeDiff:
    """Compare two entry lists, in any order, each path at most once per side.

    Raises:
        Malformed: `manifest-malformed`, a path occurs twice on one side.
    """
    # The usual case, at the speed of tuple comparison.
    if tuple(left) == tuple(right):
        return TreeDiff()
    before, after = _by_path(left), _by_path(right)
    changes = [
        Change(path, entry, after.get(path), _aspects(entry, after.get(path)))
        for path, entry in before.items()
        if after.get(path) != entry
    ]
    changes += [
        Change(path, None, entry, ("added",)) for path, entry in after.items() if path not in before
    ]
    changes.sort(key=lambda change: change.path)
    return _related(changes, left)


def _by_path(entries: Sequence[Entry]) -> dict[str, Entry]:
    by_path = {entry.path: entry for entry in entries}
    if len(by_path) != len(entries):
        seen: set[str] = set()
        for entry in entries:
            if entry.path in seen:
                raise Malformed(
                    "the path occurs twice in one list of entries",
                    subject=escape(entry.path),
                    mend="Seal the package again with this version of aztrust.",
                    code="manifest-malformed",
                )
            seen.add(entry.path)
    return by_path


def _aspects(left: Entry, right: Entry | None) -> tuple[Aspect, ...]:
    if right is None:
        return ("removed",)
    if isinstance(left, FileEntry) and isinstance(right, FileEntry):
        sealed = (left.size, left.sha256, left.blake3)
        found = (right.size, right.sha256, right.blake3)
        aspects: list[Aspect] = []
        if sealed != found:
            contradiction = left.sha256 == right.sha256 or left.blake3 == right.blake3
            aspects.append("digest-conflict" if contradiction else "bytes")
        if left.executable != right.executable:
            aspects.append("mode")
        return tuple(aspects)
    if isinstance(left, SymlinkEntry) and isinstance(right, SymlinkEntry):
        return ("link",)
    return ("kind",)


def _content(entry: Entry | None) -> tuple[object, ...] | None:
    """What makes a file the same file under another name; None for what carries no bytes."""
    if isinstance(entry, FileEntry):
        return (entry.size, entry.sha256, entry.blake3)
    return None


def _related(changes: list[Change], left: Sequence[Entry]) -> TreeDiff:
    """Name where changed bytes come from, and pair up renames and swaps."""
    wanted = {_content(c.right) for c in changes if _arrived(c)} - {None}
    origins: dict[object, str] = {}
    for entry in left:
        content = _content(entry)
        if content in wanted:
            origins.setdefault(content, entry.path)
    removed: dict[object, list[str]] = {}
    for change in reversed(changes):
        if change.aspects == ("removed",):
            removed.setdefault(_identity(change.left), []).append(change.path)
    renamed, annotated = [], []
    for change in changes:
        origin = origins.get(_content(change.right), "") if _arrived(change) else ""
        leaving = removed.get(_identity(change.right)) if change.aspects == ("added",) else None
        if leaving:
            old = leaving.pop()
            renamed.append((old, change.path))
            origin = old if _content(change.right) else ""
        annotated.append(
            Change(change.path, change.left, change.right, change.aspects, origin)
            if origin
            else change
        )
    return TreeDiff(tuple(annotated), tuple(renamed), tuple(_swaps(changes)))


def _arrived(change: Change) -> bool:
    """Whether the right side has bytes that this path did not have before."""
    return isinstance(change.right, FileEntry) and _content(change.left) != _content(change.right)


def _identity(entry: Entry | None) -> tuple[object, ...]:
    """Everything about an entry but its path."""
    if isinstance(entry, FileEntry):
        return (entry.kind, entry.executable, entry.size, entry.sha256, entry.blake3)
    if isinstance(entry, SymlinkEntry):
        return (entry.kind, entry.target)
    return ("directory",)


def _swaps(changes: list[Change]) -> Iterator[tuple[str, str]]:
    waiting: dict[tuple[object, object], list[str]] = {}
    for change in changes:
        if "bytes" not in change.aspects:
            continue
        was, now = _content(change.left), _content(change.right)
        partners = waiting.get((now, was))
        if partners:
            yield partners.pop(0), change.path
        else:
            waiting.setdefault((was, now), []).append(change.path)
