"""`aztrust observe --record`: one look, signed in one go."""

from __future__ import annotations

import json

import pytest

from aztrust.cli.session import Session
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.times import format_rfc3339
from aztrust.report.observe.document import read_facts
from fixtures.signed_chain import SignedChain
from tests.chain_nodes import CALM, serving_nodes, words
from tests.cli_launch import Desk, Template, ticking_clock
from tests.command import Done, run
from tests.core.chain.watched import BANDS

clock = pytest.fixture(ticking_clock)
T0 = 1_780_401_660_000
"""A minute after the launches of `tests.cli_launch` begin."""
CHAIN = SignedChain([3, 3, 2, 2], chain_id="test-1", t0=format_rfc3339(T0 * 1_000_000))
MORE = (
    '[chain]\nkind = "cometbft"\nepoch_blocks = 8\n'
    + BANDS
    + CALM
    + "[authority.observe]\ndistinct_holders = 1\nroles = { consensus-lead = 1 }\n"
)


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Template:
    genesis = {"genesis.json": CHAIN.genesis}
    return Template.started(tmp_path_factory.mktemp("rec"), MORE, to="start", genesis=genesis)


@pytest.fixture
def desk(started: Template, tmp_path, clock, monkeypatch) -> Desk:
    desk = started.copy(tmp_path, clock)
    now = T0 + 21_000
    assert clock.now < now
    monkeypatch.setattr(Session, "now_unix_ms", lambda _session: now)
    return desk


def observe(desk: Desk, nodes, *more: object, by: str = "cosmin") -> Done:
    options = ("--ledger", desk.ledger, "--anchor", desk.anchor)
    key = ("--key", desk.launch.key_file(by)) if by else ()
    return run("-C", desk.launch.path, "observe", *words(nodes), *options, *key, *more)


def records(desk: Desk) -> list[dict]:
    paths = [path for path in desk.files() if ".launch-observation." in path.name]
    found = [desk.statement(f"manifests/records/{path.name}") for path in paths]
    return [statement["predicate"]["record"] for statement in found]


@pytest.mark.clause("AZ-11.2", "AZ-11.3")
def test_one_look_is_signed_in_one_go(desk):
    with serving_nodes(CHAIN) as nodes:
        done = observe(desk, nodes, "--record", "--yes")
    assert done.exit_code == 0, done.out + done.err
    assert done.out.startswith("HEALTHY")
    assert "observed epochs 0 to 1" in done.out
    (record,) = records(desk)
    assert set(record["answers"].values()) == {"ok"}
    assert record["observed_epoch_range"] == {"first": 0, "last": 1}
    facts, *proofs = record["evidence"]
    kept = desk.launch.path / "observations" / facts["name"]
    assert sha256_id(kept.read_bytes()) == f"sha256:{facts['name']}"
    assert read_facts(kept.read_bytes(), what="facts").picture.height == 20
    assert [proof["name"].partition("-")[0] for proof in proofs] == ["1", "8"]


@pytest.mark.clause("AZ-11.2")
def test_what_is_broken_objects_at_once_and_keeps_its_exit_code(desk):
    with serving_nodes(CHAIN) as nodes:
        nodes["d"].chain = SignedChain(
            [3, 3, 2, 2], chain_id="test-1", t0=CHAIN.t0, more={"app_state": {"a": 2}}
        )
        done = observe(desk, nodes, "--record", "--yes", by="rita")
    assert done.exit_code == 10
    (record,) = records(desk)
    assert record["answers"]["scope_match"] == "not-ok"


def test_as_json_the_record_is_the_document_and_with_a_file_the_facts_are_in_it(desk, tmp_path):
    file = tmp_path / "facts.json"
    with serving_nodes(CHAIN) as nodes:
        document = json.loads(observe(desk, nodes, "--record", "--yes", "--json").out)
        assert document["command"] == "window observe"
        done = observe(desk, nodes, "--record", "--yes", "-o", file)
    assert done.exit_code == 0, done.err
    assert read_facts(file.read_bytes(), what="facts").exit_code == 0


def test_no_record_is_made_before_an_epoch_is_final(desk):
    with serving_nodes(CHAIN) as nodes:
        for node in nodes.values():
            node.head = 6
        done = observe(desk, nodes, "--record", "--yes")
    assert done.exit_code == 3, done.out + done.err
    assert "no epoch is final" in done.advised
    assert not records(desk)


@pytest.mark.parametrize(
    ("more", "by", "why"),
    [
        (("--record", "--watch"), "cosmin", "--record is of one look"),
        ((), "cosmin", "nothing is signed in a look"),
        (("--yes",), "", "nothing is signed in a look"),
    ],
)
def test_what_does_not_go_together_asks_no_node(desk, more, by, why):
    with serving_nodes(CHAIN) as nodes:
        done = observe(desk, nodes, *more, by=by)
        assert all(node.asked == 0 for node in nodes.values())
    assert done.exit_code == 2
    assert why in done.advised


def test_a_kit_is_not_recorded_in(desk, tmp_path):
    kit = tmp_path / "a.aztrust"
    assert run("-C", desk.launch.path, "pack", kit).exit_code == 0
    key = ("--key", desk.launch.key_file("cosmin"), "--anchor", desk.anchor)
    done = run("-C", kit, "observe", "http://127.0.0.1:1", "--record", *key)
    assert done.exit_code == 2
    assert "is a kit" in done.advised
