"""Databases of execution and consensus clients, by their place in a data directory: a table.

Each of these clients writes the genesis into its database at `init` or at its first start, and
then always reads it from there. aztrust does not read their formats, so it cannot know which
genesis is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

CLIENT_DATABASES: Final = (
    ("geth", "geth/chaindata"),
    ("geth", "geth/geth/chaindata"),
    ("geth", "chaindata"),
    ("reth", "db/mdbx.dat"),
    ("erigon", "chaindata/mdbx.dat"),
    ("nethermind", "nethermind_db"),
    ("besu", "database/METADATA.json"),
    ("besu", "DATABASE_METADATA.json"),
    ("lighthouse", "beacon/chain_db"),
    ("prysm", "beaconchaindata"),
    ("teku", "beacon/db"),
    ("nimbus", "db/nbc.sqlite3"),
    ("lodestar", "chain-db"),
    ("grandine", "beacon_fork_choice"),
    ("Solana", "rocksdb"),
    ("Solana", "ledger/rocksdb"),
)
"""(client, path below its data directory): a client may be here under several paths."""

CHAINS: Final = ("chains", ("db", "paritydb"))
"""Substrate: `chains/CHAIN/db` or `chains/CHAIN/paritydb` below the base path, for every CHAIN."""

CLIENT_HOMES: Final = (
    ("geth", "~/.ethereum"),
    ("geth", "~/Library/Ethereum"),
    ("reth", "$XDG_DATA_HOME/reth"),
    ("reth", "~/.local/share/reth"),
    ("reth", "~/Library/Application Support/reth"),
    ("erigon", "$XDG_DATA_HOME/erigon"),
    ("erigon", "~/.local/share/erigon"),
    ("erigon", "~/Library/erigon"),
    ("nethermind", "~/.nethermind"),
    ("nethermind", "~/.local/share/nethermind"),
    ("besu", "$BESU_DATA_PATH"),
    ("besu", "/opt/besu"),
    ("lighthouse", "~/.lighthouse"),
    ("beacon-chain", "~/.eth2"),
    ("beacon-chain", "~/Library/Eth2"),
    ("teku", "$XDG_DATA_HOME/teku"),
    ("teku", "~/.local/share/teku"),
    ("teku", "~/Library/teku"),
    ("nimbus", "~/.cache/nimbus/BeaconNode"),
    ("nimbus", "~/Library/Application Support/Nimbus/BeaconNode"),
    ("lodestar", "$XDG_DATA_HOME/lodestar"),
    ("lodestar", "~/.local/share/lodestar"),
    ("grandine", "~/.grandine/*/beacon"),
)
"""(what the program's name contains, its data directory where no option names one).

`*` is any one name.
"""

_SOLANA_NAMES: Final = ("solana", "agave", "fdctl")
_SOLANA_HOMES: Final = ("~/ledger", "~/validator-ledger", "~/test-ledger")
_OWN_HOMES: Final = (
    "$XDG_DATA_HOME/{name}",
    "~/.local/share/{name}",
    "~/Library/Application Support/{name}",
)


_DIRECTORIES: Final = ("DATADIR", "DATA_DIR", "DATA_PATH", "BASE_PATH", "BASEDBPATH")
_CHOICES: Final = (
    *("DATADIR_ANCIENT", "CONFIG", "CONFIG_FILE", "CONFIG_PATH", "CHAIN", "NETWORK", "NETWORKID"),
    *("NETWORK_ID", "GENESIS", "GENESIS_STATE", "INITIAL_STATE"),
    *("INITCONFIG_BASEDBPATH", "INITCONFIG_CHAINSPECPATH", "DEV", "MAINNET", "SEPOLIA", "HOLESKY"),
    "HOODI",
)
_OVERRIDES: Final = "OVERRIDE_"


def client_prefixes(names: Iterable[str], genesis_format: str) -> tuple[str, ...]:
    """What the variables of a launch's clients begin with: geth reads `GETH_` and an option's name.

    Args:
        names, genesis_format: as `client_homes`.
    """
    names = tuple(name.lower() for name in names)
    clients = dict.fromkeys(client for client, _ in (*CLIENT_DATABASES, *CLIENT_HOMES))
    own = (re.sub(r"[^A-Z0-9]", "_", name.upper()) for name in names)
    known = (
        re.sub(r"[^A-Z0-9]", "_", client.upper())
        for client in clients
        if genesis_format == "ethereum" or any(client.lower() in name for name in names)
    )
    return tuple(dict.fromkeys((*own, *known)))


def is_client_variable(variable: str, prefixes: Iterable[str]) -> bool:
    """Whether a variable of the environment decides which chain or directory a client uses."""
    rests = (variable[len(p) + 1 :] for p in prefixes if variable.startswith(f"{p}_"))
    return any(r in (*_DIRECTORIES, *_CHOICES) or r.startswith(_OVERRIDES) for r in rests)


def is_directory_variable(variable: str) -> bool:
    """Whether such a variable names a data directory."""
    return variable.endswith(tuple(f"_{name}" for name in _DIRECTORIES))


def client_homes(
    names: Iterable[str], genesis_format: str, *, every: bool = False
) -> tuple[str, ...]:
    """The data directories that clients of a launch use where no option names one, as templates.

    Those of an Ethereum client belong to the launch where the genesis is one of Ethereum, or where
    a program of the launch is called after the client; on another host they are of another chain.

    Args:
        names: what the programs of the host are called.
        genesis_format: of the sealed facts, such as `ethereum`; "" where it is not known.
        every: those of all clients, whatever the launch is.
    """
    names = tuple(names)
    known = tuple(
        home
        for client, home in CLIENT_HOMES
        if every or genesis_format == "ethereum" or any(client in name.lower() for name in names)
    )
    solana = every or any(word in name.lower() for name in names for word in _SOLANA_NAMES)
    return (*_OWN_HOMES, *known, *(_SOLANA_HOMES if solana else ()))
