"""Signed heads: the C2SP forms, keys of the real world, and everything that is not a head."""

from __future__ import annotations

import base64

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.formats.checkpoint_note import (
    NOTE_LIMIT,
    ORIGIN_LIMIT,
    Head,
    check_origin,
    claimed_head,
    encode_head,
    open_head,
    parse_note,
)
from aztrust.core.formats.keys import from_material, parse_public_key
from aztrust.core.formats.merkle import EMPTY_ROOT
from tests.disk_launch import signer
from tests.ledgers import ORIGIN, TRUST, head_note

ROOT = bytes(range(32))
GOOD = head_note(7, ROOT)


def opened(data: bytes):
    return open_head(data, TRUST.keeper, ORIGIN, name="f")


def line(name: str, key_id: bytes, signature: bytes) -> bytes:
    return f"— {name} {base64.b64encode(key_id + signature).decode()}\n".encode()


def signed(text: bytes, by: str = "luca", name: str = ORIGIN) -> bytes:
    """Any text, signed as a note by the keeper."""
    key = signer(by)
    return text + b"\n" + line(name, key.public.log_id(name)[:4], key.sign(text))


def test_what_a_head_looks_like():
    text, _, lines = GOOD.decode().partition("\n\n")
    assert text == f"{ORIGIN}\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert lines.startswith(f"— {ORIGIN} ")
    assert lines.count("\n") == 1


@pytest.mark.parametrize("keeper", ["luca", "dan"])
def test_a_head_comes_back(keeper):
    head = Head(ORIGIN, 7, ROOT)
    note = encode_head(head, signer(keeper).public, signer(keeper).sign(head.text))
    verified = open_head(note, signer(keeper).public, ORIGIN, name="f")
    assert (verified.head, verified.note, verified.others) == (head, note, ())


def test_a_note_of_gos_checksum_database_library():
    # golang.org/x/mod/sumdb/note: the example of its documentation.
    material = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert material[0] == 1
    key = from_material("ed25519", material[1:], name="PeterNeumann")
    note = parse_note(
        b"If you think cryptography is the answer to your problem,\n"
        b"then you don't know what your problem is.\n\n"
        b"\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
        b"gKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
        name="f",
    )
    (only,) = note.signatures
    assert only.key_id == key.log_id("PeterNeumann")[:4] == bytes.fromhex("c74f20a3")
    assert key.verify(only.signature, note.text)


def test_the_log_id_of_rekor():
    # The public key of rekor.sigstore.dev (ECDSA) and the id that its entries carry.
    key = parse_public_key(
        b"-----BEGIN PUBLIC KEY-----\n"
        b"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr\n"
        b"kBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==\n"
        b"-----END PUBLIC KEY-----\n",
        name="rekor",
    )
    expected = "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d"
    assert key.log_id("rekor.sigstore.dev").hex() == expected


def test_the_specifications_example_is_a_head():
    # c2sp.org/tlog-checkpoint; the key is not published.
    head = claimed_head(
        parse_note(
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
            "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
            "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n".encode(),
            name="f",
        )
    )
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)


def test_signatures_of_others_are_listed_apart_and_count_nowhere():
    witness = line("witness.example", b"\x01\x02\x03\x04", b"anything")
    verified = opened(GOOD + witness)
    assert [other.name for other in verified.others] == ["witness.example"]
    # The right name with another key's id, and the right id under another name, are others too.
    own = TRUST.keeper.log_id(ORIGIN)[:4]
    for stranger in (line(ORIGIN, b"\x00" * 4, b"x"), line("a.example", own, b"x")):
        assert len(opened(GOOD + stranger).others) == 1
        with pytest.raises(Malformed) as refused:
            opened(Head(ORIGIN, 7, ROOT).text + b"\n" + stranger)
        assert refused.value.code == "signature-invalid"


def test_one_false_signature_by_the_keeper_spoils_the_note():
    own = TRUST.keeper.log_id(ORIGIN)[:4]
    with pytest.raises(Malformed) as refused:
        opened(GOOD + line(ORIGIN, own, b"\x30\x00"))
    assert refused.value.code == "signature-invalid"


@pytest.mark.parametrize(
    "data",
    [
        head_note(7, ROOT, by="rita"),
        head_note(7, ROOT, origin="other.example/log"),
        GOOD.replace(b"\n7\n", b"\n8\n"),
        GOOD.replace(b"AAECAw", b"AAECAx"),
    ],
    ids=["another key", "another log", "another size", "another root"],
)
def test_what_the_keeper_did_not_sign_is_not_a_head(data):
    with pytest.raises(Malformed) as refused:
        opened(data)
    assert refused.value.code == "signature-invalid"


ROOT64 = base64.b64encode(ROOT)


@pytest.mark.parametrize(
    "text",
    [
        b"other.example/log\n7\n" + ROOT64 + b"\n",
        ORIGIN.encode() + b"\n7\n",
        ORIGIN.encode() + b"\n7\n" + ROOT64 + b"\nextension\n",
        ORIGIN.encode() + b"\n07\n" + ROOT64 + b"\n",
        ORIGIN.encode() + b"\n-7\n" + ROOT64 + b"\n",
        ORIGIN.encode() + b"\n+7\n" + ROOT64 + b"\n",
        ORIGIN.encode() + b"\n7 \n" + ROOT64 + b"\n",
        ORIGIN.encode() + "\n\u0667\n".encode() + ROOT64 + b"\n",
        ORIGIN.encode() + b"\n9007199254740992\n" + ROOT64 + b"\n",
        ORIGIN.encode() + b"\n7\n" + ROOT64[:-1] + b"\n",
        ORIGIN.encode() + b"\n7\n" + base64.b64encode(ROOT[:-1]) + b"\n",
        ORIGIN.encode() + b"\n7\n" + ROOT.hex().encode() + b"\n",
        b"two words\n7\n" + ROOT64 + b"\n",
        b"\n7\n" + ROOT64 + b"\n",
    ],
)
def test_what_the_keeper_signed_must_be_a_head_of_this_log(text):
    with pytest.raises(Malformed) as refused:
        opened(signed(text))
    assert refused.value.code == "ledger-inconsistent"


def test_an_unverified_head_is_of_the_form_too():
    for origin in (b"two words", b"a+b", b""):
        text = origin + b"\n7\n" + ROOT64 + b"\n"
        with pytest.raises(Malformed):
            claimed_head(parse_note(signed(text), name="f"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        GOOD[:-1],
        GOOD[:-1] + b"x",
        GOOD + b"\n",
        GOOD + b"x\n",
        GOOD.replace("— ".encode(), b"- "),
        GOOD.replace("— ".encode(), "—  ".encode()),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n7", b"\t\n7"),
        b"\xef\xbb\xbf\xff" + GOOD,
        GOOD[:-2] + b"\n",
        GOOD + "— a+b AAAAAAAA\n".encode(),
        GOOD + "— a\u00a0b AAAAAAAA\n".encode(),
        GOOD + "— a AAAAAA==\n".encode(),
        GOOD + "— a AAAAAAB=\n".encode(),
        GOOD + line("w.example", b"1234", b"x") * 64,
        GOOD + line("w.example", b"1234", b"x" * NOTE_LIMIT),
    ],
)
def test_what_is_not_a_note(data):
    with pytest.raises(Malformed) as refused:
        parse_note(data, name="f")
    assert refused.value.code == "ledger-inconsistent"


def test_a_head_that_does_not_hold_is_not_written():
    with pytest.raises(Malformed):
        encode_head(Head(ORIGIN, 7, ROOT), TRUST.keeper, signer("rita").sign(b"x"))
    spaced = Head("two words", 0, EMPTY_ROOT)
    with pytest.raises(Malformed):
        encode_head(spaced, TRUST.keeper, signer("luca").sign(spaced.text))


def test_an_origin_must_be_able_to_name_a_key():
    assert check_origin("ledger.aztrust-rehearsal") == "ledger.aztrust-rehearsal"
    for origin in ("", "two words", "a+b", "a\tb", "a\u2003b", "a\x7fb", "x" * 201, "\ud800"):
        with pytest.raises(Malformed) as refused:
            check_origin(origin)
        assert refused.value.code == "policy-malformed"
        assert refused.value.message.isprintable()


@pytest.mark.parametrize("length", [ORIGIN_LIMIT, ORIGIN_LIMIT + 1])
def test_an_origin_is_bounded_where_a_head_claims_it(length):
    origin = "o" * length
    text = f"{origin}\n7\n{base64.b64encode(ROOT).decode()}\n".encode()
    note = parse_note(signed(text, name=origin), name="f")
    if length == ORIGIN_LIMIT:
        assert claimed_head(note).origin == origin
        return
    with pytest.raises(Malformed, match="origin of more than 200 characters"):
        claimed_head(note)
