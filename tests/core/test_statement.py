from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.formats.dsse import VerifiedPayload
from aztrust.core.formats.statement import Statement, Subject, build_statement, parse_statement
from aztrust.core.history.opener import Opener
from aztrust.signers.local import public_key

KEY = public_key(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))
A, B = "a" * 64, "b" * 64
SUBJECTS = (Subject("release", f"sha256:{A}", f"blake3:{B}"), Subject("scope", f"sha256:{B}"))
REVIEW = {"package": "release", "files": 6}
RECORD = {"role": "release-manager", "review_hash": sha256_id(canonical.dumps(REVIEW))}
PREIMAGES = {"review": REVIEW}


def verified(payload: bytes) -> VerifiedPayload:
    return VerifiedPayload(payload, sha256_id(payload), KEY)


def built() -> bytes:
    return build_statement("approval", SUBJECTS, RECORD, PREIMAGES)


def refusal(payload: bytes, code: str = "record-malformed") -> str:
    with pytest.raises(Malformed) as caught:
        parse_statement(verified(payload))
    assert caught.value.code == code
    assert caught.value.subject == f"record {sha256_id(payload)[7:23]}"
    assert caught.value.message.isprintable()
    return caught.value.message


def changed(**changes: object) -> bytes:
    return canonical.dumps(json.loads(built()) | changes)


def with_subject(subject: object) -> bytes:
    return changed(subject=subject)


def with_predicate(predicate: object) -> bytes:
    return changed(predicate=predicate)


def test_round_trip() -> None:
    payload = built()
    assert parse_statement(verified(payload)) == Statement(
        record_id=sha256_id(payload),
        kind="approval",
        version=1,
        subjects=SUBJECTS,
        record=RECORD,
        preimages=PREIMAGES,
        key=KEY,
    )


def test_the_payload_is_the_in_toto_statement_v1() -> None:
    assert json.loads(built()) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": "release", "digest": {"sha256": A, "blake3": B}},
            {"name": "scope", "digest": {"sha256": B}},
        ],
        "predicateType": "urn:aztrust:approval:v1",
        "predicate": {"record": RECORD, "preimages": PREIMAGES},
    }


@pytest.mark.clause("AZ-15.2")
@pytest.mark.parametrize(
    "payload",
    [
        built() + b"\n",
        b" " + built(),
        json.dumps(json.loads(built())).encode(),
        built().replace(b'"kind"', rb'"k\u0069nd"').replace(b"approval", rb"approv\u0061l"),
        b"\xef\xbb\xbf" + built(),
    ],
    ids=["newline", "space", "unsorted", "escape", "byte order mark"],
)
def test_a_payload_is_its_own_canonical_form(payload: bytes) -> None:
    refusal(payload)


FRAMES = {
    "not an object": b"[]",
    "empty": b"",
    "a field more": changed(note="x"),
    "a case-variant field": changed(Predicate={}),
    "a field less": canonical.dumps(
        {key: value for key, value in json.loads(built()).items() if key != "subject"}
    ),
    "_type of v0.1": changed(_type="https://in-toto.io/Statement/v0.1"),
    "_type null": changed(_type=None),
    "predicate a list": with_predicate([]),
    "predicate null": with_predicate(None),
    "predicate with more": with_predicate({"record": {}, "preimages": {}, "x": 1}),
    "predicate without preimages": with_predicate({"record": {}}),
    "record a list": with_predicate({"record": [], "preimages": {}}),
    "preimages null": with_predicate({"record": {}, "preimages": None}),
    "a float": with_predicate({"record": {"x": 0.5}, "preimages": {}}),
}


@pytest.mark.parametrize("payload", FRAMES.values(), ids=FRAMES.keys())
def test_the_frame_is_exact(payload: bytes) -> None:
    refusal(payload)


DIGEST = {"sha256": A}
LISTS = {
    "none": [],
    "no list": {},
    "null": None,
    "a string": ["release"],
    "no name": [{"digest": DIGEST}],
    "empty name": [{"name": "", "digest": DIGEST}],
    "name a number": [{"name": 1, "digest": DIGEST}],
    "a field more": [{"name": "a", "digest": DIGEST, "uri": "x"}],
    "no digest": [{"name": "a"}],
    "digest empty": [{"name": "a", "digest": {}}],
    "digest a string": [{"name": "a", "digest": A}],
    "blake3 only": [{"name": "a", "digest": {"blake3": A}}],
    "another algorithm": [{"name": "a", "digest": {"sha256": A, "md5": A}}],
    "another algorithm only": [{"name": "a", "digest": {"sha512": A}}],
    "upper case": [{"name": "a", "digest": {"sha256": A.upper()}}],
    "prefixed": [{"name": "a", "digest": {"sha256": "sha256:" + A}}],
    "short": [{"name": "a", "digest": {"sha256": A[1:]}}],
    "line end": [{"name": "a", "digest": {"sha256": A + "\n"}}],
    "digest null": [{"name": "a", "digest": {"sha256": None}}],
    "twice": [{"name": "a", "digest": DIGEST}, {"name": "a", "digest": {"sha256": B}}],
}


@pytest.mark.parametrize("subject", LISTS.values(), ids=LISTS.keys())
def test_subjects_are_named_once_and_carry_sha256(subject: object) -> None:
    assert "subject" in refusal(with_subject(subject))


@pytest.mark.parametrize(
    "urn",
    [
        "urn:aztrust:approval:v2",
        "urn:aztrust:approval:v0",
        "urn:aztrust:approval:v01",
        "urn:aztrust:approval:v10",
        "urn:aztrust:approval:v1.1",
        "urn:aztrust:approval",
        "urn:aztrust:approval:v1\n",
        "urn:aztrust:Approval:v1",
        "URN:aztrust:approval:v1",
        "urn:aztrust::v1",
        "urn:aztrust:-approval:v1",
        "urn:aztrust:approval:v" + "9" * 5000,
        "https://slsa.dev/provenance/v1",
        "\x1b[2J\u202e\n" * 100,
        "",
        None,
        7,
    ],
)
def test_an_unknown_kind_or_version_is_reported_as_unknown(urn: object) -> None:
    refusal(changed(predicateType=urn), "record-unknown")


def test_any_kind_of_version_1_is_passed_on() -> None:
    payload = changed(predicateType="urn:aztrust:go-no-go-decision:v1")
    assert parse_statement(verified(payload)).kind == "go-no-go-decision"


@pytest.mark.parametrize(
    "value", [sha256_id(b"x"), RECORD["review_hash"].upper(), RECORD["review_hash"][7:], None, 1]
)
def test_a_hash_is_that_of_its_preimage(value: object) -> None:
    record = RECORD | {"review_hash": value}
    message = refusal(with_predicate({"record": record, "preimages": PREIMAGES}))
    assert "review_hash" in message
    with pytest.raises(Malformed, match="review_hash"):
        build_statement("approval", SUBJECTS, record, PREIMAGES)


def test_a_changed_preimage_is_found() -> None:
    preimages = {"review": REVIEW | {"files": 7}}
    refusal(with_predicate({"record": RECORD, "preimages": preimages}))


def test_hashes_without_a_preimage_are_left_to_the_record_s_kind() -> None:
    record = {"genesis_hash": "anything", "_hash": "", "role": "x"}
    payload = with_predicate({"record": record, "preimages": {"other": 1}})
    assert parse_statement(verified(payload)).record == record


def test_names_in_a_record_cannot_act_on_a_terminal() -> None:
    field = "\x1b[2J\n" + "x" * 500
    predicate = {"record": {field + "_hash": "x"}, "preimages": {field: 1}}
    assert len(refusal(with_predicate(predicate))) < 200


def test_what_could_not_be_read_back_is_not_built() -> None:
    with pytest.raises(Malformed, match="no subject"):
        build_statement("approval", [], {}, {})
    with pytest.raises(Malformed, match="kind or version"):
        build_statement("Approval", SUBJECTS, {}, {})
    with pytest.raises(Malformed, match="names a subject twice"):
        build_statement("approval", [SUBJECTS[0], SUBJECTS[0]], {}, {})
    with pytest.raises(Malformed, match="64 lowercase hex"):
        build_statement("approval", [Subject("a", "sha256:short")], {}, {})
    with pytest.raises(Malformed, match="fraction"):
        build_statement("approval", SUBJECTS, {"x": 0.5}, {})


def test_what_many_keys_signed_is_read_once_and_each_statement_has_its_own_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[bytes] = []

    def counted(data: bytes, **named: object) -> object:
        read.append(data)
        return canonical.loads(data, **named)

    opener, payload = Opener(), built()
    other = changed(predicateType="urn:aztrust:revocation:v1")
    monkeypatch.setattr("aztrust.core.formats.statement.canonical.loads_canonical", counted)
    keys = [
        public_key(ed25519.Ed25519PrivateKey.from_private_bytes(bytes([n] * 32))) for n in (1, 2)
    ]
    ids = [VerifiedPayload(payload, sha256_id(payload), key) for key in (*keys, keys[0])]
    found = [opener.statement(each) for each in ids]
    assert read == [payload]
    assert [statement.key for statement in found] == [*keys, keys[0]]
    assert opener.statement(VerifiedPayload(other, sha256_id(other), KEY)).kind == "revocation"
    assert read == [payload, other]


def test_a_content_that_is_refused_is_refused_for_every_key() -> None:
    opener, payload = Opener(), changed(predicateType="urn:aztrust:approval:v2")
    for number in (1, 2):
        key = public_key(ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)))
        with pytest.raises(Malformed, match="kind or version") as caught:
            opener.statement(VerifiedPayload(payload, sha256_id(payload), key))
        assert caught.value.code == "record-unknown"
