"""`aztrust restore` as its user meets it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.command import run
from tests.disk_launch import Launch, make_launch


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    made = make_launch(tmp_path)
    made.file("release", "bin/atlasd").chmod(0o644)
    return made


def test_it_says_what_it_would_do_does_it_and_then_has_nothing_to_do(launch: Launch):
    node = launch.file("release", "bin/atlasd")
    dry = run("restore", "-C", launch.path, "--dry-run")
    assert dry.exit_code == 0
    assert "bin/atlasd  would be executable" in dry.out
    assert dry.advised.endswith("next aztrust restore")
    assert not os.access(node, os.X_OK)
    done = run("restore", "-C", launch.path)
    assert "bin/atlasd  now executable" in done.out
    assert os.access(node, os.X_OK)
    again = run("restore", "release", "-C", launch.path)
    assert "release  nothing to restore" in again.out
    assert "genesis" not in again.out
    verified = run("verify", "-C", launch.path, "--anchor", launch.anchor)
    assert verified.exit_code == 0


def test_the_result_as_data_and_in_one_line(launch: Launch):
    found = run("restore", "-C", launch.path, "--format", "json", "--dry-run").document
    assert found["packages"]["release"]["executable"] == ["bin/atlasd"]
    assert found["packages"]["release"]["package_id"] == launch.package_id("release")
    assert run("restore", "-C", launch.path, "-q").out == "restored 1 entries\n"


def test_a_wrong_byte_is_reported_and_nothing_is_touched(launch: Launch):
    launch.file("release", "README").write_bytes(b"x")
    done = run("restore", "-C", launch.path)
    assert done.exit_code == 10
    assert "file-modified  release:README" in done.err
    assert not os.access(launch.file("release", "bin/atlasd"), os.X_OK)


def test_under_another_anchor_nothing_is_restored(launch: Launch):
    assert run("restore", "-C", launch.path, "--anchor", "0" * 64).exit_code == 10
    assert not os.access(launch.file("release", "bin/atlasd"), os.X_OK)


def test_many_entries_are_counted(launch: Launch):
    root = launch.path / "packages/release"
    for index in range(30):
        (root / f"d{index:02}").mkdir()
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    for index in range(30):
        (root / f"d{index:02}").rmdir()
    assert "+10 more" in run("restore", "-C", launch.path).out
