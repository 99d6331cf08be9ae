"""The sealed file with the voting power of a launch, for views that read no package."""

from __future__ import annotations

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.value import replace
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
        path = power_path(policy)
        entry = manifest.file(path)
        place = files.path / policy.packages.genesis.path / path
        if entry is None or not is_present(place):
            return evidence
        data = read_bounded(place, entry.size + 1)
    except (Malformed, CouldNotCheck):
        # What cannot be read is not known, and the count says so.
        return evidence
    return replace(evidence, packages={"genesis": PackageReading(captured={path: data})})
