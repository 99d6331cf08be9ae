"""A kind of chain whose blocks cannot be proven: its checkpoints say so, and rest on people."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.core.package.plan import reading_plan
from aztrust.core.policy.chain_table import ChainTable, genesis_of
from aztrust.core.policy.validate import parse_policy
from tests.cli_launch import GENESIS, Clock, Desk, Template, ticking_clock, window_policy
from tests.core.chain.beacon.fake_beacon import FakeBeacon

clock = pytest.fixture(ticking_clock)
TABLE = '[chain]\nkind = "ethereum"\nepoch_blocks = 32\n'


@pytest.fixture
def desk(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Desk:
    def both(more: str) -> str:
        before, after = '["genesis.json"]', '["genesis.json", "genesis.ssz"]'
        text = window_policy(more)
        assert before in text
        return text.replace(before, after)

    monkeypatch.setattr("tests.cli_launch.window_policy", both)
    files = {**GENESIS, "genesis.ssz": FakeBeacon([32, 32, 32]).ssz}
    made = Template.started(tmp_path / "template", TABLE, to="start", genesis=files)
    return made.copy(tmp_path / "copy", clock)


def test_the_row_does_not_apply_and_what_people_show_is_still_needed(desk):
    name = "first_blocks_healthy"
    code, document = desk.json("window", "checkpoint", name, "--yes")
    assert code != 0, document
    evidence = ("--evidence", desk.launch.path / "manifests/launch.toml")
    code, document = desk.json("window", "checkpoint", name, *evidence, "--yes")
    assert code == 0, document
    (row,) = [row for row in document["matrix"] if row["id"] == "proof"]
    assert row["status"] == "not_applicable"
    assert "are not verified: no block can be proven" in row["detail"]


def test_the_state_is_read_with_the_package(desk):
    policy = parse_policy((desk.launch.path / "manifests/launch.toml").read_bytes())
    assert reading_plan(policy, "genesis").capture == {"genesis.json", "genesis.ssz"}


@pytest.mark.parametrize(
    ("kind", "files", "found"),
    [
        ("ethereum", ["genesis.json", "config.yaml", "el/genesis.ssz", "b.ssz"], "el/genesis.ssz"),
        ("ethereum", ["genesis.json"], "genesis.json"),
        ("cometbft", ["genesis.json", "genesis.ssz"], "genesis.json"),
        (None, ["genesis.json", "genesis.ssz"], "genesis.json"),
    ],
)
def test_the_file_that_nodes_start_from(kind, files, found):
    table = ChainTable(kind=kind, epoch_blocks=1) if kind else None
    assert genesis_of(table, files) == found
