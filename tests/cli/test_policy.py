"""`aztrust policy` and `aztrust anchor` as they are typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aztrust.core.base.digest import groups
from tests.command import run
from tests.disk_launch import make_launch
from tests.policies import holder, text


@pytest.fixture
def launch(tmp_path: Path):
    return make_launch(tmp_path, seal=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text())
    return path


def fits(out: str) -> bool:
    return all(len(line) <= 80 for line in out.splitlines())


def test_show_tells_who_may_do_what(file: Path):
    done = run("policy", "show", file)
    assert done.exit_code == 0
    assert "launch   test-1  devnet  test" in done.out
    assert re.search(r"^rita     [0-9a-f]{8}  release-manager$", done.out, re.MULTILINE)
    assert "approved by 2 different holders, among them 1 genesis-custodian" in done.out
    assert "installs node  linux/amd64   node" in done.out
    assert "verdicts 1 launch-coordinator (luca), 1 security-lead (sonia)" in done.out
    assert fits(done.out)
    assert run("policy", "show", file, "--format", "json").document["policy"]["version"] == 1


def test_show_escapes_names(file: Path):
    file.write_text(text(launch='name = "x\\n\\u001b[2J"\nnetwork_class = "devnet"\nchain_id = 1'))
    out = run("policy", "show", file).out
    assert out.splitlines()[0] == "launch   1  devnet  x\\n\\x1b[2J"


@pytest.mark.parametrize(
    ("data", "words", "code", "verdict"),
    [
        (text(), (), 0, "CLEAN"),
        (text(artifact=""), (), 0, "WARNING"),
        (text(artifact=""), ("--strict",), 11, "WARNING"),
        (text(), ("--strict",), 0, "CLEAN"),
        (text(holders={"rita": ["x"]}), (), 10, "ERROR"),
        (text(release='path = "keys"'), ("--strict",), 10, "ERROR"),
        ("", (), 10, "ERROR"),
        ("\ufeff", (), 10, "ERROR"),
    ],
)
def test_lint_ends_in(data: str, words: tuple[str, ...], code: int, verdict: str, file: Path):
    file.write_text(data)
    done = run("policy", "lint", file, *words)
    assert done.exit_code == code
    assert done.out.startswith(verdict)
    assert done.out.splitlines()[0].endswith(f"exit {code}")
    assert run("policy", "lint", file, *words, "-q").out == done.out.splitlines()[0] + "\n"
    document = run("policy", "lint", file, *words, "--format", "json").document
    assert document["exit_code"] == code


def test_lint_reads_standard_input():
    assert run("policy", "lint", "-", answer=text()).exit_code == 0


def test_lint_looks_at_the_keys_next_to_the_policy(launch):
    assert run("-C", launch.path, "policy", "lint").exit_code == 0
    pem = launch.path / "keys/rita.pem"
    pem.rename(launch.path / "keys/other.pem")
    assert run("-C", launch.path, "policy", "lint").exit_code == 0, "names do not matter"
    (launch.path / "keys/other.pem").unlink()
    done = run("-C", launch.path, "policy", "lint")
    assert done.exit_code == 10
    assert "no file in keys/ holds the key that the policy lists for rita" in " ".join(
        done.out.split()
    )


def test_a_policy_that_cannot_be_read(tmp_path: Path):
    for words in (("lint",), ("show",), ("diff", tmp_path / "x")):
        assert run("policy", *words, tmp_path / "nothing.toml").exit_code == 1
    assert run("-C", tmp_path, "policy", "lint").exit_code == 3


def test_diff_is_for_pull_requests(file: Path, tmp_path: Path):
    assert run("policy", "diff", file, file).exit_code == 0
    new = tmp_path / "new.toml"
    new.write_text(text(release_rule="distinct_holders = 2\nroles = { release-manager = 1 }"))
    done = run("policy", "diff", file, new)
    assert done.exit_code == 10
    assert done.out.splitlines()[0].startswith("DIFFER ")
    assert "LOWER what it takes" in done.out.splitlines()[0]
    assert "LOWER    approvals.release.distinct_holders: 3 -> 2 holders" in done.out
    assert fits(done.out)
    assert run("policy", "diff", "-", new, answer=text()).out == done.out
    new.write_text(text() + "# x\n")
    done = run("policy", "diff", file, new, "-q")
    assert (done.exit_code, "another anchor" in done.out) == (10, True)


def test_diff_against_the_launch_here(launch, tmp_path: Path):
    old = tmp_path / "old.toml"
    old.write_bytes(launch.policy_bytes)
    policy = launch.path / "manifests/launch.toml"
    policy.write_text(policy.read_text() + holder("eve", ["security-lead"]))
    done = run("-C", launch.path, "policy", "diff", old)
    assert done.exit_code == 10
    assert "added    holders.eve: security-lead, key" in done.out
    assert run("policy", "diff", launch.path, launch.path).exit_code == 0


def test_anchor_show_in_groups(launch):
    done = run("-C", launch.path, "anchor", "show")
    words = groups(launch.anchor).split()
    assert f"  {launch.anchor}" in done.out.splitlines()
    assert f"aloud    {' '.join(words[:4])}  {' '.join(words[4:8])}" in done.out
    assert f"         {' '.join(words[8:12])}  {' '.join(words[12:])}" in done.out
    assert "pinned   no" in done.out
    assert run("-C", launch.path, "anchor", "show", "-q").out == f"{launch.anchor}\n"


def test_add_list_remove(launch):
    at = ("-C", launch.path, "anchor")
    assert run(*at, "list").out.startswith("none")
    assert run(*at, "add", *groups(launch.anchor).split()).exit_code == 0
    assert "pinned   yes" in run(*at, "show").out
    assert len(run(*at, "list", "--format", "json").document["anchors"]) == 1
    assert run(*at, "remove").exit_code == 4, "the question was not answered with yes"
    assert run(*at, "remove", "--yes").exit_code == 0
    assert run(*at, "remove", "--yes").exit_code == 2


def test_add_compares_first(launch):
    at = ("-C", launch.path, "anchor")
    wrong = "0" * 64
    for words, code in (((wrong,), 10), (("8f3a91c2",), 2), (("",), 2), ((), 2)):
        done = run(*at, "add", *words)
        assert done.exit_code == code
    done = run(*at, "add", wrong, "--format", "json")
    assert done.document["code"] == "anchor-mismatch"
    assert run(*at, "list").out.startswith("none")


def test_a_pinned_launch_that_changed(launch):
    at = ("-C", launch.path, "anchor")
    run(*at, "add", launch.anchor)
    old = launch.anchor
    with open(launch.path / "manifests/launch.toml", "a") as policy:
        policy.write("# changed\n")
    done = run(*at, "show")
    assert (done.exit_code, "pinned   another" in done.out) == (10, True)
    assert run(*at, "add", launch.anchor).exit_code == 10
    assert run(*at, "remove", old, "--yes").exit_code == 0
    assert run(*at, "add", launch.anchor).exit_code == 0
