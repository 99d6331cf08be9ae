"""Comparing two things by what they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from aztrust.acts.diff import (
    FileComparison,
    ManifestComparison,
    TreeComparison,
    compare_paths,
)
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, UsageError
from tests.disk_launch import Launch, make_launch
from tests.shared import shared_path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Launch, Launch]:
    return make_launch(tmp_path, name="one"), make_launch(tmp_path, name="two")


def trees(left: Path, right: Path) -> TreeComparison:
    found = compare_paths(left, right)
    assert isinstance(found, TreeComparison)
    return found


def test_two_trees(two: tuple[Launch, Launch]):
    one, other = (launch.path / "packages/release" for launch in two)
    assert trees(one, other).same
    assert trees(one, other).roots[0] == trees(one, other).roots[1]
    (other / "README").write_bytes(b"x")
    (other / "new").mkdir()
    found = trees(one, other)
    assert not found.same
    assert [(c.path, c.aspects) for c in found.diff.changes] == [
        ("README", ("bytes",)),
        ("new", ("added",)),
    ]
    assert trees(other, one).diff.removed[0].path == "new"


def test_a_tree_and_its_manifest_in_either_order(two: tuple[Launch, Launch]):
    tree, manifest = two[0].path / "packages/release", two[1].manifest_path("release")
    assert trees(tree, manifest).same
    (tree / "README").unlink()
    assert [c.path for c in trees(tree, manifest).diff.added] == ["README"]
    assert [c.path for c in trees(manifest, tree).diff.removed] == ["README"]


def test_what_a_manifest_leaves_out_is_left_out_of_the_tree(tmp_path: Path):
    from tests.disk_launch import policy_text

    text = policy_text().replace('release"\n', 'release"\nexclude = ["notes"]\n', 1)
    launch = make_launch(tmp_path, policy=text)
    launch.file("release", "notes").write_bytes(b"x")
    assert trees(launch.path / "packages/release", launch.manifest_path("release")).same


def test_a_tree_with_what_no_manifest_can_list_is_not_the_same(two: tuple[Launch, Launch]):
    one, other = (launch.path / "packages/release" for launch in two)
    os.mkfifo(other / "pipe")
    found = trees(one, other)
    assert not found.same
    assert found.faults[1].faults[0].code == "special-file"


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_cannot_be_compared(two: tuple[Launch, Launch]):
    one, other = (launch.path / "packages/release" for launch in two)
    (other / "README").chmod(0)
    with pytest.raises(CouldNotCheck):
        trees(one, other)


def test_launches_and_manifests_by_package(two: tuple[Launch, Launch]):
    one, other = two
    same = compare_paths(one.path, other.path)
    assert isinstance(same, ManifestComparison)
    assert same.same
    assert set(same.ids) == {"release", "genesis"}
    other.file("release", "README").write_bytes(b"x")
    other.seal("release", "rita")
    found = compare_paths(one.path, other.path)
    assert isinstance(found, ManifestComparison)
    assert not found.same
    assert found.changes["release"].lines == ("~ README  other bytes",)
    assert not found.changes["genesis"]
    single = compare_paths(one.manifest_path("release"), other.path)
    assert isinstance(single, ManifestComparison)
    assert set(single.ids) == {"release"}
    assert single.ids["release"] == (one.package_id("release"), other.package_id("release"))
    other.manifest_path("genesis").unlink()
    gone = compare_paths(one.path, other.path)
    assert isinstance(gone, ManifestComparison)
    assert gone.ids["genesis"][1] == ""
    assert not gone.same


def test_genesis_files_in_the_chains_terms(tmp_path: Path):
    path = shared_path("data/crypto-org/genesis.json")
    genesis = json.loads(path.read_bytes())
    genesis["app_state"]["genutil"]["gen_txs"].pop()
    other = tmp_path / "genesis.json"
    other.write_text(json.dumps(genesis))
    found = compare_paths(path, other)
    assert isinstance(found, FileComparison)
    assert not found.same
    assert found.genesis is not None
    assert any(d.text.startswith("gen_tx ") for d in found.genesis.differences)
    assert "5 gen_txs" in found.genesis.same


def test_other_files_by_their_digests(tmp_path: Path):
    one, other = tmp_path / "a", tmp_path / "b"
    one.write_bytes(b"\x7fELF")
    other.write_bytes(b"\x7fELF")
    assert compare_paths(one, other).same
    other.write_bytes(b"\x7fELF!")
    found = compare_paths(one, other)
    assert isinstance(found, FileComparison)
    assert (found.same, found.genesis) == (False, None)
    assert (found.left.size, found.right.size) == (4, 5)


def test_a_manifest_that_is_none_is_refused(two: tuple[Launch, Launch]):
    path = two[0].manifest_path("release")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Malformed):
        compare_paths(path, two[1].manifest_path("release"))


def test_kinds_that_cannot_be_compared(two: tuple[Launch, Launch], tmp_path: Path):
    launch, other = two
    tree, manifest = launch.path / "packages/release", launch.manifest_path("release")
    file = launch.file("release", "README")
    for left, right in (
        (launch.path, tree),
        (tree, file),
        (file, manifest),
        (launch.path, file),
        (manifest, launch.manifest_path("genesis")),
    ):
        for pair in ((left, right), (right, left)):
            with pytest.raises(UsageError):
                compare_paths(*pair)
    for package_class in ("release", "genesis"):
        other.manifest_path(package_class).unlink()
    with pytest.raises(NothingToVerify):
        compare_paths(launch.path, other.path)
