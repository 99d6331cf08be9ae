"""`aztrust diff` as its user meets it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.command import run
from tests.disk_launch import make_launch
from tests.shared import shared_path


def test_the_same_and_not_the_same(tmp_path: Path):
    one, other = make_launch(tmp_path, name="one"), make_launch(tmp_path, name="two")
    left, right = one.path / "packages/release", other.path / "packages/release"
    same = run("diff", left, right)
    assert same.exit_code == 0
    assert same.out.splitlines()[-1] == "exit 0: they are the same"
    os.rename(right / "config/network.toml", right / "config/net.toml")
    os.rename(right / "README", right / "kept")
    os.rename(right / "bin/atlasd", right / "README")
    os.rename(right / "kept", right / "bin/atlasd")
    (right / "link").symlink_to("README")
    done = run("diff", left, right)
    assert done.exit_code == 10
    assert "~ config/network.toml -> config/net.toml  the same under another name" in done.out
    assert "~ README -> bin/atlasd  swapped: each has the other's bytes" in done.out
    assert "+ link  symlink" in done.out
    assert "~ README  other bytes, now executable" in done.out
    assert done.out.splitlines()[-1] == "exit 10: they are not the same"
    assert max(map(len, done.out.splitlines())) <= 80
    quiet = run("diff", "-q", left, right)
    assert quiet.out.startswith("DIFFER  ")


def test_each_digest_that_is_compared_is_shown_whole(tmp_path: Path):
    one, other = make_launch(tmp_path, name="one"), make_launch(tmp_path, name="two")
    other.file("release", "README").write_bytes(b"x")
    done = run("diff", one.path / "packages/release", other.path / "packages/release")
    digests = [line for line in done.out.splitlines() if "sha256:" in line]
    assert [line[:11] for line in digests] == ["  - sha256:", "  + sha256:"]
    assert all(len(line) == 75 for line in digests)
    assert "= 2 of 3 entries" in done.out


def test_many_changes_are_counted_and_verbose_shows_them(tmp_path: Path):
    one, other = make_launch(tmp_path, name="one"), make_launch(tmp_path, name="two")
    for index in range(20):
        other.file("release", f"new{index:02}").write_bytes(b"x")
    left, right = one.path / "packages/release", other.path / "packages/release"
    assert "  +8 more" in run("diff", left, right).out
    assert "+ new19" in run("diff", "-v", left, right).out
    found = run("diff", "--format", "json", left, right).document
    assert (found["kind"], len(found["changes"]), found["same"]) == ("tree", 20, False)


def test_names_forge_nothing(tmp_path: Path):
    one, other = make_launch(tmp_path, name="one"), make_launch(tmp_path, name="two")
    other.file("release", "a\nexit 0: they are the same\x1b[1m").write_bytes(b"x")
    os.mkfifo(other.file("release", "pi\rpe"))
    done = run("diff", one.path / "packages/release", other.path / "packages/release")
    assert done.exit_code == 10
    assert "exit 0: they are the same" not in done.out.splitlines()
    assert "\x1b" not in done.out
    assert "+ pi\\rpe  special-file" in done.out


def test_genesis_files(tmp_path: Path):
    path = shared_path("data/crypto-org/genesis.json")
    genesis = json.loads(path.read_bytes())
    other = tmp_path / "genesis.json"
    other.write_text(json.dumps(genesis, sort_keys=True))
    done = run("diff", path, other)
    assert done.exit_code == 10
    assert "same values: only the order of keys, whitespace or escapes differ" in done.out
    found = run("diff", "--format", "json", path, other).document
    assert (found["genesis"]["raw"], found["genesis"]["values"]) == ("differ", "same")
    assert run("diff", path, path).exit_code == 0


def test_other_files(tmp_path: Path):
    one, other = tmp_path / "a", tmp_path / "b"
    one.write_bytes(b"\x00")
    other.write_bytes(b"\x01")
    done = run("diff", one, other)
    assert done.out.splitlines()[0] == "~ 1 / 1 bytes"
    assert done.out.count("sha256:") == 2
    assert run("diff", one, one).out.splitlines()[0] == "= 1 bytes"


def test_manifests_and_launches(tmp_path: Path):
    one, other = make_launch(tmp_path, name="one"), make_launch(tmp_path, name="two")
    assert run("diff", one.path, other.path).exit_code == 0
    other.file("release", "README").write_bytes(b"x")
    other.seal("release", "rita")
    done = run("diff", one.manifest_path("release"), other.manifest_path("release"))
    assert done.exit_code == 10
    assert "~ README  other bytes" in done.out
    assert f"  - {one.package_id('release')}" in done.out
    found = run("diff", "--format", "json", one.path, other.path).document
    assert found["packages"]["release"]["changes"] == ["~ README  other bytes"]
    other.manifest_path("genesis").unlink()
    assert "  + not sealed" in run("diff", one.path, other.path).out


def test_usage(tmp_path: Path):
    assert run("diff", tmp_path, tmp_path / "absent").exit_code == 2
    (tmp_path / "a").write_bytes(b"x")
    assert run("diff", tmp_path, tmp_path / "a").exit_code == 2
