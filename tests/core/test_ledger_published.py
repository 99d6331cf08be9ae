"""The ledger as it travels: replayed from tiles and records, and what is withheld from it."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aztrust.core.formats import merkle
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.formats.tiles import CHECKPOINT, FOLDER, tiles_of
from aztrust.core.history.published import PublishedLedger, published_files, read_published
from aztrust.core.history.replay import LedgerReading, read_ledger
from tests.disk_launch import make_launch, policy_text
from tests.ledgers import (
    TRUST,
    envelope,
    head_at,
    head_note,
    log,
    nodes_of,
    note,
    reader,
    record,
    records,
)
from tests.people import PEOPLE, signer
from tests.verdicts import ONE

HELD = records(9)
FILES = [item.envelope for item in HELD]
WHOLE = read_ledger(log(HELD, [head_at(HELD, 9)]), TRUST, name="the ledger")


def part(held=HELD, **changed: bytes | None) -> PublishedLedger:
    """The published ledger of these records; `changed` are files by path."""
    leaves = [item.leaf for item in held]
    root = merkle.root(len(held), reader(nodes_of(leaves)))
    files = {**tiles_of(leaves), CHECKPOINT: head_note(len(held), root), **changed}
    return PublishedLedger("the folder", {p: data for p, data in files.items() if data is not None})


def read(given: PublishedLedger, files: list[bytes] | None = None, **more) -> LedgerReading:
    heads = more.pop("heads", {})
    return read_published(given, TRUST, FILES if files is None else files, heads, **more)


def found(reading: LedgerReading) -> list[tuple[str, str]]:
    both = (*reading.findings, *reading.notices)
    assert all(f.message.isprintable() and f.mend for f in both)
    return [(f.code, f.subject) for f in reading.findings]


def test_what_is_published_is_the_ledger():
    reading = read(part())
    assert found(reading) == []
    assert reading.holds
    assert (reading.size, reading.root, reading.entries) == (9, WHOLE.root, WHOLE.entries)
    assert reading.head is not None
    assert reading.head.verified.head.size == 9


def test_any_order_any_layout_and_further_files():
    laid_out = [json.dumps(json.loads(data), indent=2).encode() for data in reversed(FILES)]
    stranger = envelope(b'{"a":1}', "mallory")
    assert read(part(), [*laid_out, note(77), stranger, b"no envelope"]).holds


@pytest.mark.parametrize("index", [0, 3, 8])
def test_each_withheld_entry_is_named_and_the_others_are_read(index):
    reading = read(part(), FILES[:index] + FILES[index + 1 :])
    assert found(reading) == [("ledger-entry-withheld", f"entry {index}")]
    assert HELD[index].record_id in reading.findings[0].message
    assert [e.index for e in reading.entries] == [i for i in range(9) if i != index]
    assert reading.root == WHOLE.root
    assert reading.head is None


def test_a_changed_file_is_withheld_and_not_another_entry():
    spoilt = json.loads(FILES[4])
    signature = spoilt["signatures"][0]
    signature["sig"] = json.loads(FILES[5])["signatures"][0]["sig"]
    files = [*FILES[:4], json.dumps(spoilt).encode(), *FILES[5:]]
    assert found(read(part(), files, may_sign=only("rita"))) == [
        ("ledger-entry-withheld", "entry 4")
    ]


def test_each_broken_file_is_named():
    for path, data in part().files.items():
        assert ("ledger-inconsistent", f"{FOLDER}/{path}") in found(read(part(**{path: None})))
        flipped = data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]
        codes = found(read(part(**{path: flipped})))
        assert {code for code, _ in codes} <= {"ledger-inconsistent", "ledger-entry-withheld"}
        assert ("ledger-inconsistent") in {code for code, _ in codes}, path


def test_a_conflict_of_git_names_its_line_and_what_to_run():
    note = b"<<<<<<< HEAD\n" + part().checkpoint
    reading = read(part(**{CHECKPOINT: note}))
    assert found(reading) == [("ledger-inconsistent", f"{FOLDER}/checkpoint")]
    assert "line 1" in reading.findings[0].message
    assert "git restore --source=FETCH_HEAD" in reading.findings[0].mend


def test_a_file_that_cannot_be_read_is_named_once():
    whole = part(**{CHECKPOINT: None})
    given = PublishedLedger("the folder", whole.files, unread={CHECKPOINT: "Permission denied"})
    reading = read(given)
    assert found(reading) == [("ledger-inconsistent", f"{FOLDER}/checkpoint")]
    assert "Permission denied" in reading.findings[0].message


def test_leaves_that_were_exchanged_are_not_the_heads():
    other = part([HELD[1], HELD[0], *HELD[2:]], **{CHECKPOINT: part().checkpoint})
    assert found(read(other)) == [("ledger-inconsistent", "the head in the folder")]


def test_a_head_by_another_key():
    other = head_note(9, bytes.fromhex(WHOLE.root[7:]), "rita")
    codes = found(read(part(**{CHECKPOINT: other})))
    assert codes == [("ledger-inconsistent", "the head in the folder")]


def test_heads_from_elsewhere():
    assert read(part(), heads={"other": head_at(HELD, 5).note}).holds
    forked = {"other": head_note(5, bytes(32))}
    assert found(read(part(), heads=forked)) == [("ledger-equivocation", "other")]
    assert found(read(part(), kept=forked)) == [("ledger-equivocation", "other")]
    larger = {"kept": head_at(HELD, 9).note}
    earlier = part(HELD[:6])
    assert found(read(earlier, heads=larger)) == [("ledger-inconsistent", "kept")]
    # A copy below the head that this user keeps was not pulled; nothing contradicts anything.
    behind = read(earlier, kept=larger)
    assert found(behind) == []
    assert [(n.code, n.subject) for n in behind.notices] == [("ledger-behind", "kept")]
    assert "git pull" in behind.notices[0].mend
    assert "over 9 entries" in behind.behind
    assert not behind.holds
    assert read(part(), kept=larger).holds


def test_other_files_are_notices():
    whole = part()
    files = {**whole.files, "tile/0/000.p/4": b"x"}
    reading = read(PublishedLedger("the folder", files, others=("notes.txt",)))
    assert reading.holds
    assert {(n.code, n.subject) for n in reading.notices} == {
        ("ledger-file-unknown", f"{FOLDER}/notes.txt"),
        ("ledger-file-unknown", f"{FOLDER}/tile/0/000.p/4"),
    }


def again(data: bytes, by: str) -> bytes:
    """The same payload in a second signature: ECDSA with a random number."""
    payload = record(data).verified.payload
    private = load_pem_private_key(PEOPLE[by].private_pem(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    signature = private.sign(pae(PAYLOAD_TYPE, payload), ec.ECDSA(SHA256()))
    return encode_envelope(payload, signer(by).public.keyid, signature)


def only(*names: str):
    """What a policy says under which these people may sign."""
    return lambda _record: [signer(name).public.fingerprint for name in names]


def test_a_second_signature_by_the_one_key_that_may_sign_is_the_record():
    second = again(FILES[3], "rita")
    assert second != FILES[3]
    files = [*FILES[:3], second, *FILES[4:]]
    # Whose signature the ledger has is not in the leaf of a record.
    assert found(read(part(), files)) == [("ledger-entry-withheld", "entry 3")]
    two = read(part(), files, may_sign=only("rita", "luca"))
    assert found(two) == [("ledger-entry-withheld", "entry 3")]
    reading = read(part(), files, may_sign=only("rita"))
    assert reading.holds
    assert [(n.code, n.subject) for n in reading.notices] == [("record-signed-again", "entry 3")]
    assert (reading.root, len(reading.entries)) == (WHOLE.root, 9)
    # By another person it is another record.
    other = [*FILES[:3], again(FILES[3], "luca"), *FILES[4:]]
    assert found(read(part(), other, may_sign=only("rita"))) == [
        ("ledger-entry-withheld", "entry 3")
    ]


def test_the_leaf_of_a_verdict_names_its_key(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    launch.freeze()
    file = next((launch.path / "manifests/verdicts").glob("*.dsse.json"))
    payload = record(file.read_bytes()).verified.payload
    held = [*HELD[:2], record(envelope(payload, "luca"))]
    other = again(held[2].envelope, "luca")
    assert other != held[2].envelope
    reading = read(part(held), [*FILES[:2], other])
    assert reading.holds
    assert [n.code for n in reading.notices] == ["record-signed-again"]
    by_another = read(part(held), [*FILES[:2], again(other, "rita")])
    assert found(by_another) == [("ledger-entry-withheld", "entry 2")]


def test_the_files_of_a_kit():
    files = {f"{FOLDER}/{path}": data for path, data in part().files.items()}
    given = published_files({**files, "manifests/launch.toml": b""}, "a.aztrust")
    assert given is not None
    assert (given.files, given.size, given.is_kit) == (part().files, 9, True)
    assert read(given).holds
    assert "kit" in read(given, FILES[1:]).findings[0].mend
    assert published_files({"manifests/launch.toml": b""}, "a.aztrust") is None
