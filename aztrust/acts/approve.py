"""Approving a package: recompute it, review it, bind what was shown, sign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aztrust.acts.act import Act, Plan
from aztrust.acts.approvers import (
    approval_roles,
    approvals_by,
    earlier_approval,
    open_class,
    refuse_revoked_key,
    revocations_of,
)
from aztrust.acts.checksum_lists import check_lists, contradictions
from aztrust.acts.preconditions import require_readable_records
from aztrust.acts.publish import Published, publish
from aztrust.acts.verify import ReadOptions
from aztrust.acts.verify_before_signing import Recomputed, recompute
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.remark import Remark
from aztrust.core.base.value import frozen
from aztrust.core.checks import CURRENT_CHECKS
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.genesis.facts import genesis_facts
from aztrust.core.genesis.remarks import genesis_remarks
from aztrust.core.host.artifact_remarks import artifact_remarks
from aztrust.core.package.changes import Changes, manifest_changes
from aztrust.core.package.manifest import MANIFEST_LIMIT, Manifest, package_id, parse_manifest
from aztrust.core.package.provenance import build_remarks, distinct_builds
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.administration import Revocation
from aztrust.core.records.package import Approval
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.review import Review, ReviewedBuild, Warned, review_of
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.seals import replacements
from aztrust.signers import Signer
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import SEALED


@frozen
class Approver:
    """Who is about to approve, with which key, in which roles."""

    holder: str
    key: VerificationMaterial
    roles: tuple[str, ...]


@frozen
class ApprovalOptions:
    """What was asked for: a class (None: whichever is open), roles (none: all), how to look."""

    package_class: PackageClass | None = None
    roles: tuple[str, ...] = ()
    manifest_only: bool = False


@frozen
class PreparedApproval:
    """A review that waits for its confirmation.

    `earlier` is the holder's own approval of this package, where it is effective in all the roles.
    The package was verified again, there is nothing to do, and no review was made.
    """

    context: Context
    package_class: PackageClass
    package_id: str
    approver: Approver
    manifest: Manifest
    earlier: VerifiedRecord | None = None
    review: Review | None = None
    answered: tuple[VerifiedRecord, ...] = ()


def prepare_approval(
    launch: Path,
    context: Context,
    key: VerificationMaterial,
    options: ApprovalOptions,
    read_options: ReadOptions = ReadOptions(),
) -> PreparedApproval:
    """Everything up to the question: which package, whether it holds, what there is to see.

    Raises:
        UsageError: no class was named and not exactly one is open, or a role is not the holder's.
        NothingToVerify: the package is not sealed.
        CouldNotCheck: the package is not here, or a check could not be answered.
        Refused: a check failed, or the key has been revoked.
    """
    policy = require_policy(context)
    require_readable_records(context)
    holder = policy.key_holders()[key.fingerprint]
    refuse_revoked_key(context, key, holder)
    package_class = options.package_class or open_class(context, policy, holder)
    roles = approval_roles(policy, package_class, holder, options.roles)
    approver = Approver(holder, key, roles)
    manifest_id = context.manifest_ids.get(package_class, "")
    recomputed = recompute(
        launch,
        context,
        package_class,
        manifest_only=options.manifest_only,
        read_options=read_options,
    )
    context = recomputed.context
    manifest = context.manifests[package_class]
    # Only now: a reader takes "you have approved this" for "and it is still correct".
    earlier = earlier_approval(
        context, package_class, holder, roles, by_manifest=options.manifest_only
    )
    if earlier is not None:
        return PreparedApproval(context, package_class, manifest_id, approver, manifest, earlier)
    answered = revocations_of(context, package_class, manifest_id, holder)
    facts = _facts(policy, manifest, recomputed)
    remarks = genesis_remarks(facts, context.request.now_unix_ms)
    more = _release_remarks(launch, policy, manifest, recomputed)
    review = review_of(
        manifest,
        package_id=manifest_id,
        policy_digest=context.policy_digest,
        manifest_only=options.manifest_only,
        facts=facts,
        builds=_builds(policy, recomputed),
        since=_since(launch, context, manifest, holder),
        revocations=(u.record_id for u in answered),
        replaced_by=_replaced(context, manifest, manifest_id),
        warnings=(
            *_warnings(context, recomputed, answered),
            *(Warned(code=remark.code, text=remark.text) for remark in (*remarks, *more)),
        ),
    )
    return PreparedApproval(
        context, package_class, manifest_id, approver, manifest, None, review, answered
    )


def sign_approval(
    launch: Path, prepared: PreparedApproval, signer: Signer, now_unix_ms: int
) -> Published:
    """The approval of a prepared review, signed and published.

    Raises:
        Refused: there is no review, or the file system holds another record under its name.
        CouldNotCheck: it could not be written.
    """
    review = prepared.review
    if review is None or signer.public != prepared.approver.key:
        raise Refused("nothing was reviewed with this key", subject=prepared.approver.holder)
    body = Approval(
        approved_at_unix_ms=now_unix_ms,
        manifest_only=review.manifest_only,
        package_class=prepared.package_class,
        package_id=prepared.package_id,
        policy_digest=prepared.context.policy_digest,
        review_hash=review.hash,
        roles=prepared.approver.roles,
    )
    preimages = {"review": review.document()}
    plan = Plan("approval", body, prepared.approver.holder, review, preimages=preimages)
    return publish(Act(launch, prepared.context), plan, signer, now_unix_ms)


def _facts(policy: Policy, manifest: Manifest, recomputed: Recomputed) -> Mapping[str, Any] | None:
    """The facts of a genesis, from its bytes where they were read, else as they were sealed."""
    if manifest.package_class == "release" or not manifest.genesis_files:
        return None
    path = manifest.genesis_files[0]
    reading = recomputed.reading
    data = reading.captured.get(path) if reading else None
    if data is None:
        return manifest.facts
    return genesis_facts(data, policy.packages.genesis.chain_id_at, path).to_json()


def _builds(policy: Policy, recomputed: Recomputed) -> Iterator[ReviewedBuild]:
    """Who built the files of the release, as the bundles that satisfy the policy show."""
    reading = recomputed.reading
    if recomputed.package_class != "release" or reading is None or reading.provenance is None:
        return
    manifest = recomputed.context.manifests["release"]
    for rule in policy.packages.release.provenance:
        entry = manifest.file(rule.path)
        digest = entry.sha256 if entry is not None else ""
        for bundle in distinct_builds(rule, digest, reading.provenance):
            facts = bundle.facts
            if facts is not None:
                yield ReviewedBuild(
                    path=rule.path,
                    sha256=digest,
                    issuer=facts.issuer,
                    repository=facts.repository,
                    workflow=facts.workflow,
                    ref=facts.ref,
                    commit=facts.commit,
                )


def _release_remarks(
    launch: Path, policy: Policy, manifest: Manifest, recomputed: Recomputed
) -> tuple[Remark, ...]:
    """What the sealer was warned of too: programs, archives without an artifact, lists."""
    reading = recomputed.reading
    remarks = tuple(artifact_remarks(manifest, reading.descriptions if reading else None))
    if reading is None or reading.tree is None:
        return remarks
    path = policy.package(manifest.package_class).path
    answers = check_lists(launch, path, manifest.package_class, reading.tree.entries)
    wrong = (
        Remark(finding.code, f"{finding.subject}: {finding.message}")
        for finding in contradictions(answers)
    )
    rules = policy.packages.release.provenance if manifest.package_class == "release" else ()
    digests = reading.tree.file_digests()
    builds = build_remarks(rules, digests, reading.provenance)
    return (*remarks, *(answer.remark for answer in answers), *builds, *wrong)


def _since(
    launch: Path, context: Context, manifest: Manifest, holder: str
) -> tuple[str, Changes] | None:
    """The package this holder approved last, which may be this very one, and what has changed."""
    before = [
        (u.claimed_unix_ms, u.body.package_id)
        for u in approvals_by(context, manifest.package_class, holder)
        if isinstance(u.body, Approval)
    ]
    if not before:
        return None
    _, earlier = max(before)
    if earlier == context.manifest_ids[manifest.package_class]:
        return earlier, Changes()
    try:
        data = read_bounded(launch / SEALED / f"{earlier[7:]}.json", MANIFEST_LIMIT)
        if package_id(data) != earlier:
            raise CouldNotCheck("its manifest there is another one")
        old = parse_manifest(data, what=f"{SEALED}/{earlier[7:]}.json")
    except AztrustError as error:
        return earlier, Changes((f"~ the changes are unknown: {escape(error.message)}",))
    return earlier, manifest_changes(old, manifest)


def _warnings(
    context: Context, recomputed: Recomputed, answered: tuple[VerifiedRecord, ...]
) -> Iterator[Warned]:
    policy = require_policy(context)
    mine = {u.body.target for u in answered if isinstance(u.body, Revocation)}
    for revocation in answered:
        reason = revocation.body.reason if isinstance(revocation.body, Revocation) else ""
        text = f"{revocation.holder} revoked your approval: {escape(reason)}"
        yield Warned(code="approval-revoked", text=text)
    manifest = context.manifests[recomputed.package_class]
    if _replaced(context, manifest, recomputed.package_id):
        what = "it" if recomputed.package_class == "release" else "it, or the release it is for,"
        text = (
            f"{what} was replaced by another package and put back;"
            " approvals before that do not count"
        )
        yield Warned(code="superseded", text=text)
    release = _release_findings(context) if recomputed.package_class == "genesis" else ()
    for finding in release:
        yield Warned(code=finding.code, text=f"the release: {finding.message}")
    known = {finding.message for finding in release}
    for finding in recomputed.warnings:
        if finding.subject not in mine and finding.message not in known:
            yield Warned(code=finding.code, text=finding.message)
    asked_for_all = context.request.only is None
    if policy.linkage and recomputed.reading is not None and not asked_for_all:
        text = "the other package is not here, so the linkage rules were not checked"
        yield Warned(code="linkage-unchecked", text=text)
    if not context.request.anchor:
        text = (
            "no anchor was given or pinned, so it is unknown whether this is the announced policy"
        )
        yield Warned(code="anchor-unpinned", text=text)
    for remark in lint_policy(context.evidence.policy, notes=False):
        yield Warned(code="lint", text=remark.message)


def _replaced(context: Context, manifest: Manifest, package_id: str) -> frozenset[str]:
    """The warnings that a reviewer of this package must see."""
    return replacements(
        require_policy(context),
        manifest.package_class,
        context.records.effective,
        package_id,
        manifest.release_package_id or "",
    )


def _release_findings(context: Context) -> tuple[Finding, ...]:
    """What is open about the release that a genesis is for, even if it is not read here."""
    return tuple(f for check in CURRENT_CHECKS for f in check.ask(context, "release").findings)
