"""What hosts and CI ask, measured: is this host ready, may one rely on this verdict?"""

from __future__ import annotations

import datetime
import os
import shlex
import shutil
import sys
from pathlib import Path

from benchmarks.data import REPOSITORY, Launch, rehearsal_anchor, write_genesis, write_large
from benchmarks.measure import Command
from benchmarks.table import Case, Goal

BINARY = 100_000_000
GENESIS = 3_000_000
SMALL = 4_096
BEYOND = 0.15
"""Seconds that a gate may take beyond hashing and beyond the start of its interpreter."""
BEYOND_START = 0.2
"""Seconds that a start may take beyond hashing, the start of its interpreter, and the program."""
ROWS = (
    *("operator-preflight", "operator-readiness", "role-readiness", "monitoring-live"),
    *("incident-path", "blocker-review", "advisory-review"),
)
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


def exec_case(launch: Launch, libraries: str, scale: float) -> Case:
    """The start of a program of 100 MB, authorized and instructed: `true`, and bytes behind it.

    Args:
        launch: to be brought to its start.
        libraries: the statement that imports what aztrust imports of others.
        scale: of the program.
    """
    binary = launch.release / "benchd"
    write_large(binary, round(BINARY * scale))
    program = Path(os.path.realpath(shutil.which("true") or "/bin/true")).read_bytes()
    with binary.open("r+b") as file:
        file.write(program)
    binary.chmod(0o755)
    answered = "".join(f'[checks.{row}]\nnot_applicable = "a benchmark"\n' for row in ROWS)
    anchor = launch.seal(
        ARTIFACT.replace('path = "node"', 'path = "benchd"'), verdicts=True, more=answered
    )
    signed = ("--key", str(launch.key), "--yes", "--anchor", anchor)
    now = datetime.datetime.now(datetime.UTC)
    opens, closes = (f"{now + datetime.timedelta(minutes=m):%Y-%m-%dT%H:%M:%SZ}" for m in (-1, 50))
    reason = ("--reason", "a benchmark")
    for words in (
        ("freeze",),
        ("final-check",),
        ("window", "proceed", *reason),
        ("window", "checkpoint", "go_hold_review_completed"),
        ("window", "decide", "go", *reason),
        ("window", "authorize"),
        ("window", "checkpoint", "bootstrap_authorized"),
        ("window", "instruct", "--opens", opens, "--closes", closes, "--order", "node"),
        ("final-check",),
    ):
        launch.aztrust(*words, *signed)
    root = launch.path.parent
    kit = root / "bench-1.aztrust"
    launch.aztrust("pack", "--to", str(kit))
    home = root / "node-home"
    (home / "config").mkdir(parents=True)
    genesis = home / "config" / "genesis.json"
    shutil.copy(launch.path / "packages" / "genesis" / "genesis.json", genesis)
    words = (*_PROGRAM, "exec", "-q", "--kit", str(kit), "--binary", str(binary))
    ours = Command(
        "aztrust exec", (*words, "--home", str(home), "--anchor", anchor, "--"), root, ours=True
    )
    files = f"sha256sum {shlex.quote(str(binary))} {shlex.quote(str(genesis))} > /dev/null"
    started = shlex.quote(str(binary))
    bare = f"{shlex.quote(sys.executable)} -P -c {shlex.quote(f'import sqlite3; {libraries}')}"
    return Case(
        "exec: a program of 100 MB, authorized",
        binary.stat().st_size,
        [
            ours,
            Command(
                "sha256sum, a script that imports the same, the program",
                ("sh", "-c", f"{files} && {bare} && {started}"),
                root,
            ),
            Command("sha256sum, the program", ("sh", "-c", f"{files} && {started}"), root),
        ],
        (Goal("sha256sum, a script", 0, "takes at most 0.2 s more", BEYOND_START),),
    )
