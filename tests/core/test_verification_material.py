"""A second kind of verification material, which nothing in aztrust knows of.

It is a certificate over a public key: another fingerprint, another entry in a log, the key's own
raw value for counting. All that checks, names or counts signers takes it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.checkpoint_note import Head, encode_head, open_head
from aztrust.core.formats.dsse import (
    PAYLOAD_TYPE,
    encode_envelope,
    open_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.formats.keys import PublicKey, VerificationMaterial
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.opening import Keyring, Signers
from aztrust.core.history.recordset import RecordSet, read_records
from aztrust.core.history.trusted_root import trusted_root_document
from aztrust.core.history.verdictset import read_verdicts
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.verdict import build_verdict
from aztrust.core.state.approvals import approval_quorum
from tests.final_check_builders import frozen as frozen_launch
from tests.ledgers import ORIGIN
from tests.memory_launch import NOW, PEOPLE, Launch, signer
from tests.verdicts import freeze_of


@frozen
class Certificate:
    """A key with a serial number."""

    key: PublicKey
    serial: int

    @property
    def fingerprint(self) -> str:
        return sha256_id(b"certificate %d " % self.serial + self.key.spki)

    @property
    def keyid(self) -> str:
        return self.fingerprint[7:]

    @property
    def material(self) -> bytes:
        return self.key.material

    @property
    def log_verifier(self) -> Mapping[str, object]:
        return {"keyDetails": "X", "x509Certificate": {"rawBytes": str(self.serial)}}

    def log_id(self, origin: str) -> bytes:
        return bytes.fromhex(sha256_id(origin.encode() + self.keyid.encode())[7:])

    def verify(self, signature: bytes, message: bytes) -> bool:
        return self.key.verify(signature, b"%d" % self.serial + message)


def certificate(name: str, serial: int = 1) -> Certificate:
    return Certificate(PEOPLE[name].public(), serial)


def sign(payload: bytes, by: str, serial: int = 1) -> bytes:
    """The envelope of a payload that a person signs with their certificate."""
    signature = signer(by).sign(b"%d" % serial + pae(PAYLOAD_TYPE, payload))
    return encode_envelope(payload, certificate(by, serial).keyid, signature)


class Certified:
    """A launch whose holders have certificates in the place of some of their keys."""

    def __init__(self, launch: Launch, certified: Mapping[str, Certificate]) -> None:
        self.keys: dict[str, VerificationMaterial] = {}
        text = launch.policy.decode()
        for person in PEOPLE.values():
            own = person.public()
            used = certified.get(person.name, own)
            text = text.replace(own.fingerprint, used.fingerprint)
            self.keys[used.fingerprint] = used
        self.policy = parse_policy(text.encode(), what="policy")
        self.certified = certified

    def read(self, launch: Launch) -> RecordSet:
        """The launch's records, those of a certified holder signed anew."""
        by_key = {PEOPLE[name].public().keyid: name for name in self.certified}
        files = {}
        for name, data in launch.records.items():
            envelope = parse_envelope(data, name=name)
            by = by_key.get(envelope.keyid)
            files[name] = data
            if by is not None:
                files[name] = sign(envelope.payload, by, self.certified[by].serial)
        return read_records(self.signers(launch), files)

    def signers(self, launch):
        """Whose signatures count: the holders, some of them by certificates."""
        return Signers(self.policy, launch.anchor, Keyring(self.keys))


def test_an_envelope_is_opened_with_it():
    data, luca = sign(b'{"x":1}', "luca"), certificate("luca")
    opened = open_envelope(parse_envelope(data, name="x"), luca)
    assert opened.key == luca
    assert hash(opened) == hash(replace(opened))
    for other in (PEOPLE["luca"].public(), certificate("luca", 2), certificate("rita")):
        with pytest.raises(Malformed) as caught:
            open_envelope(parse_envelope(data, name="x"), other)
        assert caught.value.code == "signature-invalid"
    forged = parse_envelope(sign(b'{"x":2}', "luca"), name="x")
    with pytest.raises(Malformed, match="did not make"):
        open_envelope(replace(forged, payload=b'{"x":1}'), luca)


def test_records_count_and_its_fingerprint_is_revoked():
    launch = Launch()
    for package_class, by in (("release", "rita"), ("genesis", "gabi")):
        launch.seal(package_class, by)
    launch.approve("release", "rita")
    certified = Certified(launch, {"rita": certificate("rita")})
    found = certified.read(launch)
    assert (found.findings, found.notices) == ((), ())
    mine = [u for u in found.effective.verified if u.holder == "rita"]
    assert {u.key for u in mine} == {certificate("rita")}
    assert all(found.effective.is_effective(u) for u in mine)

    launch.revoke(certificate("rita").fingerprint, "sonia", kind="key", reason="compromised")
    found = certified.read(launch)
    assert not any(
        found.effective.is_effective(u) for u in found.effective.verified if u.holder == "rita"
    )


@pytest.mark.parametrize(("shared", "holders"), [(False, ["rita", "sonia"]), (True, [])])
def test_holders_are_counted_by_material(shared, holders):
    """Two certificates over one key are one signer (law 8)."""
    launch = Launch()
    launch.seal("release", "rita")
    for by in ("rita", "sonia"):
        launch.approve("release", by)
    sonia = Certificate(PEOPLE["rita" if shared else "sonia"].public(), 2)
    certified = Certified(launch, {"rita": certificate("rita"), "sonia": sonia})
    files = {}
    for name, data in launch.records.items():
        envelope = parse_envelope(data, name=name)
        by = next(p.name for p in PEOPLE.values() if p.public().keyid == envelope.keyid)
        used = certified.certified[by]
        who = signer("rita" if shared else by)
        signature = who.sign(b"%d" % used.serial + pae(PAYLOAD_TYPE, envelope.payload))
        files[name] = encode_envelope(envelope.payload, used.keyid, signature)
    found = read_records(certified.signers(launch), files)
    assert found.findings == ()
    quorum = approval_quorum(
        certified.policy, found.effective, "release", launch.package_id("release")
    )
    assert sorted(quorum.holders) == holders


def test_a_verdict_and_its_leaf_name_it():
    launch = frozen_launch()
    luca = certificate("luca")
    payload = build_verdict(freeze_of(launch.evidence(), luca, NOW))
    data = sign(payload, "luca")
    record = read_record(data, {luca.fingerprint: luca}, Opener(), name="x")
    assert record.fingerprint == luca.fingerprint
    entry = json.loads(record.leaf)["spec"]["hashedRekordV002"]
    assert entry["signature"]["verifier"] == luca.log_verifier
    certified = Certified(launch, {"luca": luca})
    effective = certified.read(launch).effective
    found = read_verdicts(certified.signers(launch), effective, {"x": data})
    (verdict,) = found.verdicts
    assert (verdict.holder, verdict.statement.key) == ("luca", luca)


def test_it_signs_heads_and_a_trusted_root_wants_a_plain_key():
    luca = certificate("luca")
    head = Head(ORIGIN, 1, bytes(32))
    note = encode_head(head, luca, signer("luca").sign(b"1" + head.text))
    assert open_head(note, luca, ORIGIN, name="x").keeper == luca
    with pytest.raises(Malformed):
        open_head(note, certificate("luca", 2), ORIGIN, name="x")
    with pytest.raises(Malformed, match="plain public key"):
        trusted_root_document(ORIGIN, luca)
    assert trusted_root_document(ORIGIN, luca.key)["tlogs"]
