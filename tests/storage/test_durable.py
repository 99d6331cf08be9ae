"""Durable writes: each name says what happens when something is already there."""

from __future__ import annotations

import os

import pytest

from aztrust.core.errors import CouldNotCheck, Refused
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
def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path, kind):
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
