"""What may happen to a ledger, done to it: killed writers, crowds, full disks, flipped bytes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from aztrust.core.base.errors import AztrustError
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.replay import replay
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import stored_log
from tests.ledgers import ORIGIN, TRUST, head_at, records
from tests.shared import REPOSITORY

HELD = records(200)

# Appends the envelopes of a file, so many in a commit, and says so after each commit. It waits for
# others as long as a busy machine may need. Where a step and a number are given it is killed at the
# step of that name and number: a statement that is about to be executed, or SAY after a commit.
APPEND = """
import os, signal, sqlite3, sys
from pathlib import Path
from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.ledger import connection
from aztrust.storage.ledger.sqlite import open_store
from tests.ledgers import record
from tests.patience import PATIENCE

path, envelopes, batch = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
kill_at, left = (sys.argv[4], int(sys.argv[5])) if sys.argv[4:] else ("", 0)
connect = sqlite3.connect
connection.WAIT_SECONDS = PATIENCE

def step(statement):
    global left
    left -= statement.split()[0] == kill_at
    if kill_at and left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def traced(*args, **kwargs):
    made = connect(*args, **kwargs)
    made.set_trace_callback(step)
    return made

sqlite3.connect = traced
held = [record(line) for line in envelopes.read_bytes().splitlines()]
with open_store(path, writing=True) as store:
    print("ready", flush=True)
    for start in range(0, len(held), batch):
        try:
            receipts = store.append_many(held[start : start + batch])
            step("SAY")
        except CouldNotCheck as error:
            print("failed", error.message, flush=True)
            break
        print(*(f"{r.index}:{int(r.new)}" for r in receipts), flush=True)
"""


@pytest.fixture
def path(tmp_path) -> Path:
    made = tmp_path / "launch.ledger"
    create_database(made, ORIGIN)
    return made


def file_of(folder: Path, name: str, held: Iterable[LedgerRecord]) -> Path:
    written = folder / name
    written.write_bytes(b"\n".join(item.envelope for item in held))
    return written


def command(path: Path, envelopes: Path, batch: int = 1, *kill_at: str) -> tuple[str, ...]:
    return (sys.executable, "-c", APPEND, str(path), str(envelopes), str(batch), *kill_at)


def start(*arguments: str, **options) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY, **options
    )


def envelopes_of(path: Path) -> list[bytes]:
    """All entries of a ledger in which nothing is wrong."""
    with open_store(path) as store, store.snapshot():
        assert store.damage() == ()
        assert replay(stored_log(store), TRUST).findings == ()
        return [entry.envelope for entry in store.entries()]


@pytest.mark.parametrize("batch", [1, 7])
def test_a_killed_writer_loses_nothing_that_it_acknowledged(path, tmp_path, batch):
    chance = random.Random(batch)
    done = 0
    for step in ("INSERT", "COMMIT", "SAY") * 3:
        todo = file_of(tmp_path, "todo", HELD[done:])
        child = start(*command(path, todo, batch, step, str(chance.randint(1, 3))))
        out, _ = child.communicate()
        assert child.returncode == -signal.SIGKILL
        ready, *output = out.splitlines()
        assert ready == "ready"
        now = envelopes_of(path)
        # The one commit that the writer did not get to say is there as well.
        unreported = batch if step == "SAY" else 0
        assert len(now) == done + sum(len(line.split()) for line in output) + unreported
        assert now == [item.envelope for item in HELD[: len(now)]]
        done = len(now)
    assert 3 * batch < done < len(HELD)


def test_eight_processes_at_once_give_one_order(path, tmp_path):
    common = HELD[:10]
    own = [HELD[10 + 12 * number : 22 + 12 * number] for number in range(8)]
    children = []
    for number, mine in enumerate(own):
        mixed = [*mine[:4], *common, *mine[4:]]
        todo = file_of(tmp_path, f"todo{number}", mixed)
        children.append((mixed, start(*command(path, todo, batch=1 + number % 3))))
    receipts = []
    for mixed, child in children:
        output, _ = child.communicate()
        assert child.returncode == 0
        receipts.append((mixed, output.split()[1:]))
    order = envelopes_of(path)
    assert len(order) == len(set(order)) == 10 + 8 * 12
    assert set(order) == {item.envelope for item in HELD[: 10 + 8 * 12]}
    for mixed, output in receipts:
        assert [order[int(word.partition(":")[0])] for word in output] == [
            item.envelope for item in mixed
        ]
    new = [word for _, output in receipts for word in output if word.endswith(":1")]
    assert len(new) == len(set(new)) == len(order)


# Fills the disk but for a little, appends until it is full, makes room, and goes on.
FILL = """
import subprocess, sys
from pathlib import Path
from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.ledger.schema import create_database
from tests.ledgers import ORIGIN, records
from tests.storage.test_ledger_durability import envelopes_of
from aztrust.storage.ledger.sqlite import open_store

folder = Path(sys.argv[1])
path, filler = folder / "launch.ledger", folder / "filler"
create_database(path, ORIGIN)
filler.write_bytes(bytes(512 * 1024))
held = records(800)
count, message = 0, ""
with open_store(path, writing=True) as store:
    try:
        for item in held:
            store.append_many([item])
            count += 1
    except CouldNotCheck as error:
        message = error.message
    # One that failed did not stay halfway, and the rest can still be read.
    assert store.size() == count
assert envelopes_of(path) == [item.envelope for item in held[:count]]
filler.unlink()
with open_store(path, writing=True) as store:
    store.append_many(held[count : count + 20])
assert envelopes_of(path) == [item.envelope for item in held[: count + 20]]
try:
    create_database(folder / "second", ORIGIN)
    (folder / "rest").open("wb").write(bytes(1 << 20))
except (OSError, CouldNotCheck):
    pass
try:
    create_database(folder / "third", ORIGIN)
except CouldNotCheck as error:
    assert not (folder / "third").exists()
    print(error.message)
print(count, message)
"""


def test_a_full_disk_is_reported_and_leaves_the_log_whole(tmp_path):
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare, to mount a small file system")
    mount = 'mount -t tmpfs -o size=1m none "$1" || exit 77; shift; exec "$@"'
    child = start(
        *("unshare", "-Urm", "sh", "-c", mount, "sh"),
        *(str(tmp_path), sys.executable, "-c", FILL, str(tmp_path)),
        stderr=subprocess.PIPE,
    )
    output, complaint = child.communicate()
    if child.returncode == 77:
        pytest.skip(f"no mounts here: {complaint.strip()}")
    assert child.returncode == 0, complaint
    third, last = output.splitlines()
    assert "No space left" in third
    count, _, message = last.partition(" ")
    assert int(count) > 20
    assert message.endswith("the disk is full; nothing was written")


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
"""


def test_a_file_that_may_not_grow_is_reported_and_leaves_the_log_whole(path, tmp_path):
    todo = file_of(tmp_path, "todo", HELD)
    child = start(sys.executable, "-c", LIMITED + APPEND, str(path), str(todo), "1")
    output, _ = child.communicate()
    lines = output.splitlines()
    assert child.returncode == 0
    assert lines[-1].startswith(f"failed cannot use {path}: ")
    assert "nothing was" in lines[-1]
    count = len(lines) - 2
    assert count > 20
    assert envelopes_of(path) == [item.envelope for item in HELD[:count]]
    with open_store(path, writing=True) as store:
        store.append_many(HELD)
    assert envelopes_of(path) == [item.envelope for item in HELD]


def is_found(path: Path, entries: list[bytes], heads: list[tuple[int, bytes]]) -> bool:
    """Whether a verification says that something is wrong; else all records are as they were."""
    try:
        with open_store(path) as store, store.snapshot():
            if store.damage() or replay(stored_log(store), TRUST).findings:
                return True
            assert [entry.envelope for entry in store.entries()] == entries
            assert list(store.heads()) == heads
    except AztrustError as error:
        return bool(error.message and error.mend)
    return False


def test_a_flipped_byte_is_harmless_or_found(path, tmp_path):
    held = HELD[:12]
    with open_store(path, writing=True) as store:
        store.append_many(held)
        for size in (0, 5, 12):
            store.put_head(head_at(held, size))
        heads = list(store.heads())
    data = path.read_bytes()
    entries = [item.envelope for item in held]
    chance = random.Random(1)
    places = [*range(110), *chance.sample(range(110, len(data)), 500)]
    bent = tmp_path / "bent.ledger"
    found = 0
    for place in places:
        flipped = data[place] ^ chance.choice((0xFF, 1 << chance.randrange(8)))
        bent.write_bytes(data[:place] + bytes([flipped]) + data[place + 1 :])
        found += is_found(bent, entries, heads)
    assert found > 100


def test_every_byte_of_an_envelope_counts(path, tmp_path):
    held = HELD[:1]
    with open_store(path, writing=True) as store:
        store.append_many(held)
    data = path.read_bytes()
    envelope = held[0].envelope
    at = data.index(envelope[:100])
    bent = tmp_path / "bent.ledger"
    chance = random.Random(2)
    assert data[at : at + len(envelope)] == envelope
    for offset in chance.sample(range(len(envelope)), 100):
        bent.write_bytes(
            data[: at + offset]
            + bytes([data[at + offset] ^ 1 << chance.randrange(8)])
            + data[at + offset + 1 :]
        )
        assert is_found(bent, [], [])
