"""The order of what a durable write asks of the file system: contents, then name, then directory.

The `os` of the module under test is replaced by one that writes down what it is asked; nothing else
in the process sees it. A power cut keeps what was synced and may keep the rest or not, so a file
must be synced with all its bytes before it gets its name, and its directory after that.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.storage import durable
from aztrust.storage.durable import (
    create_exclusive,
    create_idempotent,
    overwrite,
    place_exclusive,
)

DATA = b"some words\n" * 9_000
"""More than one buffer of a file object."""
OLD = b"what was there"


class Calls:
    """The `os` that one module sees."""

    def __init__(self) -> None:
        self.made: list[tuple[str, object]] = []
        self.fail = ""
        self.watched: Path | None = None
        self.before: list[str] = []
        """What a power cut before each call would leave under the name that is watched."""
        self._synced: dict[int, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fsync(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            self._note("sync directory", found.st_ino)
        else:
            self._note("sync file", found.st_size)
            self._synced[found.st_ino] = found.st_size
        os.fsync(descriptor)

    def link(self, source: str, target: str, **more: Any) -> None:
        self._note("name", target)
        os.link(source, target, **more)

    def replace(self, source: str, target: str, **more: Any) -> None:
        self._note("name", target)
        os.replace(source, target, **more)

    def unlink(self, name: str, **more: Any) -> None:
        self._note("remove", "")
        os.unlink(name, **more)

    def _note(self, what: str, about: object) -> None:
        if what == self.fail:
            raise OSError(5, "Input/output error")
        self.made.append((what, about))
        if self.watched is not None:
            self.before.append(self._left(self.watched))

    def _left(self, path: Path) -> str:
        if not path.exists():
            return "nothing"
        found = path.stat()
        if path.read_bytes() == OLD:
            return "old"
        return "new" if self._synced.get(found.st_ino) == len(DATA) else "a part"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setattr(durable, "os", calls)
    return calls


def placed(path: Path, data: bytes) -> None:
    """A finished file gets its name."""
    made = path.with_name("made")
    made.write_bytes(data)
    place_exclusive(made, path)


def in_parts(path: Path, data: bytes) -> None:
    """The same bytes, handed in one part after the other."""
    create_exclusive(path, (data[at : at + 1000] for at in range(0, len(data), 1000)))


CREATING: dict[str, Callable[[Path, bytes], object]] = {
    "exclusive": create_exclusive,
    "in parts": in_parts,
    "idempotent": create_idempotent,
    "placed": placed,
}


@pytest.mark.parametrize("write", CREATING.values(), ids=CREATING.keys())
@pytest.mark.parametrize("data", [DATA, b""], ids=["long", "empty"])
def test_a_new_file_is_synced_before_it_has_its_name_and_the_directory_after(
    tmp_path: Path, calls: Calls, write: Callable[[Path, bytes], object], data: bytes
):
    write(tmp_path / "a", data)
    assert calls.made == [
        ("sync file", len(data)),
        ("name", "a"),
        ("remove", ""),
        ("sync directory", tmp_path.stat().st_ino),
    ]
    assert (tmp_path / "a").read_bytes() == data


def test_a_file_is_replaced_by_one_that_is_synced_and_the_directory_is_synced_after(
    tmp_path: Path, calls: Calls
):
    (tmp_path / "a").write_bytes(b"before")
    overwrite(tmp_path / "a", DATA)
    assert calls.made == [
        ("sync file", len(DATA)),
        ("name", "a"),
        ("sync directory", tmp_path.stat().st_ino),
    ]
    assert (tmp_path / "a").read_bytes() == DATA


@pytest.mark.parametrize("write", [create_exclusive, create_idempotent, overwrite])
def test_the_directory_that_is_synced_is_the_one_of_the_file(
    tmp_path: Path, calls: Calls, write: Callable[..., object]
):
    write(tmp_path / "above/below/a", DATA, within=tmp_path)
    below = (tmp_path / "above/below").stat().st_ino
    assert calls.made.index(("sync file", len(DATA))) < calls.made.index(("name", "a"))
    assert calls.made.index(("name", "a")) < calls.made.index(("sync directory", below))


ALL = {**CREATING, "overwritten": overwrite}


@pytest.mark.parametrize("write", ALL.values(), ids=ALL.keys())
def test_what_cannot_be_synced_gets_no_name(
    tmp_path: Path, calls: Calls, write: Callable[[Path, bytes], object]
):
    calls.fail = "sync file"
    with pytest.raises(CouldNotCheck, match="cannot write") as caught:
        write(tmp_path / "a", DATA)
    assert caught.value.mend
    assert not (tmp_path / "a").exists()
    assert ("name", "a") not in calls.made


@pytest.mark.parametrize("write", CREATING.values(), ids=CREATING.keys())
def test_a_power_cut_leaves_no_part_of_a_new_file_under_its_name(
    tmp_path: Path, calls: Calls, write: Callable[[Path, bytes], object]
):
    calls.watched = tmp_path / "a"
    write(tmp_path / "a", DATA)
    # Before it is synced, named, freed of its other name, and the directory synced.
    assert calls.before == ["nothing", "nothing", "new", "new"]


def test_a_power_cut_leaves_the_old_file_or_the_new_one(tmp_path: Path, calls: Calls):
    (tmp_path / "a").write_bytes(OLD)
    calls.watched = tmp_path / "a"
    overwrite(tmp_path / "a", DATA)
    assert calls.before == ["old", "old", "new"]


def test_what_is_there_already_is_not_written(tmp_path: Path, calls: Calls):
    (tmp_path / "a").write_bytes(b"before")
    with pytest.raises(Refused, match="already exists"):
        create_exclusive(tmp_path / "a", DATA)
    calls.made.clear()
    assert not create_idempotent(tmp_path / "a", b"before")
    assert calls.made == []


@pytest.mark.parametrize("within", [True, False])
def test_each_new_directory_is_synced_into_the_one_above(tmp_path, calls, within):
    create_exclusive(tmp_path / "above/below/a", DATA, within=tmp_path if within else None)
    synced = [about for what, about in calls.made if what == "sync directory"]
    assert tmp_path.stat().st_ino in synced
    assert (tmp_path / "above").stat().st_ino in synced
