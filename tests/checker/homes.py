"""Situations in which a node's home or the environment decides what a host would start.

The genesis time of these launches is ahead: whatever a node stored may be another genesis.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from tests.checker.situations import Host, Situation, frozen_then

CONFIG = """\
# genesis_file and home are relative to the home directory
moniker = "home"
genesis_file = "config/genesis.json"
db_dir = "data"
node_key_file = "config/node_key.json"
"""
PLAIN = CONFIG.replace('genesis_file = "config/genesis.json"\n', "")
STRICTER = ("with_an_upgrade", "variable_of_geth")
"""aztrust has an answer here: after genesis time, and where no client of the launch is geth."""
OTHER_CODES = ("wrong_under_cosmovisor", "empty_under_cosmovisor", "fifo_under_cosmovisor")
"""aztrust counts what cosmovisor starts as this host's binary."""
Act = Callable[[Host], None]


def homes() -> Iterator[Situation]:
    """Every situation; the names are unique."""
    for name, act, says in _accepted():
        yield Situation(f"home_{name}", frozen_then(act), 0, says=says)
    for name, act, says in _open():
        yield Situation(f"home_{name}", frozen_then(act), 11, says=says)


def _accepted() -> Iterator[tuple[str, Act, str]]:
    yield "nowhere", lambda host: None, "state    no home of a node is here: no "
    yield "never_started", _file(".atlasd/config/config.toml", PLAIN), "state    ok  "
    yield "with_another_directory", _file(".atlasd/wasm/state/x"), "no node was started here"
    yield "around_the_genesis", _genesis_in_home, "state    ok  "
    yield "named_next_to_one_with_a_state", _named_home(""), "other: no node was started here"
    yield "right_under_cosmovisor", _cosmovisor("right"), "state    ok  "
    yield "variable_that_names_it", _variable("DAEMON_HOME", "$HOME/.atlasd"), "state    ok  "
    yield "variable_that_is_empty", _variable("ATLASD_GENESIS_FILE", ""), "state    no home"


def _open() -> Iterator[tuple[str, Act, str]]:
    stored, database = "genesis-stored-unread: ", "client-database-present: "
    config, variable = "node-config-unread: ", "environment-overrides: "
    yield "with_a_state", _file(".atlasd/data/state.db/CURRENT"), stored
    yield "by_its_short_name", _file(".atlas/data/state.db/CURRENT"), stored
    yield "with_badgerdb", _file(".atlasd/data/state/x"), stored
    yield "named_with_a_state", _named_home("data/state.db/CURRENT"), stored
    yield "named_with_geth", _named_home("sepolia/geth/chaindata/x"), database
    yield "with_geth", _file(".atlasd/geth/chaindata/x"), database
    yield "of_geth", _file(".ethereum/geth/chaindata/x"), database
    yield "of_lighthouse", _file(".lighthouse/mainnet/beacon/chain_db/x"), database
    yield "with_substrate", _file(".local/share/atlasd/chains/atlas/db/x"), database
    moved = CONFIG.replace("config/genesis.json", "other.json")
    yield "with_another_genesis_file", _file(".atlasd/config/config.toml", moved), config
    folded = f'{CONFIG}Home = "/srv/other"\n'
    yield "with_another_home", _file(".atlasd/config/config.toml", folded), config
    table = f'{CONFIG}base = {{ "db_dir" = "x" }}\n'
    yield "with_another_database", _file(".atlasd/config/config.toml", table), config
    yield "with_an_escape", _file(".atlasd/config/config.toml", '"h\\u006fme" = "/x"\n'), config
    yield "with_another_form", _file(".atlasd/config/config.json", '{"home":"/x"}'), config
    elsewhere = "genesis-file-elsewhere: "
    yield "whose_genesis_is_elsewhere", _file(".atlasd/config/config.toml", CONFIG), elsewhere
    yield "with_another_genesis", _file(".atlasd/config/genesis.json", "{}"), elsewhere
    yield "with_an_upgrade", _upgrade, "upgrade-info-present: "
    yield "wrong_under_cosmovisor", _cosmovisor("wrong"), "binary-unknown: "
    yield "fifo_under_cosmovisor", _cosmovisor("fifo"), "binary-unknown: "
    yield "empty_under_cosmovisor", _cosmovisor("empty"), "file-missing: "
    yield "variable_of_the_node", _variable("ATLASD_HOME", "/srv/other"), variable
    yield "variable_of_geth", _variable("GETH_DATADIR", "/srv/other"), variable
    yield "variable_of_a_genesis", _variable("CMT_GENESIS_FILE", "/srv/x.json"), variable
    yield "variable_of_the_loader", _variable("DYLD_INSERT_LIBRARIES", "/x"), variable
    yield "variable_of_cosmovisor", _variable("DAEMON_NAME", "gaiad"), variable


def _file(path: str, text: str = "") -> Act:
    def act(host: Host) -> None:
        (host.home / path).parent.mkdir(parents=True, exist_ok=True)
        (host.home / path).write_text(text)

    return act


def _named_home(path: str) -> Act:
    """A home that `--home` names, and the default one with a state."""

    def act(host: Host) -> None:
        _file(".atlasd/data/state.db/CURRENT")(host)
        (host.home / "other").mkdir()
        if path:
            _file(f"other/{path}")(host)
        host.more += ["--home", str(host.home / "other")]

    return act


def _genesis_in_home(host: Host) -> None:
    place = host.home / ".atlasd/config/genesis.json"
    place.parent.mkdir(parents=True)
    place.write_bytes(host.sealed_genesis())
    (place.parent / "config.toml").write_text(CONFIG)
    host.genesis = place


def _cosmovisor(which: str) -> Act:
    def act(host: Host) -> None:
        place = host.home / ".atlasd/cosmovisor/upgrades/x/bin/atlasd"
        place.parent.mkdir(parents=True)
        (place.parents[3] / "current").symlink_to("upgrades/x")
        if which == "fifo":
            os.mkfifo(place)
        elif which != "empty":
            assert host.binary is not None
            place.write_bytes(host.binary.read_bytes() + (b"" if which == "right" else b"x"))
            place.chmod(0o755)

    return act


def _upgrade(host: Host) -> None:
    _file(".atlasd/data/upgrade-info.json", '{"name":"v2"}')(host)
    _cosmovisor("right")(host)


def _variable(name: str, value: str) -> Act:
    def act(host: Host) -> None:
        if "$HOME" in value:
            (host.home / ".atlasd").mkdir()
        host.environment[name] = value.replace("$HOME", str(host.home))

    return act
