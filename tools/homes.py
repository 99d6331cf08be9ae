"""The files of a CometBFT network on this machine, for a rehearsal: genesis, homes, list of nodes.

    python tools/homes.py DIR --chain-id ID --in SECONDS NAME=POWER…

DIR gets `genesis.json` with these validators and a genesis time that many seconds ahead, the home
of a node for each of them, and `nodes.toml`, the list for `aztrust observe`. The genesis is put
into no home: its operator does that. Every node listens on loopback, on ports that were free.

Keys come from names, so that a network has the same validators each time. They guard nothing.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

APP_STATE = {"bank": {"supply": "1000000"}, "note": "a<b & c"}
FAST = {
    "timeout_propose": "500ms",
    "timeout_propose_delta": "100ms",
    "timeout_prevote": "200ms",
    "timeout_prevote_delta": "100ms",
    "timeout_precommit": "200ms",
    "timeout_precommit_delta": "100ms",
    "timeout_commit": "200ms",
    "peer_gossip_sleep_duration": "10ms",
}
"""`[consensus]` of a network that makes some blocks a second."""


@dataclass(frozen=True)
class Key:
    """An Ed25519 key, as CometBFT writes it."""

    seed: bytes

    @classmethod
    def named(cls, name: str) -> Key:
        """The key of a name."""
        return cls(hashlib.sha256(f"azlive {name}".encode()).digest())

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public part."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def address(self) -> str:
        """Of a validator, in capitals; a node's id is the same in small letters."""
        return hashlib.sha256(self.public).hexdigest()[:40].upper()

    @property
    def public_json(self) -> dict[str, str]:
        """The public part, as in a genesis."""
        return {"type": "tendermint/PubKeyEd25519", "value": _base64(self.public)}

    @property
    def private_json(self) -> dict[str, str]:
        """Both parts, as in a home."""
        value = _base64(self.seed + self.public)
        return {"type": "tendermint/PrivKeyEd25519", "value": value}


def genesis(powers: Mapping[str, int], t0: float, chain_id: str = "azlive-1") -> dict[str, Any]:
    """The genesis of validators by name with their power.

    Args:
        powers: of the validators.
        t0: the genesis time, in seconds since 1970.
        chain_id: of the network.
    """
    at = datetime.fromtimestamp(t0, UTC).isoformat(timespec="milliseconds")
    return {
        "genesis_time": at.replace("+00:00", "Z"),
        "chain_id": chain_id,
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": "4194304", "max_gas": "10000000"},
            "evidence": {
                "max_age_num_blocks": "100000",
                "max_age_duration": "172800000000000",
                "max_bytes": "1048576",
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "0"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": [
            {
                "address": Key.named(name).address,
                "pub_key": Key.named(name).public_json,
                "power": str(power),
                "name": name,
            }
            for name, power in powers.items()
        ],
        "app_hash": "",
        "app_state": APP_STATE,
    }


@dataclass(frozen=True)
class Ports:
    """Where one node listens on loopback."""

    p2p: int
    rpc: int
    metrics: int

    @classmethod
    def free(cls, held: ExitStack) -> Ports:
        """Three that no other program gets until `held` is closed. A node may listen there."""
        return cls(*(_reserve(held) for _ in range(3)))


def _reserve(held: ExitStack) -> int:
    # Both allow reuse, and only the node listens: it can while this socket holds the port.
    one = held.enter_context(socket.socket())
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", 0))
    return int(one.getsockname()[1])


def write_home(home: Path, name: str, ports: Ports, peers: Sequence[str]) -> None:
    """Everything that a node needs but the genesis.

    Args:
        home: its folder, made here.
        name: of the validator, which chooses its keys.
        ports: where it listens.
        peers: `ID@HOST:PORT` of the other nodes.
    """
    (home / "config").mkdir(parents=True)
    (home / "data").mkdir()
    key = Key.named(name)
    _write(
        home / "config" / "priv_validator_key.json",
        {"address": key.address, "pub_key": key.public_json, "priv_key": key.private_json},
    )
    _write(home / "config" / "node_key.json", {"priv_key": node_key(name).private_json})
    _write(home / "data" / "priv_validator_state.json", {"height": "0", "round": 0, "step": 0})
    (home / "config" / "config.toml").write_text(_config(name, ports, peers))


def node_key(name: str) -> Key:
    """The peer-to-peer key of a validator's node."""
    return Key.named(f"{name}'s node")


def peer(name: str, ports: Ports) -> str:
    """How other nodes reach the node of a validator."""
    return f"{node_key(name).address.lower()}@127.0.0.1:{ports.p2p}"


def write_genesis(path: Path, document: Mapping[str, Any]) -> bytes:
    """Writes a genesis file and returns its bytes."""
    data = (json.dumps(document, indent=2) + "\n").encode()
    path.write_bytes(data)
    return data


def write_homes(folder: Path, ports: Mapping[str, Ports]) -> None:
    """A home below the folder for each validator, connected to all others."""
    for name, own in ports.items():
        others = [peer(other, its) for other, its in ports.items() if other != name]
        write_home(folder / name, name, own, others)


def nodes_toml(ports: Mapping[str, Ports]) -> str:
    """The list of nodes that `aztrust observe` reads. Each validator runs its own node."""
    lines: list[str] = []
    for name, own in ports.items():
        lines += [
            "[[node]]",
            f'name = "{name}"',
            f'operator = "{name}"',
            f'rpc = "http://127.0.0.1:{own.rpc}"',
            f'metrics = "http://127.0.0.1:{own.metrics}"',
        ]
    return "\n".join(lines) + "\n"


def _config(name: str, ports: Ports, peers: Sequence[str]) -> str:
    sections: dict[str, dict[str, object]] = {
        "": {"moniker": name, "log_level": "consensus:info,p2p:error,*:info"},
        "rpc": {"laddr": f"tcp://127.0.0.1:{ports.rpc}", "pprof_laddr": ""},
        "p2p": {
            "laddr": f"tcp://127.0.0.1:{ports.p2p}",
            "persistent_peers": ",".join(peers),
            # All nodes of one machine have one address.
            "addr_book_strict": False,
            "allow_duplicate_ip": True,
            "pex": False,
        },
        "consensus": dict(FAST),
        "instrumentation": {
            "prometheus": True,
            "prometheus_listen_addr": f"127.0.0.1:{ports.metrics}",
        },
    }
    lines: list[str] = []
    for section, values in sections.items():
        lines += [f"[{section}]"] if section else []
        # A string and a truth value of JSON are ones of TOML.
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n")
    path.chmod(0o600)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _validator(text: str) -> tuple[str, int]:
    name, _, power = text.partition("=")
    if not name.isidentifier() or not power.isascii() or not power.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=POWER, as ada=50")
    return name, int(power)


def main(arguments: list[str]) -> int:
    """Write the files; returns the exit code."""
    parser = argparse.ArgumentParser(prog="homes.py")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("validators", type=_validator, nargs="+", metavar="NAME=POWER")
    parser.add_argument("--chain-id", required=True)
    parser.add_argument("--in", type=int, required=True, dest="ahead", metavar="SECONDS")
    given = parser.parse_args(arguments)
    powers = dict(given.validators)
    with ExitStack() as held:
        ports = {name: Ports.free(held) for name in powers}
    write_homes(given.folder, ports)
    (given.folder / "nodes.toml").write_text(nodes_toml(ports))
    document = genesis(powers, int(time.time()) + given.ahead, given.chain_id)
    write_genesis(given.folder / "genesis.json", document)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
