"""A launch in memory whose operators are enrolled, and what they confirm of its frozen scope.

launch = staffed({"ann": 40, "bob": 35, "eve": 25})     # frozen; luca enrolled all three
ready(launch, "ann")                                    # ann's host has what was frozen
not_ready(launch, "bob", "binary-mismatch", found="ab12cd34")
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aztrust.core.package.manifest import parse_manifest
from aztrust.core.records.programs import confirmed_programs
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.current import current_attempt
from aztrust.core.state.present_readiness import present_readiness
from aztrust.core.state.readiness import Readiness
from tests.crew import genesis
from tests.final_check_builders import CHECKED, SAID, STAFFED
from tests.memory_launch import Launch, file_entry
from tests.operators import REGISTRAR, confirm, enrol, entry
from tests.verdicts import ONE

CONFIRMED = SAID
"""When operators confirm."""


def staffed(
    powers: Mapping[str, int],
    table: str = 'min_power = "67%"',
    *,
    checks: str = "",
    enrolled: bool = True,
    data: bytes | None = None,
    decide_by: int | None = None,
) -> Launch:
    """A launch that is frozen in its window; each operator has one validator of that name.

    Args:
        powers: operator to power.
        table: the lines of `[readiness]`.
        checks: more tables of the policy.
        enrolled: whether the operators are enrolled.
        data: the genesis, instead of one with these powers.
        decide_by: until when the window is decided.
    """
    launch = Launch(verdicts=f"{ONE}{STAFFED}[readiness]\n{table}\n{checks}", roles=REGISTRAR)
    data = genesis(powers) if data is None else data
    launch.genesis = [file_entry("genesis.json", data)]
    launch.captured["genesis"]["genesis.json"] = data
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    for name in ("rita", "sonia"):
        launch.approve("release", name)
    for name in ("gabi", "sonia"):
        launch.approve("genesis", name)
    launch.verdict(launch_window_id=launch.window(decide_by=decide_by))
    if enrolled:
        enrol(launch, *(entry(name, validators=(f"{name}-key",)) for name in sorted(powers)))
    return launch


def bound(launch: Launch) -> dict[str, Any]:
    """The scope and the window that are frozen."""
    attempt = current_attempt(read_context(Request(CHECKED), launch.evidence()))
    assert attempt is not None
    return {"scope_hash": attempt.scope_hash, "launch_window_id": attempt.launch_window_id}


def ready(launch: Launch, name: str, *, at: int = CONFIRMED, **changes: Any) -> str:
    """A confirmation of a host that has what was frozen; its id."""
    context = read_context(Request(CHECKED), launch.evidence())
    scope = context.scope
    assert scope is not None
    artifacts = parse_manifest(launch.manifests["release"], what="release").artifacts
    programs = confirmed_programs(artifacts, "linux/amd64", ("node",))
    fields = {
        "programs": programs,
        "release_package_id": scope.release_package_id,
        "genesis_package_id": scope.genesis_package_id,
        "genesis_sha256": scope.genesis_hash,
        "chain_id": "bench-1",
    }
    return confirm(launch, name, at=at, **bound(launch), **{**fields, **changes})


def not_ready(
    launch: Launch, name: str, reason: str = "binary-mismatch", *, at: int = CONFIRMED, **more: Any
) -> str:
    """A confirmation of a host that is not ready; its id."""
    return confirm(launch, name, reason=reason, at=at, **bound(launch), **more)


def context_of(launch: Launch, at: int = CHECKED) -> Context:
    """The launch, half an hour after the freeze."""
    return read_context(Request(at, anchor=launch.anchor), launch.evidence())


def counted(launch: Launch, at: int = CHECKED) -> Readiness:
    """The count."""
    found = present_readiness(context_of(launch, at))
    assert found is not None
    return found


def written(launch: Launch, path: Path) -> Path:
    """The launch as a directory; of its packages the genesis only."""
    folders = {
        "manifests/records": launch.records,
        "manifests/verdicts": launch.verdicts,
        "keys": launch.keys,
        "genesis": launch.captured["genesis"],
        "manifests": {f"{name}.json": data for name, data in launch.manifests.items()},
        "manifests/sealed": {
            f"{launch.package_id(name)[7:]}.json": data for name, data in launch.manifests.items()
        },
    }
    for folder, files in folders.items():
        (path / folder).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (path / folder / name).write_bytes(data)
    (path / "manifests/launch.toml").write_bytes(launch.policy)
    return path
