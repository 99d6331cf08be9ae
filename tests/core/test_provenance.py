"""What a rule about a builder takes from verified bundles, and the bounds of their form."""

from __future__ import annotations

import base64
import json

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.package.provenance import (
    SUBJECT_COUNT,
    BuildFacts,
    BundleReading,
    ProvenanceReading,
    parse_bundle_claims,
    satisfying,
)
from aztrust.core.policy.model import ProvenanceRule
from aztrust.core.records.review import check_review
from tests.reviews import review_document

DIGEST, OTHER, ROOT = (f"sha256:{c * 64}" for c in "abc")
RULE = ProvenanceRule(
    path="node",
    issuer="https://issuer.example",
    repository="https://forge.example/a/b",
    workflow="https://forge.example/c/w.yml",
    trusted_root=ROOT,
)
GOOD = BundleReading(
    "a.sigstore.json",
    ROOT,
    BuildFacts(RULE.issuer, RULE.repository, f"{RULE.workflow}@refs/tags/v1"),
    frozenset({DIGEST}),
    "https://slsa.dev/provenance/v1",
)


def satisfied(bundle: BundleReading) -> bool:
    reading = ProvenanceReading((bundle,), {bundle.name: frozenset({DIGEST})})
    return bool(satisfying(RULE, DIGEST, reading))


def test_a_good_bundle_satisfies_its_rule():
    assert satisfied(GOOD)


@pytest.mark.parametrize(
    "change",
    [
        {"root": OTHER},
        {"subjects": frozenset({OTHER})},
        {"facts": None},
        {"predicate_type": "https://in-toto.io/attestation/test-result/v0.1"},
    ],
)
def test_what_does_not_satisfy(change):
    assert not satisfied(replace(GOOD, **change))


@pytest.mark.parametrize(("count", "accepted"), [(SUBJECT_COUNT, True), (SUBJECT_COUNT + 1, False)])
def test_a_statement_has_so_many_subjects(count, accepted):
    statement = {"subject": [{"digest": {"sha256": "a" * 64}}] * count}
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    material = {"tlogEntries": [{"kindVersion": {"kind": "dsse"}}]}
    data = json.dumps({"dsseEnvelope": {"payload": payload}, "verificationMaterial": material})
    if accepted:
        assert parse_bundle_claims(data.encode(), what="x").subjects == {DIGEST}
    else:
        with pytest.raises(Malformed, match="subjects"):
            parse_bundle_claims(data.encode(), what="x")


@pytest.mark.parametrize(
    ("minor", "named", "accepted"), [(0, False, True), (1, True, True), (0, True, False)]
)
def test_a_review_that_names_builds_has_another_version(minor, named, accepted):
    build = dict.fromkeys(("path", "issuer", "repository", "workflow", "ref", "commit"), "x")
    more = {"builds": [{**build, "sha256": DIGEST}]} if named else {}
    review = {**review_document("release", DIGEST, OTHER), "version_minor": minor, **more}

    class Approval:
        package_class, package_id, policy_digest, manifest_only = "release", DIGEST, OTHER, False

    if accepted:
        check_review(review, Approval, what="x")  # type: ignore[arg-type]
    else:
        with pytest.raises(Malformed, match="version"):
            check_review(review, Approval, what="x")  # type: ignore[arg-type]
