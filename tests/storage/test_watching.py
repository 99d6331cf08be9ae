"""Watching places: changes are reported, and a place that is created again is watched again."""

from __future__ import annotations

import errno
import shutil

import pytest
from watchdog.observers import Observer

from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.fswatch import Watch
from tests.patience import PATIENCE


@pytest.fixture
def tree(tmp_path):
    place = tmp_path / "place"
    (place / "below").mkdir(parents=True)
    (place / "below" / "file").write_bytes(b"one")
    return place


def reported(watch, name):
    """The next change to a thing of that name; None where none comes."""
    while True:
        path = watch.next(PATIENCE)
        if path is None or path.endswith(name):
            return path


def test_a_change_far_below_is_reported(tree):
    with Watch((tree,)) as watch:
        (tree / "below" / "file").write_bytes(b"two")
        assert reported(watch, "below/file") == str(tree / "below" / "file")


def test_reading_is_not_a_change(tree):
    with Watch((tree,)) as watch:
        for _ in range(3):
            (tree / "below" / "file").read_bytes()
            list(tree.rglob("*"))
        # Events come in order: an event of the reading would come before this.
        (tree / "last").mkdir()
        assert watch.next(PATIENCE) in (str(tree / "last"), str(tree))


def test_a_place_that_is_deleted_and_made_anew_is_watched_again(tree, tmp_path):
    with Watch((tree,)) as watch:
        assert watch.rearm() == ()
        shutil.rmtree(tree)
        assert watch.missing() == (str(tree),)
        assert watch.rearm() == (str(tree),)
        assert watch.rearm() == ()
        tree.mkdir()
        assert watch.rearm() == (str(tree),)
        assert watch.missing() == ()
        (tree / "new").write_bytes(b"")
        assert reported(watch, "/new") == str(tree / "new")


def test_a_place_that_is_replaced_between_two_looks(tree, tmp_path):
    with Watch((tree,)) as watch:
        other = tmp_path / "other"
        other.mkdir()
        tree.rename(tmp_path / "away")
        other.rename(tree)
        assert watch.rearm() == (str(tree),)
        (tree / "new").write_bytes(b"")
        assert reported(watch, "/new") == str(tree / "new")


def test_a_watch_that_died_is_made_anew_whatever_the_number_of_its_directory(tree):
    with Watch((tree,)) as watch:
        for emitter in watch._observer.emitters:
            emitter.stop()
            emitter.join()
        assert watch.rearm() == (str(tree),)
        (tree / "new").write_bytes(b"")
        assert reported(watch, "/new") == str(tree / "new")


def test_a_place_that_goes_while_it_is_looked_at(tree, monkeypatch):
    def gone(*_args, **_more):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    with Watch((tree,)) as watch, monkeypatch.context() as patch:
        watch._held.clear()
        patch.setattr(type(watch._observer), "schedule", gone)
        assert watch.rearm() == (str(tree),)


def test_no_watches_left_is_one_clear_line(tree, monkeypatch):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(Observer, "schedule", full)
    with (
        pytest.raises(CouldNotCheck, match="inotify watch limit reached") as caught,
        Watch((tree,)),
    ):
        pass
    assert "max_user_watches" in caught.value.mend


def test_it_ends(tree):
    watch = Watch((tree,))
    with watch:
        observer = watch._observer
    assert not observer.is_alive()
