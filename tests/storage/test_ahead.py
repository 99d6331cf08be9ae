"""A reading that begins early gives the same answer, and leaves no process behind."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from aztrust.core.package.plan import reading_plan
from aztrust.core.policy.validate import parse_policy
from aztrust.core.state.evidence import Evidence
from aztrust.storage.launch import LaunchFiles
from aztrust.storage.tree import schedule
from aztrust.storage.tree.ahead import Ahead, reading_ahead, tree_request
from aztrust.storage.tree.tree import TreeReader, TreeRequest, read_tree
from tests.disk_launch import make_launch
from tests.storage.trees import entry, faults, make, read

SIZE = schedule.LARGE + 5
LARGE = {"d/large": b"a" * SIZE, "d/small": b"b", "e/": b""}

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="worker processes are for Linux")

PROGRAM = """
import os, pickle, signal, sys, time
from pathlib import Path
from aztrust.storage import hash_stream
from aztrust.storage.tree import forked, schedule
from aztrust.storage.tree.tree import TreeReader, TreeRequest
schedule.WORTH_A_FORK = {least}
here, forks, paired, fork = os.getpid(), [], hash_stream.digest_paired, os.fork
def counted_fork():
    forks.append(1)
    return fork()
os.fork = counted_fork
def children():
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
def forever(*_):
    reading, _ = os.pipe()
    os.read(reading, 1)
root = Path({root!r})
def reader(progress=None):
    return TreeReader(root.parent, root.name, TreeRequest(), jobs=2, progress=progress)
"""
SHOW = """
with reader() as begun:
    begun.hash_aside()
    tree = begun.finish().tree
assert children() is None
sys.stdout.buffer.write(pickle.dumps((len(forks), tree.entries, tree.faults)))
"""


def program(root, text, *, least=0):
    """What a program of its own prints: only there may a process be forked."""
    words = (sys.executable, "-c", PROGRAM.format(root=str(root), least=least) + text)
    done = subprocess.run(words, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def show(root, arrange="", *, least=0):
    import pickle

    return pickle.loads(program(root, arrange + SHOW, least=least))


@linux_only
def test_the_processes_of_a_pool_end_with_the_reading(tmp_path):
    root = make(tmp_path / "p", {**LARGE, "other": b"c" * SIZE})
    pool = "schedule.WORTH_A_POOL = 0\n"
    assert show(root, pool) == (2, read(root).tree.entries, ())


ONLY_THERE = """
def only_there(*arguments):
    assert os.getpid() != here
    return paired(*arguments)
hash_stream.digest_paired = only_there
"""


@linux_only
def test_a_forked_process_gives_the_same_answer(tmp_path):
    root = make(tmp_path / "p", LARGE)
    tree = read(root).tree
    assert entry("d/large", LARGE["d/large"]) in tree.entries
    assert show(root, ONLY_THERE) == (1, tree.entries, ())


@linux_only
@pytest.mark.parametrize(
    ("files", "least", "forks"),
    [
        (LARGE, SIZE, 1),
        (LARGE, SIZE + 1, 0),
        ({**LARGE, "other": b"c" * SIZE}, 0, 0),
        ({"small": b"b"}, 0, 0),
    ],
    ids=["large enough", "too small", "two large files", "no large file"],
)
def test_only_one_large_file_is_worth_a_process(tmp_path, files, least, forks):
    root = make(tmp_path / "p", files)
    assert show(root, least=least) == (forks, read(root).tree.entries, ())


@linux_only
@pytest.mark.parametrize(
    "end",
    [
        "hash_stream.digest_paired = lambda *a: paired(*a) if os.getpid() == here else os.abort()",
        "forked._encode = lambda _: os._exit(0)",
        "write = os.write\n"
        "def half(descriptor, data):\n"
        "    if os.getpid() == here:\n"
        "        return write(descriptor, data)\n"
        "    write(descriptor, data[:20])\n"
        "    os._exit(0)\n"
        "os.write = half",
        "def refuse():\n    raise BlockingIOError(11, 'no more processes')\nos.fork = refuse",
    ],
    ids=["killed", "empty", "cut off", "no fork"],
)
def test_a_process_that_is_lost_costs_only_speed(tmp_path, end):
    root = make(tmp_path / "p", LARGE)
    _, entries, found = show(root, f"import resource\nresource.setrlimit(4, (0, 0))\n{end}\n")
    assert (entries, found) == (read(root).tree.entries, ())


@linux_only
def test_what_moves_under_the_process_is_found(tmp_path):
    root = make(tmp_path / "p", LARGE)
    replaced = """
def replace(*arguments):
    raw = paired(*arguments)
    (root / "new").write_bytes(b"other")
    os.replace(root / "new", root / "d" / "large")
    return raw
hash_stream.digest_paired = replace
"""
    _, entries, found = show(root, replaced)
    assert [e.path for e in entries] == ["d/small", "e"]
    assert [(f.code, f.path) for f in found] == [
        ("changed-while-reading", "."),
        ("changed-while-reading", "d"),
        ("changed-while-reading", "d/large"),
    ]
    assert found[2].detail == "it was replaced by another file while it was read"


@linux_only
def test_a_reading_that_is_given_up_ends_its_process(tmp_path):
    given_up = """
hash_stream.digest_paired = forever
with reader() as begun:
    begun.hash_aside()
    assert children() == (0, 0)
assert children() is None
print(len(forks))
"""
    assert program(make(tmp_path / "p", LARGE), given_up) == b"1\n"


@linux_only
def test_an_interrupt_while_it_waits_ends_its_process(tmp_path):
    interrupted = """
signal.signal(signal.SIGINT, signal.default_int_handler)
hash_stream.digest_paired = forever
def interrupt(_):
    if forks:
        signal.raise_signal(signal.SIGINT)
try:
    with reader(interrupt) as begun:
        begun.hash_aside()
        begun.finish()
except KeyboardInterrupt:
    print("interrupted", children())
"""
    assert program(make(tmp_path / "p", LARGE), interrupted) == b"interrupted None\n"


@linux_only
def test_the_process_ends_with_its_parent(tmp_path):
    """The program's output ends only when every process that has it open has ended."""
    orphaned = """
def endless(_descriptor, _size, advance):
    while True:
        advance(1)
hash_stream.digest_paired = endless
begun = reader().__enter__()
begun.hash_aside()
os._exit(0)
"""
    assert program(make(tmp_path / "p", LARGE), orphaned) == b""


@linux_only
def test_the_process_counts_its_bytes(tmp_path):
    counts = """
def counting(descriptor, size, advance):
    advance(size - 1)
    os.read(go, 1)
    return paired(descriptor, size, None)
hash_stream.digest_paired = counting
go, gone = os.pipe()
seen = []
def watch(progress):
    seen.append(progress.bytes_done)
    if progress.bytes_done > 1:
        os.write(gone, b"x")
with reader(watch) as begun:
    begun.hash_aside()
    tree = begun.finish().tree
print(sorted(set(seen)) == [1, tree.total_bytes - 1, tree.total_bytes], seen)
"""
    assert program(make(tmp_path / "p", LARGE), counts).startswith(b"True ")


def test_no_process_is_forked_while_other_threads_run(tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "WORTH_A_FORK", 0)
    monkeypatch.setattr("os.fork", None)
    root = make(tmp_path / "p", LARGE)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with TreeReader(root.parent, root.name, TreeRequest(), jobs=2) as begun:
            begun.hash_aside()
            assert begun.finish() == read(root)
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_large_tree_is_finished_where_it_was_begun(tmp_path, monkeypatch, jobs):
    monkeypatch.setattr(schedule, "FEW_FILES", 4)
    monkeypatch.setattr(schedule, "CHUNK", 2)
    root = make(tmp_path / "p", {f"d{n % 3}/{n}": bytes([n]) for n in range(20)})
    with TreeReader(root.parent, root.name, TreeRequest(), jobs=jobs) as begun:
        begun.hash_aside()
        assert begun.finish() == read(root)


def test_a_name_that_comes_between_the_two_steps_is_found(tmp_path):
    root = make(tmp_path / "p", {"d/f": b"x"})
    with TreeReader(root.parent, root.name, TreeRequest()) as begun:
        (root / "d" / "late").write_bytes(b"")
        assert faults(begun.finish()) == [("changed-while-reading", "d")]


OTHERS = {
    "another base": lambda base, name, request: (base / "p", ".", request),
    "another package": lambda base, _, request: (base, "q", request),
    "another request": lambda base, name, request: (base, name, replace_exclude(request)),
}


def replace_exclude(request):
    return TreeRequest(exclude=("f",), capture=request.capture)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_reading_answers_only_the_same_request_and_once(tmp_path, other):
    make(tmp_path / "q", {"f": b"y"})
    root = make(tmp_path / "p", {"f": b"x"})
    asked = tmp_path, "p", TreeRequest(capture=frozenset({"f"}))
    with TreeReader(*asked) as begun:
        ahead = Ahead(begun)
        assert ahead.finish(*other(*asked)) is None
        assert ahead.finish(*asked) == read_tree(*asked)
        assert ahead.finish(*asked) is None
    assert root.is_dir()


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path, seal=False)


def begun_for(launch, package_class="release", *, policy=None, kit=None, jobs=2):
    files = LaunchFiles(launch.path, kit)
    data = files.policy() if policy is None else policy
    return reading_ahead(files, Evidence(data), package_class, jobs=jobs)


@pytest.mark.parametrize("package_class", ["release", "genesis"])
def test_a_package_is_read_as_its_policy_says(launch, package_class):
    plan = reading_plan(parse_policy(LaunchFiles(launch.path).policy()), package_class)
    asked = launch.path, plan.path, tree_request(plan)
    with begun_for(launch, package_class) as ahead:
        assert ahead.finish(*asked) == read_tree(*asked)


def test_without_a_package_a_policy_or_a_processor_nothing_is_begun(launch):
    with begun_for(launch, policy=b"version = 2\n") as ahead:
        assert ahead is None
    with begun_for(launch, jobs=1) as ahead:
        assert ahead is None
    with begun_for(launch, kit=object(), policy=LaunchFiles(launch.path).policy()) as ahead:
        assert ahead is None
    (launch.path / "packages" / "release").rename(launch.path / "away")
    with begun_for(launch) as ahead:
        assert ahead is None
