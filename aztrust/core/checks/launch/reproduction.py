"""Did independent holders build the same artifacts themselves?

A holder builds an artifact from its source and signs the digest of the result with
`aztrust attest-build`. Where the policy asks for it (`[reproduction]`), each artifact needs that
many different holders, with different keys, whose result has the sealed bytes.

A result with other bytes is a minority report: it names who built what, and is accepted at once,
wherever it is. It stays until the same holder builds the file again and gets the sealed bytes; no
other holder outvotes it. Where the policy asks for builders it blocks; otherwise it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.advice import Advice, command
from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.policy.quorum import ApprovalRule, Vote, count_votes
from aztrust.core.records.build import BuildAttestation
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, require_policy, unread_records
from aztrust.core.state.ordering import unresolved_objections


def _ask(context: Context, _: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if "release" not in context.package_classes:
        return Answer(not_run="only the genesis was asked for")
    manifest = context.manifests.get("release")
    if manifest is None:
        unread = context.unread_manifest("release")
        return Answer(not_run=unread or "the release package is not sealed")
    if unread := unread_records(context):
        return Answer(not_run=unread)
    sealed = {a.path: _sealed(manifest, a.path) for a in manifest.artifacts}
    objections: list[Finding] = []
    missing: list[Finding] = []
    counting: list[str] = []
    for path, digest in sealed.items():
        records = list(_about(context, path))
        objections += _objections(context, records, path, digest)
        agreeing = [r for r in records if _agrees(context, r, digest)]
        counting += (r.record_id for r in agreeing)
        if policy.reproduction is not None:
            missing += _short(policy, agreeing, path, digest)
    if policy.reproduction is None:
        return Answer(notices=tuple(objections), evidence=tuple(counting))
    return Answer((*objections, *missing), evidence=tuple(counting))


def _sealed(manifest: Manifest, path: str) -> str:
    entry = manifest.file(path)
    return entry.sha256 if entry is not None else ""


def _about(context: Context, path: str) -> Iterator[VerifiedRecord]:
    package_id = context.manifest_ids["release"]
    effective = context.records.effective
    for record in effective.verified:
        body = record.body
        if not isinstance(body, BuildAttestation) or (body.path, body.package_id) != (
            path,
            package_id,
        ):
            continue
        if effective.counts(record):
            yield record


def _built(record: VerifiedRecord) -> str:
    return record.body.built_sha256 if isinstance(record.body, BuildAttestation) else ""


def _agrees(context: Context, record: VerifiedRecord, digest: str) -> bool:
    return not record.is_negative and _built(record) == digest


def _objections(
    context: Context, records: list[VerifiedRecord], path: str, digest: str
) -> Iterator[Finding]:
    # What agrees with another digest than the manifest's has built something else, too.
    others = [r for r in records if not r.is_negative and _built(r) != digest]
    for record in (*unresolved_objections(context, records), *others):
        environment = getattr(record.body, "environment", "")
        yield Finding(
            "build-disagreement",
            f"release:{escape(path)}",
            f"{record.holder} built other bytes (with {escape(environment)[:200]})",
            expected=digest,
            actual=_built(record),
            mend=Advice(
                f"find the difference, build it again, then: {_attest(path)}",
                require_policy(context).keys_by_holder((record.holder,)),
            ),
        )


def _short(
    policy: Policy, agreeing: list[VerifiedRecord], path: str, digest: str
) -> Iterator[Finding]:
    rule = policy.reproduction
    if rule is None:
        return
    wanted = ApprovalRule.model_construct(
        distinct_holders=rule.distinct_holders, roles=dict.fromkeys(rule.roles, 0)
    )
    result = count_votes(wanted, (_vote(policy, record) for record in agreeing))
    if result.met:
        return
    able = sorted({name for role in rule.roles for name in policy.holders_of_role(role)})
    others = [name for name in able if name not in result.holders]
    yield Finding(
        "reproduction-unmet",
        f"release:{escape(path)}",
        f"{len(result.holders)} of {rule.distinct_holders} holders built these bytes themselves",
        expected=str(rule.distinct_holders),
        actual=str(len(result.holders)),
        mend=Advice(
            f"build it, then: {_attest(path)}",
            policy.keys_by_holder(others),
        ),
    )


def _attest(path: str) -> str:
    return command("attest-build", escape(path), "FILE", "--environment", "T")


def _vote(policy: Policy, record: VerifiedRecord) -> Vote:
    return record.holder, record.key.material, frozenset(policy.holders[record.holder].roles)


CHECK = Check(
    id="reproduction",
    title="built again by others",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-6.2",),
    stage=Stage.APPROVED,
    codes=(
        Code(
            "reproduction-unmet",
            "Fewer holders than the policy asks for built an artifact with the sealed bytes.",
            "Another holder of the role builds it, then: aztrust attest-build FILE FILE"
            " --environment T.",
            unfinished=True,
        ),
        Code(
            "build-disagreement",
            "A holder built an artifact and got other bytes than the sealed ones.",
            "Find the difference; the same holder builds it again and attests the result.",
        ),
    ),
    ask=_ask,
)
