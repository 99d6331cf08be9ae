"""Is the package exactly what was sealed: every byte, name, kind, execute bit, link, and no more?

The whole tree is read and hashed again in every run; nothing is remembered from an earlier one,
and neither a size nor a date is taken for an answer. Both digests must agree. What the manifest
does not list is a finding too, because a node also reads files that are not listed.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import INTEGRITY_CODES
from aztrust.core.package.compare import compare
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, package_class: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    manifest = context.manifests.get(package_class)
    if manifest is None:
        return Answer(not_run="there is no well-formed manifest to compare with")
    reading = context.evidence.packages.get(package_class)
    if reading is None:
        return Answer(not_run=context.request.no_packages or "the package was not read")
    path = context.policy.package(package_class).path
    if reading.tree is None:
        finding = Finding(
            "file-missing",
            f"{package_class} package",
            f"{escape(path)}: {reading.fault}",
            guidance=Guidance.HOLD,
            mend=f"bring the package to {escape(path)}: {len(manifest.entries)} entries are sealed",
        )
        return Answer((finding,))
    return Answer(
        findings=tuple(compare(package_class, manifest, reading.tree)),
        evidence=(manifest.content_root,),
        detail=f"{len(reading.tree.entries)} entries",
    )


CHECK = Check(
    id="integrity",
    title="package integrity",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.2", "AZ-23.1", "AZ-25.1", "AZ-29.1"),
    per_package=True,
    codes=INTEGRITY_CODES,
    ask=_ask,
)
