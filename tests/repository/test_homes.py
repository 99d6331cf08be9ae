"""The files of a rehearsal's network fit together, and every program can read its part."""

from __future__ import annotations

import json
import tomllib

import pytest

from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.cometbft.adapter import CometBFT
from tools.homes import main

ARGUMENTS = ("--chain-id", "tutorial-1", "--in", "120", "ada=50", "bob=30", "zoe=20")


def test_genesis_homes_and_list_name_the_same_validators(tmp_path):
    assert main([str(tmp_path / "nodes"), *ARGUMENTS]) == 0
    made = tmp_path / "nodes"
    expected = CometBFT().expected((made / "genesis.json").read_bytes(), ChainOptions())
    assert expected.network == "tutorial-1"
    assert [(member.shown, member.power) for member in expected.members] == [
        ("ada", 50),
        ("bob", 30),
        ("zoe", 20),
    ]
    assert expected.validators
    assert expected.params
    listed = tomllib.loads((made / "nodes.toml").read_text("utf-8"))["node"]
    assert [node["operator"] for node in listed] == ["ada", "bob", "zoe"]
    for member, node in zip(expected.members, listed, strict=True):
        config = made / node["name"] / "config"
        key = json.loads((config / "priv_validator_key.json").read_bytes())
        assert key["address"] == member.id
        settings = tomllib.loads((config / "config.toml").read_text("utf-8"))
        assert node["rpc"] == settings["rpc"]["laddr"].replace("tcp:", "http:")
        assert node["metrics"].endswith(settings["instrumentation"]["prometheus_listen_addr"])
        peers = settings["p2p"]["persistent_peers"].split(",")
        assert len(peers) == 2
        assert settings["p2p"]["laddr"].rpartition(":")[2] not in {
            one.rpartition(":")[2] for one in peers
        }
        assert not (config / "genesis.json").exists()


@pytest.mark.parametrize("validator", ["ada", "ada=", "ada=-1", "a b=1", "../x=1"])
def test_a_validator_without_a_name_or_a_power_is_refused(tmp_path, capsys, validator):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "nodes"), "--chain-id", "x", "--in", "1", validator])
    assert "is not NAME=POWER, as ada=50" in capsys.readouterr().err
    assert not (tmp_path / "nodes").exists()
