"""What the policy demands of the bytes inside the packages: linkage rules and published hashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.base.findings import Finding, Guidance
from aztrust.core.base.paths import escape
from aztrust.core.genesis.conventions import genesis_hash, matching_conventions
from aztrust.core.linkage.pointers import Reference, Sources, parse_reference, resolve
from aztrust.core.linkage.scalars import compare
from aztrust.core.policy.model import LinkageRule, Policy


def _unread(reference: Reference, sources: Sources) -> bool:
    key = (reference.package_class, reference.path)
    of_a_file = reference.kind in ("pointer", "digest")
    return of_a_file and key not in sources.documents and key not in sources.digests


def rule_findings(rule: LinkageRule, sources: Sources) -> Iterator[Finding]:
    """Why a rule does not hold over these sources; nothing when it does."""
    subject = f"linkage: {escape(rule.name)}"
    mend = f"{escape(rule.left)} and {escape(rule.right)} must be equal; mend the wrong one"
    references = (parse_reference(rule.left), parse_reference(rule.right))
    try:
        left, right = (resolve(reference, sources) for reference in references)
    except Malformed as error:
        # A file that was not read breaks no rule; whether it is gone, the integrity check says.
        unread = any(_unread(reference, sources) for reference in references)
        guidance = Guidance.HOLD if unread else None
        yield Finding("linkage-broken", subject, error.message, mend=mend, guidance=guidance)
        return
    comparison = compare(left, right, rule.as_)
    if not comparison.holds:
        yield Finding(
            "linkage-broken",
            subject,
            f"{escape(rule.left)} is not {escape(rule.right)}: {comparison.reason}",
            expected=comparison.right,
            actual=comparison.left,
            mend=mend,
        )


def repeated_findings(repeated: Iterable[str], subject: str) -> Iterator[Finding]:
    """Identities that a genesis lists twice: its chain does not start, or drops one in silence.

    Args:
        repeated: `GenesisFacts.repeated`, one sentence a kind.
        subject: the genesis file.
    """
    for sentence in repeated:
        yield Finding(
            "genesis-identity-repeated",
            subject,
            sentence,
            mend="remove one of the two with the chain's own tool, then agree on the file again",
        )


def published_findings(policy: Policy, data: bytes, subject: str) -> Iterator[Finding]:
    """Which hashes of the policy are not this genesis file's; before it is sealed.

    A declared value is not this file's to confirm, and holders state it only afterwards.
    """
    for item in published_hashes(policy):
        if item[0] != "declared":
            yield from compare_hash(data, item, subject)


def published_hashes(policy: Policy) -> list[tuple[str, str, str]]:
    """(convention, digest, where it was published) of each genesis hash in the policy."""
    return [
        (
            hash_.convention,
            f"sha256:{hash_.sha256.removeprefix('sha256:')}",
            "published in the policy",
        )
        for hash_ in policy.packages.genesis.published_hash
    ]


def compare_hash(data: bytes, published: tuple[str, str, str], subject: str) -> Iterator[Finding]:
    """Why a published hash is not this genesis file's under its convention."""
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
