"""Packages as an archive carries them: files only, since a bag has no links and no empty directory.

Where everything else of a package is as it was sealed, what a bag cannot hold is taken from the
manifest, and the audit says so: it was not looked at (law 2).
"""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.value import replace
from aztrust.core.judge.restore_plan import plan_repairs
from aztrust.core.package.entries import Tree
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.evidence import PackageReading


def as_sealed(
    packages: Mapping[PackageClass, PackageReading], manifests: Mapping[PackageClass, Manifest]
) -> tuple[dict[PackageClass, PackageReading], tuple[str, ...]]:
    """The packages with what a bag cannot hold, and a sentence about each that is not whole.

    Args:
        packages: as they were read from an archive.
        manifests: the sealed ones.
    """
    found: dict[PackageClass, PackageReading] = {}
    taken: list[str] = []
    for package_class, reading in packages.items():
        manifest, tree = manifests.get(package_class), reading.tree
        found[package_class] = reading
        if manifest is None or tree is None:
            continue
        repairs = plan_repairs(manifest, tree)
        if not repairs or repairs.obstacles:
            continue
        whole = Tree(manifest.entries, tree.faults, tree.total_bytes)
        found[package_class] = replace(reading, tree=whole)
        parts = (
            (len(repairs.links), "links"),
            (len(repairs.directories), "empty directories"),
            (len(repairs.modes), "execute bits"),
        )
        lost = ", ".join(f"{count} {name}" for count, name in parts if count)
        taken.append(f"the archive does not hold {lost} of the {package_class}: taken as sealed")
    return found, tuple(taken)
