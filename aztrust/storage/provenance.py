"""Sigstore bundles next to the manifests: read, and verified offline with the `sigstore` package.

Nothing is imported and nothing is read where the policy has no rule about provenance. The library
gets the bundle and the trusted root as bytes of this run; it looks for no network and no home.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.core.package.entries import Fault, Tree
from aztrust.core.package.provenance import (
    BUNDLE_LIMIT,
    BUNDLE_SUFFIX,
    FILE_COUNT,
    PROVENANCE,
    ROOT_LIMIT,
    ROOT_SUFFIX,
    BuildFacts,
    BundleReading,
    ProvenanceReading,
    certificate_of,
    parse_bundle_claims,
    parse_signed_statement,
)
from aztrust.core.policy.model import ProvenanceRule
from aztrust.storage.launch import read_folder

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

INSTALL = "pip install 'sigstore>=4.0'"
_FULCIO = "1.3.6.1.4.1.57264.1"
# The extensions of Fulcio's certificates; the values are DER UTF8Strings.
_EXTENSIONS: Mapping[str, str] = {
    f"{_FULCIO}.8": "issuer",
    f"{_FULCIO}.9": "workflow",
    f"{_FULCIO}.12": "repository",
    f"{_FULCIO}.13": "commit",
    f"{_FULCIO}.14": "ref",
    f"{_FULCIO}.18": "config",
}
_UTF8_STRING = 0x0C


class _Holder:
    """A `VerificationPolicy` that keeps the certificate: the core compares its extensions."""

    def __init__(self) -> None:
        self.certificate: Certificate | None = None

    def verify(self, cert: Certificate) -> None:
        """Accept any identity; called after the chain was built."""
        self.certificate = cert


def read_provenance(
    launch: Path, rules: Sequence[ProvenanceRule], tree: Tree
) -> ProvenanceReading | None:
    """The bundles about the files of some rules, verified; None where there is no rule.

    Args:
        launch: the launch directory.
        rules: of the policy.
        tree: the release as it was hashed in this run.
    """
    if not rules:
        return None
    unreadable: list[Fault] = []
    bundles = read_folder(launch, PROVENANCE, BUNDLE_LIMIT, unreadable, suffix=BUNDLE_SUFFIX)
    roots = read_folder(launch, PROVENANCE, ROOT_LIMIT, unreadable, suffix=ROOT_SUFFIX)
    if unreadable:
        return ProvenanceReading(fault=f"{unreadable[0].path}: {unreadable[0].detail}")
    if len(bundles) + len(roots) > FILE_COUNT:
        return ProvenanceReading(fault=f"{PROVENANCE} has more than {FILE_COUNT} files")
    wanted = _wanted(rules, tree)
    claimed: dict[str, frozenset[str]] = {}
    unparsed: dict[str, str] = {}
    refused: dict[str, str] = {}
    for name, data in bundles.items():
        try:
            claims = parse_bundle_claims(data, what=escape(name))
        except Malformed as error:
            unparsed[name] = error.message
            continue
        claimed[name] = claims.subjects
        if claims.fault:
            refused[name] = claims.fault
    pairs = sorted(
        (root, name)
        for root, digests in wanted.items()
        for name, subjects in claimed.items()
        if not digests.isdisjoint(subjects)
    )
    try:
        found, broken = _verified(pairs, bundles, roots, refused)
    except ImportError:
        return ProvenanceReading(
            claimed=claimed,
            unparsed=unparsed,
            fault="the package sigstore is not installed, and nothing else here can verify a"
            f" bundle: {INSTALL}",
        )
    return ProvenanceReading(found, claimed, unparsed, broken)


def _wanted(rules: Sequence[ProvenanceRule], tree: Tree) -> dict[str, set[str]]:
    """Trusted root to the digests of the files, as hashed in this run, that its rules are about."""
    digests = tree.file_digests()
    wanted: dict[str, set[str]] = {}
    for rule in rules:
        wanted.setdefault(rule.trusted_root, set())
        if rule.path in digests:
            wanted[rule.trusted_root].add(digests[rule.path])
    return wanted


def _verified(
    pairs: Sequence[tuple[str, str]],
    bundles: Mapping[str, bytes],
    roots: Mapping[str, bytes],
    refused: Mapping[str, str],
) -> tuple[tuple[BundleReading, ...], dict[str, str]]:
    by_digest = {sha256_id(data): data for data in roots.values()}
    verifiers: dict[str, Any] = {}
    broken: dict[str, str] = {}
    found = []
    for root, name in pairs:
        if root not in verifiers and root not in broken:
            try:
                verifiers[root] = _verifier(by_digest, root)
            except Malformed as error:
                broken[root] = error.message
        if root in broken:
            continue
        if name in refused:
            found.append(BundleReading(name, root, fault=refused[name]))
        else:
            found.append(_verify(verifiers[root], name, bundles[name], root))
    return tuple(found), broken


def _verifier(roots: Mapping[str, bytes], digest: str) -> Any:  # noqa: ANN401 - sigstore is untyped here
    """The verifier for a trusted root.

    Raises:
        ImportError: sigstore is not installed.
        Malformed: the root is missing, or is not a trusted root.
    """
    data = roots.get(digest)
    if data is None:
        raise Malformed(f"no file in {PROVENANCE} has the digest", subject=digest)
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier
    from sigstore_models.trustroot import v1

    # The constructor takes bytes that were hashed; `from_file` would read the file a second time.
    try:
        return Verifier(trusted_root=TrustedRoot(v1.TrustedRoot.from_json(data)))
    except Exception as error:  # noqa: BLE001 - its errors have no common base; each is a refusal
        raise Malformed(_brief(error), subject=digest) from None


def _verify(verifier: Any, name: str, data: bytes, root: str) -> BundleReading:  # noqa: ANN401
    from sigstore.models import Bundle

    holder = _Holder()
    try:
        kind, payload = verifier.verify_dsse(Bundle.from_json(data), holder)
        if kind != "application/vnd.in-toto+json":
            return BundleReading(name, root, fault=f"it signs {escape(kind)[:80]}, no statement")
        statement = parse_signed_statement(payload, what=escape(name))
        facts = _facts(holder.certificate)
    except Exception as error:  # noqa: BLE001 - its errors have no common base; each is a refusal
        return BundleReading(name, root, fault=_brief(error))
    return BundleReading(name, root, facts, statement.subjects, statement.predicate_type)


def claimed_facts(document: Mapping[str, Any], name: str) -> BuildFacts:
    """What the certificate of a bundle says, without any verification, to show it.

    Raises:
        Malformed: `provenance-invalid`: it cannot be read as a certificate.
    """
    import binascii

    from cryptography.x509 import load_der_x509_certificate

    try:
        data = binascii.a2b_base64(certificate_of(document), strict_mode=True)
        return _facts(load_der_x509_certificate(data))
    except ValueError as error:
        raise Malformed(
            f"{name} has a certificate that cannot be read: {_brief(error)}",
            subject=name,
            code="provenance-invalid",
            mend="download the attestation again",
        ) from None


def _facts(certificate: Certificate | None) -> BuildFacts:
    if certificate is None:
        raise CouldNotCheck("the library did not hand out the certificate")
    return BuildFacts(**dict(_named_extensions(certificate)))


def _named_extensions(certificate: Certificate) -> Iterator[tuple[str, str]]:
    for extension in certificate.extensions:
        name = _EXTENSIONS.get(extension.oid.dotted_string)
        value = getattr(extension.value, "value", None)
        if name is not None and isinstance(value, bytes):
            yield name, _utf8_string(value)


def _utf8_string(der: bytes) -> str:
    """The text of a DER UTF8String.

    Raises:
        ValueError: it is something else, or has bytes behind it.
    """
    if len(der) < 2 or der[0] != _UTF8_STRING:
        raise ValueError("an extension of the certificate is not a UTF8String")
    length, start = der[1], 2
    if length & 0x80:
        count = length & 0x7F
        start += count
        length = int.from_bytes(der[2:start])
        if not 1 <= count <= 2 or length < 0x80:
            raise ValueError("an extension of the certificate has a malformed length")
    if len(der) != start + length:
        raise ValueError("an extension of the certificate has a malformed length")
    return der[start:].decode()


def _brief(error: Exception) -> str:
    """The first line of a library's error, escaped and short."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return escape(" ".join(line.strip() for line in lines[:3]))[:200]
