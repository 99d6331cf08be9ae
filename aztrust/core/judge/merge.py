"""Several kits of one launch, merged: what one of them withholds, another may show.

Records are a set, and which of them are effective does not depend on order (law 9). So the union
of two kits is itself a launch, judged like any other. Two policies cannot be merged: that is a
finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aztrust.core.base.findings import Finding, Locus
from aztrust.core.base.value import frozen, replace
from aztrust.core.package.manifest import package_id
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, policy_digest
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.seals import current_packages

Named = tuple[str, Evidence]


@frozen
class Merged:
    """The evidence of all, and where they disagree: what fails, and what is only worth knowing."""

    evidence: Evidence
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()


def merge(kits: Sequence[Named], request: Request) -> Merged:
    """One body of evidence from several (name for display, evidence) of one launch.

    A kit with another policy is left out and is a finding; the policy kept is the anchor's where
    one of them is, else the first. Where manifests differ, the one whose seal is current under
    all records is taken.
    """
    first = next((kit for kit in kits if policy_digest(kit[1].policy) == request.anchor), kits[0])
    findings = tuple(_other_policy(first, kit) for kit in kits if kit[1].policy != first[1].policy)
    same = [kit for kit in kits if kit[1].policy == first[1].policy]
    evidence = replace(
        first[1],
        keys=_union([e.keys for _, e in same]),
        records=_union([e.records for _, e in same]),
        verdicts=_union([e.verdicts for _, e in same]),
        observations=_union([e.observations for _, e in same]),
        unreadable=tuple(dict.fromkeys(fault for _, e in same for fault in e.unreadable)),
        exposed=tuple(dict.fromkeys(fault for _, e in same for fault in e.exposed)),
        published=tuple(part for _, e in same for part in e.published),
    )
    context = read_context(request, evidence)
    # Only one of several files is the one that the policy names; each is looked at.
    others = (replace(evidence, checklist=e.checklist) for _, e in same)
    readable = (e for e in others if read_context(request, e).checklist is not None)
    if context.policy is not None and context.policy.checklist is not None:
        evidence = next(readable, evidence)
    manifests: dict[PackageClass, bytes] = {}
    notices = []
    for package_class in PACKAGE_CLASSES:
        held = [
            (name, e.manifests[package_class]) for name, e in same if package_class in e.manifests
        ]
        if not held:
            continue
        current = (
            current_packages(context.policy, package_class, context.records.effective)
            if context.policy is not None
            else frozenset()
        )
        chosen = next((kit for kit in held if package_id(kit[1]) in current), held[0])
        manifests[package_class] = chosen[1]
        notices += [
            _other_manifest(package_class, chosen, kit) for kit in held if kit[1] != chosen[1]
        ]
    return Merged(replace(evidence, manifests=manifests), findings, tuple(notices))


def _union(maps: Sequence[Mapping[str, bytes]]) -> dict[str, bytes]:
    """All files of all maps; the same name with other bytes gets another name."""
    union: dict[str, bytes] = {}
    for files in maps:
        for name, data in files.items():
            # A name that is taken must not hide anything: it may be a revocation.
            while union.get(name, data) != data:
                name = f"~{name}"
            union[name] = data
    return union


def _other_policy(kept: Named, other: Named) -> Finding:
    return Finding(
        "kits-disagree",
        other[0],
        f"its policy is another one than that of {kept[0]}",
        expected=policy_digest(kept[1].policy),
        actual=policy_digest(other[1].policy),
        mend="find out which policy was announced, and delete the other kit",
        locus=Locus.HOST,
    )


def _other_manifest(
    package_class: PackageClass, kept: tuple[str, bytes], other: tuple[str, bytes]
) -> Finding:
    return Finding(
        "kits-disagree",
        other[0],
        f"it holds another {package_class} than {kept[0]}; all records together were judged",
        expected=package_id(kept[1]),
        actual=package_id(other[1]),
        mend=f"delete {other[0]} once you know that {kept[0]} is the current one",
        locus=Locus.HOST,
    )
