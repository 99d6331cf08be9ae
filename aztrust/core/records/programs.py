"""The files that a ready host of some roles has: every reader derives them from the release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aztrust.core.host.required import required
from aztrust.core.package.manifest import Artifact
from aztrust.core.records.enrolment import ConfirmedProgram


def release_roles(artifacts: Iterable[Artifact]) -> tuple[str, ...]:
    """The roles that files of a release have, sorted."""
    return tuple(sorted({artifact.role for artifact in artifacts}))


def confirmed_programs(
    artifacts: Iterable[Artifact], platform: str, roles: Sequence[str]
) -> tuple[ConfirmedProgram, ...] | None:
    """What a confirmation of a ready host lists, sorted by role and digest.

    Of files that are alternatives of one another all are listed: the confirmation says the same of
    every host of a platform.

    Args:
        artifacts: the sealed release's.
        platform: `os/arch` of the host.
        roles: what the host runs; not empty.

    Returns:
        The files; None where the release has nothing for one of the roles on this platform.
    """
    needed = required(artifacts, platform, roles)
    if set(roles) - {need.role for need in needed if need.wanted}:
        return None
    found = {(need.role, artifact.sha256) for need in needed for artifact in need.wanted}
    return tuple(ConfirmedProgram(role=role, sha256=sha256) for role, sha256 in sorted(found))
