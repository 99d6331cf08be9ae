"""One read of a beacon node: facts, bounds, and answers that are not what the API defines."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.chain.adapter import ChainOptions, Reply
from aztrust.core.chain.beacon.adapter import Beacon
from aztrust.core.chain.facts import NodeFacts, Reach
from tests.core.chain.beacon.fake_beacon import GENESIS_TIME, SLOTS, FakeBeacon
from tests.core.chain.cometbft.fake_node import silence

POWERS = [32, 32, 64, 32, 32, 32, 32, 32, 32]
ADAPTER = Beacon()


def node(**other: Any) -> FakeBeacon:
    return FakeBeacon(POWERS, **other)


def one(given: FakeBeacon) -> NodeFacts:
    return ADAPTER.read("a", given, ADAPTER.fresh())[0]


def reads(given: FakeBeacon, heads: list[int]) -> list[NodeFacts]:
    """What several reads give, each with another head."""
    memo, found = ADAPTER.fresh(), []
    for head in heads:
        given.head = head
        facts, memo = ADAPTER.read("a", given, memo)
        found.append(facts)
    return found


def test_a_node_reports_its_head_finality_and_name():
    facts = one(node(head=30, finalized=1))
    assert (facts.reach, facts.trouble) == (Reach.OK, "")
    assert (facts.head, facts.finalized, facts.syncing, facts.peers) == (30, 8, False, 3)
    assert (facts.version, facts.node_id) == ("Fake/v1", "16Uiu2")
    assert facts.network == ADAPTER.expected(node().ssz, ChainOptions()).network
    # What the chain does not report is unknown.
    assert (facts.validator, facts.earliest, facts.pending, facts.started_ms) == (None,) * 4
    assert facts.clock_offset_ms == -490
    assert facts.raw


def test_before_genesis_time_the_head_is_the_genesis_block_which_is_final():
    facts = one(node())
    assert (facts.head, facts.finalized) == (0, 0)
    (anchor,) = facts.anchors
    assert (anchor.height, anchor.finalized, anchor.id) == (0, True, node().id(0))
    assert anchor.time_ms == GENESIS_TIME * 1000


def test_slots_are_read_once_and_those_without_a_block_are_left_out():
    found = reads(node(skipped={2, 9}), [1, 3, 3, 10])
    heights = [[anchor.height for anchor in facts.anchors] for facts in found]
    assert heights == [[0, 1], [3], [], [4, 5, 6, 7, 8, 10]]
    by_height = {anchor.height: anchor for facts in found for anchor in facts.anchors}
    assert by_height[3].parent == by_height[1].id
    assert by_height[10].time_ms == (GENESIS_TIME + 20) * 1000
    assert not by_height[3].finalized


def test_a_reader_that_comes_late_begins_with_the_epoch_before():
    facts = one(node(head=5 * SLOTS + 2))
    assert [anchor.height for anchor in facts.anchors] == [0, *range(4 * SLOTS, 5 * SLOTS + 3)]


@pytest.mark.clause("AZ-11.2")
def test_a_new_checkpoint_is_a_final_height():
    given = node()
    first, second = reads(given, [20, 21])
    assert [a.height for a in first.anchors if a.finalized] == [0]
    assert not any(a.finalized for a in second.anchors)
    given.finalized = 2
    given.skipped = {16}
    facts, _ = ADAPTER.read("a", given, ADAPTER.fresh())
    final = [(a.height, a.id) for a in facts.anchors if a.finalized]
    # The block of a checkpoint may be of an earlier slot.
    assert final == [(0, given.id(0)), (16, given.id(15))]
    assert facts.finalized == 16


def votes(given: FakeBeacon, head: int) -> list[tuple[Any, ...]]:
    return [
        (v.height, v.signed, v.against, v.total, v.absent) for v in one(given_at(given, head)).votes
    ]


def given_at(given: FakeBeacon, head: int) -> FakeBeacon:
    given.head = head
    return given


TOTAL = sum(POWERS)


@pytest.mark.clause("AZ-10.2")
def test_the_votes_of_an_epoch_are_counted_when_late_ones_have_come():
    given = node()
    assert votes(given, 2 * SLOTS + 3) == []
    assert votes(given, 2 * SLOTS + 4) == [(15, TOTAL, 0, TOTAL, ())]
    (found,) = one(given).votes
    assert (found.canonical, found.round, found.stamps_ms) == (True, None, ())
    assert found.begun_ms == (GENESIS_TIME + 2 * SLOTS) * 1000


def test_each_epoch_is_counted_once_over_many_reads():
    found = reads(node(), list(range(4 * SLOTS)))
    assert [v.height for facts in found for v in facts.votes] == [7, 15, 23]


@pytest.mark.parametrize("electra", [False, True])
def test_validators_without_a_vote_are_named_and_other_targets_do_not_count(electra):
    given = node(absent={1: (2, 8)}, astray={1: (3,)}, electra=electra)
    expected = (15, TOTAL - 64 - 32 - 32, 32, TOTAL, ("2", "8"))
    assert votes(given, 2 * SLOTS + 4) == [expected]


def test_a_vote_that_comes_with_a_later_block_counts():
    given = node(skipped={SLOTS + 2, SLOTS + 3})
    assert votes(given, 2 * SLOTS + 4) == [(15, TOTAL, 0, TOTAL, ())]


def test_without_committees_power_is_counted_and_no_one_is_named():
    equal = FakeBeacon([32] * 9, head=2 * SLOTS + 4, absent={1: (2, 8)})
    for epoch in range(4):
        equal.instead[f"/eth/v1/beacon/states/head/committees?epoch={epoch}"] = 404
    (found,) = one(equal).votes
    assert (found.signed, found.total, found.absent) == (7 * 32, 9 * 32, None)
    # Where validators differ in power, seats do not say how much votes.
    given = node(head=2 * SLOTS + 4)
    given.instead = equal.instead
    assert one(given).votes == ()
    later = FakeBeacon([32] * 9, head=2 * SLOTS + 4, electra=True, instead=equal.instead)
    assert one(later).votes == ()


def committees(given: FakeBeacon, epoch: int, change: Any) -> FakeBeacon:
    answer = given.committees(epoch)
    change(answer)
    given.instead[f"/eth/v1/beacon/states/head/committees?epoch={epoch}"] = answer
    return given


def slots_swapped(answer: Any) -> None:
    for number, item in enumerate(answer):
        item |= {"index": str(number), "slot": "0"}


def twice(answer: Any) -> None:
    answer[0]["validators"] = answer[1]["validators"]


@pytest.mark.parametrize("change", [slots_swapped, twice, lambda answer: answer.pop()])
@pytest.mark.parametrize("epoch", [0, 1])
def test_committees_that_cannot_be_are_not_known(change, epoch):
    given = committees(node(head=2 * SLOTS + 4), epoch, change)
    facts = one(given_at(given, (epoch + 1) * SLOTS + 4))
    assert (facts.reach, facts.votes) == (Reach.OK, ())
    assert [a.height for a in facts.anchors][-1] == facts.head


def test_blocks_that_were_replaced_are_read_again():
    given = node()
    memo = ADAPTER.fresh()
    given.head = 10
    _, memo = ADAPTER.read("a", given, memo)
    given.salt, given.head = {10: 1}, 11
    again, memo = ADAPTER.read("a", given, memo)
    assert (again.anchors, again.reach) == ((), Reach.OK)
    after, memo = ADAPTER.read("a", given, memo)
    assert [a.height for a in after.anchors] == list(range(1, 12))
    assert after.anchors[-2].id == given.id(10)
    given.head = 2 * SLOTS + 4
    last, _ = ADAPTER.read("a", given, memo)
    assert [v.signed for v in last.votes] == [TOTAL, TOTAL]


@pytest.mark.clause("AZ-11.2", "AZ-26.1")
@pytest.mark.parametrize(
    ("operations", "flag"),
    [
        ({"proposer_slashings": [{}]}, "evidence"),
        ({"attester_slashings": [{}]}, "evidence"),
        ({"deposits": [{}]}, "validator_updates"),
        ({"voluntary_exits": [{}]}, "validator_updates"),
        ({"execution_requests": {"consolidations": [{}]}}, "validator_updates"),
    ],
)
def test_slashings_and_changes_of_the_validators_are_marks_of_a_block(operations, flag):
    facts = one(node(head=5, operations={3: operations}))
    assert {a.height: a.flags for a in facts.anchors if a.flags} == {3: {flag}}


def test_what_seldom_changes_is_asked_seldom():
    given = node()
    reads(given, list(range(10)))
    asked = given.asked
    assert asked.count("/eth/v1/node/version") == 2
    assert asked.count("/eth/v1/beacon/states/genesis/root") == 1
    assert asked.count("/eth/v1/beacon/genesis") == 10
    assert asked.count("/eth/v1/config/spec") == 1


def test_after_a_silence_the_genesis_is_read_again():
    given = node(head=3)
    memo = ADAPTER.fresh()
    _, memo = ADAPTER.read("a", given, memo)
    given.instead["/eth/v1/beacon/genesis"] = silence(Reach.TIMEOUT)
    silent, memo = ADAPTER.read("a", given, memo)
    assert (silent.reach, silent.head) == (Reach.TIMEOUT, None)
    del given.instead["/eth/v1/beacon/genesis"]
    ADAPTER.read("a", given, memo)
    assert given.asked.count("/eth/v1/beacon/states/genesis/root") == 2


def test_after_a_silence_slots_go_on_where_they_were_read_with_the_same_genesis():
    given = node(head=SLOTS + 2)
    _, memo = ADAPTER.read("a", given, ADAPTER.fresh())
    given.instead["/eth/v1/beacon/genesis"] = silence(Reach.TIMEOUT)
    _, memo = ADAPTER.read("a", given, memo)
    del given.instead["/eth/v1/beacon/genesis"]
    facts, _ = ADAPTER.read("a", given_at(given, 2 * SLOTS + 4), memo)
    assert [a.height for a in facts.anchors] == [0, *range(SLOTS + 3, 2 * SLOTS + 5)]
    assert [v.height for v in facts.votes] == [7, 15]
    other = node(head=2 * SLOTS + 4, state={"eth1_deposit_index": 1})
    facts, _ = ADAPTER.read("a", other, memo)
    assert [a.height for a in facts.anchors] == [0, *range(SLOTS, 2 * SLOTS + 5)]


def test_another_genesis_without_a_silence_is_noticed():
    given = node(head=3)
    _, memo = ADAPTER.read("a", given, ADAPTER.fresh())
    other = FakeBeacon([32], head=3)
    facts, memo = ADAPTER.read("a", other, memo)
    assert facts.genesis is not None
    assert dict(facts.genesis.parts)["state_root"] == f"0x{other.root.hex()}"
    later = FakeBeacon([32], head=3, time=GENESIS_TIME + 9)
    facts, _ = ADAPTER.read("a", later, memo)
    assert facts.genesis is not None
    assert facts.genesis.time_ms == (GENESIS_TIME + 9) * 1000


def test_a_process_that_started_again_is_asked_for_its_genesis_again():
    given = node(head=3)
    memo = ADAPTER.fresh()
    for started in (1, 1, 2):
        given.instead["/metrics"] = f"process_start_time_seconds {started}\n".encode()
        facts, memo = ADAPTER.read("a", given, memo)
    assert facts.started_ms is None or facts.started_ms in (1000, 2000)
    for _ in range(5):
        facts, memo = ADAPTER.read("a", given, memo)
    assert facts.started_ms == 2000
    assert given.asked.count("/eth/v1/beacon/states/genesis/root") == 2


def test_series_of_the_policy_are_read():
    adapter = Beacon(ChainOptions(metrics={"late": "late_blocks"}))
    given = node(head=1, instead={"/metrics": b"late_blocks 4\n"})
    facts, _ = adapter.read("a", given, adapter.fresh())
    assert facts.metrics == (("late", "4"),)


START = "/eth/v1/beacon/genesis"


@pytest.mark.parametrize(
    ("answer", "reach", "trouble"),
    [
        (silence(), Reach.REFUSED, "no answer"),
        (404, Reach.PARTIAL, "no answer to /eth/v1/beacon/genesis: not found"),
        (Reply(b"", 204), Reach.PARTIAL, "no answer to /eth/v1/beacon/genesis yet"),
        (Reply(b"<html>", 502), Reach.HTTP, "HTTP status 502"),
        (Reply(b"{}", 500), Reach.HTTP, "HTTP status 500"),
        (b"<html>", Reach.MALFORMED, "not strict JSON"),
        (b"[]", Reach.MALFORMED, "has no `data`"),
        (b'{"data":1}', Reach.MALFORMED, "has no `data`"),
        ({"genesis_time": "1"}, Reach.MALFORMED, "genesis_validators_root"),
        (
            {"genesis_time": "-1", "genesis_validators_root": "0x" + "00" * 32},
            Reach.MALFORMED,
            "genesis_time",
        ),
    ],
    ids=range(10),
)
def test_a_first_answer_that_is_not_one_leaves_nothing_else(answer, reach, trouble):
    facts = one(node(head=3, instead={START: answer}))
    assert (facts.reach, facts.head, facts.genesis, facts.anchors) == (reach, None, None, ())
    assert trouble in facts.trouble


PARTS: dict[str, tuple[Any, str]] = {
    "/eth/v1/node/syncing": ({"is_syncing": "no"}, "is_syncing"),
    "/eth/v1/node/version": ({}, "version"),
    "/eth/v1/node/identity": (404, "identity"),
    "/eth/v1/node/peer_count": ({"connected": "-1"}, "peer_count"),
    "/eth/v1/config/spec": ({"SLOTS_PER_EPOCH": "65", "SECONDS_PER_SLOT": "2"}, "SLOTS_PER_EPOCH"),
    "/eth/v1/beacon/states/genesis/root": ({"root": "0x00"}, "states/genesis/root"),
    "/eth/v1/beacon/headers/head": (404, "headers/head"),
    "/eth/v1/beacon/states/head/finality_checkpoints": ({"finalized": {}}, "finalized.epoch"),
    "/eth/v1/beacon/headers/2": (silence(Reach.TIMEOUT), "no answer"),
}


@pytest.mark.parametrize("path", sorted(PARTS))
def test_a_part_that_cannot_be_read_leaves_the_others(path):
    answer, trouble = PARTS[path]
    facts = one(node(head=3, instead={path: answer}))
    assert facts.reach is Reach.PARTIAL
    assert trouble in facts.trouble
    assert facts.network is not None
    whole = one(node(head=3))
    assert whole.reach is Reach.OK
    missing = [
        name
        for name in ("syncing", "version", "node_id", "peers", "genesis", "head", "finalized")
        if getattr(facts, name) is None
    ]
    assert missing or "/headers/2" in path
    assert all(getattr(whole, name) is not None for name in missing)


def header_with(**other: str) -> Any:
    answer = node(head=3).header_answer(2)
    answer["header"]["message"] |= other
    return answer


HEADERS = {
    "another root": (header_with(proposer_index="1"), "another root than its fields"),
    "another slot": (node(head=3).header_answer(1), "is the block of slot 1"),
    "no root": ({"header": node(head=3).header_answer(2)["header"]}, "headers/2.root"),
    "no fields": ({"root": "0x" + "00" * 32}, "headers/2.message"),
}


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_a_header_counts_only_with_the_root_of_its_fields(name):
    answer, trouble = HEADERS[name]
    facts = one(node(head=3, instead={"/eth/v1/beacon/headers/2": answer}))
    assert trouble in facts.trouble
    # What was read before counts.
    assert [a.height for a in facts.anchors] == [0, 1]
    assert [a.height for a in one(node(head=3)).anchors] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["slot", "parent_root", "state_root"])
def test_a_block_counts_only_if_it_is_the_one_of_its_header(name):
    given = node(head=3)
    block = {"message": {**given.block(2), name: given.block(1)[name]}}
    given.instead[f"/eth/v2/beacon/blocks/{given.id(2)}"] = block
    assert "is not the one of its header" in one(given).trouble


@pytest.mark.parametrize(
    ("bits", "trouble"),
    [("0x05", "of 2 validators, and must be of 1"), ("0x00", "have no end"), ("0x", "have no end")],
)
def test_votes_whose_bits_do_not_fit_their_committee_are_refused(bits, trouble):
    given = node(head=3)
    block = given.block(2)
    assert block["body"]["attestations"][0]["aggregation_bits"] == "0x03"
    block["body"]["attestations"][0]["aggregation_bits"] = bits
    given.instead[f"/eth/v2/beacon/blocks/{given.id(2)}"] = {"message": block}
    assert trouble in one(given).trouble


def test_votes_of_a_committee_that_is_not_there_are_refused():
    given = node(head=3)
    block = given.block(2)
    block["body"]["attestations"][0]["data"]["index"] = "7"
    given.instead[f"/eth/v2/beacon/blocks/{given.id(2)}"] = {"message": block}
    assert "a committee 7 that slot 1 does not have" in one(given).trouble


def test_a_checkpoint_whose_block_is_later_or_another_one_is_refused():
    given = node(head=20, finalized=1)
    path = "/eth/v1/beacon/states/head/finality_checkpoints"
    given.instead[path] = {"finalized": {"epoch": "1", "root": given.id(9)}}
    facts = one(given)
    assert "is a block of slot 9, after 8" in facts.trouble
    assert facts.finalized is None
    given.instead = {f"/eth/v1/beacon/headers/{given.id(8)}": given.header_answer(7)}
    assert "is another block than the one that was asked for" in one(given).trouble


@pytest.mark.parametrize(
    ("field", "trouble"),
    [("is_optimistic", "has not verified the head"), ("el_offline", "does not answer it")],
)
def test_an_execution_client_that_fails_is_trouble(field, trouble):
    syncing = {"head_slot": "3", "is_syncing": True, field: True}
    facts = one(node(head=3, instead={"/eth/v1/node/syncing": syncing}))
    assert (facts.reach, facts.syncing) == (Reach.PARTIAL, True)
    assert trouble in facts.trouble


def test_the_length_of_a_slot_may_be_in_milliseconds():
    spec = {"SLOTS_PER_EPOCH": "8", "SLOT_DURATION_MS": "500"}
    facts = one(node(head=3, instead={"/eth/v1/config/spec": spec}))
    assert facts.anchors[-1].time_ms == GENESIS_TIME * 1000 + 1500
    for wrong in ("0", "600001"):
        spec = {"SLOTS_PER_EPOCH": "8", "SLOT_DURATION_MS": wrong}
        facts = one(node(head=3, instead={"/eth/v1/config/spec": spec}))
        assert "SLOT_DURATION_MS" in facts.trouble


def test_a_read_costs_a_bounded_number_of_questions():
    given = node(head=40 * SLOTS)
    one(given)
    # Two epochs of headers and blocks, and what is asked once.
    assert len(given.asked) < 2 * 2 * SLOTS + 25
