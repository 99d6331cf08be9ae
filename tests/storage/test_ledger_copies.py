"""A ledger carried elsewhere: exports, standbys, imports, take-over, and what happens to them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aztrust.acts.ledger.append import append_records
from aztrust.acts.ledger.copies import export_ledger, follow_ledger, import_ledger
from aztrust.acts.ledger.handle import init_ledger
from aztrust.acts.ledger.heads import sign_head
from aztrust.acts.ledger.takeover import take_over
from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed, Refused
from aztrust.storage.heads import head_path, keep_head
from aztrust.storage.ledger.exports import SEGMENT, Segment, standby_files
from aztrust.storage.ledger.replace import sole_user
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from tests.command import environment
from tests.disk_launch import NOW, make_launch, policy_text, signer
from tests.verdicts import ONE

ORIGIN = "ledger.example/test-1"
KEPT = f'[ledger]\norigin = "{ORIGIN}"\nkeeper = "{signer("luca").public.fingerprint}"\n'
LATER = NOW + 60 * 60_000


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path, policy=policy_text(extra=ONE + KEPT))


@pytest.fixture
def context(launch):
    return read_launch_context(launch.path)


@pytest.fixture
def ledger(context, tmp_path) -> Path:
    path = tmp_path / "launch.ledger"
    init_ledger(path, context, ORIGIN, signer("luca"))
    append(path, context, 0, 4)
    return path


def append(path, context, start, stop, *, head=True) -> None:
    """Some of the launch's records, and a head over them."""
    records = context.evidence.records
    names = sorted(records)[start:stop]
    # Without their causes they are none of this launch's folder.
    appended = append_records(path, context, {name: records[name] for name in names}, LATER)
    assert appended.refused == ()
    if head:
        sign_head(path, context, signer("luca"), LATER)


def contents(path: Path) -> tuple:
    with open_store(path) as store, store.snapshot():
        assert store.damage() == ()
        return store.origin, list(store.entries()), list(store.stored_nodes()), list(store.heads())


# ---- exports --------------------------------------------------------------------------------


def test_the_same_ledger_gives_the_same_bytes(context, ledger, tmp_path):
    assert export_ledger(ledger, context, tmp_path / "a.jsonl") == 4
    import_ledger(tmp_path / "b.ledger", context, tmp_path / "a.jsonl")
    assert contents(tmp_path / "b.ledger") == contents(ledger)
    export_ledger(tmp_path / "b.ledger", context, tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()


def test_an_export_replaces_nothing(context, ledger, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"mine")
    with pytest.raises(Refused, match="already exists"):
        export_ledger(ledger, context, tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == b"mine"


def test_an_import_replaces_nothing(context, ledger, tmp_path):
    export_ledger(ledger, context, tmp_path / "a.jsonl")
    before = ledger.read_bytes()
    with pytest.raises(Refused, match="already exists"):
        import_ledger(ledger, context, tmp_path / "a.jsonl")
    assert ledger.read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".made")]


def test_an_empty_ledger_and_one_without_a_head(context, tmp_path):
    create_database(tmp_path / "x.ledger", ORIGIN)
    export_ledger(tmp_path / "x.ledger", context, tmp_path / "x.jsonl")
    import_ledger(tmp_path / "y.ledger", context, tmp_path / "x.jsonl")
    assert contents(tmp_path / "y.ledger") == (ORIGIN, [], [], [])


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def header(line: bytes, **changes: object) -> bytes:
    return (
        json.dumps({**json.loads(line), **changes}, sort_keys=True, separators=(",", ":")).encode()
        + b"\n"
    )


BENT = {
    "an entry taken out": lambda x: [header(x[0], entries=3), x[1], *x[3:]],
    "an entry twice": lambda x: [header(x[0], entries=5), *x[:2][1:], x[1], *x[2:]],
    "two entries swapped": lambda x: [x[0], x[2], x[1], *x[3:]],
    "cut short": lambda x: x[:-1],
    "cut in a line": lambda x: [*x[:-1], x[-1][:-5]],
    "a line more": lambda x: [*x, x[-1]],
    "another origin": lambda x: [header(x[0], origin="another.example"), *x[1:]],
    "a part": lambda x: [header(x[0], start=4), *x[1:]],
    "a newer version": lambda x: [header(x[0], version_major=2), *x[1:]],
    "an unknown field": lambda x: [header(x[0], more=1), *x[1:]],
    "another signature": lambda x: [x[0], x[1].replace(b'"sig":"MEU', b'"sig":"MEQ'), *x[2:]],
    "a head of another root": lambda x: [*x[:-1], x[-1].replace(b"\\n4\\n", b"\\n3\\n")],
    "nothing": lambda x: [],
    "another file": lambda x: [b"hello\n"],
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT.keys())
def test_an_export_that_was_changed_makes_no_ledger(context, ledger, tmp_path, bend):
    export_ledger(ledger, context, tmp_path / "a.jsonl")
    lines = lines_of(tmp_path / "a.jsonl")
    bent = bend(lines)
    assert bent != lines
    (tmp_path / "a.jsonl").write_bytes(b"".join(bent))
    with pytest.raises(AztrustError) as error:
        import_ledger(tmp_path / "b.ledger", context, tmp_path / "a.jsonl")
    assert error.value.exit_code == 10
    assert error.value.mend
    assert not (tmp_path / "b.ledger").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".made")]


def test_every_flipped_byte_of_an_export_is_found_or_changes_nothing(context, ledger, tmp_path):
    export_ledger(ledger, context, tmp_path / "a.jsonl")
    data = (tmp_path / "a.jsonl").read_bytes()
    bent, made = tmp_path / "bent.jsonl", tmp_path / "made.ledger"
    whole, found = contents(ledger), 0
    for place in range(0, len(data), 97):
        bent.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            import_ledger(made, context, bent)
        except AztrustError:
            found += 1
        else:
            assert contents(made) == whole
            made.unlink()
    assert found > 60


def test_an_export_without_heads_is_replayed_as_well(launch, tmp_path):
    launch.freeze()
    context = read_launch_context(launch.path)
    path = tmp_path / "x.ledger"
    init_ledger(path, context, ORIGIN, None)
    files = {**context.evidence.records, **context.evidence.verdicts}
    append_records(path, context, files, LATER)
    export_ledger(path, context, tmp_path / "a.jsonl")
    first, *entries = lines_of(tmp_path / "a.jsonl")
    # The freeze before what it rests on: every signature holds, and no head says otherwise.
    (tmp_path / "a.jsonl").write_bytes(b"".join([first, entries[-1], *entries[:-1]]))
    with pytest.raises(Refused, match="which comes before it"):
        import_ledger(tmp_path / "b.ledger", context, tmp_path / "a.jsonl")


# ---- standbys -------------------------------------------------------------------------------


def test_a_standby_is_kept_current_and_none_of_its_files_changes(context, ledger, tmp_path):
    standby = tmp_path / "standby"
    followed = follow_ledger(ledger, context, standby)
    assert (followed.size, followed.entries, followed.heads) == (4, 4, 2)
    files = {path.name: path.read_bytes() for path in standby.iterdir()}
    again = follow_ledger(ledger, context, standby)
    assert (again.entries, again.heads) == (0, 0)
    append(ledger, context, 4, 7)
    followed = follow_ledger(ledger, context, standby)
    assert (followed.size, followed.entries, followed.heads) == (7, 3, 1)
    assert all((standby / name).read_bytes() == data for name, data in files.items())
    import_ledger(tmp_path / "b.ledger", context, standby)
    assert contents(tmp_path / "b.ledger") == contents(ledger)


def test_a_standby_is_of_regular_files(context, ledger, tmp_path):
    standby = tmp_path / "standby"
    follow_ledger(ledger, context, standby)
    export_ledger(ledger, context, tmp_path / "a.jsonl")
    (tmp_path / "link.jsonl").symlink_to("a.jsonl")
    import_ledger(tmp_path / "linked.ledger", context, tmp_path / "link.jsonl")
    os.mkfifo(tmp_path / "fifo.jsonl")
    with pytest.raises(CouldNotCheck, match="not a regular file"):
        import_ledger(tmp_path / "b.ledger", context, tmp_path / "fifo.jsonl")
    (segment,) = standby.glob("entries-*")
    for put in (os.mkfifo, lambda path: path.symlink_to(tmp_path / "a.jsonl")):
        segment.unlink()
        put(segment)
        with pytest.raises(CouldNotCheck, match=r"not a regular file|a symbolic link"):
            follow_ledger(ledger, context, standby)
        with pytest.raises(CouldNotCheck, match=r"not a regular file|a symbolic link"):
            import_ledger(tmp_path / "b.ledger", context, standby)
        with pytest.raises(CouldNotCheck, match=r"not a regular file|a symbolic link"):
            take_over(ledger, context, standby)


def test_two_followers_write_the_same(context, ledger, tmp_path, monkeypatch):
    standby = tmp_path / "standby"
    follow_ledger(ledger, context, standby)
    # Both looked before either wrote, on a file system without locks.
    monkeypatch.setattr("aztrust.storage.ledger.exports.standby_files", lambda _: ((), {}))
    assert follow_ledger(ledger, context, standby).size == 4
    (segment,) = standby.glob("entries-*")
    segment.write_bytes(segment.read_bytes() + b"x")
    with pytest.raises(CouldNotCheck, match="another process follows in"):
        follow_ledger(ledger, context, standby)


def test_of_two_followers_one_waits(context, ledger, tmp_path, monkeypatch):
    standby = tmp_path / "standby"
    tried = []

    def listed(directory: Path) -> tuple[tuple[Segment, ...], dict[int, Path]]:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tried.append("held")
        finally:
            os.close(descriptor)
        return standby_files(directory)

    monkeypatch.setattr("aztrust.storage.ledger.exports.standby_files", listed)
    follow_ledger(ledger, context, standby)
    follow_ledger(ledger, context, standby)
    assert tried == ["held", "held"]


def test_many_entries_are_many_files(context, ledger, tmp_path, monkeypatch):
    monkeypatch.setattr("aztrust.storage.ledger.exports.SEGMENT", 3)
    append(ledger, context, 4, 7)
    follow_ledger(ledger, context, tmp_path / "standby")
    names = sorted(path.name for path in (tmp_path / "standby").glob("entries-*"))
    assert [int(name[8:24]) for name in names] == [0, 3, 6]
    import_ledger(tmp_path / "b.ledger", context, tmp_path / "standby")
    assert contents(tmp_path / "b.ledger") == contents(ledger)
    assert SEGMENT == 10_000


@pytest.mark.clause("AZ-15.2")
def test_a_ledger_that_was_cut_back_or_forked_is_not_followed(context, ledger, tmp_path):
    shorter = tmp_path / "shorter.ledger"
    shutil.copy(ledger, shorter)
    fork = tmp_path / "fork.ledger"
    shutil.copy(ledger, fork)
    append(ledger, context, 4, 7)
    follow_ledger(ledger, context, tmp_path / "standby")
    with pytest.raises(Refused, match="and the ledger 4") as error:
        follow_ledger(shorter, context, tmp_path / "standby")
    assert error.value.code == "ledger-inconsistent"
    # Who forks a log has no head that shows it.
    head_path(ORIGIN, signer("luca").public.fingerprint).unlink()
    append(fork, context, 5, 7)
    append(fork, context, 4, 5)
    with pytest.raises(Refused, match="has another entry 6"):
        follow_ledger(fork, context, tmp_path / "standby")


def test_a_standby_with_a_gap_or_a_changed_file(context, ledger, tmp_path):
    standby = tmp_path / "standby"
    follow_ledger(ledger, context, standby)
    append(ledger, context, 4, 7)
    follow_ledger(ledger, context, standby)
    first, second = sorted(standby.glob("entries-*"))
    data = first.read_bytes()
    first.unlink()
    for act in (follow_ledger, lambda *_: import_ledger(tmp_path / "b", context, standby)):
        with pytest.raises(Malformed, match="where entry 0 should begin"):
            act(ledger, context, standby)
    first.write_bytes(second.read_bytes())
    with pytest.raises(Malformed, match="other entries than its name says"):
        import_ledger(tmp_path / "b", context, standby)
    first.write_bytes(data)
    import_ledger(tmp_path / "b", context, standby)
    with pytest.raises(CouldNotCheck, match="is not a standby directory"):
        import_ledger(tmp_path / "c", context, context_folder(tmp_path))


def context_folder(tmp_path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


# ---- take-over ------------------------------------------------------------------------------


def test_a_take_over_where_the_ledger_was_lost(context, ledger, tmp_path):
    follow_ledger(ledger, context, tmp_path / "standby")
    whole = contents(ledger)
    ledger.unlink()
    done = take_over(ledger, context, tmp_path / "standby")
    assert (done.aside, done.lost) == (None, ())
    assert contents(ledger) == whole
    append(ledger, context, 4, 7)
    assert len(contents(ledger)[1]) == 7


def test_a_take_over_from_a_current_standby(context, ledger, tmp_path):
    follow_ledger(ledger, context, tmp_path / "standby")
    whole = contents(ledger)
    done = take_over(ledger, context, tmp_path / "standby")
    assert done.aside == tmp_path / "launch.ledger.replaced-1"
    assert contents(done.aside) == contents(ledger) == whole
    assert take_over(ledger, context, tmp_path / "standby").aside == tmp_path / (
        "launch.ledger.replaced-2"
    )


def test_a_take_over_that_would_lose_something_is_refused(context, ledger, tmp_path):
    follow_ledger(ledger, context, tmp_path / "standby")
    append(ledger, context, 4, 7)
    whole = contents(ledger)
    with pytest.raises(Refused, match="3 more entries") as error:
        take_over(ledger, context, tmp_path / "standby")
    assert error.value.code == "ledger-inconsistent"
    assert any("a head over 7 entries" in line for line in error.value.details)
    assert contents(ledger) == whole
    assert not list(tmp_path.glob("*.replaced-*"))
    done = take_over(ledger, context, tmp_path / "standby", force=True)
    assert len(done.lost) == 3
    assert "you keep a head over 7 entries" in done.lost[2]
    assert contents(done.aside) == whole
    assert len(contents(ledger)[1]) == 4


def test_a_take_over_that_a_kept_head_denies_is_refused(context, ledger, tmp_path):
    follow_ledger(ledger, context, tmp_path / "standby")
    append(ledger, context, 4, 7, head=False)
    verified = sign_head(ledger, context, signer("luca"), LATER).verified
    keep_head(head_path(ORIGIN, signer("luca").public.fingerprint), verified)
    ledger.unlink()
    with pytest.raises(Refused, match="you keep a head over 7 entries"):
        take_over(ledger, context, tmp_path / "standby")
    assert not ledger.exists()
    take_over(ledger, context, tmp_path / "standby", force=True)
    assert len(contents(ledger)[1]) == 4


def test_a_take_over_from_a_damaged_ledger(context, ledger, tmp_path):
    follow_ledger(ledger, context, tmp_path / "standby")
    whole = contents(ledger)
    ledger.write_bytes(b"x" * 5000)
    with pytest.raises(Refused, match="the contents of launch"):
        take_over(ledger, context, tmp_path / "standby")
    done = take_over(ledger, context, tmp_path / "standby", force=True)
    assert done.aside.read_bytes() == b"x" * 5000
    assert done.unread
    assert contents(ledger) == whole


def test_a_take_over_that_was_killed_between_its_two_renames(
    context, ledger, tmp_path, monkeypatch
):
    follow_ledger(ledger, context, tmp_path / "standby")
    whole = contents(ledger)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as there:
        there.setattr("aztrust.acts.ledger.takeover.place_exclusive", killed)
        with pytest.raises(KeyboardInterrupt):
            take_over(ledger, context, tmp_path / "standby")
    assert not ledger.exists()
    with pytest.raises(CouldNotCheck, match="there is no ledger"):
        append(ledger, context, 4, 7)
    assert take_over(ledger, context, tmp_path / "standby").lost == ()
    assert contents(ledger) == contents(tmp_path / "launch.ledger.replaced-1") == whole


def test_no_take_over_while_another_process_has_the_ledger_open(
    context, ledger, tmp_path, monkeypatch
):
    monkeypatch.setattr("aztrust.storage.ledger.connection.WAIT_SECONDS", 0.01)
    follow_ledger(ledger, context, tmp_path / "standby")
    with (
        open_store(ledger) as store,
        store.snapshot(),
        pytest.raises(CouldNotCheck, match="another process has"),
    ):
        take_over(ledger, context, tmp_path / "standby")
    append(ledger, context, 4, 7)
    assert len(contents(ledger)[1]) == 7


def test_who_waited_for_a_take_over_does_not_append_to_what_was_set_aside(
    context, ledger, tmp_path
):
    follow_ledger(ledger, context, tmp_path / "standby")
    with open_store(ledger, writing=True) as late:
        # Opened, and nothing read yet: SQLite does not count it as a user of the file.
        take_over_under(ledger, context, tmp_path)
        with pytest.raises(CouldNotCheck, match="another ledger was put in the place"):
            late.append_many([])


def take_over_under(ledger, context, tmp_path) -> None:
    """What a take-over does to the names, while another connection is open."""
    ledger.rename(tmp_path / "aside.ledger")
    import_ledger(ledger, context, tmp_path / "standby")


def test_a_ledger_that_no_other_process_has_open(context, ledger, monkeypatch):
    monkeypatch.setattr("aztrust.storage.ledger.connection.WAIT_SECONDS", 0.01)
    with sole_user(ledger) as store:
        assert store.size() == 4
        with pytest.raises(CouldNotCheck, match="another process"):
            append(ledger, context, 4, 7)
    append(ledger, context, 4, 7)


# ---- full disk ------------------------------------------------------------------------------

# A disk that is full in the middle of `ledger append`, with room again afterwards.
FULL = r"""
import subprocess, sys
from pathlib import Path
disk, launch, words = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
path = disk / "launch.ledger"
def aztrust(*more):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "aztrust", "-C", launch, "ledger", *more, "--ledger", path],
        capture_output=True, text=True)
    print(done.returncode, done.stderr.replace("\n", " "))
    return done
assert aztrust("init").returncode == 0
assert aztrust("append", *words[:2]).returncode == 0
filler = disk / "filler"
with open(filler, "wb", buffering=0) as file:
    try:
        while file.write(bytes(4096)): pass
    except OSError: pass
full = aztrust("append", *words[2:])
assert full.returncode == 1, full
assert "the disk is full" in full.stderr or "could not read or write" in full.stderr, full.stderr
filler.unlink()
assert aztrust("verify").returncode in (0, 12)
again = aztrust("append", *words)
assert again.returncode == 0 and f"{len(words)} entries" in again.stdout, again.stdout
assert aztrust("verify").returncode in (0, 12)
print("whole")
"""


def test_a_full_disk_is_reported_and_leaves_the_log_whole(launch, tmp_path):
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare, to mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=300k none "$1" || exit 77; exec "$@"'
    records = [str(launch.path / record.path) for record in launch.records]
    done = subprocess.run(
        [
            *("unshare", "-Urm", "sh", "-c", mount.replace('exec "$@"', 'd=$1; shift; exec "$@"')),
            *("sh", str(disk), sys.executable, "-c", FULL, str(disk), str(launch.path), *records),
        ],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("whole\n")
