"""Reading a launch directory's own files: bounded, never through a link, nothing skipped."""

from __future__ import annotations

import os

import pytest

from aztrust.core.errors import CouldNotCheck, NothingToVerify
from aztrust.storage.launch import find_launch, read_bounded, read_launch, require_launch


@pytest.fixture
def launch(tmp_path):
    (tmp_path / "manifests/records").mkdir(parents=True)
    (tmp_path / "keys").mkdir()
    (tmp_path / "manifests/launch.toml").write_bytes(b"version = 1\n")
    return tmp_path


def test_the_nearest_parent_with_a_policy_is_the_launch(launch):
    below = launch / "a/b"
    below.mkdir(parents=True)
    assert find_launch(below) == launch
    assert require_launch(launch) == launch


def test_a_place_without_a_policy_is_nothing_to_verify(tmp_path):
    with pytest.raises(NothingToVerify, match=r"manifests/launch\.toml"):
        require_launch(tmp_path)


def test_contents_decide_what_is_a_record_but_dot_files_are_no_records(launch):
    records = launch / "manifests/records"
    (records / "any name").write_bytes(b"x")
    (records / ".gitkeep").write_bytes(b"")
    (launch / "keys/a.pem").write_bytes(b"k")
    (launch / "keys/README").write_bytes(b"r")
    evidence = read_launch(launch)
    assert evidence.records == {"any name": b"x"}
    assert evidence.keys == {"a.pem": b"k"}
    assert evidence.manifests == {}


@pytest.mark.parametrize("kind", ["directory", "link", "fifo"])
def test_what_is_no_regular_file_is_unreadable_and_not_absent(launch, kind):
    path = launch / "manifests/records/x.json"
    if kind == "directory":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(launch / "manifests/launch.toml")
    else:
        os.mkfifo(path)
    evidence = read_launch(launch)
    assert evidence.records == {}
    assert [fault.code for fault in evidence.unreadable] == ["record-unreadable"]


def test_a_file_is_read_to_one_byte_over_its_limit(launch):
    path = launch / "manifests/records/x.json"
    path.write_bytes(b"12345")
    assert read_bounded(path, 3) == b"1234"
    with pytest.raises(CouldNotCheck, match="No such file"):
        read_bounded(launch / "absent", 3)
