"""What differs between two of one kind: trees, manifests, launches, kits, genesis files, files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.verify import ReadOptions
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.genesis.differences import GenesisDiff, diff_genesis
from aztrust.core.kit.things import Thing, things
from aztrust.core.linkage.jsondoc import looks_like_json
from aztrust.core.package.changes import Changes, manifest_changes
from aztrust.core.package.entries import FileEntry, Tree
from aztrust.core.package.manifest import (
    MANIFEST_LIMIT,
    SCHEMA,
    Manifest,
    content_root,
    package_id,
    parse_manifest,
)
from aztrust.core.package.treediff import TreeDiff, diff_entries
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_PATH, PackageClass, policy_digest
from aztrust.storage.folders import read_bounded
from aztrust.storage.kit import holds_kit
from aztrust.storage.launch import LaunchFiles, open_launch, require_readable
from aztrust.storage.presence import is_present
from aztrust.storage.tree.hashing import FileDigest, hash_file
from aztrust.storage.tree.tree import TreeRequest, read_tree

# With one of these the contents are unknown, so they cannot be reported as the same.
_UNKNOWN = frozenset({"unreadable", "changed-while-reading", "mount-crossing"})


@frozen
class SealedSide:
    """A manifest and its package id."""

    manifest: Manifest
    id: str


@frozen
class TreeComparison:
    """Two entry lists; faults are what a tree on disk has that no manifest could list.

    `roots` are the content roots, left and right.
    """

    diff: TreeDiff
    entries: tuple[int, int]
    files: tuple[int, int]
    roots: tuple[str, str]
    faults: tuple[Tree, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.diff and not any(tree.faults for tree in self.faults)


@frozen
class ManifestComparison:
    """Manifests by class: package ids left and right ("" where it is not sealed), and changes."""

    ids: Mapping[PackageClass, tuple[str, str]]
    changes: Mapping[PackageClass, Changes]

    @property
    def same(self) -> bool:
        """Whether all package ids are."""
        return all(left == right for left, right in self.ids.values())


@frozen
class LaunchComparison:
    """A kit and a launch directory, or two kits: all of their own files.

    `policies` are the policy digests; `only` what one side has and the other has not.
    """

    policies: tuple[str, str]
    manifests: ManifestComparison
    only: tuple[tuple[Thing, ...], tuple[Thing, ...]]

    @property
    def same(self) -> bool:
        """Whether both have the same contents."""
        left, right = self.policies
        return left == right and self.manifests.same and not any(self.only)


@frozen
class FileComparison:
    """Two files by their digests; `genesis` says more where both are JSON."""

    left: FileDigest
    right: FileDigest
    genesis: GenesisDiff | None = None

    @property
    def same(self) -> bool:
        """Whether the bytes are."""
        return (self.left.sha256, self.left.blake3) == (self.right.sha256, self.right.blake3)


Comparison = TreeComparison | ManifestComparison | LaunchComparison | FileComparison


def compare_paths(left: Path, right: Path, read_options: ReadOptions = ReadOptions()) -> Comparison:
    """Compare two things by what they are.

    Args:
        left: a directory, a launch directory, a kit, a manifest or any other file.
        right: another one. A directory and a manifest can be compared with one another, and so
            can a launch directory or a kit and a manifest, and a kit and a launch directory.
        read_options: how to read.

    Raises:
        UsageError: their kinds cannot be compared.
        CouldNotCheck: one of them cannot be read.
        NothingToVerify: a launch directory or kit has no manifest.
        Malformed: a manifest or kit is malformed.
    """
    launches = _launch(left), _launch(right)
    old, new = _manifests(left, launches[0]), _manifests(right, launches[1])
    if old is not None and new is not None:
        manifests = _compare_manifests(left, right, old, new)
        if None in launches or all(files and files.kit is None for files in launches):
            return manifests
        return _compare_launches(*launches, manifests)
    if old is not None and right.is_dir():
        manifest = _only(old, left).manifest
        return _compare_trees(Tree(manifest.entries), _tree(right, manifest.excluded, read_options))
    if new is not None and left.is_dir():
        manifest = _only(new, right).manifest
        return _compare_trees(_tree(left, manifest.excluded, read_options), Tree(manifest.entries))
    if left.is_dir() and right.is_dir():
        return _compare_trees(_tree(left, (), read_options), _tree(right, (), read_options))
    if old or new or left.is_dir() or right.is_dir():
        raise UsageError(
            f"{_kind(left, old)} and {_kind(right, new)} cannot be compared",
            subject=f"{escape(str(left))}, {escape(str(right))}",
            mend="name two directories, two files, or a directory and its manifest",
        )
    return _compare_files(left, right)


def _launch(path: Path) -> LaunchFiles | None:
    """A launch directory or kit, opened; None for anything else."""
    if holds_kit(path) or (path.is_dir() and is_present(path / POLICY_PATH)):
        return open_launch(path)
    return None


def _manifests(path: Path, launch: LaunchFiles | None) -> dict[PackageClass, SealedSide] | None:
    """The manifests of a launch directory, a kit or a manifest file; None for anything else."""
    if launch is not None:
        found = {}
        held = launch.evidence().manifests if launch.kit is not None else {}
        for package_class in PACKAGE_CLASSES:
            file = path / f"manifests/{package_class}.json"
            if package_class in held:
                found[package_class] = _sealed(file, held[package_class])
            elif launch.kit is None and is_present(file):
                found[package_class] = _sealed(file, read_bounded(file, MANIFEST_LIMIT))
        if not found:
            raise NothingToVerify(
                f"nothing is sealed in {escape(str(path))}",
                subject=escape(str(path)),
                mend="to compare the directories themselves, name their packages",
            )
        return found
    if not path.is_file():
        return None
    path = path.resolve()
    # Canonical JSON begins with the first key, so a few bytes tell manifests from everything else.
    if not read_bounded(path, 64).startswith(b'{"artifacts":'):
        return None
    data = read_bounded(path, MANIFEST_LIMIT)
    if f'"schema":"{SCHEMA}"'.encode() not in data:
        return None
    side = _sealed(path, data)
    return {side.manifest.package_class: side}


def _sealed(path: Path, data: bytes) -> SealedSide:
    return SealedSide(parse_manifest(data, what=escape(str(path))), package_id(data))


def _only(sides: Mapping[PackageClass, SealedSide], path: Path) -> SealedSide:
    if len(sides) == 1 and _is_manifest(path):
        return next(iter(sides.values()))
    raise UsageError(
        "a launch has two packages; which one is the directory to be compared with?",
        subject=escape(str(path)),
        mend="name its manifest: manifests/release.json or manifests/genesis.json",
    )


def _compare_manifests(
    left: Path,
    right: Path,
    old: Mapping[PackageClass, SealedSide],
    new: Mapping[PackageClass, SealedSide],
) -> ManifestComparison:
    classes = [c for c in PACKAGE_CLASSES if c in old or c in new]
    # One manifest is compared with the manifest of its class in a launch, and with no other.
    if _is_manifest(left) or _is_manifest(right):
        classes = [c for c in classes if c in old and c in new]
    if not classes:
        raise UsageError(
            "the manifests are of different packages: release and genesis",
            subject=f"{escape(str(left))}, {escape(str(right))}",
            mend="name two manifests of the same class",
        )
    ids = {c: (old[c].id if c in old else "", new[c].id if c in new else "") for c in classes}
    changes = {
        c: manifest_changes(old[c].manifest, new[c].manifest)
        for c in classes
        if c in old and c in new
    }
    return ManifestComparison(ids, changes)


def _compare_launches(
    left: LaunchFiles | None, right: LaunchFiles | None, manifests: ManifestComparison
) -> LaunchComparison:
    sides = [(files, files.evidence()) for files in (left, right) if files is not None]
    for _, evidence in sides:
        require_readable(evidence.unreadable)
    # `manifests` reports both current manifests of a class already.
    current = {package_id for pair in manifests.ids.values() for package_id in pair}
    old, new = (
        [t for t in things(evidence, files.sealed()) if t.id not in current]
        for files, evidence in sides
    )
    return LaunchComparison(
        policies=(policy_digest(sides[0][1].policy), policy_digest(sides[1][1].policy)),
        manifests=manifests,
        only=(
            tuple(thing for thing in old if thing not in new),
            tuple(thing for thing in new if thing not in old),
        ),
    )


def _is_manifest(path: Path) -> bool:
    return path.is_file() and not holds_kit(path)


def _tree(path: Path, exclude: tuple[str, ...], read_options: ReadOptions) -> Tree:
    request = TreeRequest(exclude=exclude)
    reading = read_tree(
        path.resolve(), ".", request, jobs=read_options.jobs, progress=read_options.progress
    )
    unknown = [f for f in reading.tree.faults if f.code in _UNKNOWN]
    if unknown:
        raise CouldNotCheck(
            f"not everything in {escape(str(path))} could be read",
            subject=escape(str(path)),
            mend="make it readable, and keep other programs from writing there meanwhile",
            code=unknown[0].code,
            details=tuple(f"{f.code}  {f.path}: {f.detail}" for f in unknown),
        )
    return reading.tree


def _compare_trees(left: Tree, right: Tree) -> TreeComparison:
    return TreeComparison(
        diff=diff_entries(left.entries, right.entries),
        entries=(len(left.entries), len(right.entries)),
        files=(_files(left), _files(right)),
        roots=(content_root(left.entries), content_root(right.entries)),
        faults=(left, right),
    )


def _files(tree: Tree) -> int:
    return sum(isinstance(e, FileEntry) for e in tree.entries)


def _compare_files(left: Path, right: Path) -> FileComparison:
    old, new = hash_file(left), hash_file(right)
    comparison = FileComparison(old, new)
    if comparison.same or max(old.size, new.size) > MANIFEST_LIMIT:
        return comparison
    a, b = (read_bounded(p.resolve(), MANIFEST_LIMIT) for p in (left, right))
    if not (looks_like_json(a) and looks_like_json(b)):
        return comparison
    return FileComparison(old, new, diff_genesis(a, b))


def _kind(path: Path, sides: object) -> str:
    if sides is not None:
        return "a manifest" if _is_manifest(path) else "a launch directory or kit"
    return "a directory" if path.is_dir() else "a file"
