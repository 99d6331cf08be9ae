"""Record files: what each becomes, whatever someone put into the directory."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.findings import Conclusion
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, open_envelope, pae
from aztrust.core.history import opener as openers
from aztrust.core.history.opener import Opener
from aztrust.core.history.recordset import RecordSet, read_records
from tests.memory_launch import NOW, PEOPLE, Launch, codes, notices, signer
from tests.reviews import review_document

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OTHER = "sha256:" + "d" * 64


def sealed() -> Launch:
    launch = Launch()
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    return launch


def records(launch: Launch) -> RecordSet:
    context = launch.verify(Stage.SEALED).context
    return read_records(context.signers, dict(launch.records))


def last(launch: Launch) -> str:
    return max(launch.records)


def edited(data: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(data), **changes}).encode()


def resigned(launch: Launch, signature: bytes) -> bytes:
    fields = json.loads(launch.records[last(launch)])
    fields["signatures"][0]["sig"] = b64encode(signature).decode()
    return json.dumps(fields).encode()


def statement(launch: Launch, **changes: object) -> bytes:
    """The payload of the last record, changed and canonical again."""
    payload = json.loads(b64decode(json.loads(launch.records[last(launch)])["payload"]))
    return canonical.dumps({**payload, **changes})


def detail(launch: Launch) -> str:
    return next(r for r in launch.verify().results if r.id == "release-approvals").detail


# ---- one vote is one vote -----------------------------------------------------------------------


def test_the_same_signature_twice_and_re_encoded_is_one_vote():
    launch = sealed()
    launch.approve("release", "rita")
    data = launch.records[last(launch)]
    signature = b64decode(json.loads(data)["signatures"][0]["sig"])
    r, s = decode_dss_signature(signature)
    launch.records["copy.json"] = data
    launch.records["spaced.json"] = json.dumps(json.loads(data), indent=1).encode()
    launch.records["other-s.json"] = resigned(launch, encode_dss_signature(r, ORDER - s))
    assert detail(launch) == "1 of 2"
    assert records(launch).findings == ()


def test_copies_of_a_file_are_opened_once_and_reported_under_the_first_name(monkeypatch):
    launch = sealed()
    launch.approve("release", "rita")
    data = launch.records[last(launch)]
    before = records(launch)
    for number in range(50):
        launch.records[f"copy{number}.json"] = bytes(bytearray(data))
        launch.records[f"torn{number:02}.json"] = b"{"
    launch.records["zz.json"] = b"[]"
    launch.records["zz2.json"] = b"[]"
    launch.records["single.json"] = b"0"
    opened = []

    def counted(envelope, key):
        opened.append(envelope.name)
        return open_envelope(envelope, key)

    monkeypatch.setattr(openers, "open_envelope", counted)
    context = launch.verify(Stage.SEALED).context
    opened.clear()
    found = read_records(replace(context.signers, opener=Opener()), dict(launch.records))
    assert len(opened) == 3
    assert found.effective == before.effective
    single, torn, last_one = found.findings
    assert (torn.code, torn.subject) == ("record-malformed", "manifests/records/torn00.json")
    assert torn.message.endswith(" (+49 copies)")
    assert last_one.message.endswith(" (+1 copy)")
    assert "cop" not in single.message


def test_two_approvals_by_two_keys_of_one_holder_are_one_vote():
    launch = Launch().with_second_key("rita")
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    launch.approve("release", "rita")
    launch.approve("release", "mallory", roles=("release-manager", "security-lead"))
    assert detail(launch) == "1 of 2"


def test_a_role_counts_where_it_is_named_and_held():
    launch = sealed()
    # Named and not held: security-lead alone is met.
    launch.approve("release", "sonia", roles=("release-manager", "security-lead"))
    launch.approve("release", "cosmin", roles=("release-manager",))
    verdict = launch.verify()
    assert detail(launch) == "1 of 2"
    unmet = next(f for r in verdict.results for f in r.findings if f.code == "threshold-unmet")
    assert unmet.message.endswith("missing: release-manager (rita)")
    assert "signer-not-in-role" in notices(verdict)
    # Held and not named.
    launch = sealed()
    launch.approve("release", "rita", roles=("ops-lead",))
    assert detail(launch) == "0 of 2"


def test_one_key_under_two_ids_is_refused_before_it_is_counted():
    launch = sealed()
    launch.approve("release", "rita")
    fields = json.loads(launch.records[last(launch)])
    fields["signatures"][0]["keyid"] = PEOPLE["sonia"].public().keyid
    launch.records["two.json"] = json.dumps(fields).encode()
    assert [f.code for f in records(launch).findings] == ["signature-invalid"]
    fields["signatures"][0]["keyid"] = fields["signatures"][0]["keyid"].upper()
    launch.records["two.json"] = json.dumps(fields).encode()
    assert [f.code for f in records(launch).findings] == ["record-malformed"]
    assert detail(launch) == "1 of 2"


def test_a_key_that_two_holders_list_makes_no_policy():
    launch = sealed()
    rita, sonia = (PEOPLE[n].public().fingerprint.encode() for n in ("rita", "sonia"))
    launch.policy = launch.policy.replace(sonia, rita)
    assert "policy-malformed" in codes(launch.verify())


def test_file_names_mean_nothing():
    launch = Launch.approved()
    first = launch.verify()
    launch.records = {f"revocation.{i}.\n[31mx": d for i, d in enumerate(launch.records.values())}
    assert launch.verify().results == first.results


# ---- replayed from elsewhere --------------------------------------------------------------------


@pytest.mark.clause("AZ-2.4")
def test_an_approval_of_another_package_counts_nowhere():
    launch = sealed()
    launch.approve("release", "rita", package_id=OTHER)
    assert [f.code for f in records(launch).findings] == ["record-malformed"]
    launch = Launch.approved()
    launch.seal("release", "rita", package_version="2")
    verdict = launch.verify()
    assert {"threshold-unmet"} <= codes(verdict)
    assert "approval-other-scope" in notices(verdict)
    assert detail(launch) == "0 of 2"


@pytest.mark.clause("AZ-2.4")
def test_records_of_another_policy_and_chain_count_nowhere():
    other = Launch.approved(launch="expires = 2099-01-01T00:00:00Z")
    launch = sealed()
    launch.records |= {f"other-{n}": d for n, d in other.records.items() if "approval" in n}
    verdict = launch.verify()
    assert detail(launch) == "0 of 2"
    assert "approval-other-scope" in notices(verdict)
    chain = Launch()
    chain.policy = chain.policy.replace(b'chain_id = "bench-1"', b'chain_id = "bench-2"')
    chain.seal("release", "rita", chain_id="bench-2")
    chain.seal("genesis", "gabi", chain_id="bench-2")
    chain.approve("release", "rita")
    launch = sealed()
    launch.records |= {f"chain-{n}": d for n, d in chain.records.items()}
    assert detail(launch) == "0 of 2"


def approved_with(launch: Launch, package_class: str, shown: object) -> list[str]:
    """What becomes of an approval by rita that carries this review."""
    launch.records = {n: d for n, d in launch.records.items() if "approval" not in n}
    launch.record(
        "approval",
        "rita",
        preimages={"review": shown},
        review_hash=sha256_id(canonical.dumps(shown)),
        approved_at_unix_ms=NOW,
        manifest_only=False,
        package_class=package_class,
        package_id=launch.package_id(package_class),
        roles=("release-manager",),
    )
    return [f.code for f in records(launch).findings]


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("package_class", "genesis"),
        ("package_id", OTHER),
        ("policy_digest", OTHER),
        ("manifest_only", True),
    ],
)
def test_a_review_about_something_else_is_malformed(field, other):
    launch = sealed()
    review = review_document("release", launch.package_id("release"), launch.anchor)
    assert approved_with(launch, "release", review) == []
    assert detail(launch) == "1 of 2"
    shown = {**review, field: other, "release_package_id": OTHER}
    assert approved_with(launch, "release", shown) == ["record-malformed"]
    assert detail(launch) == "0 of 2"


def test_a_review_has_every_field_and_no_other():
    launch = sealed()
    review = review_document("release", launch.package_id("release"), launch.anchor)
    for field in review:
        shown = {k: v for k, v in review.items() if k != field}
        assert approved_with(launch, "release", shown) == ["record-malformed"], field
    bound = ("package_class", "package_id", "policy_digest")
    others = ({k: review[k] for k in bound}, {**review, "other": 1}, {**review, "files": "1"}, [])
    for shown in others:
        assert approved_with(launch, "release", shown) == ["record-malformed"]


def test_the_review_of_a_genesis_says_which_release_it_is_for():
    launch = Launch.approved()
    review = review_document("genesis", launch.package_id("genesis"), launch.anchor)
    assert approved_with(launch, "genesis", review) == []
    del review["release_package_id"]
    assert approved_with(launch, "genesis", review) == ["record-malformed"]


def test_an_approval_must_carry_the_review_it_binds():
    launch = sealed()
    fields = {
        "approved_at_unix_ms": NOW,
        "manifest_only": False,
        "package_class": "release",
        "package_id": launch.package_id("release"),
        "review_hash": OTHER,
        "roles": ("release-manager",),
    }
    launch.record("approval", "rita", **fields)
    assert [f.code for f in records(launch).findings] == ["record-malformed"]


# ---- unknown, malformed, forged -----------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["urn:aztrust:approval:v2", "urn:aztrust:sign-off:v1", "https://slsa.dev/x"]
)
def test_an_unknown_kind_or_version_is_an_error_and_no_fail(kind):
    launch = Launch.approved()
    launch.envelope(statement(launch, predicateType=kind), "rita")
    verdict = launch.verify()
    assert codes(verdict) == {"record-unknown"}
    assert verdict.conclusion is Conclusion.ERROR
    assert verdict.exit_code == 1


def test_an_unknown_kind_by_a_stranger_is_only_a_notice():
    launch = Launch.approved()
    launch.envelope(statement(launch, predicateType="urn:aztrust:approval:v2"), "mallory")
    verdict = launch.verify()
    assert verdict.exit_code == 0
    assert "signer-unknown" in notices(verdict)


@pytest.mark.parametrize("payload", [b"not json", b"\xff", b'{"a":1,"a":2}', b"[]", b" {}"])
def test_nothing_of_a_strangers_payload_is_parsed(payload):
    launch = Launch.approved()
    launch.envelope(payload, "mallory")
    assert launch.verify().exit_code == 0
    launch.envelope(payload, "rita")
    assert codes(launch.verify()) == {"record-malformed"}


def test_a_payload_is_not_looked_at_before_its_signature():
    launch = Launch.approved()
    payload = statement(launch, predicateType="urn:aztrust:approval:v2")
    key = PEOPLE["rita"].public().keyid
    launch.records["x.json"] = encode_envelope(payload, key, b"\x30\x06\x02\x01\x01\x02\x01\x01")
    assert codes(launch.verify()) == {"signature-invalid"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}',
        b"{" + b" " * (5 << 20) + b"}",
    ],
)
def test_a_file_that_is_not_a_record_fails(data):
    launch = Launch.approved()
    launch.records["x.json"] = data
    verdict = launch.verify()
    assert codes(verdict) == {"record-malformed"}
    assert verdict.exit_code == 10


def test_the_payload_type_and_the_number_of_signatures_are_fixed():
    launch = Launch.approved()
    data = launch.records[last(launch)]
    signatures = json.loads(data)["signatures"]
    launch.records["x.json"] = edited(data, payloadType="application/json")
    assert codes(launch.verify()) == {"record-malformed"}
    launch.records["x.json"] = edited(data, signatures=[*signatures, *signatures])
    assert codes(launch.verify()) == {"record-malformed"}


@pytest.mark.parametrize(
    "subject",
    [
        [{"name": "manifests/release.json", "digest": {"sha256": "0" * 64}}],
        [],
        "both",
    ],
)
def test_the_subject_is_the_package_of_the_record(subject):
    launch = Launch.approved()
    payload = json.loads(statement(launch))
    if subject == "both":
        subject = [*payload["subject"], {"name": "x", "digest": {"sha256": "0" * 64}}]
    launch.envelope(statement(launch, subject=subject), "sonia")
    assert codes(launch.verify()) == {"record-malformed"}


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"roles": []},
        {"roles": "security-lead"},
        {"manifest_only": 0},
        {"package_class": "Release"},
        {"approved_at_unix_ms": -1},
        {"approved_at_unix_ms": "now"},
        {"policy_digest": "0" * 64},
    ],
)
def test_a_known_kind_says_exactly_what_it_should(change):
    launch = Launch.approved()
    payload = json.loads(statement(launch))
    predicate = payload["predicate"]
    predicate["record"] |= change
    launch.envelope(statement(launch, predicate=predicate), "sonia")
    assert codes(launch.verify()) == {"record-malformed"}


def test_a_missing_key_leaves_its_records_unchecked_and_says_so():
    launch = Launch.approved()
    del launch.keys["sonia.pem"]
    verdict = launch.verify()
    assert {"key-missing", "threshold-unmet"} <= codes(verdict)
    assert any("cannot be checked" in f.message for f in records(launch).findings)


def test_a_signature_over_other_bytes_is_invalid():
    launch = Launch.approved()
    fields = json.loads(launch.records[last(launch)])
    payload = b64decode(fields["payload"]).replace(b"security-lead", b"security-dead")
    fields["payload"] = b64encode(payload).decode()
    launch.records["x.json"] = json.dumps(fields).encode()
    assert codes(launch.verify()) == {"signature-invalid"}
    other = signer("sonia").sign(pae("application/json", payload))
    assert PAYLOAD_TYPE != "application/json"
    fields["signatures"][0]["sig"] = b64encode(other).decode()
    launch.records["x.json"] = json.dumps(fields).encode()
    assert codes(launch.verify()) == {"signature-invalid"}


def test_names_are_escaped_in_messages_about_a_file():
    launch = Launch.approved()
    launch.records["\x1b[2Jx\n.json"] = b"{}"
    finding = records(launch).findings[0]
    assert finding.subject.isprintable()
