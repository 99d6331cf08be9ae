"""Are the files that hosts install the ones that were sealed, also inside their archives?

An artifact may be a member of a tar or zip file. It is hashed as a stream out of the archive bytes
of this very run, so that a validator who unpacks the archive can compare what is on the disk. The
platform that is declared for it is held against its header; what has none is shown as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding, Guidance, Status
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import (
    CHANGED_WHILE_READING,
    DIGEST_CONFLICT,
    FILE_MODIFIED,
    PLATFORM_MISMATCH,
)
from aztrust.core.host.platforms import platform_findings
from aztrust.core.package.compare import digest_finding
from aztrust.core.package.entries import Fault
from aztrust.core.package.manifest import Artifact
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.amendments import amendments_in_force
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import PackageReading


def _ask(context: Context, _: PackageClass) -> Answer:
    manifest = context.manifests.get("release")
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    if "release" not in context.package_classes:
        return Answer(not_run="only the genesis was asked for")
    if manifest is None:
        unread = context.unread_manifest("release")
        return Answer(not_run=unread or "the release package is not sealed")
    reading = context.evidence.packages.get("release")
    if reading is None or reading.tree is None:
        return Answer(not_run=context.request.no_packages or "the release package was not read")
    members = [a for a in manifest.artifacts if a.member is not None]
    return Answer(
        findings=(
            *(f for a in members for f in _member(a, reading)),
            *(f for a in manifest.artifacts for f in _platform(a, reading)),
        ),
        detail="; ".join((f"{len(manifest.artifacts)} artifacts", *_amendments(context))),
    )


def _amendments(context: Context) -> Iterator[str]:
    """The amendments in force: what hosts may run in addition to the release."""
    for each in amendments_in_force(context):
        yield f"in force: {each.text}, for {escape(each.body.incident)[:80]}"


def _member(artifact: Artifact, reading: PackageReading) -> Iterator[Finding]:
    found = reading.members.get((artifact.path, artifact.member or ""))
    subject = f"release:{escape(artifact.path)} / {escape(artifact.member or '')}"
    if found is None or isinstance(found, Fault):
        code, detail = "artifact-missing", "the archive was not read"
        if found is not None:
            # An archive that could not be opened at all: the integrity check says why.
            code = found.code if found.code in _CODES else "artifact-unreadable"
            detail = found.detail
        # Whether an archive that was not read is gone or in the dark, the integrity check says.
        guidance = None if _was_read(artifact, reading) else Guidance.HOLD
        mend = "put the sealed archive back"
        yield Finding(code, subject, detail, mend=mend, guidance=guidance)
    else:
        yield from digest_finding(
            subject,
            (artifact.sha256, artifact.blake3),
            (found.sha256, found.blake3),
            mend="put the sealed archive back",
        )


def _platform(artifact: Artifact, reading: PackageReading) -> Iterator[Finding]:
    description = reading.descriptions.get((artifact.path, artifact.member or ""))
    member = f" / {escape(artifact.member)}" if artifact.member else ""
    subject = f"release:{escape(artifact.path)}{member}"
    return platform_findings(artifact.platform, description, subject)


def _was_read(artifact: Artifact, reading: PackageReading) -> bool:
    entries = reading.tree.entries if reading.tree is not None else ()
    return any(entry.path == artifact.path for entry in entries)


ARTIFACT_CODES = (
    Code(
        "artifact-missing",
        "A file that hosts install is not in the package, or not in its archive.",
        "Put the sealed archive back, or correct the policy's artifact.",
    ),
    Code(
        "artifact-ambiguous",
        "An archive holds the member twice; which one is unpacked depends on the tool.",
        "Build the archive again with one member of that name.",
    ),
    Code(
        "artifact-unreadable",
        "An archive cannot be read, is encrypted, or unpacks to more than the policy's limit.",
        "Put the sealed archive back, or raise [limits] artifact_member_bytes.",
        status=Status.ERROR,
    ),
)

_CODES = frozenset(code.name for code in ARTIFACT_CODES) | {CHANGED_WHILE_READING.name}

CHECK = Check(
    id="artifacts",
    title="installable artifacts",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-23.1"),
    codes=(
        FILE_MODIFIED,
        DIGEST_CONFLICT,
        CHANGED_WHILE_READING,
        PLATFORM_MISMATCH,
        *ARTIFACT_CODES,
    ),
    ask=_ask,
)
