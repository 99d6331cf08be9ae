"""A launch that left everything behind: `--strict` writes its archive."""

from __future__ import annotations

import json

import pytest

from fixtures.signed_chain import SignedChain
from tests.cli.test_network_proof import prove
from tests.cli_launch import Desk, Template
from tests.command import run
from tests.core.chain.watched import SHORT
from tests.seen_facts import put_facts

CHAIN = SignedChain([190, 100, 100, 16], "test-1", absent=[1])
MORE = (
    '[chain]\nkind = "cometbft"\nepoch_blocks = 5\n'
    + SHORT
    + "[authority.observe]\ndistinct_holders = 1\nroles = { consensus-lead = 1 }\n"
)


@pytest.fixture(scope="module")
def observed(tmp_path_factory) -> Template:
    genesis = {"genesis.json": CHAIN.genesis}
    return Template.started(tmp_path_factory.mktemp("seen"), MORE, to="start", genesis=genesis)


@pytest.mark.clause("AZ-37.1")
def test_strict_writes_an_archive_once_everything_is_there(observed, tmp_path, clock):
    desk: Desk = observed.copy(tmp_path, clock)
    out, log = tmp_path / "out", tmp_path / "node.log"
    log.write_text("height=1\n", "utf-8")
    words = ("-C", desk.launch.path, "archive", out, "--strict", "--ledger", desk.ledger)
    evidence = ("-C", desk.launch.path, "evidence", "log", log)
    acts = (
        lambda: prove(desk, 1),
        lambda: desk.done("window", "live-status", "--facts", put_facts(desk), "--note", "N"),
        lambda: run(*evidence, "--around", "bootstrap", "--around", "first-epochs"),
    )
    for act in acts:
        done = run(*words)
        assert (done.exit_code, out.exists()) == (11, False), done.out + done.err
        act()
    done = run(*words)
    assert done.exit_code == 0, done.out + done.err
    document = json.loads((out / "data/missing.json").read_bytes())
    assert document["missing"] == []
    assert len(document["present"]) == 10
