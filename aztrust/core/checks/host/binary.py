"""Has this host every approved artifact of its roles, for its platform, and nothing in their place?

Of each role of the release one file is needed for each name, libraries included; `--role` says that
a host runs only some of them. An artifact serves its own role alone. A file that is not found
leaves the question open.

Each file is hashed and compared with every artifact of the sealed release, members of archives
included. The archive instead of the file inside it, another platform's build and one of an earlier
seal are each reported as such. A binary that an operator built is described from what the Go
toolchain wrote into it, which is read and never executed; the policy says whether it may be used
(`[readiness] self_built`). In the restricted posture an amendment in force approves the file that
it names in addition to the release's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aztrust.core.base.findings import CheckClass, Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.checks.answers import not_found, together, unread
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import (
    BINARY_UNKNOWN,
    HOST_FILE_CODES,
    PLATFORM_MISMATCH,
)
from aztrust.core.host.layouts import installed_name
from aztrust.core.host.platforms import platform_findings
from aztrust.core.host.reading import FileDescription, HostFile, HostItem
from aztrust.core.host.required import (
    Requirement,
    alternatives,
    fits,
    is_library,
    required,
    roles_left_out,
)
from aztrust.core.host.self_built import built, why_not_self_built
from aztrust.core.package.manifest import Artifact, Manifest
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.state.amendments import InForce, amended_artifacts
from aztrust.core.state.context import Context

_NAMED = 5


def _ask(context: Context, _: PackageClass) -> Answer:
    policy, manifest, host = context.policy, context.manifests.get("release"), context.evidence.host
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None:
        return Answer(not_run="the release package is not sealed")
    if not manifest.artifacts:
        return Answer(not_run="the release names no file that hosts install")
    if host is None:
        return Answer(not_run="no host was looked at")
    found = {(item.role, item.name): item for item in host.artifacts}
    amended = amended_artifacts(context)
    answers: list[Answer] = []
    missing: list[Finding] = []
    needed = required(manifest.artifacts, host.platform, host.roles)
    for requirement in needed:
        item = found.get((requirement.role, requirement.name))
        if item is None or not item.files:
            missing.append(_missing(requirement, item, alone=len(needed) == 1))
            continue
        question = _Question(policy, manifest, host.platform, requirement, amended)
        answers += (question.about(file) for file in item.files)
        others = alternatives(requirement, item.files)
        if others:
            answers.append(Answer(notices=(_not_compared(item, others),)))
        answers.append(Answer(notices=tuple(_same_name(item, requirement))))
    left = roles_left_out(manifest.artifacts, host.platform, host.roles)
    notices = [n for a in answers for n in a.notices]
    if left:
        notices.append(_left_out(left, host.roles))
    return together(
        (f for a in answers for f in a.findings),
        missing,
        notices,
        evidence=dict.fromkeys(e for a in answers for e in a.evidence),
        detail="; ".join(dict.fromkeys(a.detail for a in answers if a.detail)),
    )


def _missing(requirement: Requirement, item: HostItem | None, *, alone: bool) -> Finding:
    role, name = escape(requirement.role), escape(requirement.name)
    if requirement.library:
        what = f"library {name}" if requirement.role == "library" else f"library {name} ({role})"
    else:
        what = "binary" if alone else f"binary of role {role}, {name},"
    option = "--binary FILE" if alone else f"--binary {role}=FILE"
    return not_found(what, option, item.searched if item else "")


def _not_compared(item: HostItem, others: Sequence[Artifact]) -> Finding:
    role, name = escape(item.role), escape(item.name)
    shown = "; ".join(map(named, others[:_NAMED]))
    more = f"; +{len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return Finding(
        "binary-alternatives",
        item.files[0].path,
        f"the release has {len(others) + 1} artifacts of role {role} that are installed as {name},"
        f" and a host needs one of them; nothing was compared with: {shown}{more}",
        mend=f"where this host runs those, too, name each: --binary {role}=FILE",
    )


def _same_name(item: HostItem, requirement: Requirement) -> Iterator[Finding]:
    """Other programs of the name that an option gave a file for, where they are not its bytes."""
    known = {file.sha256 for file in item.files} | {a.sha256 for a in requirement.wanted}
    for file in item.others:
        if file.fault is not None or file.sha256 not in known:
            where = f"by {escape(file.source)}" if file.source != "PATH" else "on PATH"
            yield Finding(
                "binary-same-name",
                file.path,
                f"found {where}: another program called {escape(item.name)}, with other bytes than"
                f" the approved one; {item.files[0].path} was named and looked at",
                actual=file.sha256,
                mend=f"start {item.files[0].path} by its whole path, or remove the other",
            )


def _left_out(left: tuple[str, ...], roles: tuple[str, ...]) -> Finding:
    others = ", ".join(map(escape, left))
    return Finding(
        "roles-left-out",
        f"role {', '.join(map(escape, roles))}",
        f"this host was asked for no other role, so nothing is known of: {others}",
        mend="leave out --role where this host runs those, too",
    )


@frozen
class _Question:
    """What one file of a host is asked: is it an artifact of this role, name and platform?"""

    policy: Policy
    manifest: Manifest
    platform: str
    requirement: Requirement
    amended: Mapping[Artifact, InForce]

    def about(self, file: HostFile) -> Answer:
        """The answer about one file in this place."""
        if file.fault is not None:
            return Answer((unread(file),))
        same = [a for a in (*self.manifest.artifacts, *self.amended) if a.sha256 == file.sha256]
        if any(a.blake3 != file.blake3 for a in same):
            return Answer((_conflict(file, same[0]),))
        here = [a for a in (*self.requirement.wanted, *self._changed()) if a.sha256 == file.sha256]
        if here and not file.executable and _is_program(here[0], self.manifest):
            return Answer((_not_executable(file),))
        mismatches = [
            tuple(platform_findings(a.platform, file.header, file.path, Locus.HOST)) for a in here
        ]
        if here and all(mismatches):
            return Answer(mismatches[0])
        if here:
            change = self.amended.get(here[0])
            by = f", {change.text}" if change is not None else ""
            return Answer(evidence=(file.sha256,), detail=named(here[0]) + by)
        others = [a for a in same if fits(a.platform, self.platform)]
        if others:
            return Answer((self._other_role(file, others[0]),))
        if same:
            return Answer((self._other_platform(file, same[0]),))
        return self._unknown(file)

    def _changed(self) -> tuple[Artifact, ...]:
        """What amendments in force approve in this place, in addition to the release."""
        return tuple(
            artifact
            for artifact in self.amended
            if (artifact.role, installed_name(artifact))
            == (self.requirement.role, self.requirement.name)
            and fits(artifact.platform, self.platform)
        )

    def _other_role(self, file: HostFile, found: Artifact) -> Finding:
        role, name = escape(self.requirement.role), escape(self.requirement.name)
        return Finding(
            "binary-other-role",
            file.path,
            f"it is an approved artifact, and not the one of role {role} that is installed as"
            f" {name}",
            expected=self._expected(),
            actual=file.sha256,
            this=named(found),
            mend=_install(self.requirement.wanted, self.platform),
        )

    def _other_platform(self, file: HostFile, found: Artifact) -> Finding:
        return Finding(
            "binary-other-platform",
            file.path,
            f"this host is {self.platform}; the file is the approved one for {found.platform}",
            expected=self._expected(),
            actual=file.sha256,
            this=named(found),
            mend=_install(self.requirement.wanted, self.platform),
        )

    def _unknown(self, file: HostFile) -> Answer:
        description = file.description
        go = description.go if description else None
        if (
            go is not None
            and description is not None
            and self.policy.readiness.self_built == "allow"
        ):
            refusal = why_not_self_built(self.policy, go, description, self.platform)
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
            refusal = ""
        wanted = self.requirement.wanted
        count = f"the {len(wanted)} artifacts" if len(wanted) != 1 else "the artifact"
        message = (
            f"it is not {count} approved for {self.platform}"
            if len(wanted) == 1
            else f"it is not one of {count} approved for {self.platform}"
        )
        if go is not None:
            message += f"; its build information: {built(go)}"
        elif description is not None:
            message += f"; it looks like: {_described(description)}"
        return Answer(
            (
                Finding(
                    "binary-unknown",
                    file.path,
                    message + (f"; {refusal}" if refusal else ""),
                    expected=self._expected(),
                    actual=file.sha256,
                    mend=_unpack(file, self.manifest) or _install(wanted, self.platform),
                ),
            )
        )

    def _expected(self) -> str:
        wanted = self.requirement.wanted
        return wanted[0].sha256 if len(wanted) == 1 else ""


def named(artifact: Artifact) -> str:
    """An artifact as text: `node linux/amd64, bin/atlasd in atlasd.tar.gz`."""
    where = escape(artifact.path)
    if artifact.member is not None:
        where = f"{escape(artifact.member)} in {where}"
    return f"{artifact.role} {artifact.platform}, {where}"


def _is_program(artifact: Artifact, manifest: Manifest) -> bool:
    """Whether it is to be executed as it is: out of an archive, or sealed with its execute bit."""
    entry = manifest.file(artifact.path)
    if is_library(installed_name(artifact)):
        return False
    # An amended file is named as hosts have it, outside of the package.
    return artifact.member is not None or entry is None or entry.executable


def _not_executable(file: HostFile) -> Finding:
    return Finding(
        "binary-not-executable",
        file.path,
        "its bytes are right, but it lacks the execute bit for its owner",
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


def _described(description: FileDescription) -> str:
    platforms = ", ".join(description.platforms)
    return f"{description.kind} for {platforms}" if platforms else description.kind


def _install(wanted: Sequence[Artifact], platform: str) -> str:
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
            "binary-other-role",
            "The file is an approved artifact, of another role or name than that of its place.",
            "Install the artifact of that role; --role where this host runs only another one.",
        ),
        Code(
            "binary-alternatives",
            "The release has several artifacts of this role and name; this host has one.",
            "Nothing to mend where the host runs one; else name each with --binary ROLE=FILE.",
        ),
        Code(
            "binary-same-name",
            "Next to the program that --binary names, this host has another one of that name.",
            "Start the program that was named by its whole path, or remove the other one.",
        ),
        Code(
            "roles-left-out",
            "The host was asked for some roles only; READY then covers only those.",
            "Leave out --role where this host runs the others, too.",
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
