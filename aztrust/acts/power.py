"""The sealed file with the voting power of a launch, for views that read no package."""

from __future__ import annotations

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.value import replace
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.model import Policy
from aztrust.core.state.evidence import Evidence, PackageReading
from aztrust.core.state.present_readiness import power_path
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import LaunchFiles
from aztrust.storage.presence import is_present


def with_power(files: LaunchFiles, evidence: Evidence) -> Evidence:
    """The evidence with the bytes of that file, where a threshold of readiness needs them.

    Whether they are the sealed ones, the count decides. A kit has no packages.
    """
    try:
        policy = evidence.opener.policy(evidence.policy)
        sealed = evidence.manifests.get("genesis")
        if not policy.readiness.has_threshold or files.kit is not None or sealed is None:
            return evidence
        manifest = evidence.opener.manifest(sealed, what="manifests/genesis.json")
    except Malformed:
        # What cannot be read is not known, and the count says so.
        return evidence
    path = power_path(policy)
    entry = manifest.file(path)
    data = power_here(files, policy, entry) if entry is not None else None
    if data is None:
        return evidence
    return replace(evidence, packages={"genesis": PackageReading(captured={path: data})})


def power_here(files: LaunchFiles, policy: Policy, entry: FileEntry) -> bytes | None:
    """The bytes in the place of the sealed file; None where they are not here, or not readable.

    Whether they are the sealed ones is for the caller to see.
    """
    place = files.path / policy.packages.genesis.path / entry.path
    try:
        if files.kit is None and is_present(place):
            return read_bounded(place, entry.size + 1)
    except CouldNotCheck:
        pass
    return None
