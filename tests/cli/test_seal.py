"""`aztrust seal` as its user meets it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.command import Done, run
from tests.disk_launch import Launch, make_launch, policy_text


def seal(launch: Launch, package_class: str, by: str = "", *words: str) -> Done:
    who = by or {"release": "rita", "genesis": "gabi"}[package_class]
    return run("seal", package_class, "-C", launch.path, "--key", launch.key_file(who), *words)


def test_a_release_manager_and_a_custodian_seal(tmp_path: Path):
    launch = make_launch(tmp_path, seal=False)
    (launch.path / "packages/release/data").mkdir()
    done = seal(launch, "release")
    assert (done.exit_code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("hashed   3 files, 61 bytes, ")
    assert lines[1:5] == [
        "installs node  linux/amd64  bin/atlasd",
        "excluded nothing",
        "package",
        f"  {launch.package_id('release')}",
    ]
    assert "git      does not carry empty directories: data" in lines
    assert "wrote    manifests/release.json" in lines
    assert "next commit manifests/; then approve: " in done.advised
    assert done.advised.endswith("then gabi: aztrust seal genesis")
    assert "(0 of 3)" in done.out
    assert max(len(line) for line in lines if str(launch.path) not in line) <= 80
    genesis = seal(launch, "genesis")
    assert genesis.exit_code == 0
    assert "genesis  chain_id test-1" in genesis.out
    verified = run("verify", "-C", launch.path, "--require", "sealed", "--anchor", launch.anchor)
    assert verified.exit_code == 0


def test_sealing_again_says_that_the_seal_is_in_force(tmp_path: Path):
    launch = make_launch(tmp_path, seal=False)
    seal(launch, "release")
    assert "wrote    nothing: this seal exists already" in seal(launch, "release").out


def test_the_result_as_data(tmp_path: Path):
    launch = make_launch(tmp_path, seal=False)
    found = seal(launch, "release", "", "--format", "json", "--package-version", "1.0.0").document
    assert found["package_id"] == launch.package_id("release")
    assert found["schema"] == "aztrust/sealed"
    assert (found["files"], found["replaced"], found["facts"]) == (3, None, None)
    assert found["written"][-1] == "manifests/release.json"
    assert {loss["carrier"] for loss in found["losses"]} == {"page"}
    quiet = seal(launch, "release", "", "-q")
    assert quiet.out == f"sealed release {launch.package_id('release')}\n"


@pytest.mark.clause("AZ-2.4")
def test_approvals_are_not_lost_without_being_asked(tmp_path: Path):
    launch = make_launch(tmp_path)
    old = launch.package_id("release")
    launch.file("release", "README").write_bytes(b"other\n")
    asked = seal(launch, "release")
    assert asked.exit_code == 4
    assert f"replaces sha256:{old[7:15]}" in asked.err
    assert "3 approvals, and the genesis for it 2 approvals. Replace?" in " ".join(
        asked.err.split()
    )
    assert launch.package_id("release") == old
    done = seal(launch, "release", "", "--replace")
    assert done.exit_code == 0
    assert "voids    release approvals 3 (cosmin, rita, sonia)" in done.out
    assert "its approvals 2 (cosmin, gabi)" in " ".join(done.out.split())
    assert (launch.path / f"manifests/sealed/{old[7:]}.json").is_file()
    again = seal(launch, "genesis", "", "--yes")
    assert again.exit_code == 0
    # Those of the genesis went with the release it was for.
    assert "voids" not in again.out
    assert "keeps" not in again.out


def test_a_replaced_genesis_keeps_the_releases_approvals(tmp_path: Path):
    launch = make_launch(tmp_path)
    path = launch.file("genesis", "genesis.json")
    path.write_bytes(path.read_bytes() + b"\n")
    done = seal(launch, "genesis", "", "--replace", "--format", "json")
    assert done.document["replaced"]["voided"] == {
        "approvals": ["cosmin", "gabi"],
        "genesis_approvals": [],
    }
    path.write_bytes(path.read_bytes() + b"\n")
    assert "keeps    release approvals 3 of 3" in seal(launch, "genesis").out


def test_every_offender_reaches_the_user(tmp_path: Path):
    launch = make_launch(tmp_path, seal=False)
    os.mkfifo(launch.file("release", "pi\npe"))
    launch.file("release", "bin/atlasd").unlink()
    done = seal(launch, "release")
    assert done.exit_code == 10
    assert done.out == ""
    assert "special-file  release:pi\\npe: " in done.err
    assert "artifact-missing  release:bin/atlasd: " in done.err
    data = seal(launch, "release", "", "--format", "json").document
    assert (data["code"], len(data["details"])) == ("special-file", 2)


def test_another_role_may_not_seal(tmp_path: Path):
    launch = make_launch(tmp_path, seal=False)
    done = seal(launch, "release", "gabi")
    assert done.exit_code == 10
    assert "may: rita" in done.err


def test_under_another_anchor_nothing_is_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    launch = make_launch(tmp_path, seal=False)
    assert seal(launch, "release", "", "--anchor", "0" * 64).exit_code == 10
    assert not launch.manifest_path("release").exists()
    assert seal(launch, "release", "", "--anchor", launch.anchor).exit_code == 0
    monkeypatch.setenv("AZTRUST_ANCHOR", "0" * 64)
    assert seal(launch, "genesis").exit_code == 10


def test_a_pinned_anchor_is_honoured_without_being_named(tmp_path: Path):
    launch = make_launch(tmp_path, seal=False)
    assert run("anchor", "add", launch.anchor, "-C", launch.path).exit_code == 0
    policy = launch.path / "manifests/launch.toml"
    policy.write_text(policy_text() + "\n# changed\n")
    assert seal(launch, "release").exit_code == 10


@pytest.mark.parametrize("words", [("binary",), (), ("release", "--jobs", "0")])
def test_usage(words: tuple[str, ...]):
    assert run("seal", *words).exit_code == 2


def test_the_name_of_a_rule_that_was_not_checked_is_shown(tmp_path: Path):
    rule = '[[linkage]]\nname = "chain id"\nleft = "release:config/network.toml#/chain_id"\n'
    text = policy_text(extra=rule + 'right = "genesis:genesis.json#/chain_id"\n')
    launch = make_launch(tmp_path, seal=False, policy=text)
    assert seal(launch, "release").exit_code == 0
    (launch.path / "packages/release").rename(launch.path / "packages/away")
    done = seal(launch, "genesis")
    assert "note     linkage not checked, the release is not here: chain id" in done.out


def test_another_package_than_the_named_successor_is_reported(tmp_path: Path):
    launch = make_launch(tmp_path, approve=False)
    launch.supersede("release", "sha256:" + "d" * 64, "sonia")
    launch.file("release", "README").write_bytes(b"2")
    done = seal(launch, "release")
    assert done.exit_code == 0
    assert "note     sonia named another successor, dddddddd…" in done.out
    lines = done.out.splitlines()
    assert max(len(line) for line in lines if str(launch.path) not in line) <= 80
