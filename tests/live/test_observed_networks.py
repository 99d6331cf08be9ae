"""`aztrust observe` itself, on real networks: exit codes, and what is proven and signalled."""

from __future__ import annotations

import time

import pytest

from aztrust.cli.session import Session
from tests.chain_nodes import CALM, CHAIN, ChainLaunch, home_at, staffed, written
from tests.command import run
from tests.live.network import Network
from tests.live.observer import WIDE, Observer
from tests.live.test_networks import OTHER_STATE

WIDE_BANDS = """
[early]
block_interval = "10m"
max_error_rate = "1%"
min_participation = "1%"
startup_delay = "10m"
max_no_finality = "20m"
[steady]
block_interval = "10m"
max_error_rate = "2%"
min_participation = "1%"
startup_delay = "10m"
max_no_finality = "20m"
"""


POLICYS = "bench-1"
"""The chain id of the policy that `staffed` writes."""


def frozen(folder, patch, network: Network) -> ChainLaunch:
    """A launch that froze the genesis of this network."""
    memory = staffed({}, checks=WIDE_BANDS + CHAIN + CALM, data=network.frozen, enrolled=False)
    home_at(patch, folder / "home")
    patch.setattr(Session, "now_unix_ms", lambda _: round(time.time() * 1000))
    return ChainLaunch(written(memory, folder / "launch"), network, memory)


def look(launch: ChainLaunch, network: Network):
    nodes = [f"{name}=http://127.0.0.1:{ports.rpc}" for name, ports in network.ports.items()]
    return run("observe", *launch.common, *nodes, "--json")


@pytest.mark.clause("AZ-10.2")
def test_the_command_proves_a_real_network(folder, azlive, tmp_path, monkeypatch):
    with Network(folder, azlive, chain_id=POLICYS) as network, Observer(network, WIDE) as seen:
        launch = frozen(tmp_path, monkeypatch, network)
        network.start()
        seen.until_height(9)
        done = look(launch, network)
        proofs = done.document["proofs"]
        assert {proof["height"] for proof in proofs} == {1, 8}, done.out + done.err
        assert all(proof["holds"] for proof in proofs)
        assert done.document["signals"] == []
        found = sorted(path.name for path in (launch.path / "manifests/observations").iterdir())
        assert [name.split("-")[0] for name in found] == ["1", "8"]


@pytest.mark.clause("AZ-10.2")
def test_the_command_names_a_real_network_of_two_genesis_files(
    folder, azlive, tmp_path, monkeypatch
):
    with Network(folder, azlive, chain_id=POLICYS) as network, Observer(network, WIDE) as seen:
        launch = frozen(tmp_path, monkeypatch, network)
        for name in ("cleo", "dora"):
            network.give(name, app_state=OTHER_STATE)
        network.start()
        seen.until_height(1)
        done = look(launch, network)
        assert done.exit_code == 10, done.out + done.err
        (served,) = [s for s in done.document["signals"] if s["code"] == "genesis-served-other"]
        assert (served["locus"], served["power"]) == ("network", "25/46")
        altered = {node["name"]: node["genesis_altered"] for node in done.document["nodes"]}
        assert altered == {"ada": [], "bob": [], "cleo": ["app_state"], "dora": ["app_state"]}
