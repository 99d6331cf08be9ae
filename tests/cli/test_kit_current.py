"""A kit of a scope that was deferred and frozen anew is never READY by the anchor alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_launch import DAY, Desk, ticking_clock, window_policy
from tests.command import Done, run
from tests.disk_launch import MINUTE, make_launch

clock = pytest.fixture(ticking_clock)
STOP = "DO NOT START THIS HOST"


class Story:
    """A launch that is frozen, deferred, corrected and frozen again, with a kit of each scope."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = Desk(make_launch(folder, policy=window_policy()))
        self.first = self.desk.freeze()
        self.old = self.pack("old")
        self.old_genesis = self.copy("old.json")
        defer = self.desk.run("window", "defer", "--reason", "wrong supply", "--yes", by="luca")
        assert defer.exit_code == 0, defer.err
        self.desk.launch.file("genesis", "genesis.json").write_bytes(b'{"chain_id":"test-1"}\n')
        for command, by in (("seal", "gabi"), ("approve", "gabi"), ("approve", "cosmin")):
            done = self.desk.run(command, "genesis", "--yes", by=by)
            assert done.exit_code == 0, done.err
        self.second = self.desk.freeze()
        self.new = self.pack("new")
        self.new_genesis = self.copy("new.json")

    def pack(self, name: str) -> Path:
        path = self.folder / f"{name}.aztrust"
        done = self.desk.run("pack", "--to", path, "--ledger", self.desk.ledger, anchor=False)
        assert done.exit_code == 0, done.err
        return path

    def copy(self, name: str) -> Path:
        path = self.folder / name
        path.write_bytes(self.desk.launch.file("genesis", "genesis.json").read_bytes())
        return path

    def preflight(self, *kits: Path, genesis: Path, options: tuple[object, ...] = ()) -> Done:
        """On a host that never saw this launch, with the announced anchor."""
        files = ("--binary", self.desk.launch.file("release", "bin/atlasd"), "--genesis", genesis)
        words = (*files, "--platform", "linux/amd64", "--anchor", self.desk.anchor)
        return run("preflight", *kits, *words, *options)


@pytest.fixture
def story(tmp_path: Path, clock: object, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "coordinator"))
    made = Story(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "fresh"))
    monkeypatch.chdir(tmp_path)
    return made


def test_an_old_kit_with_the_old_genesis_is_outdated(story: Story, clock):
    clock.forward(61 * MINUTE)
    done = story.preflight(story.old, genesis=story.old_genesis)
    assert done.exit_code == 12, done.out
    assert done.out.startswith(STOP)
    told = " ".join(done.out.split())
    assert "this kit may be outdated: the newest head may be 61 min old" in told
    assert "; its time is 20" in told
    assert "aztrust -C URL preflight" in told.replace(" \\ ", " ")
    assert "--scope HEX" in told
    assert story.first.removeprefix("sha256:")[:4] in done.out


def test_a_month_later_it_is_outdated_too(story: Story, clock):
    clock.forward(30 * DAY)
    assert story.preflight(story.old, genesis=story.old_genesis).exit_code == 12


def test_the_scope_that_was_read_aloud_refuses_the_old_kit(story: Story):
    done = story.preflight(story.old, genesis=story.old_genesis, options=("--scope", story.second))
    assert done.exit_code == 10
    assert "scope-mismatch" in done.out


def test_the_scope_that_was_read_aloud_makes_the_new_kit_ready_at_any_time(story: Story, clock):
    clock.forward(30 * DAY)
    done = story.preflight(story.new, genesis=story.new_genesis, options=("--scope", story.second))
    assert done.exit_code == 0, done.out


def test_a_young_head_makes_the_new_kit_ready(story: Story, clock):
    clock.forward(55 * MINUTE)
    done = story.preflight(story.new, genesis=story.new_genesis)
    assert done.exit_code == 0, done.out
    clock.forward(6 * MINUTE)
    assert story.preflight(story.new, genesis=story.new_genesis).exit_code == 12


def test_of_two_kits_the_newer_head_decides(story: Story):
    for kits in ((story.old, story.new), (story.new, story.old)):
        assert story.preflight(*kits, genesis=story.new_genesis).exit_code == 0
        assert story.preflight(*kits, genesis=story.old_genesis).exit_code == 10


def test_a_judgement_for_another_time_says_so(story: Story, clock):
    at = clock.now // 1000
    clock.forward(30 * DAY)
    done = story.preflight(story.new, genesis=story.new_genesis, options=("--at", at))
    assert done.exit_code == 0
    assert done.out.startswith("READY as of another time:")
    assert "a replay starts no host" in done.out
