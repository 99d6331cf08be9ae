"""People who add themselves on branches of their own, merged by git from one common commit."""

from __future__ import annotations

import subprocess
from itertools import permutations
from pathlib import Path

import pytest

from aztrust.core.policy.profiles import PROFILES
from aztrust.core.policy.tomldoc import read_toml
from tests.command import run

PEOPLE = {"rita": "release-manager", "gabi": "genesis-custodian", "sonia": "security-lead"}
READERS = (
    ("policy", "lint"),
    ("policy", "show"),
    ("seal", "release"),
    ("approve", "release"),
    ("key", "generate", "eve", "--no-passphrase"),
    ("pack",),
)
MAINNET = [role for role, _ in PROFILES["mainnet"].roles]


def git(launch: Path, *words: str, ok: bool = True) -> str:
    done = subprocess.run(
        ("git", "-C", launch, "-c", "user.name=x", "-c", "user.email=x@example.org", *words),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    path = tmp_path / "atlas"
    assert run("init", path, "--profile", "mainnet", "--chain-id", "atlas-1").exit_code == 0
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "-A")
    git(path, "commit", "-q", "-m", "init")
    return path


def add_on_a_branch(launch: Path, name: str, role: str) -> None:
    git(launch, "checkout", "-q", "-b", name, "main")
    done = run("-C", launch, "key", "generate", name, "--no-passphrase", "--role", role)
    assert done.exit_code == 0, done.err
    git(launch, "add", "-A")
    git(launch, "commit", "-q", "-m", f"add {name}")


def holders(launch: Path) -> dict[str, list[str]]:
    document = read_toml((launch / "manifests/launch.toml").read_bytes(), what="policy")
    return {name: table["roles"] for name, table in document["holders"].items()}


@pytest.mark.parametrize("order", list(permutations(PEOPLE)), ids="-".join)
def test_branches_of_three_people_merge_in_any_order(launch: Path, order: tuple[str, ...]):
    for name, role in PEOPLE.items():
        add_on_a_branch(launch, name, role)
    git(launch, "checkout", "-q", "main")
    for name in order:
        git(launch, "merge", "-q", "--no-edit", name)
    assert holders(launch) == {name: [role] for name, role in PEOPLE.items()}
    assert {path.stem for path in (launch / "keys").iterdir()} == set(PEOPLE)


def test_every_role_of_a_mainnet_merges_and_the_order_does_not_change_the_bytes(launch: Path):
    # The coordinator's key fills the keeper's blank as well, which is another place.
    for number, role in enumerate(MAINNET):
        add_on_a_branch(launch, f"p{number}", role)
    results = set()
    for start, numbers in (("one", range(8)), ("two", reversed(range(8)))):
        git(launch, "checkout", "-q", "-b", start, "main")
        for number in numbers:
            git(launch, "merge", "-q", "--no-edit", f"p{number}")
        assert len(holders(launch)) == 8
        results.add((launch / "manifests/launch.toml").read_bytes())
    assert len(results) == 1


def test_neighbours_of_a_holder_who_is_there_already(launch: Path):
    git(launch, "checkout", "-q", "main")
    add_on_a_branch(launch, "mona", "security-lead")
    git(launch, "branch", "-f", "main", "mona")
    add_on_a_branch(launch, "anna", "security-lead")
    add_on_a_branch(launch, "sonia", "security-lead")
    git(launch, "checkout", "-q", "main")
    git(launch, "merge", "-q", "--no-edit", "sonia")
    git(launch, "merge", "-q", "--no-edit", "anna")
    assert list(holders(launch)) == ["anna", "mona", "sonia"]


def test_a_conflict_is_named_by_every_reader_and_its_mend_works(launch: Path):
    for name in ("anna", "sonia"):
        add_on_a_branch(launch, name, "security-lead")
    git(launch, "checkout", "-q", "main")
    git(launch, "merge", "-q", "--no-edit", "anna")
    assert "CONFLICT" in git(launch, "merge", "-q", "--no-edit", "sonia", ok=False)
    path = launch / "manifests/launch.toml"
    lines = path.read_text().splitlines()
    first = lines.index("<<<<<<< HEAD") + 1
    named = f"git conflict markers in line {first}, {first + 2}, {first + 4}"
    for words in READERS:
        done = run("-C", launch, *words)
        text = " ".join((done.out + done.err).split())
        assert (done.exit_code, named in text) == (10, True), words
        assert "keep both lines" in text
    path.write_text("".join(f"{x}\n" for x in lines if not x.startswith(("<<<", "===", ">>>"))))
    assert list(holders(launch)) == ["anna", "sonia"]
