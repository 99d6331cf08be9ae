"""What was known at an earlier head: by record and by key, and nothing that came later."""

from __future__ import annotations

import pytest

from aztrust.core.history.heads import NamedHead
from aztrust.core.history.replay import LedgerReading, read_ledger
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.ledger.as_of import as_known_at
from tests import ledgers

FIRST = ledgers.note(1, "rita")
SECOND = ledgers.note(2, "rita")
# The same payload, so the same record, by a second key: an entry of its own.
AGAIN = ledgers.note(1, "sonia")


def reading() -> LedgerReading:
    """A ledger of the three, with a head at each size."""
    held = [ledgers.record(data) for data in (FIRST, SECOND, AGAIN)]
    assert held[0].record_id == held[2].record_id
    heads = [ledgers.head_at(held, size) for size in (1, 2, 3)]
    found = read_ledger(ledgers.log(held, heads), ledgers.TRUST, name="the ledger")
    assert found.holds
    return found


def known_at(size: int, **folders: dict[str, bytes]) -> Evidence:
    """The evidence of these folders as of the head over so many entries."""
    ledger = reading()
    (named,) = (n for n in ledger.heads if n.verified.head.size == size)
    assert isinstance(named, NamedHead)
    return as_known_at(Evidence(b"", ledger=ledger, **folders), ledger, named)


@pytest.mark.clause("AZ-2.4")
@pytest.mark.parametrize("folder", ["records", "verdicts"])
@pytest.mark.parametrize(
    ("size", "kept"), [(1, ["a"]), (2, ["a", "b"]), (3, ["a", "b", "c"])], ids=str
)
def test_a_file_counts_from_its_own_entry_on(folder, size, kept):
    files = {"a": FIRST, "b": SECOND, "c": AGAIN}
    evidence = known_at(size, **{folder: files})
    assert sorted(getattr(evidence, folder)) == kept
    assert evidence.ledger is not None
    assert (evidence.ledger.size, evidence.ledger.left_out) == (size, 3 - size)
    (notice,) = evidence.ledger.notices
    assert notice.code == "ledger-later"
    assert f"{3 - size} later ones and {3 - len(kept)} files" in notice.message


@pytest.mark.clause("AZ-2.4")
def test_a_second_signature_of_a_known_record_is_another_statement():
    """The record is known at that head, and this key had not signed it yet."""
    evidence = known_at(2, records={"early": FIRST, "late": AGAIN})
    assert sorted(evidence.records) == ["early"]
    evidence = known_at(3, records={"early": FIRST, "late": AGAIN})
    assert sorted(evidence.records) == ["early", "late"]


@pytest.mark.clause("AZ-2.4")
@pytest.mark.parametrize(
    "never", [ledgers.note(9, "rita"), ledgers.note(2, "sonia")], ids=["record", "key"]
)
def test_a_known_key_and_a_known_record_must_be_of_one_entry(never):
    """The ledger has entries of both keys, and one of the second note, by rita alone."""
    evidence = known_at(3, records={"early": FIRST, "never": never})
    assert sorted(evidence.records) == ["early"]


def test_what_is_not_an_envelope_stays():
    evidence = known_at(1, records={"odd": b"{}", "late": AGAIN}, verdicts={"odd": b""})
    assert (sorted(evidence.records), sorted(evidence.verdicts)) == (["odd"], ["odd"])
