"""What hosts and CI ask, measured: is this host ready, may one rely on this verdict?"""

from __future__ import annotations

import shlex
import sys

from benchmarks.data import REPOSITORY, Launch, rehearsal_anchor, write_genesis, write_large
from benchmarks.measure import Command
from benchmarks.table import Case, Goal

BINARY = 100_000_000
GENESIS = 3_000_000
SMALL = 4_096
BEYOND = 0.15
"""Seconds that a gate may take beyond hashing and beyond the start of its interpreter."""
ARTIFACT = """\
[[packages.release.artifact]]
path = "node"
role = "node"
platform = "linux/amd64"
"""
_PROGRAM = (sys.executable, "-P", "-m", "aztrust")


def host_case(launch: Launch, scale: float) -> Case:
    """A validator's host: a binary of 100 MB and a genesis of 3 MB, against a kit."""
    binary = launch.release / "node"
    write_large(binary, round(BINARY * scale))
    genesis = launch.path / "packages" / "genesis" / "genesis.json"
    genesis.parent.mkdir()
    write_genesis(genesis, GENESIS)
    anchor = launch.seal(ARTIFACT)
    root = launch.path.parent
    kit = root / "bench-1.aztrust"
    launch.aztrust("pack", "--to", str(kit))
    words = (*_PROGRAM, "preflight", str(kit), "--binary", str(binary), "--genesis", str(genesis))
    ours = Command(
        "aztrust preflight",
        (*words, "--platform", "linux/amd64", "--anchor", anchor),
        root,
        ours=True,
        exit_code=11,
    )
    verify = ("-C", shlex.quote(str(REPOSITORY)), "verify", "--anchor", rehearsal_anchor())
    start = " ".join((*_PROGRAM, *verify))
    files = f"sha256sum {shlex.quote(str(binary))} {shlex.quote(str(genesis))}"
    return Case(
        "host: a binary of 100 MB, a genesis of 3 MB",
        binary.stat().st_size + genesis.stat().st_size,
        [
            ours,
            Command("sha256sum, then aztrust's start", ("sh", "-c", f"{files} && {start}"), root),
            Command("sha256sum", ("sh", "-c", files), root),
        ],
        (Goal("sha256sum, then", 1 / 1.5, "takes at most 1.5 times"),),
    )


def gate_case(launch: Launch, libraries: str) -> Case:
    """A frozen verdict with its ledger available, and a file so small that nothing is hashed.

    Args:
        launch: to be sealed, approved and frozen.
        libraries: the statement that imports what the gate imports of others.
    """
    binary = launch.release / "node"
    write_large(binary, SMALL)
    anchor = launch.seal(ARTIFACT, verdicts=True)
    launch.aztrust("freeze", "--key", str(launch.key), "--yes", "--anchor", anchor)
    verdict = next((launch.path / "manifests" / "verdicts").glob("*.sigstore.json"))
    words = (*_PROGRAM, "-C", str(launch.path), "gate", str(verdict), "--class", "freeze_confirmed")
    ours = Command(
        "aztrust gate",
        (*words, "--anchor", anchor, "--binary", str(binary), "--max-head-age", "1d"),
        launch.path.parent,
        ours=True,
    )
    bare = (sys.executable, "-P", "-c", f"import sqlite3; {libraries}")
    return Case(
        "gate: a verdict, its ledger, a file of 4 kB",
        0,
        [ours, Command("a script that imports the same", bare, launch.path.parent)],
        (Goal("a script", 0, "takes at most 0.15 s more", BEYOND),),
    )
