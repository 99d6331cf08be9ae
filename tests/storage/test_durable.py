"""Durable writes: each name says what happens when something is already there."""

from __future__ import annotations

import os

import pytest

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.storage import durable
from aztrust.storage.durable import create_exclusive, create_idempotent, overwrite


def test_create_exclusive_never_replaces(tmp_path):
    path = tmp_path / "a/b"
    create_exclusive(path, b"one", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="already exists"):
        create_exclusive(path, b"two")
    assert path.read_bytes() == b"one"
    assert [p.name for p in path.parent.iterdir()] == ["b"]


def test_create_idempotent_accepts_only_the_same_bytes(tmp_path):
    path = tmp_path / "a"
    assert create_idempotent(path, b"one")
    assert not create_idempotent(path, b"one")
    with pytest.raises(Refused):
        create_idempotent(path, b"two")


@pytest.mark.parametrize("kind", ["fifo", "link", "directory"])
def test_what_is_not_a_file_is_neither_read_nor_replaced(tmp_path, kind):
    path = tmp_path / "a"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(Refused, match="already exists"):
        create_idempotent(path, b"one")


def test_overwrite_replaces_in_one_step(tmp_path):
    path = tmp_path / "a"
    overwrite(path, b"one")
    overwrite(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CouldNotCheck, match="file"):
        create_exclusive(tmp_path / "file/a", b"one")


@pytest.mark.parametrize("write", [create_exclusive, create_idempotent, overwrite])
def test_no_write_into_a_launch_goes_through_a_link(tmp_path, write):
    launch, elsewhere = tmp_path / "launch", tmp_path / "elsewhere"
    launch.mkdir()
    elsewhere.mkdir()
    write(launch / "a/b/file", b"one", within=launch)
    assert (launch / "a/b/file").read_bytes() == b"one"
    (launch / "link").symlink_to(elsewhere)
    (launch / "a/inside").symlink_to("b")
    for path in ("link/file", "link/deeper/file", "a/inside/new"):
        with pytest.raises(CouldNotCheck, match="symbolic link"):
            write(launch / path, b"one", within=launch)
    assert not list(elsewhere.iterdir())
    (tmp_path / "same").symlink_to(launch)
    write(tmp_path / "same/a/by another name", b"one", within=tmp_path / "same")
    assert (launch / "a/by another name").exists()
    with pytest.raises(CouldNotCheck, match="Not a directory"):
        write(launch / "a/b/file/below", b"one", within=launch)


def test_two_who_write_the_same_at_once(tmp_path, monkeypatch):
    create = durable._create

    def meanwhile(path, data, mode, directory):
        create(path, data, mode, directory)
        create(path, data, mode, directory)

    monkeypatch.setattr(durable, "_create", meanwhile)
    assert not create_idempotent(tmp_path / "a", b"same")
    assert (tmp_path / "a").read_bytes() == b"same"
    with pytest.raises(Refused, match="already exists"):
        create_idempotent(tmp_path / "a", b"other")
