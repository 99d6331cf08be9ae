"""Operators as files: their public keys, their private keys, a registrar's list, a genesis."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.ssh_keys import blob_of_key
from fixtures.identities import Identity
from tests.gentxs import gentx
from tests.operators import operator

REGISTRAR_POLICY = '[readiness]\nregistrar = "launch-coordinator"\n'
"""The coordinator of a policy that tests make enrols operators."""
NAMES = ("ada", "bob", "zoe")


def public(name: str) -> PublicKey:
    """The public key of an operator."""
    return operator(name).public


def ssh_line(name: str) -> str:
    """That key as the line of a .pub file."""
    return f"ssh-ed25519 {base64.b64encode(blob_of_key(public(name))).decode()} {name}@host"


def private_file(folder: Path, name: str) -> Path:
    """The private key as `aztrust key generate` writes it, without a passphrase."""
    path = folder / f"{name}.key"
    path.write_bytes(Identity(f"operator {name}", (), "ed25519").private_pem())
    path.chmod(0o600)
    return path


def genesis(names: tuple[str, ...] = NAMES) -> bytes:
    """A genesis with a gen_tx of each; the first has as much power as the others together."""
    txs = [gentx(name) for name in names]
    first = txs[0]["body"]["messages"][0]["value"]
    first["amount"] = str(1_000_000 * max(len(names) - 1, 1))
    document = {
        "chain_id": "test-1",
        "genesis_time": "2026-06-02T14:00:00Z",
        "initial_height": "1",
        "app_state": {"genutil": {"gen_txs": txs}},
    }
    return json.dumps(document).encode()


def entry(
    name: str,
    *validators: str,
    key: str = "",
    roles: tuple[str, ...] = ("node",),
    more: str = "",
) -> str:
    """One table of a list; its key is the line of an SSH key unless another is given."""
    listed = ", ".join(f'"{role}"' for role in roles)
    named = ", ".join(f'"{validator}"' for validator in validators)
    return (
        f'[[operator]]\nname = "{name}"\nkey = "{key or ssh_line(name)}"\nroles = [{listed}]\n'
        f"validators = [{named}]\n{more}"
    )


def write_list(folder: Path, *entries: str) -> Path:
    """A list of operators."""
    path = folder / "operators.toml"
    path.write_text("\n".join(entries), "utf-8")
    return path
