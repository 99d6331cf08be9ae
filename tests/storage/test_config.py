"""Directories that decide trust: made for their owner alone, and refused where others may write."""

from __future__ import annotations

import os
import stat

import pytest

from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.anchors import read_pins, write_pins
from aztrust.storage.config import is_private_dir, make_private_dir
from aztrust.storage.ledger.location import find_ledger
from aztrust.storage.localkeys import find_local_key, local_keys
from aztrust.storage.presence import is_directory, is_present, is_regular


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022])
def test_every_directory_that_is_made_is_its_owners_alone(tmp_path, umask):
    before = os.umask(umask)
    try:
        make_private_dir(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)
    for part in ("a", "a/b", "a/b/c"):
        assert stat.S_IMODE((tmp_path / part).stat().st_mode) == 0o700


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """The user's configuration directory, not made yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg" / "aztrust"


@pytest.mark.parametrize("bits", [0o755, 0o750, 0o711, 0o701, 0o744])
def test_its_own_directories_become_its_owners_alone_at_the_next_write(config, bits):
    for place in (config.parent, config, config / "heads", config / "heads" / "below"):
        place.mkdir()
        place.chmod(bits | 0o100)
    assert is_private_dir(config)
    assert mode(config) == bits
    make_private_dir(config / "heads")
    assert [mode(p) for p in (config, config / "heads")] == [0o700, 0o700]
    # What is above it, and what was not asked for, stays as it was.
    assert [mode(p) for p in (config.parent, config / "heads" / "below")] == [bits, bits]


def test_pins_are_written_into_a_directory_of_their_owner_alone(config):
    config.mkdir(parents=True)
    config.chmod(0o755)
    write_pins(())
    assert mode(config) == 0o700


@pytest.mark.parametrize("bits", [0o757, 0o775, 0o702])
def test_where_others_could_write_a_person_has_to_look_first(config, bits):
    config.mkdir(parents=True)
    config.chmod(bits)
    make_private_dir(config)
    assert mode(config) == bits


def test_a_directory_that_a_person_names_keeps_its_mode(config, tmp_path):
    config.parent.mkdir()
    named = tmp_path / "named"
    named.mkdir(mode=0o755)
    make_private_dir(named)
    config.symlink_to(named)
    make_private_dir(config)
    assert mode(named) == 0o755


@pytest.mark.parametrize("place", ["", "above", "above/config"])
@pytest.mark.parametrize(("mode", "accepted"), [(0o755, True), (0o757, False), (0o775, False)])
def test_a_place_where_others_may_write_decides_nothing(tmp_path, place, mode, accepted):
    config = tmp_path / "above" / "config"
    config.mkdir(parents=True)
    changed = tmp_path / place
    os.chown(changed, -1, 12345) if os.geteuid() == 0 else None
    changed.chmod(mode)
    if os.geteuid() and mode == 0o775:
        pytest.skip("only root can give a directory to a foreign group")
    try:
        if accepted:
            assert is_private_dir(config)
            return
        for read in (
            lambda: is_private_dir(config),
            lambda: read_pins(config),
            lambda: write_pins((), config),
        ):
            with pytest.raises(CouldNotCheck, match="can be written by") as error:
                read()
            assert "chmod go-w" in error.value.mend
    finally:
        changed.chmod(0o700)


def test_what_is_kept_below_is_refused_with_it(tmp_path):
    for folder in ("keys", "ledgers"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder).chmod(0o757)
    (tmp_path / "keys" / "rita.key").write_bytes(b"")
    for read in (
        lambda: find_local_key("rita", tmp_path),
        lambda: local_keys(tmp_path),
        lambda: find_ledger(None, "c-1", f"sha256:{'a' * 64}", tmp_path),
    ):
        with pytest.raises(CouldNotCheck, match="can be written by everyone"):
            read()
    for folder in ("keys", "ledgers"):
        (tmp_path / folder).chmod(0o755)
    assert find_local_key("rita", tmp_path) is not None
    assert find_ledger(None, "c-1", f"sha256:{'a' * 64}", tmp_path).name == "c-1-aaaaaaaa.ledger"


def test_a_sticky_directory_above_is_accepted_and_a_sticky_one_itself_is_not(tmp_path):
    config = tmp_path / "config"
    config.mkdir(mode=0o700)
    tmp_path.chmod(0o1777)
    assert is_private_dir(config)
    config.chmod(0o1777)
    with pytest.raises(CouldNotCheck, match="can be written by everyone"):
        is_private_dir(config)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_decides_nothing(tmp_path):
    config = tmp_path / "config"
    config.mkdir(mode=0o700)
    os.chown(config, 12345, -1)
    with pytest.raises(CouldNotCheck, match="belongs to another user"):
        is_private_dir(config)
    # A home that root was given by another user, as in a container of a CI.
    os.chown(config, 0, -1)
    os.chown(tmp_path, 12345, -1)
    assert is_private_dir(config)


def test_a_link_is_judged_by_what_it_leads_to(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "config").symlink_to("real")
    assert is_private_dir(tmp_path / "config")
    (tmp_path / "real").chmod(0o777)
    with pytest.raises(CouldNotCheck, match="can be written by everyone"):
        is_private_dir(tmp_path / "config")
    (tmp_path / "real").rmdir()
    with pytest.raises(CouldNotCheck, match="cannot look at"):
        is_private_dir(tmp_path / "config")
    assert not is_private_dir(tmp_path / "absent")


def test_absent_is_only_what_the_system_calls_absent(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nothing")
    assert is_present(tmp_path / "file")
    assert is_present(tmp_path / "dangling")
    assert is_regular(tmp_path / "file")
    assert is_directory(tmp_path)
    for ask in (is_present, is_regular, is_directory):
        assert not ask(tmp_path / "absent" / "below")
        with pytest.raises(CouldNotCheck, match="cannot look at") as error:
            ask(tmp_path / "file" / "below")
        assert error.value.code == "unreadable"
    with pytest.raises(CouldNotCheck, match="cannot look at"):
        is_regular(tmp_path / "loop")
    assert not is_regular(tmp_path / "dangling")
