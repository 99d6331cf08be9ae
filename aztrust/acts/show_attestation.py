"""Sigstore's own files, in short: bundles by a certificate, and trusted roots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from aztrust.core.package.provenance import certificate_of, parse_bundle_claims

Page = tuple[Literal["attestation", "trusted-root"], str, dict[str, str], tuple[str, ...]]
"""The kind, the title, what the file claims by field, and what was not verified."""


def sigstore_page(data: bytes, document: Mapping[str, Any], name: str) -> Page | None:
    """The page of a trusted root, or of a bundle with a certificate; None for another file.

    Raises:
        Malformed: `provenance-invalid`.
    """
    media = str(document.get("mediaType"))
    if "trustedroot" in media:
        sentence = "whose it is: compare the digest with the one in the policy"
        return "trusted-root", "trusted root of Sigstore", {"mediaType": media}, (sentence,)
    if "dsseEnvelope" not in document or not certificate_of(document):
        return None
    from aztrust.storage.provenance import claimed_facts

    claims = parse_bundle_claims(data, what=name)
    facts = claimed_facts(document, name)
    fields = {
        "predicateType": claims.predicate_type,
        "subjects": ", ".join(sorted(claims.subjects)),
        "issuer": facts.issuer,
        "repository": facts.repository,
        "workflow": facts.workflow,
        "ref": facts.ref,
        "commit": facts.commit,
    }
    unverified = ["its signature, certificate and log entry: aztrust verify, under a policy's rule"]
    if claims.fault:
        unverified.append(f"it will not verify: {claims.fault}")
    title = "attestation of a build, in a Sigstore bundle"
    return "attestation", title, fields, tuple(unverified)
