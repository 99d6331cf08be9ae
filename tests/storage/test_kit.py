"""Kit files on disk: distinguished from launch directories, read once, never waited for."""

from __future__ import annotations

import os

import pytest

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.kit.archive import encode_kit
from aztrust.core.kit.packing import pack_files
from aztrust.storage import kit as storage
from aztrust.storage import launch as launches
from aztrust.storage.kit import check_script, holds_kit, read_kit
from aztrust.storage.launch import (
    is_kit,
    open_launch,
    read_launch,
    read_policy,
    read_sealed,
    read_whole,
)
from tests.disk_launch import make_launch

FILES = {"manifests/launch.toml": b"version = 1\n", "manifests/verdicts/f.dsse.json": b"v"}


@pytest.fixture
def kit(tmp_path):
    path = tmp_path / "k.aztrust"
    path.write_bytes(encode_kit(FILES))
    return path


def test_a_kit_is_a_file(kit, tmp_path):
    assert is_kit(kit)
    assert not is_kit(tmp_path)
    assert not is_kit(tmp_path / "absent")
    assert read_kit(kit).files == FILES


def test_a_kit_among_other_files_is_found_by_its_first_bytes_or_its_name(kit, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(kit.read_bytes())
    assert holds_kit(kit)
    assert holds_kit(other)
    other.write_bytes(b"index.json\n")
    assert not holds_kit(other)
    kit.write_bytes(b"<html>")
    assert holds_kit(kit)
    assert not holds_kit(tmp_path)
    assert not holds_kit(tmp_path / "absent")


def test_a_link_that_a_person_names_is_followed(kit, tmp_path):
    link = tmp_path / "latest.aztrust"
    link.symlink_to(kit)
    assert is_kit(link)
    assert read_kit(link).files == FILES


def test_a_fifo_is_not_a_kit_and_is_not_waited_for(tmp_path):
    path = tmp_path / "fifo.aztrust"
    os.mkfifo(path)
    assert not is_kit(path)
    assert not holds_kit(path)
    with pytest.raises(CouldNotCheck, match="not a regular file"):
        read_kit(path)


@pytest.mark.parametrize("path", ["absent", "."])
def test_what_cannot_be_read_is_named(tmp_path, path):
    with pytest.raises(CouldNotCheck) as caught:
        read_kit(tmp_path / path)
    assert str(tmp_path) in caught.value.message
    assert caught.value.mend


def test_no_more_than_the_limit_is_read(kit, monkeypatch):
    monkeypatch.setattr(storage, "KIT_LIMIT", 100)
    with pytest.raises(Malformed, match="cut short: it ends after 101 bytes"):
        read_kit(kit)


def test_an_opened_kit_is_read_once(kit):
    opened = open_launch(kit)
    kit.write_bytes(encode_kit({"manifests/launch.toml": b"another"}))
    assert opened.policy() == opened.evidence().policy == FILES["manifests/launch.toml"]
    kit.unlink()
    assert opened.evidence().verdicts == {"f.dsse.json": b"v"}
    assert list(opened.sealed()) == []


def test_a_launch_and_its_kit_give_the_same_evidence(tmp_path):
    launch = make_launch(tmp_path)
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    launch.seal("release", "rita")
    (launch.path / "manifests/verdicts").mkdir()
    (launch.path / "manifests/verdicts/a.dsse.json").write_bytes(b"{}")
    (launch.path / "manifests/verdicts/a.sigstore.json").write_bytes(b"{}")
    evidence = read_launch(launch.path)
    assert evidence.verdicts == {"a.dsse.json": b"{}"}
    sealed = dict(read_sealed(launch.path))
    assert len(sealed) == 3
    kit = tmp_path / "k.aztrust"
    kit.write_bytes(encode_kit(pack_files(evidence, sealed.values(), {}, check_script())))
    assert read_launch(kit) == evidence
    assert read_policy(kit) == evidence.policy
    assert dict(read_sealed(kit)) == sealed
    start = min(sealed)[:8]
    assert [n for n, _ in open_launch(kit).sealed(start)] == [
        n for n, _ in open_launch(launch.path).sealed(start)
    ]


@pytest.mark.parametrize("kind", ["link", "directory"])
def test_verdicts_that_cannot_be_read_are_unreadable_and_not_absent(tmp_path, kind):
    launch = make_launch(tmp_path)
    path = launch.path / "manifests/verdicts/a.dsse.json"
    path.parent.mkdir()
    if kind == "link":
        path.symlink_to(launch.manifest_path("release"))
    else:
        path.mkdir()
    unreadable = read_launch(launch.path).unreadable
    assert [fault.path for fault in unreadable] == ["manifests/verdicts/a.dsse.json"]


def test_a_folder_read_whole_leaves_nothing_out(tmp_path):
    launch = make_launch(tmp_path)
    assert len(read_whole(launch.path, launches.SEALED, 1 << 20, ".json")) == 2
    assert read_whole(launch.path, launches.VERDICTS, 1 << 20, "") == {}
    (launch.path / "manifests/sealed/x.json").symlink_to("y")
    with pytest.raises(CouldNotCheck) as caught:
        read_whole(launch.path, launches.SEALED, 1 << 20, ".json")
    assert caught.value.subject == "manifests/sealed/x.json"


def test_the_script_is_package_data():
    script = check_script()
    if script is None:
        pytest.skip("check.sh was left out")
    assert script.startswith(b"#!")
