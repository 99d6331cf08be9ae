"""However the work is shared out, the answer is the same; a lost worker costs only speed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor

import pytest

from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage import hash_stream
from aztrust.storage.progress import Counters
from aztrust.storage.tree import batches, pool, schedule
from aztrust.storage.tree.batches import Batch, hash_batch
from aztrust.storage.tree.tree import TreeRequest, read_tree
from aztrust.storage.tree.walk import Part
from tests.standins import stand_in
from tests.storage.trees import entry, make, read

SIZES = (
    0,
    1,
    300,
    hash_stream.WHOLE_LIMIT,
    hash_stream.WHOLE_LIMIT + 1,
    3 * hash_stream.WHOLE_LIMIT + 7,
)


@pytest.fixture
def small_limits(monkeypatch):
    """Every way of sharing out is taken by a tree of a few megabytes."""
    monkeypatch.setattr(schedule, "FEW_FILES", 4)
    monkeypatch.setattr(schedule, "CHUNK", 2)
    monkeypatch.setattr(schedule, "BATCH", 3)
    monkeypatch.setattr(schedule, "WORTH_A_POOL", 0)
    monkeypatch.setattr(schedule, "GROUP", 2 << 20)
    monkeypatch.setattr(hash_stream, "WINDOW", 1 << 20)


@pytest.fixture
def tree(tmp_path):
    data = {
        f"d{d}/f{n}": bytes([d, n]) * (size // 2) + b"z" * (size % 2)
        for d in range(4)
        for n, size in enumerate(SIZES)
    }
    return make(tmp_path / "p", data), tuple(entry(p, b) for p, b in sorted(data.items()))


LIMITS = """
from aztrust.storage import hash_stream
from aztrust.storage.tree import schedule
schedule.FEW_FILES, schedule.CHUNK, schedule.BATCH = 4, 2, 3
schedule.WORTH_A_POOL, schedule.GROUP, hash_stream.WINDOW = 0, 2 << 20, 1 << 20
"""


def read_in_process(root, jobs, arrange=""):
    """The entries as a program of its own reads them: only there may workers be forked."""
    program = f"""
import os, pickle, signal, sys
from pathlib import Path
from aztrust.storage.tree.tree import TreeRequest, read_tree
{LIMITS}{arrange}
tree = read_tree(Path({str(root.parent)!r}), {root.name!r}, TreeRequest(), jobs={jobs}).tree
assert tree.faults == (), tree.faults
assert ("multiprocessing" in sys.modules) == ({jobs} > 1)
sys.stdout.buffer.write(pickle.dumps(tree.entries))
"""
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return pickle.loads(done.stdout)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="worker processes are for Linux")


@linux_only
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_processes_give_the_same_answer(tree, jobs):
    root, expected = tree
    assert read_in_process(root, jobs) == expected


@linux_only
def test_a_worker_killed_by_a_mapping_costs_only_speed(tree):
    root, expected = tree
    cut_short = """
here = os.getpid()
def cut_short(*_):
    assert os.getpid() != here, "the process that must live may never touch a mapping"
    os.kill(os.getpid(), signal.SIGBUS)
hash_stream.digest_mapped = cut_short
schedule.GROUP = 1
"""
    assert read_in_process(root, 2, cut_short) == expected


@linux_only
def test_a_file_cut_short_under_its_mapping_is_read_anew(tree):
    root, expected = tree
    size = 3 * hash_stream.WHOLE_LIMIT + 7
    cut_short = f"""
import mmap
mmap.MAP_POPULATE = 0
class Cut(mmap.mmap):
    def __new__(cls, descriptor, *args, **kwargs):
        made = super().__new__(cls, descriptor, *args, **kwargs)
        if descriptor >= 0 and os.fstat(descriptor).st_size == {size}:
            os.truncate(f"/proc/self/fd/{{descriptor}}", 5)
        return made
mmap.mmap = Cut
"""
    found = read_in_process(root, 2, cut_short)
    assert found == tuple(entry(e.path, (root / e.path).read_bytes()) for e in expected)
    assert 5 in {e.size for e in found}


def test_threads_give_the_same_answer(small_limits, tree, monkeypatch):
    root, expected = tree
    stand_in(monkeypatch, pool, "sys", platform="darwin")
    assert read(root, jobs=2).tree.entries == expected


def test_an_executor_that_is_handed_in_is_used_and_left_running(tree):
    root, expected = tree
    with ThreadPoolExecutor(2) as executor:
        reading = read_tree(root.parent, root.name, TreeRequest(), jobs=2, executor=executor)
        assert executor.submit(int, "1").result() == 1
    assert reading.tree.entries == expected


class Inline(Executor):
    """An executor somewhere else: units and results only travel pickled."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        work = pickle.loads(pickle.dumps((function, args)))
        future.set_result(pickle.loads(pickle.dumps(work[0](*work[1]))))
        return future


def test_units_and_results_can_be_pickled(tree):
    root, expected = tree
    reading = read_tree(root.parent, root.name, TreeRequest(), jobs=2, executor=Inline())
    assert reading.tree.entries == expected


class Broken(Executor):
    def __init__(self, at_once):
        self.at_once = at_once

    def submit(self, function, /, *args, **kwargs):
        if self.at_once:
            raise BrokenExecutor("gone")
        future = Future()
        future.set_exception(BrokenExecutor("gone"))
        return future


@pytest.mark.parametrize("at_once", [True, False])
def test_what_a_broken_executor_owes_is_hashed_here(tree, at_once):
    root, expected = tree
    reading = read_tree(root.parent, root.name, TreeRequest(), jobs=2, executor=Broken(at_once))
    assert reading.tree.entries == expected


class Failing(Executor):
    def submit(self, function, /, *args, **kwargs):
        future = Future()
        future.set_exception(RuntimeError("no route to cluster"))
        return future


def test_an_executor_that_fails_could_not_check(tree):
    root, _ = tree
    with pytest.raises(CouldNotCheck, match="no route to cluster"):
        read_tree(root.parent, root.name, TreeRequest(), jobs=2, executor=Failing())


def test_large_files_that_remain_at_the_end_use_two_threads(small_limits, tmp_path):
    root = make(tmp_path / "p", {str(n): bytes(2 << 20) for n in range(3)})
    units = []

    class Watching(Inline):
        def submit(self, function, /, *args, **kwargs):
            units.extend(a for a in args if a.defer_above is None)
            return super().submit(function, *args, **kwargs)

    read_tree(root.parent, root.name, TreeRequest(), jobs=2, executor=Watching())
    assert [unit.paired for unit in units] == [False, False, True]
    assert not any(unit.mapped for unit in units), "only processes of our own may be lost"


@pytest.mark.parametrize("way", ["digest_streamed", "digest_paired", "digest_mapped"])
@pytest.mark.parametrize("size", [0, 1, hash_stream.BLOCK, hash_stream.BLOCK + 1, (2 << 20) + 3])
def test_every_way_of_reading_gives_the_same_digests(tmp_path, monkeypatch, way, size):
    monkeypatch.setattr(hash_stream, "WINDOW", 1 << 20)
    monkeypatch.setattr(hash_stream, "PAIRED_BLOCK", 100_000)
    data = os.urandom(size)
    (tmp_path / "f").write_bytes(data)
    seen = []
    with (tmp_path / "f").open("rb") as file:
        raw = getattr(hash_stream, way)(file.fileno(), size, seen.append)
    expected = entry("f", data)
    assert (raw.size, raw.sha256.hex(), raw.blake3.hex()) == (
        size,
        expected.sha256.removeprefix("sha256:"),
        expected.blake3.removeprefix("blake3:"),
    )
    assert sum(seen) == size


def test_a_paired_read_that_fails_stops_its_thread(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(5, "Input/output error")

    stand_in(monkeypatch, hash_stream, "os", readv=fail)
    with pytest.raises(OSError, match="Input/output"):
        hash_stream.digest_paired(0, 10)
    assert not [t for t in threading.enumerate() if t.name == "aztrust-sha256"]


@pytest.mark.parametrize("way", ["digest_streamed", "digest_paired"])
def test_reading_stops_soon_after_the_announced_size(tmp_path, way):
    (tmp_path / "f").write_bytes(bytes(20 << 20))
    with (tmp_path / "f").open("rb") as file:
        raw = getattr(hash_stream, way)(file.fileno(), 10)
        assert 10 < raw.size <= hash_stream.PAIRED_BLOCK


def test_a_file_that_cannot_be_mapped_is_read(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"f": b"x" * (hash_stream.WHOLE_LIMIT + 1)})

    def refuse(*_):
        raise OSError(19, "No such device")

    monkeypatch.setattr(hash_stream, "digest_mapped", refuse)
    part = Part("", root.stat().st_ino, ("f",))
    result = hash_batch(Batch(str(tmp_path), "p", (part,), mapped=True))
    assert result.flags == bytes([batches.HASHED])


def test_progress_counts_up_to_everything(small_limits, tree):
    root, expected = tree
    for jobs in (1, 2):
        seen = []
        read_tree(root.parent, root.name, TreeRequest(), jobs=jobs, progress=seen.append)
        assert seen[-1].walked
        assert seen[-1].files_done == seen[-1].files_total == len(expected)
        assert seen[-1].bytes_done == seen[-1].bytes_total == sum(e.size for e in expected)
        assert all(p.bytes_done <= p.bytes_total for p in seen)
        files = [p.files_done for p in seen]
        assert files == sorted(files)


def test_counters_are_added_over_their_slots():
    counters = Counters()
    counters.set(3, 5)
    counters.set(3 + Counters.SLOTS, 7)
    counters.set(4, 1)
    assert counters.total() == 8


def test_a_small_tree_starts_no_thread_and_loads_no_pool(tmp_path):
    root = make(tmp_path / "p", {f"d/{n}": b"x" for n in range(150)})
    program = (
        "import sys; from pathlib import Path; from aztrust.storage.tree.tree import *;"
        f"r = read_tree(Path({str(root.parent)!r}), 'p', TreeRequest(), jobs=2);"
        "assert len(r.tree.entries) == 150;"
        "print([m for m in ('concurrent.futures', 'multiprocessing', 'threading', 'mmap',"
        " 'tarfile', 'zipfile', 'tempfile') if m in sys.modules])"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_processes_are_not_forked_while_other_threads_run():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with pool.own_executor(2, None) as (executor, expendable):
            assert isinstance(executor, ThreadPoolExecutor)
            assert not expendable
    finally:
        stop.set()
        thread.join()
