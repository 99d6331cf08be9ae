"""`aztrust diff`: what differs, in the chain's terms where it can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import jobs_option
from aztrust.cli.streams import InputFile
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.diff import (
        Comparison,
        FileComparison,
        LaunchComparison,
        ManifestComparison,
        TreeComparison,
    )

DIFFERENT = 10


@command(
    "diff",
    short_help="What differs, in the chain's terms.",
    example="aztrust diff ../genesis-0912.json packages/genesis/genesis.json\n"
    "aztrust diff packages/release manifests/release.json",
)
@click.argument("a", type=InputFile(exists=True, path_type=Path))
@click.argument("b", type=InputFile(exists=True, path_type=Path))
@jobs_option
def diff(session: Session, a: Path, b: Path, jobs: int | None) -> int:
    """Compare two directories, manifests, launch directories, kits, genesis files or other files.

    A directory and a manifest can be compared with one another, and so can a kit and a launch
    directory. One of the two may be -, standard input. Exit 0 if they are the same, 10 if not. -v
    shows every difference.
    """
    from aztrust.acts.diff import (
        FileComparison,
        LaunchComparison,
        TreeComparison,
        compare_paths,
    )
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line

    with progress_line(session) as progress:
        found = compare_paths(a, b, ReadOptions(jobs, progress))
    shown = 1_000_000 if session.verbose else 12
    if isinstance(found, TreeComparison):
        lines = list(_tree_lines(found, shown))
    elif isinstance(found, FileComparison):
        lines = list(_file_lines(found, shown))
    elif isinstance(found, LaunchComparison):
        lines = list(_launch_lines(found, shown))
    else:
        lines = list(_manifest_lines(found, shown))
    verdict = "SAME" if found.same else "DIFFER"
    end = "exit 0: they are the same" if found.same else "exit 10: they are not the same"
    session.emit(
        _document(a, b, found),
        [*lines, end],
        brief=f"{verdict}  {a}  {b}",
    )
    return 0 if found.same else DIFFERENT


def _tree_lines(found: TreeComparison, shown: int) -> Iterator[str]:
    from aztrust.report.difference import tree_lines

    for sign, tree in zip("-+", found.faults, strict=True):
        for fault in tree.faults[:shown]:
            yield from labelled(sign, f"{fault.path}  {fault.code}: {fault.detail}", indent=2)
    yield from tree_lines(found.diff, shown=shown)
    gone = sum(c.left is not None for c in found.diff.changes)
    left, right = found.entries
    equal = left - gone
    count = f"{equal:,} of {left:,}" if (left, right) != (equal, equal) else f"{equal:,}"
    yield f"= {count} entries"
    if found.same:
        yield "content_root"
        yield f"  {found.roots[0]}"


def _file_lines(found: FileComparison, shown: int) -> Iterator[str]:
    if found.genesis is not None:
        yield from found.genesis.lines(shown)
        return
    left, right = found.left, found.right
    if found.same:
        yield f"= {left.size:,} bytes"
        yield f"  {left.sha256}"
        return
    yield f"~ {left.size:,} / {right.size:,} bytes"
    # Where only one of the two digests is equal, both digests are shown.
    for before, after in ((left.sha256, right.sha256), (left.blake3, right.blake3)):
        if before != after:
            yield f"  - {before}"
            yield f"  + {after}"
        else:
            yield f"  = {before}"


def _manifest_lines(found: ManifestComparison, shown: int) -> Iterator[str]:
    for package_class, (left, right) in found.ids.items():
        if left == right:
            yield f"= {package_class}"
            yield f"  {left}"
            continue
        yield f"~ {package_class}"
        yield f"  - {left or 'not sealed'}"
        yield f"  + {right or 'not sealed'}"
        changes = found.changes.get(package_class)
        if changes is None:
            continue
        for line in changes.lines[:shown]:
            yield from labelled("", line, indent=2)
        if len(changes.lines) > shown:
            yield f"  +{len(changes.lines) - shown:,} more"
        if not changes:
            yield "  ~ only facts that are not shown to reviewers"


def _launch_lines(found: LaunchComparison, shown: int) -> Iterator[str]:
    left, right = found.policies
    yield f"{'=' if left == right else '~'} policy"
    yield from [f"  {left}"] if left == right else [f"  - {left}", f"  + {right}"]
    yield from _manifest_lines(found.manifests, shown)
    for sign, only in zip("-+", found.only, strict=True):
        for thing in only[:shown]:
            yield f"{sign} {thing.kind}{f'  by key {thing.by[7:15]}' if thing.by else ''}"
            yield f"  {thing.id}"
        if len(only) > shown:
            yield f"  {sign}{len(only) - shown:,} more"


def _document(a: Path, b: Path, found: Comparison) -> dict[str, Any]:
    from aztrust.acts.diff import FileComparison, LaunchComparison, TreeComparison
    from aztrust.core.base.paths import escape
    from aztrust.report.difference import genesis_document, tree_document

    document: dict[str, Any] = {
        "schema": "aztrust/diff",
        "version_major": 1,
        "version_minor": 0,
        "command": "diff",
        "left": escape(str(a)),
        "right": escape(str(b)),
        "same": found.same,
        "exit_code": 0 if found.same else DIFFERENT,
    }
    if isinstance(found, TreeComparison):
        faults = [
            [{"code": f.code, "path": f.path, "detail": f.detail} for f in tree.faults]
            for tree in found.faults
        ]
        roots = list(found.roots)
        return document | {
            "kind": "tree",
            "content_roots": roots,
            "faults": faults,
            **tree_document(found.diff),
        }
    if isinstance(found, FileComparison):
        sides = [
            {"size": f.size, "sha256": f.sha256, "blake3": f.blake3}
            for f in (found.left, found.right)
        ]
        genesis = genesis_document(found.genesis) if found.genesis else None
        return document | {"kind": "file", "files": sides, "genesis": genesis}
    if isinstance(found, LaunchComparison):
        return document | {
            "kind": "launch",
            "policy_digests": list(found.policies),
            "packages": _packages(found.manifests),
            "only": [
                [{"kind": t.kind, "id": t.id, "by": t.by or None} for t in only]
                for only in found.only
            ],
        }
    return document | {"kind": "manifest", "packages": _packages(found)}


def _packages(found: ManifestComparison) -> dict[str, Any]:
    return {
        c: {
            "package_ids": [i or None for i in ids],
            "changes": list(found.changes[c].lines) if c in found.changes else [],
        }
        for c, ids in found.ids.items()
    }
