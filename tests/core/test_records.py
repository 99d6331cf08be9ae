"""The kinds of records, their subjects, and what of them can be taken back."""

from __future__ import annotations

import pytest

from aztrust.core.errors import Malformed
from aztrust.core.model import Model, validate
from aztrust.core.signed.records import (
    KINDS,
    TIME_FIELDS,
    Announcement,
    Approval,
    Revocation,
    Seal,
    Supersession,
    Utterance,
    subject_of,
)
from tests.evidence import PEOPLE

A, B, C = (f"sha256:{c * 64}" for c in "abc")
BODIES = {
    "seal": Seal(
        package_class="release",
        package_id=A,
        policy_digest=B,
        prior_seals=(),
        sealed_at_unix_ms=1,
    ),
    "approval": Approval(
        approved_at_unix_ms=2,
        manifest_only=False,
        package_class="genesis",
        package_id=A,
        policy_digest=B,
        review_hash=C,
        roles=("security-lead",),
    ),
    "revocation": Revocation(
        policy_digest=B,
        reason="x",
        revoked_at_unix_ms=3,
        stands=(),
        target=A,
        target_kind="key",
    ),
    "supersession": Supersession(
        package_class="genesis",
        package_id=A,
        policy_digest=B,
        reason="x",
        successor=C,
        superseded_at_unix_ms=4,
        withdraws=(),
    ),
    "announcement": Announcement(
        announced_at_unix_ms=5, convention="raw", package_id=A, policy_digest=B, sha256=C
    ),
}


def utterance(kind: str, body: Model, **preimages: object) -> Utterance:
    return Utterance(A, kind, "sonia", PEOPLE["sonia"].public(), body, preimages)  # type: ignore[arg-type]


def test_every_kind_has_an_example_here():
    assert set(BODIES) == set(KINDS) == set(TIME_FIELDS)
    assert all(isinstance(BODIES[kind], model) for kind, model in KINDS.items())


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("seal", ("manifests/release.json", A)),
        ("approval", ("manifests/genesis.json", A)),
        ("revocation", ("key", A)),
        ("supersession", ("manifests/genesis.json", A)),
        ("announcement", ("genesis", C)),
    ],
)
def test_the_subject_is_the_thing_spoken_about(kind, subject):
    assert subject_of(BODIES[kind]) == subject


def test_a_body_that_is_about_nothing_has_no_subject():
    with pytest.raises(Malformed):
        subject_of(Model())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_times_are_claims_in_milliseconds(kind):
    assert utterance(kind, BODIES[kind]).claimed_unix_ms in (1, 2, 3, 4, 5)


def test_only_what_adds_something_can_be_taken_back():
    positive = {k for k, body in BODIES.items() if utterance(k, body).is_positive}
    assert positive == {"seal", "approval", "announcement"}
    withdrawal = BODIES["supersession"].model_copy(update={"successor": A})
    assert utterance("supersession", withdrawal).is_positive


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_records_survive_the_way_through_json(kind):
    record = BODIES[kind].model_dump(mode="json")
    assert validate(KINDS[kind], record, what="x", code="record-malformed") == BODIES[kind]
    for field in record:
        rest = {k: v for k, v in record.items() if k != field}
        with pytest.raises(Malformed, match=f"{field} is missing"):
            validate(KINDS[kind], rest, what="x", code="record-malformed")
    with pytest.raises(Malformed, match="unknown key polici_digest; did you mean policy_digest"):
        validate(KINDS[kind], {**record, "polici_digest": A}, what="x", code="record-malformed")


@pytest.mark.parametrize(
    ("preimages", "answers"),
    [
        ({}, frozenset()),
        ({"review": {}}, frozenset()),
        ({"review": []}, frozenset()),
        ({"review": {"revocations": "all"}}, frozenset()),
        ({"review": {"revocations": {A: 1}}}, frozenset()),
        ({"review": {"revocations": [A, 1, None, B]}}, frozenset({A, B})),
    ],
)
def test_what_a_review_answers_is_only_what_it_names(preimages, answers):
    assert utterance("approval", BODIES["approval"], **preimages).answers == answers


def test_what_a_review_knows_of_is_only_what_it_names():
    said = {"review": {"replaced_by": [A, 1, None], "revocations": [B]}}
    assert utterance("approval", BODIES["approval"], **said).knows_replaced_by == {A}
    assert utterance("approval", BODIES["approval"]).knows_replaced_by == frozenset()
