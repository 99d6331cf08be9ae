"""Which holders built an artifact of the release themselves, and who could still do so."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.value import frozen
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule, Vote, count_votes
from aztrust.core.records.build import BuildAttestation
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.able import able_in
from aztrust.core.state.context import Context


@frozen
class BuildersShort:
    """An artifact that fewer holders built than the policy asks for.

    Args:
        path: of the artifact.
        have: how many built the sealed bytes.
        need: how many must.
        others: the holders who may and have not.
    """

    path: str
    have: int
    need: int
    others: tuple[str, ...]


def builds_of(context: Context, path: str) -> Iterator[VerifiedRecord]:
    """The results for an artifact of the sealed release that count."""
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


def built_digest(record: VerifiedRecord) -> str:
    """SHA-256 of what was built, "" for any other record."""
    return record.body.built_sha256 if isinstance(record.body, BuildAttestation) else ""


def agreeing_builds(records: list[VerifiedRecord], digest: str) -> list[VerifiedRecord]:
    """The results that have the sealed bytes."""
    return [r for r in records if not r.is_negative and built_digest(r) == digest]


def builders_short(
    context: Context, policy: Policy, agreeing: list[VerifiedRecord], path: str
) -> BuildersShort | None:
    """What an artifact lacks; None where enough holders built it, or the policy asks for none."""
    rule = policy.reproduction
    if rule is None:
        return None
    wanted = ApprovalRule.model_construct(
        distinct_holders=rule.distinct_holders, roles=dict.fromkeys(rule.roles, 0)
    )
    result = count_votes(wanted, (_vote(policy, record) for record in agreeing))
    if result.met:
        return None
    others = tuple(name for name in able_in(context, *rule.roles) if name not in result.holders)
    return BuildersShort(path, len(result.holders), rule.distinct_holders, others)


def short_builds(context: Context, policy: Policy) -> Iterator[BuildersShort]:
    """Every artifact of the sealed release that others have to build."""
    manifest = context.manifests.get("release")
    for artifact in manifest.artifacts if manifest is not None else ():
        entry = manifest.file(artifact.path) if manifest is not None else None
        digest = entry.sha256 if entry is not None else ""
        records = list(builds_of(context, artifact.path))
        short = builders_short(context, policy, agreeing_builds(records, digest), artifact.path)
        if short is not None:
            yield short


def _vote(policy: Policy, record: VerifiedRecord) -> Vote:
    return record.holder, record.key.material, frozenset(policy.holders[record.holder].roles)
