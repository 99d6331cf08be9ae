"""A directory that changes while it is read shows it in each of its times (law 5)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aztrust.storage import hash_stream
from tests.storage.trees import faults, make, paths, read


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Run an action once, after the first file was hashed: every directory is listed by then."""
    real: Callable[..., Any] = hash_stream.digest_whole
    pending = [act]

    def then_act(*args: object, **more: object) -> object:
        found = real(*args, **more)
        if pending:
            pending.pop()()
        return found

    monkeypatch.setattr(hash_stream, "digest_whole", then_act)


def keeping_mtime(directory: Path, act: Callable[[], object]) -> None:
    """Change something in a directory and put its time of modification back."""
    before = directory.stat()
    act()
    os.utime(directory, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = directory.stat()
    assert after.st_mtime_ns == before.st_mtime_ns
    assert after.st_ctime_ns != before.st_ctime_ns


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file more": lambda d: (d / "more").write_bytes(b"evil"),
    "a directory more": lambda d: (d / "more").mkdir(),
    "a link more": lambda d: (d / "more").symlink_to("f"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("where", ["", "below"], ids=["root", "below"])
def test_a_name_that_comes_behind_the_walk_with_the_mtime_put_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
    where: str,
):
    root = make(tmp_path / "p", {"f": b"good", "below/f": b"good", "other/f": b"good"})
    tick(root / where)
    during(monkeypatch, lambda: keeping_mtime(root / where, lambda: change(root / where)))
    found = read(root)
    assert faults(found) == [("changed-while-reading", where or ".")]
    assert "names were added, removed or renamed" in found.tree.faults[0].detail


def tick(directory: Path) -> None:
    """Let the file system's clock go past the directory's last change.

    Two changes within one tick of that clock have the same time.
    """
    before = directory.stat().st_ctime_ns
    probe = directory.parent / f"{directory.name}-tick"
    while True:
        probe.write_bytes(b"")
        now = probe.stat().st_ctime_ns
        probe.unlink()
        if now > before:
            return


def test_a_tree_that_nothing_changes_has_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = make(tmp_path / "p", {"f": b"good", "below/f": b"good"})
    touched: list[str] = []
    during(monkeypatch, lambda: touched.append((root / "f").read_bytes().decode()))
    found = read(root)
    assert touched == ["good"]
    assert (faults(found), paths(found)) == ([], ["below/f", "f"])
