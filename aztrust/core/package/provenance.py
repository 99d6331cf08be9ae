"""What Sigstore bundles say of the files of a release: who built them, from which commit.

A shell verifies the bundles, since that takes a library with a clock and files of its own; here
are its results as values. Nothing here was believed on the word of a bundle: the facts are the
extensions of a certificate that a trusted root vouches for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from aztrust.core.base import canonical
from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.remark import Remark
from aztrust.core.base.value import field, frozen
from aztrust.core.policy.model import ProvenanceRule

PROVENANCE = "manifests/provenance"
BUNDLE_SUFFIX = ".sigstore.json"
ROOT_SUFFIX = ".trusted_root.json"
BUNDLE_LIMIT = 1024 * 1024
ROOT_LIMIT = 1024 * 1024
FILE_COUNT = 256
"""How many files may be in the folder; more are not read, and the check says so."""
SUBJECT_COUNT = 1024
_CODE: Final = "provenance-invalid"
SEVERAL_COMMITS: Final = "provenance-mismatch"
_TYPE: Final = "https://slsa.dev/provenance/"


@frozen
class BuildFacts:
    """What the certificate of a verified bundle says of the build; "" where it says nothing.

    Args:
        issuer: who authenticated the workflow.
        repository: the source's repository, as a URI.
        workflow: the workflow that signed, a reusable one for instance, as URI with `@ref`.
        config: the workflow at the top of the build, as URI with `@ref`.
        ref: the git reference of the source.
        commit: the digest of the source's commit.
    """

    issuer: str = ""
    repository: str = ""
    workflow: str = ""
    config: str = ""
    ref: str = ""
    commit: str = ""


@frozen
class BundleReading:
    """One bundle, verified against one trusted root.

    Args:
        name: the file's name.
        root: the digest of the trusted root.
        facts: of its certificate; None where it does not verify.
        subjects: the SHA-256 digests, with prefix, that the signed statement is about.
        predicate_type: of the signed statement.
        fault: why it does not verify, "" where it does.
    """

    name: str
    root: str
    facts: BuildFacts | None = None
    subjects: frozenset[str] = frozenset()
    predicate_type: str = ""
    fault: str = ""


@frozen
class ProvenanceReading:
    """All bundles that claim to be about the files of the rules.

    Args:
        bundles: the verified and the refused ones, sorted by name.
        claimed: file name to the digests that a bundle claims to be about, verified or not.
        unparsed: file name to the reason why a file cannot be read as a bundle.
        roots: digest to the reason why a trusted root cannot be used.
        fault: why nothing could be verified, "" where it was tried.
    """

    bundles: tuple[BundleReading, ...] = ()
    claimed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unparsed: Mapping[str, str] = field(default_factory=dict)
    roots: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


@frozen
class ClaimedBundle:
    """A bundle as it was parsed; unverified.

    Args:
        subjects: the SHA-256 digests, with prefix, that its statement names.
        predicate_type: of its statement.
        fault: why no verifier of this format accepts it, "" where one may.
    """

    subjects: frozenset[str]
    predicate_type: str = ""
    fault: str = ""


@frozen
class SignedStatement:
    """The parts of an in-toto statement that are compared."""

    subjects: frozenset[str]
    predicate_type: str


def parse_bundle_claims(data: bytes, *, what: str) -> ClaimedBundle:
    """What a bundle claims to be about, and whether its form rules it out.

    Raises:
        Malformed: `provenance-invalid`: it is not a bundle with a DSSE envelope.
    """
    document = canonical.loads(data, what=what, code=_CODE, limit=BUNDLE_LIMIT, floats=True)
    envelope = document.get("dsseEnvelope") if isinstance(document, dict) else None
    material = document.get("verificationMaterial") if isinstance(document, dict) else None
    if not isinstance(envelope, dict) or not isinstance(material, dict):
        raise _bad("is not a Sigstore bundle with a DSSE envelope", what)
    payload = envelope.get("payload")
    if not isinstance(payload, str):
        raise _bad("has an envelope without a payload", what)
    statement = parse_signed_statement(_base64(payload, what), what=what)
    return ClaimedBundle(statement.subjects, statement.predicate_type, _form_fault(material))


def parse_signed_statement(payload: bytes, *, what: str) -> SignedStatement:
    """The subjects and the type of an in-toto statement.

    Raises:
        Malformed: `provenance-invalid`.
    """
    document = canonical.loads(payload, what=what, code=_CODE, limit=BUNDLE_LIMIT, floats=True)
    listed = document.get("subject") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed, list):
        raise _bad("signs no in-toto statement with subjects", what)
    if len(listed) > SUBJECT_COUNT:
        raise _bad(f"names more than {SUBJECT_COUNT} subjects", what)
    kind = document.get("predicateType")
    digests = (s.get("digest") for s in listed if isinstance(s, dict))
    named = (d.get("sha256") for d in digests if isinstance(d, dict))
    subjects = frozenset(f"sha256:{value}" for value in named if isinstance(value, str))
    return SignedStatement(subjects, kind if isinstance(kind, str) else "")


def certificate_of(document: Mapping[str, object]) -> str:
    """The base64 text of a bundle's own certificate, "" where it has none."""
    material = document.get("verificationMaterial")
    if not isinstance(material, dict):
        return ""
    chain = material.get("x509CertificateChain")
    listed = chain.get("certificates") if isinstance(chain, dict) else [material.get("certificate")]
    first = listed[0] if isinstance(listed, list) and listed else None
    raw = first.get("rawBytes") if isinstance(first, dict) else None
    return raw if isinstance(raw, str) else ""


def _form_fault(material: Mapping[str, object]) -> str:
    entries = material.get("tlogEntries")
    if not entries:
        return (
            "it has no entry of a transparency log, so nothing shows when it was signed and"
            " no one else could have seen it"
        )
    first = entries[0] if isinstance(entries, list) else None
    version = first.get("kindVersion") if isinstance(first, dict) else None
    kind = version.get("kind") if isinstance(version, dict) else None
    if kind == "intoto":
        return (
            "its log entry is of the kind intoto, as npm writes them, which does not bind the"
            " signature; a dsse or hashedrekord entry is needed"
        )
    return ""


def _base64(text: str, what: str) -> bytes:
    import binascii

    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise _bad("has a payload that is not base64", what) from None


def _bad(cause: str, what: str) -> Malformed:
    return Malformed(
        f"{what} {cause}", subject=what, code=_CODE, mend="download the attestation again"
    )


def bundles_of(
    rule: ProvenanceRule, digest: str, reading: ProvenanceReading
) -> tuple[BundleReading, ...]:
    """The bundles that claim to be about a file, as read under the rule's trusted root."""
    return tuple(
        bundle
        for bundle in reading.bundles
        if bundle.root == rule.trusted_root and digest in reading.claimed[bundle.name]
    )


def satisfying(
    rule: ProvenanceRule, digest: str, reading: ProvenanceReading
) -> tuple[BundleReading, ...]:
    """The bundles that verify, are about the file, and were made by whom the rule names."""
    return tuple(
        bundle
        for bundle in bundles_of(rule, digest, reading)
        if bundle.facts is not None
        and digest in bundle.subjects
        and has_type(bundle)
        and not mismatches(rule, bundle)
    )


def distinct_builds(
    rule: ProvenanceRule, digest: str, reading: ProvenanceReading
) -> tuple[BundleReading, ...]:
    """One satisfying bundle for each commit that such bundles name, in the order of their names.

    More than one: the same bytes are attested as built from different sources.
    """
    by_commit: dict[str, BundleReading] = {}
    for bundle in satisfying(rule, digest, reading):
        if bundle.facts is not None:
            by_commit.setdefault(bundle.facts.commit, bundle)
    return tuple(by_commit.values())


def several_commits(rule: ProvenanceRule, digest: str, reading: ProvenanceReading) -> str:
    """The sentence where bundles that verify name different commits, "" where they agree."""
    builds = distinct_builds(rule, digest, reading)
    if len(builds) < 2:
        return ""
    named = ", ".join(
        f"{escape(b.facts.commit) or 'no commit'} ({escape(b.name)})" for b in builds if b.facts
    )
    return f"{len(builds)} bundles that verify name different commits for the same bytes: {named}"


def build_remarks(
    rules: Iterable[ProvenanceRule],
    digests: Mapping[str, str],
    reading: ProvenanceReading | None,
) -> Iterator[Remark]:
    """The warnings about builders for who seals or approves a release.

    Args:
        digests: path to digest of the files of the release, as hashed in this run.
        reading: None where nothing was verified.
    """
    if reading is None:
        return
    for rule in rules:
        text = several_commits(rule, digests.get(rule.path, ""), reading)
        if text:
            yield Remark(SEVERAL_COMMITS, f"{escape(rule.path)}: {text}")


def has_type(bundle: BundleReading) -> bool:
    """Whether the statement is about a build: the same workflow may attest other things."""
    return bundle.predicate_type.startswith(_TYPE)


def mismatches(rule: ProvenanceRule, bundle: BundleReading) -> tuple[tuple[str, str, str], ...]:
    """Where a verified bundle differs from its rule, as (name, what the rule has, what it has)."""
    facts = bundle.facts
    if facts is None:
        return ()
    # A rule without `@` allows each reference of the workflow.
    workflow = facts.workflow if "@" in rule.workflow else facts.workflow.partition("@")[0]
    compared = (
        ("issuer", rule.issuer, facts.issuer),
        ("repository", rule.repository, facts.repository),
        ("workflow", rule.workflow, workflow),
        ("ref", rule.ref, facts.ref),
        ("commit", rule.commit, facts.commit),
    )
    return tuple(
        (name, wanted, found)
        for name, wanted, found in compared
        if wanted is not None and wanted != found
    )
