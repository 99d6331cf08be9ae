"""Were these files built from the named repository, by the named workflow?

A rule in the policy (`[[packages.release.provenance]]`) names a file of the release and who must
have built it. A Sigstore bundle in manifests/provenance/ shows it: its signed statement names the
digest of the file that was hashed in this run, and its certificate comes from the trusted root
whose digest the policy has. The certificate's own extensions are compared: issuer, source
repository, the workflow that signed (which may be a reusable one of another repository), reference
and commit. What the statement's text says of the build decides nothing. A bundle without an entry
in a transparency log, and a time from it, is refused.

One good bundle is enough for a rule; others about the same file are shown, and where good bundles
name different commits for the same bytes, approvers are warned. Bundles are verified
offline, with the package sigstore (`pip install 'sigstore>=4.0'`): without it the question
stays open. Hosts do not ask it; they rely on the approvals and the freeze, whose signers asked it.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding, Guidance, Status
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.package.provenance import (
    PROVENANCE,
    SEVERAL_COMMITS,
    ProvenanceReading,
    bundles_of,
    distinct_builds,
    has_type,
    mismatches,
    satisfying,
    several_commits,
)
from aztrust.core.policy.model import PackageClass, ProvenanceRule
from aztrust.core.state.context import Context

_GET = "get its attestation, then: aztrust provenance add BUNDLE"


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    if "release" not in context.package_classes:
        return Answer(not_run="only the genesis was asked for")
    reading = context.evidence.packages.get("release")
    if reading is None or reading.tree is None or reading.provenance is None:
        return Answer(not_run=context.request.no_packages or "the release package was not read")
    provenance = reading.provenance
    rules = context.policy.packages.release.provenance
    if provenance.fault:
        mend = "install it, or make the folder readable; then run this again"
        finding = Finding("provenance-unchecked", PROVENANCE, provenance.fault, mend=mend)
        return Answer((finding,))
    digests = reading.tree.file_digests()
    findings = tuple(
        f for rule in rules for f in _judge(rule, digests.get(rule.path, ""), provenance)
    )
    built = [
        (rule, bundle)
        for rule in rules
        for bundle in distinct_builds(rule, digests.get(rule.path, ""), provenance)
    ]
    return Answer(
        findings=findings,
        notices=tuple(_notices(rules, digests, provenance)),
        evidence=tuple(
            dict.fromkeys(
                ref for rule, _ in built for ref in (digests[rule.path], rule.trusted_root)
            )
        ),
        detail="; ".join(
            f"{escape(rule.path)} from {escape(bundle.facts.repository)} at"
            f" {escape(bundle.facts.commit)} by {escape(bundle.facts.workflow)}"
            for rule, bundle in built
            if bundle.facts is not None
        ),
    )


def _judge(rule: ProvenanceRule, digest: str, reading: ProvenanceReading) -> Iterator[Finding]:
    subject = f"release:{escape(rule.path)}"
    if not digest:
        mend = "put the file there, or correct the policy before it is announced"
        message = "the policy asks who built it, and it is not a file of the package"
        yield Finding("provenance-missing", subject, message, mend=mend)
        return
    if satisfying(rule, digest, reading):
        return
    if rule.trusted_root in reading.roots:
        yield Finding(
            "provenance-root",
            subject,
            f"the trusted root cannot be used: {reading.roots[rule.trusted_root]}",
            expected=rule.trusted_root,
            mend="get the root with that digest, then: aztrust provenance add ROOT",
        )
        return
    bundles = bundles_of(rule, digest, reading)
    if not bundles:
        yield Finding("provenance-missing", subject, _none_about(reading), mend=_GET)
    for bundle in bundles:
        if bundle.facts is None or digest not in bundle.subjects:
            cause = bundle.fault or "the signed statement is about another file"
            message = f"{PROVENANCE}/{escape(bundle.name)} does not verify: {cause}"
            yield Finding("provenance-invalid", subject, message, mend=_GET)
        elif not has_type(bundle):
            message = (
                f"{PROVENANCE}/{escape(bundle.name)} attests"
                f" {escape(bundle.predicate_type)[:100]}, not how the file was built"
            )
            yield Finding("provenance-invalid", subject, message, mend=_GET)
        for name, wanted, found in mismatches(rule, bundle):
            yield Finding(
                "provenance-mismatch",
                subject,
                f"another {name} than the policy's built it",
                expected=escape(wanted),
                actual=escape(found) or "none",
                mend="do not use it; find out who built it and from what",
            )


def _none_about(reading: ProvenanceReading) -> str:
    total = len(reading.claimed) + len(reading.unparsed)
    if not total:
        return f"no bundle shows who built it: {PROVENANCE} has none"
    return f"no bundle shows who built it: the {total} in {PROVENANCE} are about other files"


def _notices(
    rules: tuple[ProvenanceRule, ...], digests: dict[str, str], reading: ProvenanceReading
) -> Iterator[Finding]:
    """Notices about files that are in the folder and prove nothing."""
    mend = "remove the file, if nothing else needs it"
    for name, cause in sorted(reading.unparsed.items()):
        yield Finding("provenance-invalid", f"{PROVENANCE}/{escape(name)}", cause, mend=mend)
    for rule in rules:
        digest = digests.get(rule.path, "")
        text = several_commits(rule, digest, reading)
        if text:
            yield Finding(
                SEVERAL_COMMITS,
                f"release:{escape(rule.path)}",
                text,
                mend="find out which commit was released; before the policy is announced, name it"
                " in the rule: commit",
            )
        if not satisfying(rule, digest, reading):
            continue
        for bundle in bundles_of(rule, digest, reading):
            if bundle.facts is None:
                subject = f"{PROVENANCE}/{escape(bundle.name)}"
                yield Finding("provenance-invalid", subject, bundle.fault, mend=mend)


CHECK = Check(
    id="provenance",
    title="who built the files",
    # A bundle that is lost shows nothing broken: it ends no scope (law 10).
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-6.2",),
    codes=(
        Code(
            "provenance-missing",
            "No bundle here is about a file whose builder the policy names.",
            "Get the file's attestation and add it: aztrust provenance add BUNDLE.",
        ),
        Code(
            "provenance-invalid",
            "A bundle does not verify: signature, certificate, log entry, time or format.",
            "Get the attestation again from the service that made it.",
        ),
        Code(
            "provenance-mismatch",
            "A file was built by another issuer, repository, workflow, ref or commit; as a notice:"
            " bundles that verify name different commits for the same bytes.",
            "Do not use the file; find out who built it and from what.",
        ),
        Code(
            "provenance-root",
            "The trusted root with the policy's digest is missing, or is not a trusted root.",
            "Get the root with that digest and add it: aztrust provenance add ROOT.",
        ),
        Code(
            "provenance-unchecked",
            "Bundles could not be verified: sigstore is not installed, or a file is unreadable.",
            "pip install 'sigstore>=4.0', or make manifests/provenance/ readable.",
            status=Status.ERROR,
            guidance=Guidance.HOLD,
        ),
    ),
    ask=_ask,
)
