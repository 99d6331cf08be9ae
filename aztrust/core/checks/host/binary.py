"""Is the binary on this host one of the approved artifacts, for this host's platform?

The file is hashed and compared with every artifact of the sealed release, members of archives
included. The archive instead of the file inside it, another platform's build and one of an earlier
seal are each reported as such. A binary that an operator built is described from what the Go
toolchain wrote into it, which is read and never executed; the policy says whether it may be used
(`[readiness] self_built`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from aztrust.core.base.findings import CheckClass, Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.checks.answers import not_found, unread
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import (
    BINARY_UNKNOWN,
    HOST_FILE_CODES,
    PLATFORM_MISMATCH,
)
from aztrust.core.host.platforms import platform_findings
from aztrust.core.host.reading import FileDescription, GoBuild, HostFile
from aztrust.core.package.manifest import Artifact, Manifest
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.state.context import Context

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def _ask(context: Context, _: PackageClass) -> Answer:
    policy, manifest, host = context.policy, context.manifests.get("release"), context.evidence.host
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None:
        return Answer(not_run="the release package is not sealed")
    if not manifest.artifacts:
        return Answer(not_run="the release names no file that hosts install")
    if host is None or host.binary is None:
        return not_found("binary", "--binary FILE", host.searched if host else ())
    file = host.binary
    if file.fault is not None:
        return Answer((unread(file),))
    same = [a for a in manifest.artifacts if a.sha256 == file.sha256]
    if any(a.blake3 != file.blake3 for a in same):
        return Answer((_conflict(file, same[0]),))
    here = [a for a in same if fits(a.platform, host.platform)]
    if here and not file.executable and _is_program(here[0], manifest):
        return Answer((_not_executable(file),))
    mismatches = [
        tuple(platform_findings(a.platform, file.header, file.path, Locus.HOST)) for a in here
    ]
    if here and all(mismatches):
        return Answer(mismatches[0])
    if here:
        return Answer(evidence=(file.sha256,), detail=named(here[0]))
    if same:
        return Answer((_other_platform(file, same[0], manifest.artifacts, host.platform),))
    return _unknown(policy, file, manifest, host.platform)


def fits(artifact_platform: str, host_platform: str) -> bool:
    """Whether an artifact of a platform runs on a host: equal, `any`, or a variant."""
    return artifact_platform in ("any", host_platform) or artifact_platform.startswith(
        f"{host_platform}/"
    )


def named(artifact: Artifact) -> str:
    """An artifact as text: `node linux/amd64, bin/atlasd in atlasd.tar.gz`."""
    where = escape(artifact.path)
    if artifact.member is not None:
        where = f"{escape(artifact.member)} in {where}"
    return f"{artifact.role} {artifact.platform}, {where}"


def _is_program(artifact: Artifact, manifest: Manifest) -> bool:
    """Whether it is to be executed as it is: out of an archive, or sealed with its execute bit."""
    entry = manifest.file(artifact.path)
    return artifact.member is not None or (entry is not None and entry.executable)


def _not_executable(file: HostFile) -> Finding:
    return Finding(
        "binary-not-executable",
        file.path,
        "its bytes are right, and its owner may not execute it",
        mend=_command(f"chmod +x {_quoted(file.path)}", file.path) or "give it its execute bit",
    )


def _conflict(file: HostFile, artifact: Artifact) -> Finding:
    return Finding(
        "digest-conflict",
        file.path,
        "its SHA-256 is that of an approved artifact and its BLAKE3 is not",
        expected=artifact.blake3,
        actual=file.blake3,
        mend="treat the manifest as forged: ask the release manager to seal again",
    )


def _other_platform(
    file: HostFile, found: Artifact, artifacts: Iterable[Artifact], platform: str
) -> Finding:
    wanted = [a for a in artifacts if fits(a.platform, platform)]
    return Finding(
        "binary-other-platform",
        file.path,
        f"this host is {platform}; the file is the approved one for {found.platform}",
        expected=wanted[0].sha256 if len(wanted) == 1 else "",
        actual=file.sha256,
        this=named(found),
        mend=_install(wanted, platform),
    )


def _unknown(policy: Policy, file: HostFile, manifest: Manifest, platform: str) -> Answer:
    description = file.description
    go = description.go if description else None
    if go is not None and description is not None and policy.readiness.self_built == "allow":
        refusal = _why_not_self_built(policy, go, description, platform)
        if not refusal and not file.executable:
            return Answer((_not_executable(file),))
        if not refusal:
            notice = Finding(
                "binary-self-built",
                file.path,
                f"no approved artifact; the policy allows what operators build: {built(go)}",
                actual=file.sha256,
            )
            return Answer(notices=(notice,), detail=f"self-built: {built(go)}")
    else:
        refusal = "the policy refuses binaries that operators built" if go else ""
    wanted = [a for a in manifest.artifacts if fits(a.platform, platform)]
    count = f"the {len(wanted)} artifacts" if len(wanted) != 1 else "the artifact"
    message = (
        f"it is not {count} approved for {platform}"
        if len(wanted) == 1
        else f"it is not one of {count} approved for {platform}"
    )
    if go is not None:
        message += f"; it is self-built: {built(go)}"
    elif description is not None:
        message += f"; it looks like: {_described(description)}"
    return Answer(
        (
            Finding(
                "binary-unknown",
                file.path,
                message + (f"; {refusal}" if refusal else ""),
                expected=wanted[0].sha256 if len(wanted) == 1 else "",
                actual=file.sha256,
                mend=_unpack(file, manifest) or _install(wanted, platform),
            ),
        )
    )


def _why_not_self_built(
    policy: Policy, go: GoBuild, description: FileDescription, platform: str
) -> str:
    """Why a self-built binary is refused although the policy allows such, "" if it is not."""
    if not go.revision:
        return "it does not say which commit it was built from"
    if not _COMMIT.fullmatch(go.revision):
        return "the commit that it names is not a Git commit id"
    if go.settings.get("vcs.modified") != "false":
        return "it was built from a work tree with uncommitted changes, or does not say"
    module = policy.readiness.module
    if module is not None and go.module != module:
        return f"the policy allows only builds of {escape(module)}"
    if not description.kind.endswith("executable"):
        return f"it is not a program but {description.kind}"
    named = f"{go.settings.get('GOOS', '')}/{go.settings.get('GOARCH', '')}"
    if platform not in description.platforms or named != platform:
        return f"it was not built for {platform}"
    return ""


def built(go: GoBuild) -> str:
    """A Go build as text: module, version, commit, toolchain."""
    parts = [f"{escape(go.module or go.path) or 'no module'} {escape(go.version)}".strip()]
    if go.revision:
        parts.append(f"commit {escape(go.revision)}{' with changes' if go.modified else ''}")
    parts.append(escape(go.go_version))
    return ", ".join(parts)


def _described(description: FileDescription) -> str:
    platforms = ", ".join(description.platforms)
    return f"{description.kind} for {platforms}" if platforms else description.kind


def _install(wanted: list[Artifact], platform: str) -> str:
    if not wanted:
        return f"the release has nothing for {platform}; ask the release manager"
    return f"install {named(wanted[0])}; then: aztrust preflight"


def _unpack(file: HostFile, manifest: Manifest) -> str:
    """The command that unpacks an archive whose member should be here, "" for anything else."""
    for artifact in manifest.artifacts:
        archive = manifest.file(artifact.path)
        if artifact.member is None or archive is None or archive.sha256 != file.sha256:
            continue
        tool = "unzip" if artifact.path.endswith(".zip") else "tar -xf"
        member = escape(artifact.member)
        return _command(f"{tool} {_quoted(file.path)} {_quoted(member)}", file.path, member)
    return ""


def _quoted(text: str) -> str:
    """A path as one argument of a shell; a leading `~/` stays outside the quotes."""
    if text.startswith("~/"):
        return f"~/{_quoted(text[2:])}" if text[2:] else "~/"
    if text.startswith("-"):
        text = f"./{text}"
    safe = all(c.isalnum() or c in "/._-+@:" for c in text)
    return text if safe else "'" + text.replace("'", "'\\''") + "'"


def _command(text: str, *paths: str) -> str:
    """A command to paste; "" where a name has characters that a report shows as escapes."""
    return "" if any("\\" in path for path in paths) else text


CHECK = Check(
    id="host-binary",
    title="this host's binary",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-40"),
    locus=Locus.HOST,
    codes=(
        BINARY_UNKNOWN,
        PLATFORM_MISMATCH,
        Code(
            "binary-other-platform",
            "The binary on this host is an approved artifact, for another platform.",
            "Install the artifact for this host's platform.",
        ),
        Code(
            "binary-not-executable",
            "The binary on this host is the approved one and lacks its execute bit.",
            "chmod +x FILE",
        ),
        Code(
            "binary-self-built",
            "The binary is not an approved artifact; the policy allows what operators build.",
            "Nothing to mend: compare the commit with the released one.",
        ),
        *HOST_FILE_CODES,
    ),
    ask=_ask,
)
