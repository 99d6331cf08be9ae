"""The ledger's files in a launch directory: what is read, what is written, in what order."""

from __future__ import annotations

import os
import shutil

import pytest

from aztrust.acts.sign import place_of
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.formats.tiles import CHECKPOINT, FOLDER
from aztrust.core.history.published import read_published
from aztrust.storage import durable, publishedfiles
from aztrust.storage.folders import FOLDER_LIMIT
from aztrust.storage.launch import RECORDS, VERDICTS
from aztrust.storage.ledger import published
from aztrust.storage.ledger.published import publish
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.publishedfiles import read_published_files
from tests.disk_launch import make_launch, policy_text
from tests.ledgers import TRUST, LedgerFile, head_note, note, signed_files
from tests.verdicts import ONE


@pytest.fixture
def launch(tmp_path):
    made = make_launch(tmp_path, policy=policy_text(extra=ONE))
    made.freeze()
    return made.path


@pytest.fixture
def ledger(launch, tmp_path):
    class Holder:
        path = launch

    made = LedgerFile(tmp_path / "l.ledger", signed_files(Holder))
    made.head()
    return made


def run(ledger, launch):
    with open_store(ledger.path) as store:
        return publish(store, launch, TRUST, ledger.path, place_of)


def read(launch):
    part = read_published_files(launch)
    assert part is not None
    files = [p.read_bytes() for f in (RECORDS, VERDICTS) for p in (launch / f).glob("*.dsse.json")]
    return part, read_published(part, TRUST, files, {})


def contents(launch):
    return {
        str(path.relative_to(launch)): path.read_bytes()
        for path in sorted((launch / "manifests").rglob("*"))
        if path.is_file()
    }


def test_a_launch_without_the_folder_has_no_ledger(launch):
    assert read_published_files(launch) is None


def test_what_is_published_is_read(ledger, launch):
    done = run(ledger, launch)
    assert done is not None
    part, reading = read(launch)
    assert reading.findings == reading.notices == ()
    assert reading.size == part.size == done.size > 5
    assert done.written[-1] == f"{FOLDER}/{CHECKPOINT}"
    again = run(ledger, launch)
    assert again is not None
    assert (again.written, again.removed) == ((), ())


def test_a_store_without_a_head_publishes_nothing(launch, tmp_path):
    empty = LedgerFile(tmp_path / "empty.ledger", [note(1)])
    assert run(empty, launch) is None
    assert read_published_files(launch) is None


def test_entries_after_the_head_are_not_published(ledger, launch):
    before = run(ledger, launch)
    ledger.append([note(1), note(2)])
    after = run(ledger, launch)
    assert before is not None
    assert after is not None
    assert (after.size, after.written) == (before.size, ())


def test_missing_record_files_are_written_and_those_that_are_here_stay(ledger, launch):
    folder = launch / RECORDS
    names = sorted(os.listdir(folder))
    verdict = next((launch / VERDICTS).glob("*.dsse.json"))
    lost = {names[0]: (folder / names[0]).read_bytes(), "": verdict.read_bytes()}
    (folder / names[0]).unlink()
    verdict.unlink()
    run(ledger, launch)
    # Under the names that the acts give them.
    assert sorted(os.listdir(folder)) == names
    assert [path.name for path in (launch / VERDICTS).iterdir()] == [verdict.name]
    assert {p.read_bytes() for p in launch.rglob("*.dsse.json")} >= set(lost.values())
    assert read(launch)[1].holds


def test_only_the_partial_tiles_of_the_head_stay(ledger, launch):
    first = run(ledger, launch)
    assert first is not None
    (launch / FOLDER / "notes.txt").write_text("mine")
    ledger.append([note(1)])
    ledger.head()
    second = run(ledger, launch)
    assert second is not None
    assert second.size == first.size + 1
    assert set(second.removed) == {
        f"{FOLDER}/tile/{level}/000.p/{first.size}" for level in ("0", "entries")
    }
    assert read(launch)[0].others == ("notes.txt",)
    assert (launch / FOLDER / "notes.txt").exists()
    assert not (launch / FOLDER / f"tile/0/000.p/{first.size}").exists()
    assert (launch / FOLDER / f"tile/0/000.p/{second.size}").exists()


def test_full_tiles_stay_and_their_partials_go(launch, tmp_path):
    ledger = LedgerFile(tmp_path / "many.ledger", [note(number) for number in range(255)])
    ledger.head()
    run(ledger, launch)
    ledger.append([note(number) for number in range(255, 258)])
    ledger.head()
    run(ledger, launch)
    files = {path for path in contents(launch) if path.startswith(f"{FOLDER}/tile")}
    assert files == {
        f"{FOLDER}/tile/{path}"
        for path in ("0/000", "0/001.p/2", "1/000.p/1", "entries/000", "entries/001.p/2")
    }
    assert not (launch / FOLDER / "tile/0/000.p").exists()
    assert read(launch)[1].holds


def test_the_head_is_written_after_all_of_its_tiles(ledger, launch, monkeypatch):
    run(ledger, launch)
    ledger.append([note(1)])
    ledger.head()
    before = contents(launch)

    def cut(at):
        left = iter(range(at))

        def overwrite(path, data, **more):
            if next(left, None) is None:
                raise CouldNotCheck("the power went")
            durable.overwrite(path, data, **more)

        return overwrite

    for at in range(3):
        monkeypatch.setattr(published, "overwrite", cut(at))
        with pytest.raises(CouldNotCheck, match="power"):
            run(ledger, launch)
        # Whatever was written, a reader still has the earlier head and all of its tiles.
        after = contents(launch)
        assert {p: after[p] for p in before} == before
        assert not read(launch)[1].findings
    monkeypatch.undo()
    run(ledger, launch)
    assert read(launch)[1].size == len(signed_files_of(launch))


def signed_files_of(launch):
    return [*(launch / RECORDS).glob("*.dsse.json"), *(launch / VERDICTS).glob("*.dsse.json")]


def test_a_damaged_file_is_written_again(ledger, launch):
    run(ledger, launch)
    whole = contents(launch)
    for path in [path for path in whole if path.startswith(FOLDER)]:
        for spoil in (b"", b"<<<<<<< HEAD\n"):
            (launch / path).write_bytes(spoil)
            assert not read(launch)[1].holds
            done = run(ledger, launch)
            assert done is not None
            assert path in done.written
            assert contents(launch) == whole


def test_a_folder_that_is_ahead_stops_the_keeper(ledger, launch, tmp_path):
    old = tmp_path / "old.ledger"
    shutil.copy(ledger.path, old)
    ledger.append([note(1)])
    ledger.head()
    run(ledger, launch)
    before = contents(launch)
    ledger.path = old
    with pytest.raises(Refused) as refused:
        run(ledger, launch)
    assert refused.value.code == "ledger-inconsistent"
    assert "old.ledger" in refused.value.mend
    assert contents(launch) == before


def test_a_head_that_only_the_folder_has_is_the_one_that_is_published(ledger, launch, tmp_path):
    old = tmp_path / "old.ledger"
    ledger.append([note(1)])
    shutil.copy(ledger.path, old)
    ledger.head()
    done = run(ledger, launch)
    ledger.path = old
    assert done is not None
    again = run(ledger, launch)
    assert again is not None
    assert (again.size, again.written) == (done.size, ())


def test_a_fork_keeps_both_notes_next_to_the_store(ledger, launch):
    run(ledger, launch)
    own = (launch / FOLDER / CHECKPOINT).read_bytes()
    other = head_note(3, bytes(32))
    (launch / FOLDER / CHECKPOINT).write_bytes(other)
    with pytest.raises(Refused) as refused:
        run(ledger, launch)
    assert refused.value.code == "ledger-equivocation"
    kept = sorted(ledger.path.parent.glob("l.ledger.fork-*.note"))
    assert {path.read_bytes() for path in kept} == {own, other}
    assert all(any(path.name in line for line in refused.value.details) for path in kept)
    assert (launch / FOLDER / CHECKPOINT).read_bytes() == other


def test_a_head_that_is_not_the_keepers_is_replaced(ledger, launch):
    (launch / FOLDER).mkdir()
    (launch / FOLDER / CHECKPOINT).write_bytes(head_note(99, bytes(32), "rita"))
    run(ledger, launch)
    assert read(launch)[1].holds


def test_entries_that_are_not_the_heads_are_never_published(ledger, launch):
    with open_store(ledger.path) as store:
        first, second = list(store.entries(0, 2))

        class Swapped:
            def __getattr__(self, name):
                return getattr(store, name)

            def entries(self, start=0, stop=None):
                yield from (second, first, *store.entries(2, stop))

        with pytest.raises(Refused, match="nothing is published"):
            publish(Swapped(), launch, TRUST, ledger.path, place_of)
    assert read_published_files(launch) is None


def test_links_are_not_followed(ledger, launch, tmp_path):
    run(ledger, launch)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(launch / FOLDER / "tile", elsewhere)
    (launch / FOLDER / "tile").symlink_to(elsewhere)
    part, reading = read(launch)
    assert part.others == ("tile",)
    assert not reading.holds
    with pytest.raises(CouldNotCheck, match="link"):
        run(ledger, launch)
    (launch / FOLDER / "tile").unlink()
    shutil.move(elsewhere, launch / FOLDER / "tile")
    note = launch / FOLDER / CHECKPOINT
    note.rename(tmp_path / "note")
    note.symlink_to(tmp_path / "note")
    part, _ = read(launch)
    assert list(part.unread) == [CHECKPOINT]


def test_a_folder_of_many_or_large_files_is_not_read_without_end(ledger, launch, monkeypatch):
    run(ledger, launch)
    monkeypatch.setattr(publishedfiles, "FOLDER_COUNT", 3)
    assert read(launch)[1].holds
    (launch / FOLDER / "more").touch()
    part, _ = read(launch)
    assert "more than 3" in part.unread["."]
    monkeypatch.undo()
    monkeypatch.setattr(publishedfiles, "FOLDER_LIMIT", 100)
    part, reading = read(launch)
    assert any("100 bytes" in cause for cause in part.unread.values())
    assert not reading.holds
    assert FOLDER_LIMIT > 100


def test_dot_files_are_passed_over(ledger, launch):
    run(ledger, launch)
    (launch / FOLDER / ".DS_Store").write_bytes(b"x")
    assert read(launch)[0].others == ()
