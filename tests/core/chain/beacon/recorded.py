"""Recorded runs of a real beacon node (Lodestar 1.5.1, minimal preset, slots of two seconds).

Each is one node that runs all validators that are there, read once a second by the adapter from
before the genesis time on. The sealed genesis of a run is in `NAME.ssz`: the one that its node
started from, but for `nine-validators`, whose node has one validator more than the sealed one.
"""

from __future__ import annotations

from pathlib import Path

from tests.core.chain.recordings import Recording, polls

FOLDER = Path(__file__).parent / "recordings"
RUNS = ("healthy", "nine-validators", "three-of-eight-absent")


def recorded(name: str) -> Recording:
    """A run by its name."""
    found = polls(FOLDER / f"{name}.jsonl.gz", "/eth/v1/beacon/genesis")
    return Recording(name, (FOLDER / f"{name}.ssz").read_bytes(), found)
