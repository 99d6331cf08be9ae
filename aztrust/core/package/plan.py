"""What reading a package must hand out, by the policy alone.

The manifest does not decide it: a manifest that could choose what is left out or looked at could
choose what is not noticed.
"""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.linkage.pointers import parse_reference
from aztrust.core.policy.chain_table import genesis_of
from aztrust.core.policy.model import GenesisPackage, PackageClass, Policy, ReleasePackage


@frozen
class ReadingPlan:
    """Where a package is, what is left out, whose bytes and which archive members are wanted.

    `described` are the files that hosts install as they are: their headers are looked at.
    """

    path: str
    exclude: tuple[str, ...]
    capture: frozenset[str]
    members: tuple[tuple[str, str], ...]
    member_limit: int
    described: frozenset[str] = frozenset()


def reading_plan(policy: Policy, package_class: PackageClass) -> ReadingPlan:
    """The plan for one package class."""
    package = policy.package(package_class)
    references = (
        parse_reference(side) for rule in policy.linkage for side in (rule.left, rule.right)
    )
    needed = (reference.needs() for reference in references)
    capture = {key[1] for key in needed if key is not None and key[0] == package_class}
    members: tuple[tuple[str, str], ...] = ()
    described: frozenset[str] = frozenset()
    if isinstance(package, GenesisPackage):
        capture.add(package.genesis_files[0])
        capture.add(genesis_of(policy.chain, package.genesis_files))
        if policy.readiness.weights is not None:
            capture.add(policy.readiness.weights.partition(":")[2])
    if isinstance(package, ReleasePackage):
        members = tuple((a.path, a.member) for a in package.artifact if a.member is not None)
        described = frozenset(a.path for a in package.artifact if a.member is None)
    return ReadingPlan(
        path=package.path,
        exclude=package.exclude,
        capture=frozenset(capture),
        members=members,
        member_limit=policy.limits.artifact_member_bytes,
        described=described,
    )
