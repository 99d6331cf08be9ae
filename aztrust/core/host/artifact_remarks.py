"""Warnings for a reviewer of a release: what its programs state about themselves, and what not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aztrust.core.base.paths import escape
from aztrust.core.base.remark import Remark
from aztrust.core.host.platforms import can_run, is_read
from aztrust.core.host.reading import FileDescription
from aztrust.core.package.manifest import Artifact, Manifest
from aztrust.core.package.unlisted import unlisted_artifacts

PLATFORM_UNKNOWN = "platform-unknown"
NOT_A_PROGRAM = "artifact-not-a-program"
BUILD_MODIFIED = "build-modified"
UNLISTED = "artifact-unlisted"
NAMED = 5
"""Files that one sentence names; the others are counted."""


def artifact_remarks(
    manifest: Manifest, descriptions: Mapping[tuple[str, str], FileDescription] | None
) -> Iterator[Remark]:
    """The warnings about a release; none for a genesis.

    Args:
        manifest: what is sealed or approved.
        descriptions: what the bytes of its artifacts say, by path and member; None where the
            package was not read.
    """
    if manifest.package_class != "release":
        return
    if descriptions is not None:
        yield from _programs(manifest, descriptions)
    named = frozenset(artifact.path for artifact in manifest.artifacts)
    unlisted = unlisted_artifacts(manifest.entries, named)
    if unlisted:
        listed = _named([escape(path) for path in unlisted])
        yield Remark(UNLISTED, f"no artifact of the policy names what looks like one: {listed}")


def _programs(
    manifest: Manifest, descriptions: Mapping[tuple[str, str], FileDescription]
) -> Iterator[Remark]:
    unknown: list[str] = []
    for artifact in manifest.artifacts:
        found = descriptions.get((artifact.path, artifact.member or ""))
        if found is not None and not can_run(found):
            yield Remark(
                NOT_A_PROGRAM,
                f"{_place(artifact)} is an {found.kind} for {escape(artifact.platform)}:"
                " no host can start it or load it as a library",
            )
        if artifact.platform != "any" and not is_read(found):
            kind = found.kind if found else "not read"
            unknown.append(f"{artifact.platform} {_place(artifact)} ({kind})")
        if found is not None and found.go is not None and found.go.modified:
            commit = f", commit {escape(found.go.revision)}" if found.go.revision else ""
            yield Remark(
                BUILD_MODIFIED,
                f"{_place(artifact)} was built by Go from a work tree with uncommitted changes"
                f"{commit}: no commit gives these bytes",
            )
    if unknown:
        yield Remark(PLATFORM_UNKNOWN, f"no header tells the platform of: {_named(unknown)}")


def _place(artifact: Artifact) -> str:
    member = f"{escape(artifact.member)} in " if artifact.member else ""
    return f"{member}{escape(artifact.path)}"


def _named(texts: Sequence[str]) -> str:
    more = f", +{len(texts) - NAMED:,} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + more
