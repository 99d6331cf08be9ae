"""One read of a node: what it answers, as facts; and what a hostile one answers, as trouble."""

from __future__ import annotations

import base64
import json
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.chain.adapter import ChainOptions, Reply, Unreachable
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.cometbft.blocks import BEHIND, HEIGHTS, votes
from aztrust.core.chain.cometbft.hashes import header_hash
from aztrust.core.chain.cometbft.pending import pending
from aztrust.core.chain.cometbft.read import MAX_GENESIS_BYTES, Memo
from aztrust.core.chain.facts import NodeFacts, Reach, altered_genesis
from aztrust.core.chain.metrics import started_ms, values
from tests.core.chain.cometbft.fake_node import FakeNode, address, silence

ADAPTER = CometBFT()


def read(node: FakeNode, memo: Memo | None = None) -> tuple[NodeFacts, Memo]:
    return ADAPTER.read("n", node, memo or ADAPTER.fresh())


def test_a_node_that_answers_everything_is_read_completely():
    node = FakeNode([5, 3, 1, 1], silent={2: 1, 3: 3})
    facts, _ = read(node)
    assert (facts.reach, facts.trouble) == (Reach.OK, "")
    assert (facts.network, facts.version, facts.validator) == ("c-1", "0.38.26", address(0))
    assert (facts.head, facts.finalized, facts.earliest, facts.syncing) == (3, 3, 1, False)
    assert facts.peers == {"cd" * 20, "ef" * 20}
    assert facts.started_ms == 1_795_996_428_760
    # The header `Date` has whole seconds: half a second is added, half the latency taken off.
    assert facts.clock_offset_ms == -490
    assert facts.pending is not None
    assert (facts.pending.height, facts.pending.step) == (4, "prevote")
    assert facts.pending.voted == Fraction(1, 2)
    assert len(facts.raw) == len(node.asked)
    sealed = ADAPTER.expected(json.dumps(node.genesis(), indent=1).encode(), ChainOptions())
    assert facts.genesis is not None
    assert altered_genesis(sealed.genesis, facts.genesis) == ()


def test_each_height_is_an_anchor_and_each_commit_counts_its_votes():
    node = FakeNode([5, 3, 1, 1], silent={2: 1, 3: 3})
    facts, _ = read(node)
    assert [anchor.height for anchor in facts.anchors] == [1, 2, 3]
    first, second, _ = facts.anchors
    assert (first.parent, second.parent) == ("", first.id)
    assert first.id == header_hash(node.header(1)["header"])
    assert (first.state_before, first.state_after) == ("01" * 32, "01" * 32)
    assert (first.validators, first.finalized) == (node.set_hash, True)
    assert second.time_ms == first.time_ms + 1000
    assert [(v.height, v.canonical) for v in facts.votes] == [(1, True), (2, True), (3, False)]
    for found in facts.votes:
        assert (found.total, found.signed, found.against) == (10, 8, 1)
        assert found.absent == (address(2),)
        assert [name for name, _ in found.stamps_ms] == [address(0), address(1), address(3)]


def test_the_next_read_asks_for_new_heights_alone():
    node = FakeNode([1, 1])
    _, memo = read(node)
    node.asked.clear()
    node.head = 4
    facts, memo = read(node, memo)
    assert [anchor.height for anchor in facts.anchors] == [4]
    assert Counter(path.partition("?")[0] for path in node.asked) == {
        "/status": 1, "/consensus_state": 1, "/block": 1, "/block_results": 1, "/commit": 1,
    }  # fmt: skip
    # What is not asked each time is remembered.
    assert facts.genesis is not None
    assert facts.peers is not None
    assert facts.started_ms is not None


def test_peers_and_metrics_are_asked_again_when_the_height_does_not_rise():
    node, memo = FakeNode([1, 1]), ADAPTER.fresh()
    asked = []
    for _ in range(7):
        node.asked.clear()
        _, memo = read(node, memo)
        asked.append("/net_info" in node.asked)
    assert asked == [True, False, False, True, True, True, True]


def test_the_genesis_is_read_again_after_a_silence_and_after_a_restart():
    node = FakeNode([1, 1])
    _, memo = read(node)
    node.instead["/status"] = silence(Reach.TIMEOUT)
    facts, memo = read(node, memo)
    assert (facts.reach, facts.genesis, facts.at_ms) == (Reach.TIMEOUT, None, 1_780_322_501_000)
    del node.instead["/status"]
    node.asked.clear()
    _, memo = read(node, memo)
    assert "/genesis_chunked?chunk=0" in node.asked
    for started, again in (("1.79599642876e+09", False), ("1.79599642976e+09", True)):
        node.started = started
        node.asked.clear()
        for _ in range(6):
            _, memo = read(node, memo)
        assert ("/genesis_chunked?chunk=0" in node.asked) == again


@pytest.mark.parametrize("reach", [r for r in Reach if r not in (Reach.OK, Reach.PARTIAL)])
def test_a_node_that_does_not_answer_says_why(reach: Reach):
    node = FakeNode([1], instead={"/status": silence(reach)})
    facts, memo = read(node)
    assert (facts.reach, facts.latency_ms, facts.head, facts.raw) == (reach, 7, None, ())
    assert not memo.answered


PATHS = ["consensus_state", "net_info", "genesis_chunked", "block", "block_results", "commit"]


@pytest.mark.parametrize("path", [*PATHS, "validators"])
def test_a_part_that_fails_leaves_the_others(path: str):
    node = FakeNode([1, 1], listed=path != "validators", instead={f"/{path}": silence()})
    facts, memo = read(node)
    assert facts.reach is Reach.PARTIAL
    assert "no answer" in facts.trouble
    assert facts.head == 3
    missing = {
        "consensus_state": facts.pending is None,
        "net_info": facts.peers is None,
        "genesis_chunked": facts.genesis is None,
        "block": facts.anchors == (),
        "block_results": facts.anchors == (),
        "commit": [v.height for v in facts.votes] == [1, 2],
        "validators": [a.height for a in facts.anchors] == [1],
    }
    assert [name for name, is_missing in missing.items() if is_missing] == (
        [path] if path not in ("block", "block_results") else ["block", "block_results"]
    )
    node.instead.clear()
    facts, _ = read(node, memo)
    if path != "commit":
        assert facts.reach is Reach.OK


def test_a_node_without_metrics_is_not_in_trouble():
    facts, _ = read(FakeNode([1], instead={"/metrics": silence()}))
    assert (facts.reach, facts.started_ms, facts.metrics) == (Reach.OK, None, ())


DEEP = b'{"result":' + b"[" * 5000 + b"]" * 5000 + b"}"
HOSTILE = [
    b"", b"x", b"null", b"[]", b"{}", b'{"result":null}', b'{"result":[]}', b'{"result":{}}',
    b"\xff\xfe", b'{"result":{"a":"\\ud800"}}', DEEP, b'{"result":' + b"9" * 9000 + b"}",
    b'{"result":{},"result":{}}', b'{"error":{"code":1,"data":{"a":[]}}}', b'{"error":7}',
    b'{"error":{"data":' + b"9" * 4000 + b"}}", b"<html>", b"\x1f\x8b" + b"\0" * 100, b"{" * 70_000,
    b'{"result":{"total":1e9,"chunk":"0","data":"@@"}}',
    b'{"result":{"round_state":{"height/round/step":"1/2/3","height_vote_set":[7]}}}',
    b'{"result":{"node_info":{"network":"c","id":"i"},"sync_info":{"catching_up":false,'
    b'"latest_block_height":"99999999999999999999"}}}',
    b'{"result":{"signed_header":{"header":{},"commit":{}},"validators":[{}],"total":"4"}}',
    b'{"result":{"block":{"header":{"version":{}}},"block_id":{}}}',
    b'{"result":{"app_hash":"AA","validator_updates":7}}',
    b'{"result":{"consensus_param_updates":{"a":' + b"9" * 4000 + b"}}}",
    b'{"result":{"peers":{"a":1}}}', b'{"result":{"peers":[[]]}}',
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("path", ["status", *PATHS, "validators", "metrics", "header"])
def test_no_answer_of_a_node_raises_an_error(path: str, number: int):
    for status in (200, 500):
        node = FakeNode([1, 1], listed=False, head=4, earliest=2)
        node.instead[f"/{path}"] = Reply(HOSTILE[number], status)
        facts, memo = read(node)
        if path == "status":
            assert facts.reach in (Reach.MALFORMED, Reach.HTTP, Reach.OK, Reach.PARTIAL)
        again, _ = read(node, memo)
        for found in (facts, again):
            assert found.reach is Reach.OK or found.trouble
            assert len(found.trouble) < 2000


@pytest.mark.parametrize("path", ["consensus_state", "genesis_chunked", "block", "commit"])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_broken_answer_is_trouble_and_never_a_good_fact(path: str, number: int):
    node = FakeNode([1, 1], instead={f"/{path}": HOSTILE[number]})
    facts, _ = read(node)
    if path == "consensus_state" and b"height/round/step" in HOSTILE[number]:
        assert facts.pending is None
    assert facts.reach is Reach.PARTIAL


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_proofs_refuse_broken_answers_with_one_kind_of_error(number: int):
    node = FakeNode([1, 1], instead={"/commit": HOSTILE[number]})
    expected = ADAPTER.expected(json.dumps(node.genesis()).encode(), ChainOptions())
    if b'"error"' in HOSTILE[number]:
        assert ADAPTER.prove(expected, node, 2) is None
        return
    with pytest.raises(Malformed) as caught:
        ADAPTER.prove(expected, node, 2)
    assert caught.value.mend
    assert len(caught.value.message) < 1000


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_broken_genesis_is_refused_with_one_kind_of_error(number: int):
    with pytest.raises(Malformed) as caught:
        ADAPTER.expected(HOSTILE[number], ChainOptions())
    assert caught.value.code == "genesis-malformed"


def chunks(*, chunk: str = "0", total: str = "1", data: bytes = b"{}") -> bytes:
    result = {"chunk": chunk, "total": total, "data": base64.b64encode(data).decode()}
    return json.dumps({"result": result}).encode()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (chunks(chunk="1"), "is not 0"),
        (chunks(total=str(MAX_GENESIS_BYTES)), "must be from 1 to 32"),
        (chunks(total="0"), "must be from 1"),
        (chunks(total="3"), "is not 1"),
        (chunks(data=b'{"chain_id":"c"'), "not strict JSON"),
    ],
    ids=range(5),
)
def test_a_genesis_that_never_ends_is_not_read_to_its_end(answer: bytes, why: str):
    node = FakeNode([1, 1], instead={"/genesis_chunked": answer})
    facts, memo = read(node)
    assert facts.genesis is None
    assert why in facts.trouble
    assert len([path for path in node.asked if "genesis" in path]) <= 2
    # It is not asked for again before the node falls silent, and is not forgotten either.
    node.asked.clear()
    facts, _ = read(node, memo)
    assert not [path for path in node.asked if "genesis" in path]
    assert facts.reach is Reach.PARTIAL
    assert why in facts.trouble


def test_a_genesis_that_is_served_in_parts_is_put_together():
    node = FakeNode([1, 1])
    whole = json.dumps(node.genesis()).encode()
    parts = [whole[:100], whole[100:101], whole[101:]]

    def ask(path: str, body: bytes | None) -> Reply:
        if path.startswith("/genesis_chunked"):
            number = int(path.rpartition("=")[2])
            return Reply(chunks(chunk=str(number), total="3", data=parts[number]))
        return node(path, body)

    facts, _ = ADAPTER.read("n", ask, ADAPTER.fresh())
    assert facts.genesis is not None
    assert facts.genesis == read(node)[0].genesis


def test_a_validator_set_is_read_from_all_its_pages():
    node = FakeNode(list(range(1, 251)), listed=False)
    facts, _ = read(node)
    assert facts.votes[0].total == sum(range(1, 251))
    pages = [path for path in node.asked if path.startswith("/validators")]
    assert [path.rpartition("=")[2] for path in pages] == ["1", "2", "3"]


def set_answer(node: FakeNode, **other: Any) -> bytes:
    found = node.validators(1, 100, 1) | other
    return json.dumps({"result": found}).encode()


def test_a_validator_set_that_is_not_the_one_of_the_header_is_refused():
    node = FakeNode([5, 3], listed=False)
    for other in (
        {"validators": node.validators(1, 100, 1)["validators"][:1], "total": "1"},
        {"validators": [], "total": "9"},
        {"total": "10001"},
    ):
        node.instead["/validators"] = set_answer(node, **other)
        facts, _ = read(node)
        assert facts.votes == ()
        assert "validators" in facts.trouble or "validator set" in facts.trouble


def test_a_block_whose_hash_is_not_that_of_its_header_is_not_an_anchor():
    node = FakeNode([1, 1], head=1)
    answer = node.block(1)
    changes = ({"block_id": {"hash": "00" * 32}}, {"block": node.block(2)["block"]}, node.block(2))
    for change in changes:
        node.instead["/block"] = json.dumps({"result": answer | change}).encode()
        facts, _ = read(node)
        assert facts.anchors == ()
        assert "header" in facts.trouble


def test_at_most_so_many_heights_are_read_at_once_and_none_is_left_out():
    node = FakeNode([1], head=HEIGHTS + 5)
    facts, memo = read(node)
    assert [a.height for a in facts.anchors] == list(range(1, HEIGHTS + 1))
    facts, memo = read(node, memo)
    assert [a.height for a in facts.anchors] == list(range(HEIGHTS + 1, HEIGHTS + 6))


def test_a_reader_that_is_far_behind_goes_on_near_the_head():
    node = FakeNode([1], head=1)
    _, memo = read(node)
    node.header = lambda height: _flat(node, height)  # type: ignore[method-assign]
    node.head = BEHIND + 2
    facts, _ = read(node, memo)
    assert [a.height for a in facts.anchors] == list(range(BEHIND + 3 - HEIGHTS, BEHIND + 3))


def _flat(node: FakeNode, height: int) -> Any:
    """A header without the hash of its parent, which would be computed through all blocks."""
    header = FakeNode.header(node, 1)["header"]
    return {"header": {**header, "height": str(height)}}


def test_a_node_that_begins_again_is_read_from_its_beginning():
    node = FakeNode([1, 1], head=5)
    _, memo = read(node)
    node.head = 2
    facts, _ = read(node, memo)
    assert [a.height for a in facts.anchors] == [1, 2]


def test_updates_and_evidence_are_flagged_by_value():
    params = {"block": {"max_bytes": "1048576", "max_gas": "-1"}, "version": {}, "abci": {}}
    changed = {"block": {"max_bytes": "7", "max_gas": "-1"}}
    node = FakeNode([1, 1], head=6, evidence={4: [{"type": "x"}]})
    node.results = {
        1: {"consensus_param_updates": params},
        2: {"validator_updates": [{"power": "1"}]},
        3: {"validator_updates": [], "consensus_param_updates": changed},
        5: {"consensus_param_updates": changed},
        6: {"consensus_param_updates": params},
    }
    facts, _ = read(node)
    flags = {a.height: set(a.flags) for a in facts.anchors if a.flags}
    update = {"consensus_param_updates"}
    assert flags == {2: {"validator_updates"}, 3: update, 4: {"evidence"}, 6: update}


def commit(*flags: tuple[int, str]) -> dict[str, Any]:
    stamp = "2026-06-01T14:00:00Z"
    rows = [{"block_id_flag": f, "validator_address": a, "timestamp": stamp} for f, a in flags]
    return {"height": "9", "round": 1, "signatures": rows}


def test_votes_count_once_and_strangers_never():
    powers = (("A", 5), ("B", 3), ("C", 2))
    found = votes(
        9, commit((2, "A"), (2, "A"), (2, "X"), (3, "B"), (2, "B")), powers, canonical=True
    )
    assert (found.total, found.signed, found.against, found.absent) == (10, 5, 3, ("C",))
    assert found.round == 1
    with pytest.raises(Malformed, match="another height"):
        votes(8, commit((2, "A")), powers, canonical=True)


def state(step: str, *rounds: tuple[int, str, str]) -> dict[str, Any]:
    sets = [
        {
            "round": n,
            "prevotes_bit_array": f"BA{{4:x}} {p} = 0.1",
            "precommits_bit_array": f"B {c} = 1",
        }
        for n, p, c in rounds
    ]
    return {"height/round/step": step, "height_vote_set": sets}


@pytest.mark.parametrize(
    ("written", "voted"),
    [
        (state("5/0/4", (0, "2/4", "0/4")), Fraction(1, 2)),
        (state("5/0/6", (0, "2/4", "3/4")), Fraction(3, 4)),
        # A validator that ended after its prevote: what the node waits for is its precommit.
        (state("5/0/6", (0, "100/100", "50/100")), Fraction(1, 2)),
        # One that ended before this round: its votes in the one before say nothing any more.
        (state("5/1/4", (0, "4/4", "3/4"), (1, "2/4", "0/4")), Fraction(1, 2)),
        (state("5/1/5", (0, "4/4", "3/4"), (1, "3/4", "0/4")), Fraction(3, 4)),
        (state("5/1/3", (0, "4/4", "3/4"), (1, "2/4", "0/4")), Fraction(1)),
        # A node that is late: the others have cast their precommits.
        (state("5/1/4", (0, "4/4", "4/4"), (1, "1/4", "3/4")), Fraction(3, 4)),
        (state("5/1/6", (0, "4/4", "3/4"), (1, "4/4", "2/4")), Fraction(1, 2)),
        (
            state("5/2/1", (0, "4/4", "4/4"), (1, "203/406", "0/406"), (2, "0/9", "0/9")),
            Fraction(1, 2),
        ),
        (state("5/0/1"), Fraction(0)),
    ],
    ids=range(10),
)
def test_the_share_that_voted_is_that_of_the_furthest_vote(written: Any, voted: Any):
    assert pending(written).voted == voted


@pytest.mark.parametrize("text", ["", "BA{4:x} 2/0 = 0.5", "2/4", "BA 2/4"])
def test_votes_that_cannot_be_read_are_not_zero_votes(text: str):
    broken = state("5/0/4", (0, "2/4", "0/4"))
    broken["height_vote_set"][0]["precommits_bit_array"] = text
    with pytest.raises(Malformed, match="precommits"):
        pending(broken)


@pytest.mark.parametrize("step", ["", "1/2", "-1/0/1", "1/2/3/4", "9" * 30 + "/0/1"])
def test_a_state_without_height_round_and_step_is_refused(step: str):
    with pytest.raises(Malformed, match="height/round/step"):
        pending(state(step))


def test_metrics_are_read_by_name_and_by_label():
    body = FakeNode([1]).metrics()
    wanted = {
        "errors": "app_errors",
        "b": 'app_errors{kind="b"}',
        "rate": "witness_rate",
        "no": "x",
    }
    assert values(body, wanted) == (("b", "4"), ("errors", "3"), ("rate", "0.5"))
    assert values(body, {"part": "witness"}) == ()
    facts, _ = CometBFT(ChainOptions(metrics=wanted)).read("n", FakeNode([1]), ADAPTER.fresh())
    assert facts.metrics == values(body, wanted)


@pytest.mark.parametrize("value", ["NaN", "1e999", "-5", "9" * 13, "9e20", "", "+Inf"])
def test_a_start_time_that_is_not_one_is_not_known(value: str):
    assert started_ms(f"process_start_time_seconds {value}\n".encode()) is None
    assert started_ms(b"process_start_time_seconds 1.5\n") == 1500


def test_an_http_error_without_an_answer_is_not_a_malformed_one():
    node = FakeNode([1], instead={"/status": Reply(b"Bad Gateway", 502)})
    assert read(node)[0].reach is Reach.HTTP
    node.instead["/status"] = Reply(b"Bad Gateway", 200)
    assert read(node)[0].reach is Reach.MALFORMED
    node.instead["/status"] = Reply(b'{"result":{}}', 502)
    assert read(node)[0].reach is Reach.HTTP


def test_unreachable_is_an_open_question_and_not_a_fault():
    error = Unreachable(Reach.REFUSED)
    assert error.exit_code == 1
    assert "refused" in error.message
