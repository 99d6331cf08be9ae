"""Waiting for a change: none is lost, and what is half written is not read."""

from __future__ import annotations

import pytest

from aztrust.storage import waiting
from aztrust.storage.waiting import Changes
from tests.patience import PATIENCE
from tests.standins import stand_in

LONG = PATIENCE * 1000


class Watched:
    """A watch with the changes to come, each None for a moment without one."""

    def __init__(self, *changes: str | None) -> None:
        self.changes = list(changes)
        self.asked: list[float] = []

    def next(self, seconds: float) -> str | None:
        self.asked.append(seconds)
        return self.changes.pop(0) if self.changes else None

    def rearm(self) -> tuple[str, ...]:
        return ()


@pytest.fixture
def changes(monkeypatch):
    def make(*given: str | None) -> tuple[Changes, Watched]:
        made, watch = Changes(()), Watched(*given)
        monkeypatch.setattr(made, "_watch", watch)
        return made, watch

    return make


def test_it_returns_once_it_is_quiet(changes):
    made, watch = changes(None, "a", "b", "c", None, "later")
    made.wait(LONG)
    assert watch.changes == ["later"]
    assert watch.asked[-1] == waiting.QUIET


def test_a_change_between_two_waits_is_not_lost(changes):
    made, watch = changes("a", "b", None, "later")
    assert made.have_come()
    made.wait(LONG)
    assert watch.changes == ["later"]
    assert made.have_come()


def test_quiet_is_not_waited_for_for_ever(changes, monkeypatch):
    made, watch = changes(*["a"] * 99)
    times = iter(range(10_000))
    stand_in(monkeypatch, waiting, "time", monotonic=lambda: next(times))
    made.wait(LONG)
    assert watch.changes


def test_without_places_it_waits_for_the_time_alone(monkeypatch):
    slept: list[float] = []
    stand_in(monkeypatch, waiting, "time", sleep=slept.append)
    with Changes(()) as made:
        made.wait(1500)
        assert not made.have_come()
    assert slept == [1.5]


def test_a_new_file_ends_the_wait(tmp_path):
    with Changes((tmp_path,)) as made:
        assert not made.have_come()
        (tmp_path / "record").write_text("x")
        made.wait(LONG)
        assert not made.have_come()
