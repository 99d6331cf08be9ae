"""Databases of execution and consensus clients, by their place in a data directory: a table.

Each of these clients writes the genesis into its database at `init` or at its first start, and
then always reads it from there. aztrust does not read their formats, so it cannot know which
genesis is in them.
"""

from __future__ import annotations

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

CHAINS: Final = ("chains", "db")
"""Substrate: `chains/CHAIN/db` below the base path, for every CHAIN."""
