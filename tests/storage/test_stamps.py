"""When files were written last: every change is a new stamp, and nothing else is."""

from __future__ import annotations

import os

import pytest

from aztrust.storage.stamps import stamp_of


@pytest.fixture
def folder(tmp_path):
    below = tmp_path / "records"
    below.mkdir()
    (tmp_path / "policy.toml").write_text("one")
    (below / "a.json").write_text("a")
    return tmp_path


def add(folder):
    (folder / "b.json").write_text("b")


def add_below(folder):
    (folder / "records/b.json").write_text("b")


def remove(folder):
    (folder / "policy.toml").unlink()


def replace(folder):
    (folder / "new").write_text("one")
    os.replace(folder / "new", folder / "policy.toml")


def rewrite(folder):
    """As many bytes, and the time of writing is put back."""
    path = folder / "policy.toml"
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:
        path.write_text("two")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("change", [add, add_below, remove, replace, rewrite])
def test_a_change_is_noticed(folder, change):
    before = stamp_of([folder])
    assert stamp_of([folder]) == before
    change(folder)
    assert stamp_of([folder]) != before


def test_what_is_absent_is_noticed_when_it_comes(folder):
    path = folder.parent / "ledger"
    before = stamp_of([path])
    assert before == ()
    path.write_text("")
    try:
        assert stamp_of([path]) != before
    finally:
        path.unlink()


def test_the_order_of_the_places_makes_no_difference(folder):
    one, other = folder / "records", folder / "policy.toml"
    assert stamp_of([one, other]) == stamp_of([other, one])
