"""`aztrust audit` of an archive: the bag first, then the launch in it."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.archive.layout import BagAbout
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import parse_manifest
from aztrust.core.policy.model import policy_digest
from aztrust.storage.bag.writing import PackageFile, Source, write_bag
from tests.archive.bags import flip
from tests.cli_launch import Template, another_machine, window_policy
from tests.command import Done, run
from tests.disk_launch import GENESIS


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("archived")
    return Template.make(parent, answered=True).path / "launch"


def payload(launch: Path) -> dict[str, Source]:
    """The files of a launch in a bag, as `aztrust archive` lays them."""
    found: dict[str, Source] = {}
    for folder, _, names in os.walk(launch):
        for name in names:
            path = Path(folder, name).relative_to(launch).as_posix()
            if not path.startswith("packages/"):
                found[f"data/launch/{path}"] = (launch / path).read_bytes()
    for package_class in ("release", "genesis"):
        data = (launch / f"manifests/{package_class}.json").read_bytes()
        for entry in parse_manifest(data, what=package_class).entries:
            if isinstance(entry, FileEntry):
                folder = f"packages/{package_class}"
                found[f"data/launch/{folder}/{entry.path}"] = PackageFile(folder, entry)
    return found


def archived(launch: Path, out: Path, *, tar: bool) -> Path:
    digest = anchor_of(launch)
    write_bag(out, launch, payload(launch), BagAbout("test-1", digest, "", "2026-06-02"), tar=tar)
    return out


def anchor_of(launch: Path) -> str:
    return policy_digest((launch / "manifests/launch.toml").read_bytes())


def audit(archive: Path, launch: Path, *words: object) -> Done:
    with another_machine(archive.parent):
        return run("audit", archive, "--anchor", anchor_of(launch), *words)


@pytest.mark.clause("AZ-37.1")
@pytest.mark.parametrize("tar", [False, True], ids=["directory", "tar"])
def test_an_archive_audits_on_another_machine(launch: Path, tmp_path: Path, tar: bool) -> None:
    archive = archived(launch, tmp_path / "archive", tar=tar)
    done = audit(archive, launch, "--format", "json")
    assert done.exit_code == 0, done.out + done.err
    assert done.document["name"] == "archive"
    assert [d["status"] for d in done.document["decisions"]] == ["recomputed"]


def test_nothing_in_an_archive_that_is_not_whole_is_judged(launch: Path, tmp_path: Path) -> None:
    archive = archived(launch, tmp_path / "archive", tar=False)
    flip(next((archive / "data/launch/manifests/verdicts").iterdir()), 40)
    done = audit(archive, launch)
    assert done.exit_code == 10
    assert "the archive is not as it was written" in done.err
    assert done.out == ""


def test_an_archive_without_packages_ends_in_11(launch: Path, tmp_path: Path) -> None:
    out = tmp_path / "archive"
    files = {p: s for p, s in payload(launch).items() if isinstance(s, bytes)}
    write_bag(out, launch, files, BagAbout("test-1", anchor_of(launch), "", "2026-06-02"), tar=True)
    done = audit(out, launch)
    assert done.exit_code == 11
    assert "because the packages are not here: release, genesis" in done.out


def test_a_link_that_no_bag_holds_is_taken_as_sealed_and_named(tmp_path: Path) -> None:
    parent = tmp_path / "made"
    parent.mkdir()

    def act(desk: Any, _: Any) -> None:
        link = desk.launch.path / "packages/genesis/current.json"
        link.symlink_to("genesis.json")
        (desk.launch.path / "packages/genesis/empty").mkdir()
        desk.seal_and_approve()
        desk.freeze()

    made = Template.of(parent, window_policy(), act, genesis=GENESIS).path / "launch"
    assert audit(made, made).exit_code == 0
    done = audit(archived(made, tmp_path / "archive", tar=True), made)
    assert done.exit_code == 11
    taken = "the archive does not hold 1 links, 1 empty directories of the genesis: taken as sealed"
    assert taken in " ".join(done.out.split())
    (made / "packages/genesis/current.json").unlink()
    assert audit(made, made).exit_code == 10


def test_a_kit_is_not_taken_for_an_archive(launch: Path, tmp_path: Path) -> None:
    kit = tmp_path / "launch.aztrust"
    assert run("pack", kit, "-C", launch).exit_code == 0
    assert audit(kit, launch).exit_code == 11


def test_the_launch_in_an_archive_is_not_taken_for_an_archive(launch: Path, tmp_path: Path) -> None:
    archive = archived(launch, tmp_path / "archive", tar=False)
    shutil.copytree(archive / "data", tmp_path / "data")
    assert audit(tmp_path / "data/launch", launch).exit_code == 0


@pytest.mark.clause("AZ-37.1")
def test_an_archive_that_another_program_packed_again_is_audited_as_a_folder(launch, tmp_path):
    archived(launch, tmp_path / "bag", tar=False)
    with tarfile.open(tmp_path / "again.tar", "w") as packed:
        packed.add(tmp_path / "bag", "bag")
    done = audit(tmp_path / "again.tar", launch)
    assert done.exit_code == 10
    assert "unpack it, and audit the folder" in done.advised
    assert audit(tmp_path / "bag", launch).exit_code == 0
