"""Kits of the earlier form: head and order become the published ledger of today."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.value import replace
from aztrust.core.formats import merkle
from aztrust.core.formats.tiles import FOLDER, tiles_of
from aztrust.core.history.published import published_files, read_published
from aztrust.core.history.replay import LedgerReading, read_ledger
from aztrust.core.kit.archive import (
    EARLIER_HEAD,
    EARLIER_ORDER,
    HEAD,
    encode_kit,
    kit_evidence,
    parse_kit,
)
from aztrust.core.kit.earlier import migrated, parse_order
from aztrust.core.kit.packing import ledger_files, with_entries
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.state.evidence import Evidence
from tests.ledgers import TRUST, head_at, log, note, record, records
from tests.people import signer
from tests.rehearsal import POLICY
from tests.verdicts import NOTHING

HELD = records(9)
LEAVES = [merkle.leaf_hash(item.leaf) for item in HELD]
FILES = [item.envelope for item in HELD]
WHOLE = read_ledger(log(HELD, [head_at(HELD, 4), head_at(HELD, 9)]), TRUST, name="the ledger")
KEY = {"keys/rita.pem": signer("rita").public.pem}


def order(leaves: list[bytes]) -> bytes:
    """The order file, as earlier versions wrote it."""
    return canonical.dumps(
        {
            "schema": "aztrust/kit-ledger",
            "version_major": 1,
            "version_minor": 0,
            "leaves": [leaf.hex() for leaf in leaves],
        }
    )


ORDER = order(LEAVES)


def earlier(size: int = 9, files: list[bytes] = FILES, leaves: bytes = ORDER) -> dict[str, bytes]:
    """The members of a kit of the earlier form."""
    held = {f"manifests/records/{number}.json": data for number, data in enumerate(files)}
    return {
        POLICY_PATH: POLICY.read_bytes(),
        **KEY,
        **held,
        EARLIER_HEAD: head_at(HELD, size).note,
        EARLIER_ORDER: leaves,
    }


def read(files: dict[str, bytes]) -> LedgerReading:
    """The ledger of a kit of today."""
    kit = parse_kit(encode_kit(files), what="kit")
    part = published_files(kit.files, "kit")
    assert part is not None
    held = kit_evidence(kit).records.values()
    return read_published(part, TRUST, held, {})


def test_an_earlier_kit_becomes_one_of_today_with_the_same_ledger():
    files = migrated(earlier(), name="kit")
    assert not {EARLIER_HEAD, EARLIER_ORDER} & files.keys()
    reading = read(files)
    assert reading.holds
    assert (reading.root, reading.entries) == (WHOLE.root, WHOLE.entries)
    assert {p for p in earlier() if not p.startswith("ledger/")} <= files.keys()


def test_what_the_head_does_not_cover_stays_in_the_folder():
    files = migrated(earlier(4), name="kit")
    reading = read(files)
    assert (reading.holds, reading.size) == (True, 4)
    assert len(kit_evidence(parse_kit(encode_kit(files), what="kit")).records) == 9


def test_any_layout_and_further_files():
    laid_out = [json.dumps(json.loads(data), indent=2).encode() for data in reversed(FILES)]
    assert read(migrated(earlier(files=[*laid_out, note(77), b"{}"]), name="kit")).holds


@pytest.mark.parametrize("index", [0, 3, 8])
def test_a_withheld_entry_stops_it(index):
    with pytest.raises(Refused) as refused:
        migrated(earlier(files=FILES[:index] + FILES[index + 1 :]), name="kit")
    assert (refused.value.code, refused.value.subject) == ("ledger-inconsistent", f"entry {index}")


def test_an_order_shorter_than_its_head():
    with pytest.raises(Malformed, match="over 9 entries, and its order lists 8"):
        migrated(earlier(leaves=order(LEAVES[:-1])), name="kit")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        ORDER + b"\n",
        ORDER.replace(b'"version_minor":0', b'"version_minor":1'),
        ORDER.replace(b'"aztrust/kit-ledger"', b'"aztrust/ledger"'),
        canonical.dumps({**json.loads(ORDER), "more": 1}),
        canonical.dumps({**json.loads(ORDER), "leaves": ["00"]}),
        canonical.dumps({**json.loads(ORDER), "leaves": [NOTHING]}),
    ],
)
def test_an_order_of_another_form(data):
    with pytest.raises(Malformed) as refused:
        parse_order(data, name="kit")
    assert refused.value.code == "ledger-inconsistent"


def test_one_file_of_a_ledger_without_the_other():
    policy = {POLICY_PATH: POLICY.read_bytes()}
    for name in (EARLIER_HEAD, EARLIER_ORDER):
        with pytest.raises(Malformed, match="without the other"):
            encode_kit({**policy, name: earlier()[name]})
    tiles = {f"{FOLDER}/{path}": data for path, data in tiles_of(FILES).items()}
    with pytest.raises(Malformed, match="without manifests/ledger/checkpoint"):
        encode_kit({**policy, **tiles})
    whole = {**policy, **tiles, HEAD: head_at(HELD, 9).note}
    assert parse_kit(encode_kit(whole), what="kit").files == whole
    with pytest.raises(Malformed, match="kit"):
        encode_kit({**whole, f"{FOLDER}/notes.txt": b""})


def test_a_record_that_quotes_a_verdict_is_found_by_its_own_leaf():
    quoting = record(note(1, predicateType="https://slsa.dev/verification_summary/v1"))
    leaves = order([merkle.leaf_hash(quoting.leaf)])
    files = earlier(files=[quoting.envelope], leaves=leaves)
    files[EARLIER_HEAD] = head_at([quoting], 1).note
    assert read(migrated(files, name="kit")).holds


def test_every_entry_becomes_a_file_and_none_twice():
    reformatted = json.dumps(json.loads(FILES[0]), indent=1).encode()
    evidence = Evidence(policy=b"", records={"a.dsse.json": reformatted, "b.dsse.json": FILES[1]})
    packed = with_entries(evidence, WHOLE)
    assert len(packed.records) == 9
    assert packed.records["a.dsse.json"] == reformatted
    assert not packed.verdicts
    assert with_entries(packed, WHOLE) == packed


def test_what_is_packed_is_what_was_published_or_is_made_of_the_store():
    evidence = Evidence(policy=b"", ledger=WHOLE)
    made = ledger_files(evidence)
    assert made[HEAD] == head_at(HELD, 9).note
    part = published_files(made, "the folder")
    assert part is not None
    assert read_published(part, TRUST, FILES, {}).holds
    more = replace(part, files={**part.files, "tile/0/000.p/3": b"x"})
    assert ledger_files(replace(evidence, published=(more,))) == made
    other = replace(part, files={"checkpoint": head_at(HELD, 4).note})
    assert ledger_files(replace(evidence, published=(other,))) == made


def test_a_ledger_without_a_head_gives_no_files():
    reading = read_ledger(log(HELD), TRUST, name="l")
    assert ledger_files(Evidence(policy=b"", ledger=reading)) == {}


def test_a_policy_that_was_frozen_has_its_digest_as_its_name():
    policy = POLICY.read_bytes()
    right = {POLICY_PATH: policy, f"manifests/policies/{sha256_id(policy)[7:]}.toml": policy}
    assert parse_kit(encode_kit(right), what="kit").files == right
    with pytest.raises(Malformed, match="whose name is not its digest"):
        encode_kit({POLICY_PATH: policy, f"manifests/policies/{'0' * 64}.toml": policy})
