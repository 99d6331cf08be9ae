"""What a host has to have: one file for each role and name among the artifacts for its platform.

Artifacts of one role that are installed under one name are alternatives (`linux/arm/v6` and
`linux/arm/v7`, a static and a dynamic build): the host has one of them. Everything else is
needed together: the program and the library that it loads, the node and the signer, and two
libraries of one name that are in different folders.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from aztrust.core.base.value import frozen
from aztrust.core.host.layouts import installed_name
from aztrust.core.host.reading import HostFile
from aztrust.core.package.manifest import Artifact

_LIBRARY = re.compile(r"\.(?:so(?:\.\d+){0,4}|dylib|dll)$", re.IGNORECASE)


@frozen
class Requirement:
    """One file that a host has to have.

    Attributes:
        role: the role of its artifacts.
        name: what it is called once installed.
        wanted: the artifacts that fit the host; () where the release has none for its platform.
    """

    role: str
    name: str
    wanted: tuple[Artifact, ...] = ()

    @property
    def library(self) -> bool:
        """Whether it is a shared library, by its name: loaded by a program and never started."""
        return is_library(self.name)


def is_library(name: str) -> bool:
    """Whether a file of this name is a shared library."""
    return _LIBRARY.search(name) is not None


def fits(artifact_platform: str, host_platform: str) -> bool:
    """Whether an artifact of a platform runs on a host: equal, `any`, or a variant."""
    return artifact_platform in ("any", host_platform) or artifact_platform.startswith(
        f"{host_platform}/"
    )


def required(
    artifacts: Iterable[Artifact], platform: str, roles: Sequence[str] = ()
) -> tuple[Requirement, ...]:
    """What a host of this platform has to have, in the order of the artifacts.

    Args:
        artifacts: the sealed release's.
        platform: `os/arch` of the host.
        roles: the roles that the host runs; () for all that have an artifact for its platform. A
            role of libraries only belongs to every host: nothing shows which program loads them.
    """
    artifacts = tuple(artifacts)
    here = [a for a in artifacts if fits(a.platform, platform)]
    nothing_here: list[Artifact] = [] if here else list(artifacts)
    if roles:
        present, asked = {a.role for a in here}, {*roles, *_library_roles(artifacts)}
        # A role without anything for this platform is not passed over: its question stays open.
        nothing_here = [a for a in artifacts if a.role in roles and a.role not in present]
        here = [a for a in here if a.role in asked]
    groups: dict[tuple[str, str], list[Artifact]] = {}
    shared = _shared_libraries(here)
    for artifact in here:
        # Two libraries of one name are two files: each is in a folder of its own.
        own = (artifact.role, installed_name(artifact), artifact.platform) in shared
        name = _whole_name(artifact) if own else installed_name(artifact)
        groups.setdefault((artifact.role, name), []).append(artifact)
    for artifact in nothing_here:
        groups.setdefault((artifact.role, installed_name(artifact)), [])
    return tuple(Requirement(role, name, tuple(found)) for (role, name), found in groups.items())


def alternatives(requirement: Requirement, files: Iterable[HostFile]) -> tuple[Artifact, ...]:
    """The artifacts of a requirement that none of the files is, where a file is one of them."""
    found = {file.sha256 for file in files}
    others = tuple(a for a in requirement.wanted if a.sha256 not in found)
    return others if len(others) < len(requirement.wanted) else ()


def _shared_libraries(artifacts: Iterable[Artifact]) -> set[tuple[str, str, str]]:
    """Role, name and platform that several libraries of a release have in common."""
    places = Counter(
        (a.role, installed_name(a), a.platform) for a in artifacts if is_library(installed_name(a))
    )
    return {place for place, count in places.items() if count > 1}


def _whole_name(artifact: Artifact) -> str:
    """Where a library is in the release: a loader takes it from a folder of that name."""
    return artifact.path if artifact.member is None else f"{artifact.path}!{artifact.member}"


def roles_left_out(
    artifacts: Iterable[Artifact], platform: str, roles: Sequence[str]
) -> tuple[str, ...]:
    """The roles with an artifact for this platform that a choice of roles leaves out."""
    if not roles:
        return ()
    artifacts = tuple(artifacts)
    asked = {*roles, *_library_roles(artifacts)}
    return tuple(
        dict.fromkeys(
            a.role for a in artifacts if fits(a.platform, platform) and a.role not in asked
        )
    )


def _library_roles(artifacts: Iterable[Artifact]) -> set[str]:
    artifacts = tuple(artifacts)
    programs = {a.role for a in artifacts if not is_library(installed_name(a))}
    return {a.role for a in artifacts} - programs
