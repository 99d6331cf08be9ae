"""Do the release and the genesis belong together?

The genesis manifest names the exact release it is for, and every `[[linkage]]` rule of the policy
must hold: a value in one package equals a value in the other, read from the very bytes that were
hashed. A reference that leads nowhere is a failed rule, not a skipped one. Holesky's first launch
failed here: its two layers carried different genesis data.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.package.content_rules import rule_findings
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    asked = "genesis" in context.package_classes and "genesis" in context.manifests
    if asked and "release" not in context.manifest_ids:
        # The genesis says which release it is for, and there is none to compare.
        reason = context.unread_manifest("release") or "the release package is not sealed"
        return Answer(not_run=reason)
    findings = list(_release_of_genesis(context))
    unread = [c for c in PACKAGE_CLASSES if not _was_read(context, c)]
    if policy.linkage and unread:
        # A rule about a package that was not looked at is open, not broken.
        reason = (
            context.request.no_packages or f"the {' and the '.join(unread)} package was not read"
        )
        return Answer(tuple(findings)) if findings else Answer(not_run=reason)
    findings += (f for rule in policy.linkage for f in rule_findings(rule, context.sources))
    return Answer(tuple(findings), detail=f"{len(policy.linkage)} rules")


def _was_read(context: Context, package_class: PackageClass) -> bool:
    reading = context.evidence.packages.get(package_class)
    return reading is not None and reading.tree is not None


def _release_of_genesis(context: Context) -> Iterator[Finding]:
    genesis = context.manifests.get("genesis")
    release_id = context.manifest_ids.get("release")
    if genesis is None or release_id is None or "genesis" not in context.package_classes:
        return
    if genesis.release_package_id != release_id:
        yield Finding(
            "package-id-mismatch",
            "manifests/genesis.json",
            "the genesis was sealed for another release",
            expected=release_id,
            actual=genesis.release_package_id or "",
            mend="seal the genesis for this release: aztrust seal genesis",
        )


CHECK = Check(
    id="linkage",
    title="release and genesis linkage",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-23.1", "AZ-29.1"),
    codes=(
        Code(
            "linkage-broken",
            "Two values that the policy says are equal differ, or one cannot be found.",
            "Mend the package that carries the wrong value, seal and approve it again.",
        ),
        Code(
            "package-id-mismatch",
            "The genesis manifest names another release than the one that is sealed.",
            "Seal the genesis for this release.",
        ),
    ),
    ask=_ask,
)
