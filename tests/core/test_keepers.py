"""Who keeps a log: the policy's keepers in their order, take-overs, and the end of the log."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, encode_head, open_head
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.history.bundle import included
from aztrust.core.history.replay import read_ledger
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.validate import parse_policy
from tests.disk_launch import policy_text
from tests.ledgers import (
    KEEPERS_KEY,
    ORIGIN,
    TRUST,
    envelope,
    head_note,
    log,
    nodes_of,
    reader,
    record,
    records,
)
from tests.people import signer

POLICY = "sha256:" + "1" * 64
DEPUTIES = (signer("gabi").public, signer("sonia").public)
KEPT = replace(TRUST, deputies=DEPUTIES)


def root_at(held, size: int) -> bytes:
    return merkle.root(size, reader(nodes_of(item.leaf for item in held)))


def statement(kind: str, by: str, **body):
    subject = [Subject("policy", POLICY)]
    return record(
        envelope(build_statement(kind, subject, {"policy_digest": POLICY, **body}, {}), by)
    )


def take_over(held, by: str = "gabi", **changed):
    """The entry by which a deputy takes over a log of these entries."""
    body = {
        "origin": ORIGIN,
        "reason": "luca's laptop is lost",
        "root": f"sha256:{root_at(held, len(held)).hex()}",
        "size": len(held),
        "taken_at_unix_ms": 1,
    }
    return statement("take-over", by, **(body | changed))


def closing(by: str = "luca"):
    return statement("closing", by, reason="the launch is over", closed_at_unix_ms=1)


def revocation(by: str = "rita"):
    body = {"reason": "wrong", "revoked_at_unix_ms": 1, "stands": [], "target": POLICY}
    target = [Subject("record", POLICY)]
    content = {"policy_digest": POLICY, "target_kind": "record", **body}
    return record(envelope(build_statement("revocation", target, content, {}), by))


def read(held, heads=(), trust=KEPT):
    """The reading of a log with heads, each (signer, size)."""
    notes = {f"{by} at {size}": head_note(size, root_at(held, size), by) for by, size in heads}
    return read_ledger(replace(log(held), heads=notes), trust, name="a ledger")


def found(reading) -> list[tuple[str, str]]:
    return [(f.code, f.subject) for f in reading.findings]


BEFORE = records(3)
TAKEN = [*BEFORE, take_over(BEFORE)]
AFTER = [*TAKEN, *records(2, start=3)]


def test_a_deputy_keeps_the_log_after_the_entry_by_which_it_took_over():
    reading = read(AFTER, [("luca", 2), ("luca", 3), ("gabi", 4), ("gabi", 6)])
    assert found(reading) == []
    assert reading.keeper == signer("gabi").public.fingerprint
    assert reading.head.verified.head.size == 6
    assert [reign.start for reign in reading.reigns] == [-1, 3]


def test_without_a_take_over_the_first_keeper_keeps_the_log():
    reading = read(BEFORE, [("luca", 3)])
    assert (found(reading), reading.keeper) == ([], KEEPERS_KEY)


def test_a_later_head_by_the_keeper_before_is_equivocation():
    reading = read(AFTER, [("gabi", 4), ("luca", 4), ("luca", 6)])
    assert found(reading) == [
        ("ledger-equivocation", "luca at 4"),
        ("ledger-equivocation", "luca at 6"),
    ]
    assert not reading.holds
    assert "up to 3" in reading.findings[0].message


def test_a_later_head_by_the_keeper_before_is_equivocation_beyond_this_log_too():
    further = [*AFTER, *records(2, start=9)]
    notes = {"kept": head_note(8, root_at(further, 8), "luca")}
    reading = read_ledger(replace(log(AFTER), heads=notes), KEPT, name="a ledger")
    assert found(reading) == [("ledger-equivocation", "kept")]


def test_a_head_by_a_deputy_who_did_not_take_over_does_not_count():
    assert found(read(BEFORE, [("luca", 2), ("gabi", 3)])) == [("ledger-inconsistent", "gabi at 3")]
    assert found(read(AFTER, [("gabi", 6), ("gabi", 2)])) == [("ledger-inconsistent", "gabi at 2")]
    assert found(read(AFTER, [("gabi", 6), ("sonia", 6)])) == [
        ("ledger-inconsistent", "sonia at 6")
    ]


def test_a_second_deputy_takes_over_from_the_first():
    twice = [*AFTER, take_over(AFTER, "sonia")]
    reading = read(twice, [("luca", 3), ("gabi", 6), ("sonia", 7)])
    assert (found(reading), reading.keeper) == ([], signer("sonia").public.fingerprint)
    assert found(read(twice, [("gabi", 7)])) == [("ledger-equivocation", "gabi at 7")]


@pytest.mark.parametrize(
    "entry",
    [
        take_over(BEFORE, size=2),
        take_over(BEFORE, root="sha256:" + "2" * 64),
        take_over(BEFORE, by="luca"),
        take_over(BEFORE, by="rita"),
        take_over(BEFORE, reason=""),
    ],
    ids=["another size", "another root", "by the keeper", "by no keeper", "malformed"],
)
def test_a_take_over_that_is_not_allowed_in_its_place_is_found(entry):
    reading = read([*BEFORE, entry], [("luca", 3)])
    assert found(reading) == [("ledger-inconsistent", "entry 3")]
    assert reading.keeper == KEEPERS_KEY


def test_a_keeper_does_not_take_the_log_back():
    back = [*AFTER, take_over(AFTER, "luca")]
    assert found(read(back, [("gabi", 6)])) == [("ledger-inconsistent", "entry 6")]


def test_without_deputies_a_take_over_is_refused():
    assert found(read(TAKEN, [("luca", 3)], trust=TRUST)) == [("ledger-inconsistent", "entry 3")]


def test_a_note_by_both_keepers_counts_for_the_one_whose_part_it_is():
    head = Head(ORIGIN, 4, root_at(AFTER, 4))
    luca, gabi = signer("luca"), signer("gabi")
    both = encode_head(
        head, luca.public, luca.sign(head.text), [(gabi.public, gabi.sign(head.text))]
    )
    reading = read_ledger(replace(log(AFTER), heads={"both": both}), KEPT, name="a ledger")
    assert found(reading) == []
    assert reading.head.verified.keeper == gabi.public


def test_a_broken_line_of_a_deputy_is_found():
    head = Head(ORIGIN, 3, root_at(BEFORE, 3))
    luca, gabi = signer("luca"), signer("gabi")
    whole = encode_head(
        head, luca.public, luca.sign(head.text), [(gabi.public, gabi.sign(head.text))]
    )
    other = head_note(2, root_at(BEFORE, 2), "gabi").splitlines()[-1]
    spoilt = b"\n".join([*whole.splitlines()[:-1], other]) + b"\n"
    reading = read_ledger(replace(log(BEFORE), heads={"spoilt": spoilt}), KEPT, name="a ledger")
    assert found(reading) == [("ledger-inconsistent", "spoilt")]


def test_a_closed_log_takes_negative_records_alone():
    ended = [*BEFORE, closing(), revocation()]
    reading = read(ended, [("luca", 5)])
    assert (found(reading), reading.closed) == ([], True)
    assert not read(BEFORE, [("luca", 3)]).closed
    assert found(read([*ended, *records(1, start=5)], [("luca", 5)])) == [
        ("ledger-inconsistent", "entry 5")
    ]


def test_only_the_keeper_closes_a_log():
    assert found(read([*BEFORE, closing("gabi")], [("luca", 3)])) == [
        ("ledger-inconsistent", "entry 3")
    ]
    assert found(read([*AFTER, closing("luca")], [("gabi", 6)])) == [
        ("ledger-inconsistent", "entry 6")
    ]
    assert read([*AFTER, closing("gabi")], [("gabi", 7)]).closed


def test_a_bundle_has_the_keepers_own_line_alone():
    head = Head(ORIGIN, 3, root_at(BEFORE, 3))
    luca, gabi = signer("luca"), signer("gabi")
    note = encode_head(
        head, luca.public, luca.sign(head.text), [(gabi.public, gabi.sign(head.text))]
    )
    verified = open_head(note, luca.public, ORIGIN, name="head")
    assert len(verified.others) == 1
    carried = included(verified, 0, ()).note
    assert carried.count("—".encode()) == 1
    assert open_head(carried, luca.public, ORIGIN, name="carried").others == ()


def keepers(*tables: str) -> bytes:
    return policy_text(extra=f'[ledger]\norigin = "{ORIGIN}"\n' + "".join(tables)).encode()


def table(holder: str, key: str) -> str:
    return f'[[ledger.keepers]]\nholder = "{holder}"\nkeys = ["{key}"]\n'


LUCA = table("luca", KEEPERS_KEY)
GABI = table("gabi", signer("gabi").public.fingerprint)


def test_the_policy_lists_keepers_in_their_order():
    policy = parse_policy(keepers(LUCA, GABI))
    assert policy.ledger.head_keys == (KEEPERS_KEY, signer("gabi").public.fingerprint)
    one = parse_policy(keepers(f'keeper = "{KEEPERS_KEY}"\n'))
    assert one.ledger.head_keys == (KEEPERS_KEY,)


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ((), "neither keeper nor keepers"),
        ((f'keeper = "{KEEPERS_KEY}"\n', GABI), "keeper and keepers"),
        ((LUCA, LUCA), "listed twice"),
        ((table("nora", KEEPERS_KEY),), "no holder nora"),
        ((table("gabi", KEEPERS_KEY),), "not a key of gabi"),
    ],
    ids=["neither", "both", "twice", "no holder", "another's key"],
)
def test_keepers_that_could_never_keep_a_log_are_refused(tables, reason):
    with pytest.raises(Malformed) as refused:
        parse_policy(keepers(*tables))
    assert reason in " ".join((refused.value.message, *refused.value.details))


def test_lint_asks_a_mainnet_for_a_deputy():
    def topics(*tables: str) -> set[str]:
        text = keepers(*tables).replace(b'"devnet"', b'"mainnet"')
        return {remark.topic for remark in lint_policy(text)}

    assert "no-deputy" in topics(LUCA)
    assert "no-deputy" not in topics(LUCA, GABI)
    assert "no-deputy" not in {remark.topic for remark in lint_policy(keepers(LUCA))}
