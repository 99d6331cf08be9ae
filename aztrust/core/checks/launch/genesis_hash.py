"""Do the genesis hashes that were published belong to this genesis file?

"Genesis hash" means different things in different places, so every published value is checked
under the convention it was published in: raw bytes, `jq -S -c`, `jq -S`, or a value only the
chain's own tool can compute (`declared`), which two holders must state alike. Raw is primary: a
canonical hash only ever confirms, because two different files can share one.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import AztrustError
from aztrust.core.base.findings import CheckClass, Finding, Guidance, Status
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.genesis.conventions import genesis_hash, matching_conventions
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.package import Announcement
from aztrust.core.state.context import Context

DECLARED_BY = 2


def _ask(context: Context, _: PackageClass) -> Answer:
    policy, manifest = context.policy, context.manifests.get("genesis")
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None or not manifest.genesis_files or manifest.genesis_hash is None:
        unread = context.unread_manifest("genesis")
        return Answer(not_run=unread or "the genesis package is not sealed")
    path = manifest.genesis_files[0]
    reading = context.evidence.packages.get("genesis")
    data = reading.captured.get(path) if reading else None
    if data is None:
        return Answer(not_run=context.request.no_packages or f"genesis:{escape(path)} was not read")
    subject = f"genesis:{escape(path)}"
    published = _published(policy)
    announcements = [
        (u.record_id, u.holder, u.body)
        for u in context.records.effective.announcements()
        if isinstance(u.body, Announcement) and u.body.package_id == context.manifest_ids["genesis"]
    ]
    published += [
        (body.convention, body.sha256, f"announced by {who}") for _, who, body in announcements
    ]
    stated = [(who, body.sha256) for _, who, body in announcements if body.convention == "declared"]
    findings = [
        *_sealed_hash(data, manifest.genesis_hash.sha256, subject),
        *(f for item in published if item[0] != "declared" for f in _compare(data, item, subject)),
        *_declared([item for item in published if item[0] == "declared"], stated, subject),
    ]
    return Answer(
        findings=tuple(findings),
        evidence=(manifest.genesis_hash.sha256, *(record_id for record_id, _, _ in announcements)),
        detail=f"{len(published)} published" if published else "none published",
    )


def published_findings(policy: Policy, data: bytes, subject: str) -> Iterator[Finding]:
    """Which hashes of the policy are not this genesis file's; before it is sealed.

    A declared value is not this file's to confirm, and holders state it only afterwards.
    """
    for item in _published(policy):
        if item[0] != "declared":
            yield from _compare(data, item, subject)


def _published(policy: Policy) -> list[tuple[str, str, str]]:
    return [
        (
            hash_.convention,
            f"sha256:{hash_.sha256.removeprefix('sha256:')}",
            "published in the policy",
        )
        for hash_ in policy.packages.genesis.published_hash
    ]


def _sealed_hash(data: bytes, expected: str, subject: str) -> Iterator[Finding]:
    actual = sha256_id(data)
    if actual != expected:
        yield Finding(
            "genesis-hash-mismatch",
            subject,
            "the genesis file is not the one that was sealed",
            expected=expected,
            actual=actual,
            mend="put the sealed file back",
        )


def _compare(data: bytes, published: tuple[str, str, str], subject: str) -> Iterator[Finding]:
    convention, expected, source = published
    try:
        actual = genesis_hash(convention, data, path=subject)
    except AztrustError as error:
        yield Finding(
            "genesis-hash-ambiguous",
            subject,
            f"the {convention} hash {source} cannot be computed: {error.message}",
            expected=expected,
            mend="publish the raw hash; it is never ambiguous",
        )
        return
    if actual == expected:
        return
    others = matching_conventions(data, expected)
    this = f"it is the hash of this file under {' and '.join(others)}" if others else ""
    yield Finding(
        "genesis-hash-mismatch",
        subject,
        f"the {convention} hash {source} belongs to another file",
        expected=expected,
        actual=actual,
        this=this,
        mend="find out which file was announced before one is installed"
        if not others
        else "announce it again under the convention it was computed with",
    )


def _declared(
    published: list[tuple[str, str, str]], stated: list[tuple[str, str]], subject: str
) -> Iterator[Finding]:
    values = sorted({value for _, value, _ in published})
    if len(values) > 1:
        yield Finding(
            "genesis-hash-mismatch",
            subject,
            f"{len(values)} different values are declared for one genesis",
            expected=values[0],
            actual=values[1],
            mend="run the chain's own tool again and revoke the wrong announcement",
        )
    elif values and len({who for who, value in stated if value == values[0]}) < DECLARED_BY:
        yield Finding(
            "genesis-hash-undeclared",
            subject,
            f"a declared value needs {DECLARED_BY} holders who state it;"
            f" {len({who for who, _ in stated})} did",
            expected=values[0],
            mend="another holder runs the chain's tool and announces it as declared",
        )


CHECK = Check(
    id="genesis-hash",
    title="published genesis hash",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-23.1", "RC-D"),
    codes=(
        Code(
            "genesis-hash-mismatch",
            "A genesis hash that was sealed, published or announced belongs to another file.",
            "Find out which file was announced before one is installed.",
        ),
        Code(
            "genesis-hash-ambiguous",
            "A published genesis hash uses a convention that is ambiguous for this file.",
            "Publish the raw hash.",
            status=Status.ERROR,
        ),
        Code(
            "genesis-hash-undeclared",
            "A value only the chain's tool can compute was not stated by two holders.",
            "Another holder computes it and announces it.",
            guidance=Guidance.HOLD,
        ),
    ),
    ask=_ask,
)
