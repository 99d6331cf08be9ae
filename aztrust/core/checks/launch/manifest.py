"""Is the manifest well-formed, and is it about this launch?

A manifest is signed, but a signature only shows who signed it. Unsafe paths, names that collide on
other systems, links that leave the package, entries out of order, a second way to write the same
document: all are refused, with any signature. Class, network, chain id, exclusions and artifacts
must be the policy's.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import CHAIN_ID_MISMATCH, LINK_ESCAPES, PATH_COLLISION, PATH_UNSAFE
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass, Policy, ReleasePackage
from aztrust.core.state.context import Context

SEAL_AGAIN = "seal the package under the policy as it is: aztrust seal {}"


def _ask(context: Context, package_class: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    what = f"manifests/{package_class}.json"
    error = context.manifest_errors.get(package_class)
    if error is not None:
        problems = error.details or (error.message,)
        code = error.code or "manifest-malformed"
        return Answer(tuple(Finding(code, what, p, mend=error.mend) for p in problems))
    manifest = context.manifests.get(package_class)
    if manifest is None:
        unread = context.unread_manifest(package_class)
        return Answer(not_run=unread or "the package is not sealed")
    return Answer(
        findings=tuple(_disagreements(policy, package_class, manifest)),
        notices=tuple(
            Finding(
                "excluded-path",
                f"{package_class}:{escape(path)}",
                "left out of the package, as the policy permits",
            )
            for path in manifest.excluded
        ),
        evidence=(context.manifest_ids[package_class],),
        detail=f"{len(manifest.entries)} entries",
    )


def _disagreements(
    policy: Policy, package_class: PackageClass, manifest: Manifest
) -> Iterator[Finding]:
    what = f"manifests/{package_class}.json"
    mend = SEAL_AGAIN.format(package_class)
    if manifest.package_class != package_class:
        yield Finding(
            "manifest-malformed",
            what,
            f"it is the manifest of a {manifest.package_class} package",
            mend=mend,
        )
        return
    if manifest.network_class != policy.launch.network_class:
        yield Finding(
            "network-class-mismatch",
            what,
            "sealed for another network class than the policy's",
            expected=policy.launch.network_class,
            actual=manifest.network_class,
            mend=mend,
        )
    if manifest.chain_id != policy.launch.chain_id:
        yield Finding(
            "chain-id-mismatch",
            what,
            "sealed for another chain id than the policy's",
            expected=escape(policy.launch.chain_id),
            actual=escape(manifest.chain_id),
            mend=mend,
        )
    package = policy.package(package_class)
    # The reading leaves out what the policy names, so the manifest must name the same.
    if manifest.excluded != package.exclude:
        yield Finding(
            "manifest-malformed",
            what,
            "it leaves out other paths than the policy names",
            expected=escape(", ".join(package.exclude)) or "nothing",
            actual=escape(", ".join(manifest.excluded)) or "nothing",
            mend=mend,
        )
    if isinstance(package, ReleasePackage):
        yield from _artifact_disagreements(package, manifest, what, mend)
    elif manifest.genesis_files != package.genesis_files:
        yield Finding(
            "manifest-malformed",
            what,
            "its genesis files are not the ones the policy names",
            expected=escape(", ".join(package.genesis_files)),
            actual=escape(", ".join(manifest.genesis_files or ())),
            mend=mend,
        )


def _artifact_disagreements(
    package: ReleasePackage, manifest: Manifest, what: str, mend: str
) -> Iterator[Finding]:
    wanted = {(a.path, a.member, a.role, a.platform) for a in package.artifact}
    sealed = {(a.path, a.member, a.role, a.platform) for a in manifest.artifacts}
    for path, member, role, platform in sorted(wanted ^ sealed, key=str):
        name = f"{role} {platform} {escape(path)}" + (f" / {escape(member)}" if member else "")
        side = (
            "not in the manifest"
            if (path, member, role, platform) in wanted
            else "not in the policy"
        )
        yield Finding("manifest-malformed", what, f"the artifact {name} is {side}", mend=mend)


CHECK = Check(
    id="manifest",
    title="manifest well-formed",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-5.2", "AZ-25.1"),
    per_package=True,
    codes=(
        Code(
            "manifest-malformed",
            "A manifest breaks its format, contradicts itself or contradicts the policy.",
            "Seal the package again, or put the sealed manifest back.",
        ),
        PATH_UNSAFE,
        PATH_COLLISION,
        LINK_ESCAPES,
        Code(
            "network-class-mismatch",
            "A package was sealed for another network class than the policy's.",
            "Use the package that was sealed for this launch.",
        ),
        CHAIN_ID_MISMATCH,
        Code(
            "excluded-path",
            "A path that the policy permits to leave out, and the manifest does.",
            "Nothing; it is shown so that holders know.",
            guidance=Guidance.CONTINUE,
        ),
    ),
    ask=_ask,
)
