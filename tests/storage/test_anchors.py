from __future__ import annotations

import stat
from pathlib import Path

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.policy.pins import Pin
from aztrust.storage.anchors import anchors_path, read_pins, write_pins
from aztrust.storage.config import config_dir, shown

PIN = Pin(
    name="atlas",
    network_class="devnet",
    chain_id="atlas-1",
    directory="/launch",
    policy_digest=sha256_id(b"policy"),
    pinned_at_unix_ms=1,
)


def test_without_a_file_there_are_no_pins():
    assert read_pins() == ()


def test_pins_are_the_owners_alone(tmp_path: Path):
    path = write_pins([PIN], tmp_path / "config")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_pins(tmp_path / "config") == (PIN,)


@pytest.mark.parametrize("data", [b"", b"{}", b"not json"])
def test_a_damaged_file_leaves_the_question_open(data: bytes, tmp_path: Path):
    path = write_pins([PIN], tmp_path)
    path.write_bytes(data)
    with pytest.raises(CouldNotCheck, match="is damaged"):
        read_pins(tmp_path)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_relied_on(mode: int, tmp_path: Path):
    write_pins([PIN], tmp_path).chmod(mode)
    with pytest.raises(CouldNotCheck, match="by others") as caught:
        read_pins(tmp_path)
    assert "chmod 600" in caught.value.mend


def test_a_link_or_a_directory_in_its_place_is_not_read(tmp_path: Path):
    real = write_pins([PIN], tmp_path / "real")
    anchors_path(tmp_path).symlink_to(real)
    with pytest.raises(CouldNotCheck):
        read_pins(tmp_path)
    anchors_path(tmp_path).unlink()
    anchors_path(tmp_path).mkdir()
    with pytest.raises(CouldNotCheck):
        read_pins(tmp_path)


@pytest.mark.parametrize("base", ["", "relative/config"])
def test_a_relative_xdg_directory_is_ignored(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", base)
    assert config_dir() == tmp_path / ".config" / "aztrust"
    assert shown(config_dir()) == "~/.config/aztrust"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "x"))
    assert config_dir() == tmp_path / "x" / "aztrust"
