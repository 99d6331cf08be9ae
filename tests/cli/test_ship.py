"""`aztrust ship`: one person, one question, one passphrase; and READY on a host afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from aztrust.acts import ship as act
from aztrust.cli.session import Session
from aztrust.core.base.errors import CouldNotCheck
from aztrust.signers import pkcs8
from tests.command import Done, run
from tests.core.programs import elf
from tests.disk_launch import make_launch, policy_text

GENESIS = '{"chain_id":"atlas-1"}'


@pytest.fixture
def launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pkcs8, "ROUNDS", 1_000)
    (tmp_path / "atlasd").write_bytes(elf())
    (tmp_path / "atlasd").chmod(0o755)
    (tmp_path / "genesis.json").write_text(GENESIS)
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "s3cret")
    files = ("--release", tmp_path / "atlasd", "--genesis", tmp_path / "genesis.json")
    done = run("init", tmp_path / "x", "--profile", "solo", "--holder", "olga", *files)
    assert done.exit_code == 0, done.err
    monkeypatch.chdir(tmp_path / "x")
    return tmp_path / "x"


def records(launch: Path, kind: str) -> int:
    return len(list((launch / "manifests").glob(f"records/*.{kind}.*")))


def preflight(launch: Path, *words: object) -> Done:
    here = launch.parent
    host = ("--binary", here / "atlasd", "--genesis", here / "genesis.json", "--home", here)
    return run("preflight", launch / "atlas-1.aztrust", *host, *words, "--platform", "linux/amd64")


def questions(monkeypatch: pytest.MonkeyPatch, answers: Sequence[str]) -> list[str]:
    """The questions that are asked; each is answered by the next of the answers."""
    asked: list[str] = []
    real = Session.confirm

    def confirm(self: Session, question: str, *, yes: bool) -> None:
        asked.append(question)
        real(self, question, yes=answers[len(asked) - 1] == "y")

    monkeypatch.setattr(Session, "confirm", confirm)
    return asked


def test_one_question_one_passphrase_and_both_reviews(launch: Path, monkeypatch):
    asked = questions(monkeypatch, "y")
    prompts: list[str] = []
    real = Session.passphrase

    def passphrase(self: Session, name: str, *, twice: bool = False) -> Callable[[], bytes]:
        prompts.append(name)
        return real(self, name, twice=twice)

    monkeypatch.setattr(Session, "passphrase", passphrase)
    done = run("ship")
    assert done.exit_code == 0, done.err
    assert asked == ["Approve release and genesis, and write the kit?"]
    assert prompts == ["olga"]
    for package_class in ("release", "genesis"):
        assert f"package  {package_class} of atlas-1, 1 file" in done.out
    assert (records(launch, "seal"), records(launch, "approval")) == (2, 2)
    assert (launch / "atlas-1.aztrust").is_file()


def test_a_host_is_ready_with_the_scope_and_with_nothing_less(launch: Path):
    document = run("ship", "--yes", "--format", "json").document
    scope = document["scope_hash"]
    done = preflight(launch, "--scope", scope)
    assert done.exit_code == 0, done.out
    assert done.out.startswith("READY    this host holds what was approved by 1 person for atlas-1")
    assert "frozen   none  no freeze in this policy: one person approves" in done.out
    assert preflight(launch).exit_code == 12
    # The anchor does not tell an old kit from the current one.
    assert preflight(launch, "--anchor", document["policy_digest"]).exit_code == 12
    (launch.parent / "genesis.json").write_text(GENESIS + "\n")
    assert preflight(launch, "--scope", scope).exit_code == 10
    report = json.loads(preflight(launch, "--scope", scope, "--format", "json").out)
    freeze = next(check for check in report["checks"] if check["id"] == "freeze")
    assert freeze["status"] == "not_applicable"


def test_verify_shows_why_nothing_is_frozen(launch: Path):
    document = run("ship", "--yes", "--format", "json").document
    for words in ((), ("--require", "frozen")):
        done = run("verify", "--scope", document["scope_hash"], *words)
        assert done.exit_code == 0
        assert "not applicable freeze: one person approves and starts" in " ".join(done.out.split())


def test_an_answer_of_no_approves_nothing_and_the_next_run_goes_on(launch: Path, monkeypatch):
    questions(monkeypatch, "ny")
    assert run("ship").exit_code == 4
    assert (records(launch, "seal"), records(launch, "approval")) == (2, 0)
    assert not list(launch.glob("*.aztrust"))
    assert run("ship").exit_code == 0
    assert (records(launch, "seal"), records(launch, "approval")) == (2, 2)


def test_stopped_before_the_kit_it_asks_nothing_again(launch: Path, monkeypatch):
    def stop(*_: object) -> None:
        raise CouldNotCheck("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(act, "pack", stop)
        assert run("ship", "--yes").exit_code == 1
    asked = questions(monkeypatch, "")
    done = run("ship")
    assert (done.exit_code, asked) == (0, [])
    assert "done     release is sealed and approved already" in done.out
    assert records(launch, "approval") == 2


def test_a_corrected_genesis_is_asked_about_and_has_another_scope(launch: Path, monkeypatch):
    first = run("ship", "--yes", "--format", "json").document["scope_hash"]
    genesis = launch / "packages/genesis/genesis.json"
    genesis.write_text('{"app_hash":"","chain_id":"atlas-1"}')
    asked = questions(monkeypatch, "nyy")
    assert run("ship").exit_code == 4
    assert len(asked) == 1
    assert asked[0].startswith("genesis: replaces ")
    done = run("ship")
    assert (done.exit_code, len(asked)) == (0, 3)
    assert asked[2] == "Approve genesis, and write the kit?"
    done = preflight(launch, "--scope", first)
    assert (done.exit_code, "scope-mismatch" in done.out) == (10, True)


def test_a_policy_of_several_people_is_not_shipped_by_one(tmp_path: Path):
    stated = '[freeze]\nnot_applicable = "they all start it"\n'
    team = make_launch(tmp_path, policy=policy_text(extra=stated), seal=False)
    done = run("-C", team.path, "ship", "--key", team.key_file("rita"), "--yes")
    assert (done.exit_code, "more than one person" in done.err) == (10, True)
    assert not list((team.path / "manifests").glob("records/*"))


def test_one_person_under_a_policy_with_a_freeze_does_not_ship(launch: Path):
    policy = launch / "manifests/launch.toml"
    text = policy.read_text()
    start = text.index("[freeze]")
    end = text.index("\n\n", start)
    policy.write_text(f"{text[:start]}[verdicts]\nroles = {{ owner = 1 }}{text[end:]}")
    done = run("ship", "--yes")
    assert (done.exit_code, "the policy wants a freeze" in done.err) == (10, True)


def test_another_anchor_than_the_announced_one(launch: Path):
    done = run("ship", "--yes", "--anchor", "7" * 64)
    assert (done.exit_code, "anchor-mismatch" in done.err) == (10, True)
    assert records(launch, "seal") == 0


def test_a_wrong_passphrase_leaves_nothing(launch: Path, monkeypatch: pytest.MonkeyPatch):
    before = {p: p.read_bytes() for p in launch.rglob("*") if p.is_file()}
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "wrong")
    done = run("ship", "--yes")
    assert done.exit_code == 1
    assert "does not open with this passphrase" in done.err
    assert {p: p.read_bytes() for p in launch.rglob("*") if p.is_file()} == before
