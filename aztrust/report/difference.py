"""What `diff` found, as text and data: `+` only on the right, `-` only on the left, `~` changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aztrust.core.base.paths import escape
from aztrust.core.genesis.differences import GenesisDiff
from aztrust.core.package.entries import Entry, FileEntry, SymlinkEntry
from aztrust.core.package.treediff import Aspect, Change, TreeDiff
from aztrust.report.lines import labelled

SHOWN = 12
_WORDS: Mapping[Aspect, str] = {
    "added": "",
    "removed": "",
    "bytes": "other bytes",
    "digest-conflict": "SHA-256 and BLAKE3 do not agree on whether the bytes differ",
    "link": "another target",
}


def tree_lines(diff: TreeDiff, *, shown: int = SHOWN) -> Iterator[str]:
    """The changes of two trees; renames and swaps are shown as such."""
    moved = {path for pair in diff.renamed for path in pair}
    blocks = [_moved(old, new, "the same under another name") for old, new in diff.renamed]
    blocks += [_moved(a, b, "swapped: each has the other's bytes") for a, b in diff.swapped]
    swapped = {path for pair in diff.swapped for path in pair}
    plain = {c.path for c in diff.changes if set(c.aspects) == {"bytes"}} & swapped
    blocks += [
        list(_change(c)) for c in diff.changes if c.path not in moved and c.path not in plain
    ]
    for block in blocks[:shown]:
        yield from block
    if len(blocks) > shown:
        yield f"  +{len(blocks) - shown:,} more"


def _moved(old: str, new: str, how: str) -> list[str]:
    return labelled("~", f"{escape(old)} -> {escape(new)}  {how}", indent=2)


def _change(change: Change) -> Iterator[str]:
    sign = "+" if change.left is None else "-" if change.right is None else "~"
    words = ", ".join(filter(None, (_aspect(change, a) for a in change.aspects)))
    origin = f", those of {escape(change.bytes_of)}" if change.bytes_of else ""
    text = f"{escape(change.path)}  {words}{origin}".rstrip()
    yield from labelled(sign, text, indent=2)
    left, right = change.left, change.right
    if isinstance(left, FileEntry) and isinstance(right, FileEntry):
        for before, after in ((left.sha256, right.sha256), (left.blake3, right.blake3)):
            # One digest tells two files apart; both are shown where they contradict each other.
            if before != after and (before[0] == "s" or "digest-conflict" in change.aspects):
                yield f"  - {before}"
                yield f"  + {after}"


def _aspect(change: Change, aspect: Aspect) -> str:
    left, right = change.left, change.right
    if aspect == "kind" and left is not None and right is not None:
        return f"{left.kind} -> {right.kind}"
    if aspect == "mode" and isinstance(right, FileEntry):
        return "now executable" if right.executable else "no longer executable"
    if aspect == "link" and isinstance(left, SymlinkEntry) and isinstance(right, SymlinkEntry):
        return f"link {escape(left.target)} -> {escape(right.target)}"
    if aspect in ("added", "removed"):
        entry = right or left
        return "" if entry is None or entry.kind == "file" else entry.kind
    return _WORDS.get(aspect, aspect)


def tree_document(diff: TreeDiff) -> dict[str, Any]:
    """The same as data, complete."""
    return {
        "changes": [
            {
                "path": c.path,
                "aspects": list(c.aspects),
                "left": _entry(c.left),
                "right": _entry(c.right),
                **({"bytes_of": c.bytes_of} if c.bytes_of else {}),
            }
            for c in diff.changes
        ],
        "renamed": [list(pair) for pair in diff.renamed],
        "swapped": [list(pair) for pair in diff.swapped],
    }


def genesis_document(diff: GenesisDiff) -> dict[str, Any]:
    """A comparison of two genesis files as data."""
    return {
        "raw": diff.raw,
        "jq_S_c": diff.jq,
        "values": diff.values,
        "sizes": list(diff.sizes),
        "first_difference": diff.first_difference,
        "differences": [{"sign": d.sign, "text": d.text} for d in diff.differences],
        "same": list(diff.same),
    }


def _entry(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    names = (name for name in entry.__match_args__ if name != "path")
    return {name: getattr(entry, name) for name in names}
