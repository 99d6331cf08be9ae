"""Why a package may not be sealed: everything that verification would find later, at once.

A holder who prepares a package three hours before a launch wants to mend it once, so nothing here
stops at the first offender.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.findings import Finding, Status
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.paths import escape
from aztrust.core.checks import SEAL_CHECKS, UNSEALED_CHECKS, build_checks
from aztrust.core.host.platforms import platform_findings
from aztrust.core.linkage.pointers import parse_reference
from aztrust.core.package.content_rules import published_findings, rule_findings
from aztrust.core.package.entries import Entry, Fault, FileEntry, MemberDigest
from aztrust.core.policy.model import (
    ArtifactRule,
    GenesisPackage,
    LinkageRule,
    PackageClass,
    Policy,
)
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import PackageReading


def refuse(package_class: PackageClass, errors: Iterable[Finding]) -> None:
    """Stop if there is any reason against sealing, and list all of them.

    Raises:
        Refused: with one line per error.
    """
    errors = tuple(errors)
    if not errors:
        return
    first = errors[0]
    count = f"{len(errors)} things" if len(errors) > 1 else "one thing"
    raise Refused(
        f"the {package_class} package cannot be sealed: {count} must be mended first",
        subject=first.subject,
        code=first.code,
        mend=first.mend if len(errors) == 1 else "mend each, then seal again; nothing was written",
        details=tuple(map(_line, errors)),
    )


def unchecked_rules(context: Context, package_class: PackageClass) -> tuple[LinkageRule, ...]:
    """The linkage rules about this package that also need a package which was not read."""
    rules = context.policy.linkage if context.policy else ()
    read = context.evidence.packages.keys()
    return tuple(r for r in rules if package_class in _classes(r) and not _classes(r) <= read)


def other_package_rules(policy: Policy, package_class: PackageClass) -> tuple[LinkageRule, ...]:
    """The linkage rules that lead from this package to the other one."""
    return tuple(r for r in policy.linkage if {package_class} < _classes(r))


def package_errors(
    context: Context,
    package_class: PackageClass,
    reading: PackageReading,
    pointers: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Everything about a package that was read that prevents sealing it.

    Args:
        context: the policy, and the readings that linkage rules are checked over.
        package_class: which package.
        reading: the package; it has a tree.
        pointers: paths of files that are Git-LFS pointers.
    """
    policy = context.policy
    if policy is None:
        return ()
    return (
        *_tree_errors(package_class, reading),
        *_named_errors(policy, package_class, reading, pointers),
        *_genesis_errors(context, policy, package_class, reading),
        *_linkage_errors(context, policy, package_class),
        *_build_errors(context, policy, package_class),
    )


def seal_findings(context: Context, package_class: PackageClass) -> tuple[Finding, ...]:
    """Why the manifest of a package cannot be relied on; () when its seal is effective."""
    return tuple(f for check in SEAL_CHECKS for f in check.ask(context, package_class).findings)


def _line(finding: Finding) -> str:
    this = f" ({finding.this})" if finding.this else ""
    values = f": {finding.actual}, not {finding.expected}" if finding.expected else ""
    return f"{finding.code}  {finding.subject}: {finding.message}{values}{this}"


def _tree_errors(package_class: PackageClass, reading: PackageReading) -> Iterator[Finding]:
    entries = reading.tree.entries if reading.tree else ()
    if not any(isinstance(e, FileEntry) for e in entries):
        yield Finding(
            "file-missing",
            f"{package_class} package",
            "there is no file in it",
            mend="put the package there, or correct packages.*.path and exclude in the policy",
        )
    for fault in reading.tree.faults if reading.tree else ():
        subject = f"{package_class}:{fault.path}"
        yield Finding(fault.code, subject, fault.detail, mend="mend it, then seal again")


def _named_errors(
    policy: Policy, package_class: PackageClass, reading: PackageReading, pointers: frozenset[str]
) -> Iterator[Finding]:
    """What the policy names must be there, be a file, and be the thing itself."""
    package = policy.package(package_class)
    if isinstance(package, GenesisPackage):
        for path in package.genesis_files:
            yield from _missing(reading, "genesis", path, "genesis_files names")
    else:
        for rule in package.artifact:
            missing = tuple(_missing(reading, "release", rule.path, "an artifact names"))
            yield from missing or _member_errors(reading, rule)
            member = f" / {escape(rule.member)}" if rule.member else ""
            description = reading.descriptions.get((rule.path, rule.member or ""))
            subject = f"release:{escape(rule.path)}{member}"
            yield from platform_findings(rule.platform, description, subject)
    for path in sorted(_wanted(policy, package_class) & pointers):
        yield Finding(
            "file-missing",
            f"{package_class}:{escape(path)}",
            "a Git-LFS pointer is where the file itself should be",
            mend="git lfs pull, then seal again",
        )


def _missing(reading: PackageReading, package_class: str, path: str, who: str) -> Iterator[Finding]:
    entries = reading.tree.entries if reading.tree else ()
    found = next((e for e in entries if e.path == path), None)
    if isinstance(found, FileEntry):
        return
    code = "artifact-missing" if package_class == "release" else "file-missing"
    what = f"{who} it, and it is a {found.kind}" if found else f"{who} it, and it is not there"
    yield Finding(
        code,
        f"{package_class}:{escape(path)}",
        f"{what}{_nearest(entries, path)}",
        mend="put the file there, or correct the policy before it is announced",
    )


def _nearest(entries: Sequence[Entry], path: str) -> str:
    files = [e.path for e in entries[:10_000] if isinstance(e, FileEntry)]
    return "" if path in files else did_you_mean(path, files, 0.6)


def _member_errors(reading: PackageReading, rule: ArtifactRule) -> Iterator[Finding]:
    if rule.member is None:
        return
    found = reading.members.get((rule.path, rule.member))
    if isinstance(found, MemberDigest):
        return
    fault = found or Fault("artifact-missing", escape(rule.path), "the archive was not read")
    subject = f"release:{escape(rule.path)} / {escape(rule.member)}"
    mend = "correct the archive, or the artifact's member in the policy"
    yield Finding(fault.code, subject, fault.detail, mend=mend)


def _wanted(policy: Policy, package_class: PackageClass) -> frozenset[str]:
    """Paths whose content hosts install or a rule reads."""
    package = policy.package(package_class)
    if isinstance(package, GenesisPackage):
        paths = set(package.genesis_files)
    else:
        paths = {rule.path for rule in package.artifact}
    for rule in policy.linkage:
        for side in (rule.left, rule.right):
            reference = parse_reference(side)
            if reference.package_class == package_class:
                paths.add(reference.path)
    return frozenset(paths)


def _genesis_errors(
    context: Context, policy: Policy, package_class: PackageClass, reading: PackageReading
) -> Iterator[Finding]:
    """What the genesis file itself says against its policy."""
    path = policy.packages.genesis.genesis_files[0]
    if package_class == "genesis" and path in reading.captured:
        for check in UNSEALED_CHECKS:
            yield from check.ask(context, package_class).findings
        yield from published_findings(policy, reading.captured[path], f"genesis:{escape(path)}")


def _linkage_errors(
    context: Context, policy: Policy, package_class: PackageClass
) -> Iterator[Finding]:
    read = context.evidence.packages.keys()
    for rule in policy.linkage:
        if package_class in _classes(rule) and _classes(rule) <= read:
            yield from rule_findings(rule, context.sources)


def _build_errors(
    context: Context, policy: Policy, package_class: PackageClass
) -> Iterator[Finding]:
    """Who built the files, where the policy asks: no seal rests on what could not be verified.

    Raises:
        CouldNotCheck: the bundles could not be verified.
    """
    if package_class != "release" or not policy.packages.release.provenance:
        return
    for check in build_checks(provenance=True, reproduction=False):
        answer = check.ask(context, package_class)
        for finding in answer.findings:
            if check.code(finding.code).status is Status.ERROR:
                raise CouldNotCheck(finding.message, subject=finding.subject, mend=finding.mend)
            yield finding


def _classes(rule: LinkageRule) -> set[str]:
    references = map(parse_reference, (rule.left, rule.right))
    return {r.package_class for r in references if r.package_class}
