"""The facts document: written, read back, and bounded whatever a node reports."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import get_args

import pytest

from aztrust.core.base.canonical import dumps
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.chain.facts import Pending, Proof, Reach
from aztrust.core.chain.node_list import nodes_of
from aztrust.core.chain.observation import Observation, ProvenBlock, observation
from aztrust.report.observe.document import facts_bytes, observe_report, read_facts, read_share
from aztrust.report.observe.model import About, Reached
from tests.core.chain.watched import EARLY, T0, Change, anchored, expected, has, silent, watch

RAW = tuple(f"sha256:{n:064x}" for n in range(3))
ABOUT = About(
    command="observe",
    launch="Atlas",
    chain_id="test-1",
    policy_digest="sha256:" + "1" * 64,
    scope_hash="sha256:" + "2" * 64,
    genesis_sha256="sha256:" + "3" * 64,
)
PROOF = Proof(1, "B1", T0, 0, 3, 4, ("Va", "Vb", "Vc"), (), "VALS", RAW)
NODES = nodes_of([f"{name}=http://{name}.test:26657" for name in "abcd"])


def looked(*changes: Change, seconds: int = 40) -> Observation:
    seen = watch(has("abcd", raw=RAW), *changes, seconds=seconds)
    now = T0 + seconds * 1_000
    proofs = [ProvenBlock("a", PROOF)]
    return observation("early", NODES, expected(), seen.memory, EARLY, seen.last, proofs, now)


def written(seen: Observation, *, addresses: bool = False) -> bytes:
    return facts_bytes(observe_report(seen, ABOUT, addresses=addresses))


def test_a_document_is_read_as_it_was_written():
    seen = looked(silent("d", 20, 40))
    report = read_facts(written(seen), what="facts.json")
    assert report == observe_report(seen, ABOUT)
    assert (report.picture.height, report.picture.blind_power) == (20, "1/4")
    assert read_share(report.picture.participation) == seen.picture.participation
    assert report.proofs[0].text == "3 of 4 signed block 1"
    found = [(one.code, one.subject, read_share(one.power)) for one in report.signals]
    assert found == [(one.code, one.subject, one.power) for one in seen.signals]
    assert found
    assert report.exit_code == 11


def test_the_unknown_is_in_it():
    report = read_facts(written(looked(silent("d", 20, 40))), what="facts.json")
    assert "d does not answer: refused" in report.unknown
    assert {one.criterion: one.state for one in report.criteria}["errors"] == "unknown"


def test_addresses_are_in_it_only_when_asked_for():
    seen = looked()
    assert b".test" not in written(seen)
    report = read_facts(written(seen, addresses=True), what="facts.json")
    assert [node.address for node in report.nodes] == [f"http://{n}.test:26657" for n in "abcd"]


def test_nodes_that_agree_share_a_block_and_others_do_not():
    blocks = read_facts(written(looked()), what="facts.json").blocks
    assert {block.nodes for block in blocks} == {("a", "b", "c", "d")}
    split = read_facts(written(looked(anchored("d", 18, state_after="X"))), what="facts.json")
    found = {block.nodes: block.state_after for block in split.blocks if block.height == 18}
    assert found == {("a", "b", "c"): "S18", ("d",): "X"}


@pytest.mark.parametrize(
    "values",
    [
        {"head": 2**63 - 1, "finalized": 2**63 - 1},
        {"started_ms": -(10**30)},
        {"clock_offset_ms": 10**20},
        {"version": "\x1b[2J" * 200},
        {"network": "\u202e" * 900},
        {"trouble": "x" * 100_000},
        {"pending": Pending(2**60, 2**60, "\n" * 5000, Fraction(10**30, 7))},
        {"metrics": (("errors", "9" * 9000),)},
    ],
    ids=["height", "start", "clock", "escape", "direction", "trouble", "pending", "metric"],
)
def test_whatever_a_node_reports_can_be_written_and_read(values):
    data = written(looked(has("d", **values)))
    report = read_facts(data, what="facts.json")
    assert len(data) < 60_000
    assert json.dumps(report.model_dump(mode="json")).isascii()


def test_a_height_that_json_cannot_hold_is_unknown():
    report = read_facts(written(looked(has("d", head=2**63 - 1))), what="facts.json")
    assert [node.head for node in report.nodes] == [20, 20, 20, None]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: {**d, "more": 1},
        lambda d: {**d, "schema": "aztrust/report"},
        lambda d: {**d, "version_major": 2},
        lambda d: {**d, "picture": {**d["picture"], "blind_power": "1/0"}},
        lambda d: {**d, "picture": {**d["picture"], "blind_power": "0.5"}},
        lambda d: {k: v for k, v in d.items() if k != "unknown"},
    ],
    ids=["key", "schema", "version", "zero", "decimal", "missing"],
)
def test_another_document_is_refused(change):
    data = dumps(change(observe_report(looked(), ABOUT).model_dump(mode="json")))
    with pytest.raises(Malformed) as caught:
        read_facts(data, what="facts.json")
    assert caught.value.subject == "facts.json"
    assert "aztrust observe" in caught.value.mend


def test_a_share_that_is_unknown_stays_unknown():
    seen = looked()
    seen = replace(seen, picture=replace(seen.picture, blind=None))
    assert read_share(read_facts(written(seen), what="f").picture.blind_power) is None


def test_the_document_knows_every_way_in_which_a_node_answers():
    assert get_args(Reached) == tuple(Reach)
