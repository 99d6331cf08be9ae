"""The ledger's part of a kit: head and order, and what is withheld from them."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.formats import merkle
from aztrust.core.history.replay import LedgerReading, read_ledger
from aztrust.core.kit.archive import HEAD, ORDER, encode_kit, parse_kit
from aztrust.core.kit.logged import (
    KitLedger,
    encode_order,
    kit_ledger,
    ledger_files,
    parse_order,
    read_kit_ledger,
    with_entries,
)
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.state.evidence import Evidence
from tests.ledgers import TRUST, envelope, head_at, head_note, log, note, record, records
from tests.rehearsal import POLICY
from tests.verdicts import NOTHING

HELD = records(9)
LEAVES = [merkle.leaf_hash(item.leaf) for item in HELD]
FILES = [item.envelope for item in HELD]
WHOLE = read_ledger(log(HELD, [head_at(HELD, 4), head_at(HELD, 9)]), TRUST, name="the ledger")


def part(size: int = 9, leaves: list[bytes] | None = None) -> KitLedger:
    order = encode_order(LEAVES if leaves is None else leaves)
    return KitLedger("the kit", head_at(HELD, size).note, order)


def read(given: KitLedger, files: list[bytes] | None = None, **kept: bytes) -> LedgerReading:
    return read_kit_ledger(given, TRUST, FILES if files is None else files, kept)


def found(reading: LedgerReading) -> list[tuple[str, str]]:
    assert all(f.message.isprintable() and f.mend for f in reading.findings)
    return [(f.code, f.subject) for f in reading.findings]


def test_what_is_packed_is_read_back():
    files = ledger_files(WHOLE)
    assert set(files) == {HEAD, ORDER}
    given = kit_ledger(files, "the kit")
    assert given is not None
    assert given.size == 9
    reading = read(given)
    assert reading.holds
    assert (reading.size, reading.root, reading.entries) == (9, WHOLE.root, WHOLE.entries)
    assert reading.head is not None
    assert reading.head.verified.head.size == 9


def test_any_order_and_any_layout_of_the_files():
    laid_out = [json.dumps(json.loads(data), indent=2).encode() for data in reversed(FILES)]
    assert read(part(), laid_out).holds


def test_files_next_to_the_entries_give_nothing_and_harm_nothing():
    stranger = envelope(b'{"a":1}', "mallory")
    assert read(part(), [*FILES, note(77), stranger, b"no envelope"]).holds


@pytest.mark.parametrize("index", [0, 3, 8])
def test_each_withheld_entry_is_named_and_the_others_are_read(index):
    reading = read(part(), FILES[:index] + FILES[index + 1 :])
    assert found(reading) == [("ledger-inconsistent", f"entry {index}")]
    assert "withheld" in reading.findings[0].message
    assert [e.index for e in reading.entries] == [i for i in range(9) if i != index]
    assert reading.root == WHOLE.root
    assert reading.head is None


def test_a_list_that_was_changed_is_not_the_heads():
    for leaves in (LEAVES[:-1], [LEAVES[1], LEAVES[0], *LEAVES[2:]], []):
        codes = {code for code, _ in found(read(part(leaves=leaves)))}
        assert codes == {"ledger-inconsistent"}
    # Past its head a list is as good as the ledger's copy was.
    assert read(part(4)).holds
    assert read(part(4, LEAVES[:6]), FILES).size == 6


def test_heads_from_elsewhere():
    short = part(6, LEAVES[:6])
    assert read(short).holds
    assert found(read(short, kept=head_at(HELD, 9).note)) == [("ledger-inconsistent", "kept")]
    other = head_note(5, bytes(32))
    assert found(read(part(), kept=other)) == [("ledger-equivocation", "kept")]


def test_one_file_without_the_other_and_none():
    assert kit_ledger({}, "kit") is None
    for files in ({HEAD: WHOLE_FILES[HEAD]}, {ORDER: WHOLE_FILES[ORDER]}):
        given = kit_ledger(files, "kit")
        assert given is not None
        assert {code for code, _ in found(read(given))} == {"ledger-inconsistent"}
        with pytest.raises(Malformed, match="without the other"):
            encode_kit({POLICY_PATH: POLICY.read_bytes(), **files})
    kit = {POLICY_PATH: POLICY.read_bytes(), **WHOLE_FILES}
    assert parse_kit(encode_kit(kit), what="kit").files == kit


WHOLE_FILES = ledger_files(WHOLE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        WHOLE_FILES[ORDER] + b"\n",
        WHOLE_FILES[ORDER].replace(b'"version_minor":0', b'"version_minor":1'),
        WHOLE_FILES[ORDER].replace(b'"aztrust/kit-ledger"', b'"aztrust/ledger"'),
        canonical.dumps({**json.loads(WHOLE_FILES[ORDER]), "more": 1}),
        canonical.dumps({**json.loads(WHOLE_FILES[ORDER]), "leaves": ["00"]}),
        canonical.dumps({**json.loads(WHOLE_FILES[ORDER]), "leaves": [NOTHING]}),
    ],
)
def test_an_order_of_another_form(data):
    with pytest.raises(Malformed) as refused:
        parse_order(data, name="kit")
    assert refused.value.code == "ledger-inconsistent"
    given = KitLedger("kit", WHOLE_FILES[HEAD], data)
    assert given.size == 0
    assert found(read(given)) == [("ledger-inconsistent", "kit")]


def test_what_quotes_a_verdict_is_found_by_its_own_leaf():
    quoting = record(note(1, predicateType="https://slsa.dev/verification_summary/v1"))
    assert b'"predicateType":"https://slsa.dev' in quoting.verified.payload
    leaves = [merkle.leaf_hash(quoting.leaf)]
    given = KitLedger("kit", head_note(1, leaves[0]), encode_order(leaves))
    assert read(given, [quoting.envelope]).holds


def test_every_entry_becomes_a_file_and_none_twice():
    reformatted = json.dumps(json.loads(FILES[0]), indent=1).encode()
    evidence = Evidence(policy=b"", records={"a.dsse.json": reformatted, "b.dsse.json": FILES[1]})
    packed = with_entries(evidence, WHOLE)
    assert len(packed.records) == 9
    assert packed.records["a.dsse.json"] == reformatted
    assert not packed.verdicts
    assert read(part(), list(packed.records.values())).holds
    assert with_entries(packed, WHOLE) == packed


def test_a_ledger_without_a_head_gives_no_files():
    assert ledger_files(read_ledger(log(HELD), TRUST, name="l")) == {}


def test_a_policy_that_was_frozen_has_its_digest_as_its_name():
    policy = POLICY.read_bytes()
    right = {POLICY_PATH: policy, f"manifests/policies/{sha256_id(policy)[7:]}.toml": policy}
    assert parse_kit(encode_kit(right), what="kit").files == right
    with pytest.raises(Malformed, match="whose name is not its digest"):
        encode_kit({POLICY_PATH: policy, f"manifests/policies/{'0' * 64}.toml": policy})
