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
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.able import advise
from aztrust.core.state.builds import (
    BuildersShort,
    agreeing_builds,
    builders_short,
    builds_of,
    built_digest,
)
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
        records = list(builds_of(context, path))
        objections += _objections(context, records, path, digest)
        agreeing = agreeing_builds(records, digest)
        counting += (r.record_id for r in agreeing)
        short = builders_short(context, policy, agreeing, path)
        if short is not None:
            missing.append(_short(context, short))
    if policy.reproduction is None:
        return Answer(notices=tuple(objections), evidence=tuple(counting))
    return Answer((*objections, *missing), evidence=tuple(counting))


def _sealed(manifest: Manifest, path: str) -> str:
    entry = manifest.file(path)
    return entry.sha256 if entry is not None else ""


def _objections(
    context: Context, records: list[VerifiedRecord], path: str, digest: str
) -> Iterator[Finding]:
    # What agrees with another digest than the manifest's has built something else, too.
    others = [r for r in records if not r.is_negative and built_digest(r) != digest]
    for record in (*unresolved_objections(context, records), *others):
        environment = getattr(record.body, "environment", "")
        yield Finding(
            "build-disagreement",
            f"release:{escape(path)}",
            f"{record.holder} built other bytes (with {escape(environment)[:200]})",
            expected=digest,
            actual=built_digest(record),
            mend=Advice(
                f"find the difference, build it again, then: {_attest(path)}",
                require_policy(context).keys_by_holder((record.holder,)),
            ),
        )


def _short(context: Context, short: BuildersShort) -> Finding:
    rule = require_policy(context).reproduction
    return Finding(
        "reproduction-unmet",
        f"release:{escape(short.path)}",
        f"{short.have} of {short.need} holders built these bytes themselves",
        expected=str(short.need),
        actual=str(short.have),
        mend=advise(
            context,
            f"build it, then: {_attest(short.path)}",
            short.others,
            rule.roles if rule is not None else (),
        ),
    )


def _attest(path: str) -> str:
    return command("attest-build", escape(path), "FILE", "--environment", "T")


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
