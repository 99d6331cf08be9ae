"""What a package needs to be the sealed one again, where its bytes already are.

Carriers drop execute bits, links and empty directories. A manifest knows them, so they can be put
back. Nothing else can: where one byte differs, or there is something that was never sealed, making
the rest look right would only hide it.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.package.compare import compare
from aztrust.core.package.entries import DirectoryEntry, FileEntry, SymlinkEntry, Tree
from aztrust.core.package.manifest import Manifest


@frozen
class Repairs:
    """What is to be done, as sealed entries in path order; or the reasons why nothing may be."""

    modes: tuple[FileEntry, ...] = ()
    directories: tuple[DirectoryEntry, ...] = ()
    links: tuple[SymlinkEntry, ...] = ()
    obstacles: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.modes or self.directories or self.links)


def plan_repairs(manifest: Manifest, tree: Tree) -> Repairs:
    """Compare a verified manifest with its package as it was read.

    Only execute bits may differ, and only empty directories and links be missing. A parsed manifest
    has no link that leaves the package, so each of its links may be made.
    """
    found = {e.path: e for e in tree.entries}
    sealed = {e.path: e for e in manifest.entries}
    missing = [e for path, e in sealed.items() if path not in found]
    directories = tuple(e for e in missing if isinstance(e, DirectoryEntry))
    links = tuple(e for e in missing if isinstance(e, SymlinkEntry))
    modes = tuple(
        e
        for path, e in sealed.items()
        if isinstance(e, FileEntry)
        and isinstance(now := found.get(path), FileEntry)
        and e.executable != now.executable
    )
    # An empty directory that was never sealed is the parent of something the carrier dropped.
    made = [e.path for e in directories] + [e.path for e in links]
    parents = {parent for path in made for parent in _parents(path)}
    waiting = tuple(
        e for e in tree.entries if not (isinstance(e, DirectoryEntry) and e.path in parents)
    )
    mendable = {
        *(("mode-changed", e.path) for e in modes),
        *(("file-missing", path) for path in made),
    }
    package_class = manifest.package_class
    skipped = {(code, f"{package_class}:{escape(path)}") for code, path in mendable}
    differences = compare(package_class, manifest, Tree(waiting, (), tree.total_bytes))
    faults = compare(package_class, manifest, Tree(manifest.entries, tree.faults))
    obstacles = (*faults, *(f for f in differences if (f.code, f.subject) not in skipped))
    return Repairs(modes, directories, links, obstacles)


def _parents(path: str) -> Iterator[str]:
    parent = path.rpartition("/")[0]
    while parent:
        yield parent
        parent = parent.rpartition("/")[0]
