"""Records that are in no file of a launch yet: what clients hand in."""

from __future__ import annotations

from collections.abc import Callable

from tests.disk_launch import Launch


def records(launch: Launch) -> dict[str, bytes]:
    """Every file of the folder that is not a dot file."""
    folder = launch.path / "manifests/records"
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


def made(launch: Launch, number: int, by: str = "gabi", at: int | None = None) -> bytes:
    """The envelope of an announcement, another one for each number."""
    digest = "sha256:" + f"{number:064x}"
    return taken_out(launch, lambda other: other.announce(digest, by), at)


def revocation(launch: Launch, by: str, target: str | None = None, reason: str = "wrong") -> bytes:
    """The envelope of a revocation, of the launch's first record if no other one is named."""
    revoked = target or launch.records[0].record_id
    return taken_out(launch, lambda other: other.revoke(revoked, by, reason=reason))


def taken_out(launch: Launch, act: Callable[[Launch], object], at: int | None = None) -> bytes:
    """What an act writes into the folder, which is as before afterwards."""
    before = records(launch).keys()
    other = Launch(launch.path, list(launch.records))
    if at is not None:
        other.now = lambda: at
    act(other)
    (name,) = records(launch).keys() - before
    path = launch.path / "manifests/records" / name
    data = path.read_bytes()
    path.unlink()
    return data
