"""Launches and files to measure on: built here, the same every time, never downloaded.

The builders of `tests/` are not used. What is measured is the program in a process of its own, from
`key generate` on, and its figures stay comparable only while this policy stays the same.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SEED = 20260601
BLOCK = 1 << 20

POLICY = """\
version = 1
[launch]
name = "benchmark"
network_class = "devnet"
chain_id = "bench-1"
[packages.release]
path = "packages/release"
[packages.genesis]
path = "packages/genesis"
genesis_files = ["genesis.json"]
chain_id_at = "#/chain_id"
[approvals.release]
distinct_holders = 1
roles = { release-manager = 1 }
[approvals.genesis]
distinct_holders = 1
roles = { genesis-custodian = 1 }
"""
VERDICTS = """\
[verdicts]
roles = { launch-coordinator = 1 }
"""
GENESIS = '{"chain_id":"bench-1","genesis_time":"2026-06-01T14:00:00Z","initial_height":"1"}\n'


def write_large(path: Path, size: int) -> None:
    """A file of `size` bytes that nothing can compress or deduplicate."""
    chance = random.Random(f"{SEED}{path.name}")
    block = bytearray(chance.randbytes(BLOCK))
    with path.open("wb") as file:
        for number in range(0, size, BLOCK):
            block[:8] = number.to_bytes(8, "big")
            file.write(block[: min(BLOCK, size - number)])


def write_small(root: Path, count: int) -> int:
    """`count` files of 0.2 to 16 kB, a hundred to a directory; returns their bytes."""
    chance = random.Random(SEED)
    total = 0
    for number in range(count):
        directory = root / f"d{number // 100:04}"
        if number % 100 == 0:
            directory.mkdir()
        size = chance.randint(200, 16_000)
        (directory / f"f{number % 100:02}.bin").write_bytes(chance.randbytes(size))
        total += size
    return total


def write_tiny(root: Path, count: int) -> int:
    """`count` files of 0.2 to 1 kB, a thousand to a directory; returns their bytes."""
    chance = random.Random(SEED)
    total = 0
    for number in range(count):
        directory = root / f"d{number // 1000:04}"
        if number % 1000 == 0:
            directory.mkdir()
        data = chance.randbytes(chance.randint(200, 1_000))
        with open(directory / f"f{number % 1000:03}.bin", "wb", buffering=0) as file:
            file.write(data)
        total += len(data)
    return total


def write_genesis(path: Path, size: int) -> None:
    """A genesis of about `size` bytes: many accounts, written as a chain's own tool writes it."""
    import json

    chance = random.Random(SEED)
    account = '{"address": "bench1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "coins": []}'
    balances = [
        {
            "address": f"bench1{chance.randbytes(19).hex()}",
            "coins": [{"amount": "1000", "denom": "u"}],
        }
        for _ in range(size // (2 * len(account)))
    ]
    document = {**json.loads(GENESIS), "app_state": {"bank": {"balances": balances}}}
    path.write_text(json.dumps(document, indent=1))


def total_size(root: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


class Launch:
    """A launch directory around one release package, sealed and approved by one holder."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        self.path = path
        self.environment = environment
        self.release = path / "packages" / "release"
        self.key = path
        self.release.mkdir(parents=True)

    def aztrust(self, *words: str, exit_code: int = 0) -> str:
        """Runs a command in the launch directory, and returns what it prints.

        Args:
            words: the command.
            exit_code: how it ends.

        Raises:
            SystemExit: it fails.
        """
        command = (sys.executable, "-P", "-m", "aztrust", "-C", str(self.path), *words)
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != exit_code:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def seal(
        self, artifact: str = "", origin: str = "", *, verdicts: bool = False, more: str = ""
    ) -> str:
        """Keys, manifests, seals, approvals; returns the anchor.

        Args:
            artifact: lines of the policy that name what hosts install.
            origin: a ledger's name; the one holder keeps it.
            verdicts: the one holder signs verdicts, too.
            more: further tables of the policy.
        """
        import hashlib

        genesis = self.path / "packages" / "genesis" / "genesis.json"
        genesis.parent.mkdir(exist_ok=True)
        if not genesis.exists():
            genesis.write_text(GENESIS)
        (self.path / "manifests").mkdir()
        policy = self.path / "manifests" / "launch.toml"
        text = POLICY.replace("[packages.genesis]", f"{artifact}[packages.genesis]")
        policy.write_text(f"{text}{VERDICTS if verdicts else ''}{more}")
        roles = ("release-manager", "genesis-custodian", *(("launch-coordinator",) * verdicts))
        keys = self.path.parent / f"{self.path.name}-keys"
        self.aztrust(
            *("key", "generate", "bea", "--private-dir", str(keys), "--no-passphrase"),
            *(word for role in roles for word in ("--role", role)),
            "--add",
        )
        private = self.key = next(path for path in keys.rglob("*") if path.is_file())
        if origin:
            fingerprint = self.aztrust(
                "key", "fingerprint", str(self.path / "keys" / "bea.pem"), "-q"
            ).split()[0]
            with policy.open("a") as file:
                file.write(f'[ledger]\norigin = "{origin}"\nkeeper = "{fingerprint}"\n')
        anchor = hashlib.sha256(policy.read_bytes()).hexdigest()
        for act in ("seal", "approve"):
            for package in ("release", "genesis"):
                self.aztrust(act, package, "--key", str(private), "--yes", "--anchor", anchor)
        return anchor


def environment(root: Path) -> Iterator[tuple[str, str]]:
    """This environment, with a home of its own and without aztrust's settings.

    Modules are compiled once, in the first run, which is not counted: a program that was installed
    has its bytecode, and a switch of this machine that forbids it would be measured instead.
    """
    for name, value in os.environ.items():
        if not name.startswith(("AZTRUST_", "XDG_")) and name != "PYTHONDONTWRITEBYTECODE":
            yield name, value
    yield "HOME", str(root / "home")
    yield "PYTHONPYCACHEPREFIX", str(root / "bytecode")
    yield (
        "PYTHONPATH",
        os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH")))),
    )


def rehearsal_anchor() -> str:
    """The anchor of this repository's own launch, as the Makefile has it."""
    found = re.search(r"^ANCHOR := (\S+)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    return found[1] if found else ""
