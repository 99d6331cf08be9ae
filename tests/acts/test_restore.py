"""Restoring on disk: execute bits, empty directories, links; and nothing over a wrong byte."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.restore import apply_restore, plan_restore
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused
from aztrust.core.package.entries import FileEntry, SymlinkEntry
from aztrust.storage.tree.restore import Restorer
from aztrust.storage.tree.tree import TreeRequest, read_tree
from tests.disk_launch import Launch, make_launch


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    made = make_launch(tmp_path, seal=False)
    root = made.path / "packages/release"
    (root / "data/deep/empty").mkdir(parents=True)
    (root / "links").mkdir()
    (root / "links/node").symlink_to("../bin/atlasd")
    made.seal("release", "rita")
    made.seal("genesis", "gabi")
    return made


def entries(launch: Launch):
    return read_tree(launch.path, "packages/release", TreeRequest()).tree.entries


def plan(launch: Launch, package_class=None):
    return plan_restore(launch.path, read_launch_context(launch.path), package_class)


def restore(launch: Launch) -> None:
    apply_restore(launch.path, plan(launch))


def flatten(launch: Launch) -> None:
    """What a carrier does that keeps nothing but bytes."""
    root = launch.path / "packages/release"
    shutil.rmtree(root / "data")
    shutil.rmtree(root / "links")
    (root / "bin/atlasd").chmod(0o644)
    (root / "README").chmod(0o755)


def test_a_package_comes_back_to_what_was_sealed(launch: Launch):
    sealed = entries(launch)
    flatten(launch)
    assert entries(launch) != sealed
    restore(launch)
    assert entries(launch) == sealed
    assert os.readlink(launch.file("release", "links/node")) == "../bin/atlasd"
    assert not any(plan(launch).repairs.values())


def test_planning_changes_nothing(launch: Launch):
    flatten(launch)
    before = entries(launch)
    found = plan(launch).repairs["release"]
    assert [e.path for e in found.modes] == ["README", "bin/atlasd"]
    assert entries(launch) == before


def test_who_may_read_may_execute(launch: Launch):
    node = launch.file("release", "bin/atlasd")
    for before, after in ((0o640, 0o750), (0o644, 0o755), (0o600, 0o700), (0o200 | 0o400, 0o700)):
        node.chmod(before)
        restore(launch)
        assert stat.S_IMODE(node.stat().st_mode) == after
    readme = launch.file("release", "README")
    readme.chmod(0o751)
    restore(launch)
    assert stat.S_IMODE(readme.stat().st_mode) == 0o640


def test_over_one_wrong_byte_nothing_is_restored(launch: Launch):
    flatten(launch)
    launch.file("release", "README").write_bytes(b"other\n")
    (launch.path / "packages/release/evil").symlink_to("/etc/passwd")
    before = entries(launch)
    with pytest.raises(Refused) as caught:
        restore(launch)
    codes = {line.split()[0] for line in caught.value.details}
    assert codes == {"file-modified", "file-unlisted", "link-escapes"}
    assert entries(launch) == before


def test_a_set_id_bit_is_not_for_restore_to_explain(launch: Launch):
    launch.file("release", "bin/atlasd").chmod(0o4755)
    with pytest.raises(Refused) as caught:
        restore(launch)
    assert caught.value.code == "mode-changed"


def test_both_packages_are_looked_at_before_either_is_touched(launch: Launch):
    flatten(launch)
    before = entries(launch)
    launch.file("genesis", "genesis.json").write_bytes(b"{}")
    with pytest.raises(Refused):
        restore(launch)
    assert entries(launch) == before
    assert set(plan(launch, "release").repairs) == {"release"}


@pytest.mark.parametrize("how", ["manifest", "seal", "record"])
def test_only_a_manifest_with_an_effective_seal_is_a_source(launch: Launch, how: str):
    flatten(launch)
    records = launch.path / "manifests/records"
    if how == "manifest":
        path = launch.manifest_path("release")
        path.write_bytes(
            path.read_bytes().replace(b'"package_version":"1"', b'"package_version":"2"')
        )
    elif how == "seal":
        launch.revoke(launch.records[0].record_id, "rita")
    else:
        (records / "junk.json").write_bytes(b"{}")
    before = entries(launch)
    with pytest.raises(Refused):
        restore(launch)
    assert entries(launch) == before


def test_a_package_that_is_not_here_has_nothing_to_restore(launch: Launch):
    shutil.rmtree(launch.path / "packages/release")
    assert set(plan(launch).repairs) == {"genesis"}
    with pytest.raises(CouldNotCheck, match="cannot be read"):
        plan(launch, "release")
    shutil.rmtree(launch.path / "packages/genesis")
    with pytest.raises(NothingToVerify):
        plan(launch)


def test_a_file_that_changed_after_the_reading_keeps_its_mode(launch: Launch):
    flatten(launch)
    plans = plan(launch)
    node = launch.file("release", "bin/atlasd")
    node.write_bytes(b"other")
    with pytest.raises(CouldNotCheck, match="changed after it was read"):
        apply_restore(launch.path, plans)
    assert stat.S_IMODE(node.stat().st_mode) == 0o644


def test_no_link_is_followed_on_the_way(launch: Launch, tmp_path: Path):
    flatten(launch)
    plans = plan(launch)
    outside = tmp_path / "outside"
    shutil.move(launch.path / "packages/release/bin", outside)
    (launch.path / "packages/release/bin").symlink_to(outside)
    with pytest.raises(CouldNotCheck):
        apply_restore(launch.path, plans)
    assert stat.S_IMODE((outside / "atlasd").stat().st_mode) == 0o644


def test_an_obstacle_is_left_in_place(tmp_path: Path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p/taken").write_bytes(b"x")
    entry = FileEntry("link", 1, True, "sha256:" + "0" * 64, "blake3:" + "0" * 64)
    (tmp_path / "p/link").symlink_to("taken")
    with Restorer(tmp_path, "p") as restorer:
        for act in (
            lambda: restorer.make_directory("taken"),
            lambda: restorer.make_directory("taken/below"),
            lambda: restorer.make_link(SymlinkEntry("taken", "x")),
            lambda: restorer.set_execute(entry),
        ):
            with pytest.raises(CouldNotCheck, match="cannot be restored"):
                act()
    assert (tmp_path / "p/taken").read_bytes() == b"x"
