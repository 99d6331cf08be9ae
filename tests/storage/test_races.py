"""A tree that moves while it is read: every change is put exactly where it hurts (law 5)."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage import hash_stream, reading
from aztrust.storage.tree import batches, schedule, walk
from aztrust.storage.tree.tree import TreeRequest, read_tree
from tests.standins import stand_in
from tests.storage.trees import faults, let_the_clock_tick, make, paths, read


@pytest.fixture
def during(monkeypatch, tmp_path):
    """Runs an action once, right after the first file was read and before its second stat."""

    def arrange(action, function="digest_whole"):
        real = getattr(hash_stream, function)
        pending = [action]

        def then_act(*args, **kwargs):
            raw = real(*args, **kwargs)
            if pending:
                let_the_clock_tick(tmp_path)
                pending.pop()()
            return raw

        monkeypatch.setattr(hash_stream, function, then_act)

    return arrange


@pytest.fixture
def between(monkeypatch):
    """Runs an action once, after a directory was listed and before its files are opened.

    Both places that hash are arranged: this process, and a worker that opens everything itself.
    """

    def arrange(action):
        real = batches.hash_parts
        pending = [action]

        def act_first(*args, **kwargs):
            if pending:
                pending.pop()()
            return real(*args, **kwargs)

        monkeypatch.setattr(batches, "hash_parts", act_first)
        monkeypatch.setattr(schedule, "hash_parts", act_first)

    return arrange


def replace(path, data):
    other = path.with_name(path.name + ".new")
    other.write_bytes(data)
    os.replace(other, path)


def only_fault(root, details=""):
    result = read(root)
    found = [f for f in result.tree.faults if f.path != "."]
    assert [f.code for f in found] == ["changed-while-reading"]
    assert details in found[0].detail
    assert paths(result) == []
    return result


@pytest.mark.parametrize(
    ("name", "change", "detail"),
    [
        ("grows", lambda f: f.write_bytes(b"goodmore"), "size changed from 4 to 8"),
        ("shrinks", lambda f: os.truncate(f, 1), "size changed from 4 to 1"),
        ("is replaced by other bytes", lambda f: replace(f, b"evil"), "replaced by another file"),
        ("is replaced by the same bytes", lambda f: replace(f, b"good"), "replaced by another"),
        ("is removed", lambda f: f.unlink(), "removed or replaced"),
    ],
)
def test_a_file_that_moves_while_it_is_read(tmp_path, during, name, change, detail):
    root = make(tmp_path / "p", {"f": b"good"})
    during(lambda: change(root / "f"))
    only_fault(root, detail)


def test_a_file_that_is_written_in_place_with_its_mtime_restored(tmp_path, during):
    root = make(tmp_path / "p", {"f": b"good"})

    def overwrite():
        before = (root / "f").stat()
        (root / "f").write_bytes(b"evil")
        os.utime(root / "f", ns=(before.st_atime_ns, before.st_mtime_ns))

    during(overwrite)
    only_fault(root, "written to")


def test_a_mode_that_changes_while_the_file_is_read(tmp_path, during):
    root = make(tmp_path / "p", {"f": b"good"})
    during(lambda: (root / "f").chmod(0o755))
    only_fault(root)


@pytest.mark.parametrize("function", ["digest_streamed", "digest_paired"])
def test_a_large_file_that_is_replaced_while_it_is_read(tmp_path, during, function):
    root = make(tmp_path / "p", {"f": b"x" * (hash_stream.WHOLE_LIMIT + 1)})
    during(lambda: replace(root / "f", b"other"), function)
    result = read(root, jobs=1 if function == "digest_streamed" else 2)
    assert ("changed-while-reading", "f") in faults(result)
    assert paths(result) == []


def test_a_file_that_has_more_bytes_than_its_stat(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"f": b"good"})
    real = hash_stream.digest_whole
    monkeypatch.setattr(hash_stream, "digest_whole", lambda fd, size: real(fd, size - 1))
    stand_in(monkeypatch, hash_stream, "os", read=lambda _fd, _size: b"good!")
    only_fault(root, "grew beyond its 4 bytes")


def test_a_file_that_has_fewer_bytes_than_its_stat(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"f": b"good"})
    answers = [b"go", b""]
    stand_in(monkeypatch, hash_stream, "os", read=lambda _fd, _size: answers.pop(0))
    only_fault(root, "shrank below its 4 bytes")


def test_a_file_that_is_read_in_pieces_is_whole(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"f": b"good"})
    whole = read(root)
    asked = []

    def read_three(descriptor, size):
        asked.append(size)
        return os.read(descriptor, min(size, 3))

    stand_in(monkeypatch, hash_stream, "os", read=read_three)
    assert read(root) == whole
    assert asked == [5, 2, 1]


@pytest.mark.parametrize("kind", ["link", "fifo", "directory", "nothing"])
def test_a_file_that_is_something_else_when_it_is_opened(tmp_path, between, kind):
    root = make(tmp_path / "p", {"f": b"good"})
    (tmp_path / "evil").write_bytes(b"evil")

    def swap():
        (root / "f").unlink()
        if kind == "link":
            (root / "f").symlink_to("../evil")
        elif kind == "fifo":
            os.mkfifo(root / "f")
        elif kind == "directory":
            (root / "f").mkdir()

    between(swap)
    only_fault(root, "removed or replaced" if kind in ("link", "nothing") else "was replaced")


@pytest.mark.parametrize(
    "field", ["st_ino", "st_dev", "st_size", "st_mtime_ns", "st_ctime_ns", "st_mode"]
)
def test_every_part_of_a_files_identity_counts(tmp_path, monkeypatch, field):
    make(tmp_path, {"f": b"good"})

    def changed(*args, **kwargs):
        status = os.stat(*args, **kwargs)
        names = ("st_ino", "st_dev", "st_size", "st_mtime_ns", "st_ctime_ns", "st_mode")
        values = {name: getattr(status, name) + (name == field) for name in names}
        return SimpleNamespace(**values)

    directory = os.open(tmp_path, os.O_RDONLY)
    stand_in(monkeypatch, reading, "os", stat=changed)
    try:
        with pytest.raises(CouldNotCheck) as caught:
            reading.read_regular(directory, "f", None, lambda *_: None)
    finally:
        os.close(directory)
    assert caught.value.code == "changed-while-reading"


def test_a_file_on_another_device_is_not_read(tmp_path):
    make(tmp_path, {"f": b"good"})
    directory = os.open(tmp_path, os.O_RDONLY)
    used = []
    try:
        with pytest.raises(CouldNotCheck) as caught:
            reading.read_regular(directory, "f", os.fstat(directory).st_dev + 1, used.append)
    finally:
        os.close(directory)
    assert (caught.value.code, used) == ("mount-crossing", [])


@pytest.mark.parametrize("kind", ["link", "directory", "nothing"])
def test_a_directory_that_is_swapped_between_walk_and_open(tmp_path, between, kind):
    root = make(tmp_path / "p", {"d/f": b"good"})
    evil = make(tmp_path / "evil", {"f": b"evil"})

    def swap():
        (root / "d").rename(tmp_path / "away")
        if kind == "link":
            (root / "d").symlink_to(evil)
        elif kind == "directory":
            evil.rename(root / "d")

    between(swap)
    result = read_in_worker(root)
    assert ("changed-while-reading", "d/f") in faults(result)
    assert paths(result) == []


def read_in_worker(root):
    with ThreadPoolExecutor(1) as executor:
        return read_tree(root.parent, root.name, TreeRequest(), jobs=2, executor=executor)


@pytest.mark.parametrize("change", ["add", "remove", "rename"])
def test_names_that_come_and_go_behind_the_walk(tmp_path, during, change):
    root = make(tmp_path / "p", {"d/f": b"x", "d/sub/": b"", "g": b""})

    def act():
        if change == "add":
            (root / "d" / "late").write_bytes(b"")
        elif change == "remove":
            (root / "d" / "sub").rmdir()
        else:
            (root / "d" / "sub").rename(root / "d" / "other")

    during(act)
    assert ("changed-while-reading", "d") in faults(read(root))


def test_a_directory_that_vanishes_before_the_walk_reaches_it(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"a": b"", "d/f": b""})
    real = walk.Walk._list

    def vanish(self, path, descriptor):
        answer = real(self, path, descriptor)
        if not path:
            (root / "d").rename(tmp_path / "away")
        return answer

    monkeypatch.setattr(walk.Walk, "_list", vanish)
    assert ("changed-while-reading", "d") in faults(read(root))
