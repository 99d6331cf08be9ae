"""Is everything that was frozen still what it was?

From the freeze on nothing that the scope names may change: the policy's bytes, both manifests, and
every sealed file, link, kind and execute bit. Each difference is named. Only a signed final check
or an abort ends the scope for it, and restoring the old bytes before that is a mend like any other.
A package that a holder in the sealing role sealed since is a wanted change and no damage: what was
frozen stays what it is, and the window is deferred before the change is approved (DEFER).
What was never sealed, and what could not be read, is not drift: other checks report it. A freeze
whose window was deferred, or whose scope has ended, no longer holds anything.

The policy that was frozen is in `manifests/policies/` under its own digest. A launch.toml that was
rewritten, and names other people, is compared with the freeze of the old one by the old rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import DRIFT, INTEGRITY_CODES
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.package.compare import compare
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_PATH, PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.frozen_policies import kept_contexts
from aztrust.core.state.seals import seals_in_force

_GUIDANCE = {code.name: code.guidance for code in INTEGRITY_CODES}
_MEND = (
    "put the frozen bytes back before a final check is signed; a wanted change needs a new scope:"
    " aztrust window defer --reason T; then seal, approve and freeze"
)
_SEALED_ANEW = (
    "put the frozen manifest and its package back; or, where the change is wanted:"
    " aztrust window defer --reason T; then approve and freeze the new scope"
)


def _ask(context: Context, _: PackageClass) -> Answer:
    findings: list[Finding] = []
    evidence: list[str] = []
    freezes = [*context.state.frozen.items()]
    for scope_hash, verdicts in freezes:
        evidence += (verdict.record_id for verdict in verdicts)
        findings += _manifests(context, verdicts[0])
        if context.scope is not None and context.scope.hash == scope_hash:
            for package_class in context.package_classes:
                findings += _entries(context, package_class)
    for old in kept_contexts(context):
        for verdicts in old.state.frozen.values():
            evidence += (verdict.record_id for verdict in verdicts)
            findings.append(_policy(context, verdicts[0]))
            findings += _manifests(old, verdicts[0])
    if not evidence:
        return Answer(detail="nothing is frozen")
    unique = {(f.subject, f.expected, f.actual): f for f in findings}
    return Answer(tuple(unique.values()), evidence=tuple(sorted(set(evidence))))


def _policy(context: Context, verdict: HeldVerdict) -> Finding:
    return Finding(
        DRIFT.name,
        POLICY_PATH,
        f"{verdict.holder} froze a scope under another policy, and that scope has not ended",
        expected=verdict.statement.policy_digest,
        actual=context.policy_digest,
        mend=_MEND,
    )


def _manifests(context: Context, verdict: HeldVerdict) -> Iterator[Finding]:
    """Manifests that are others than the frozen ones; a freeze names both by their digests."""
    named = {subject.name: subject.sha256 for subject in verdict.statement.subjects}
    for package_class in PACKAGE_CLASSES:
        path = f"manifests/{package_class}.json"
        if context.unread_manifest(package_class) or path not in named:
            continue
        present = context.manifest_ids.get(package_class, "")
        if present == named[path]:
            continue
        wanted = seals_in_force(context, package_class)
        message = f"the manifest that {verdict.holder} froze is not there"
        if wanted:
            who = " and ".join(sorted({seal.holder for seal in wanted}))
            message = f"{who} sealed another package than {verdict.holder} froze"
        elif present:
            message = f"it is not the manifest that {verdict.holder} froze"
        yield Finding(
            DRIFT.name,
            path,
            message,
            expected=named[path],
            actual=present,
            mend=_SEALED_ANEW if wanted else _MEND,
            # What was frozen is not broken: no final check ends the scope for it (AZ-25.2).
            guidance=Guidance.DEFER if wanted else None,
        )


def _entries(context: Context, package_class: PackageClass) -> Iterator[Finding]:
    """Sealed entries that have changed, as they were read in this run."""
    manifest = context.manifests.get(package_class)
    reading = context.evidence.packages.get(package_class)
    if manifest is None or reading is None or reading.tree is None:
        return
    for finding in compare(package_class, manifest, reading.tree):
        if finding.guidance is None and _GUIDANCE[finding.code] is None:
            yield replace(finding, code=DRIFT.name, message=f"since the freeze: {finding.message}")


CHECK = Check(
    id="drift",
    title="nothing moved since the freeze",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.4", "AZ-25.1", "AZ-25.2", "AZ-29.1"),
    codes=(DRIFT,),
    ask=_ask,
)
