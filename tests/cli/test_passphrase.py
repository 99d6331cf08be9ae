"""The passphrase of a key is asked for last, and nothing is written before it."""

from __future__ import annotations

import shutil

import pytest
from cryptography.hazmat.primitives import serialization

from aztrust.signers import pkcs8
from aztrust.signers.local import encrypt_private, public_key
from aztrust.storage.localkeys import keys_dir
from tests.cli_launch import Desk, Template, ticking_clock
from tests.command import run

clock = pytest.fixture(autouse=True)(ticking_clock)
SECRET = "correct horse"
ASKED = "is encrypted, and there is no terminal to ask at"


@pytest.fixture(scope="module")
def is_frozen(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=True)


@pytest.fixture
def desk(is_frozen, tmp_path, clock, monkeypatch) -> Desk:
    """A frozen and answered launch; luca, rita and dan have encrypted keys, public halves too."""
    monkeypatch.setattr(pkcs8, "ROUNDS", 1_000)
    desk = is_frozen.copy(tmp_path, clock)
    keys_dir().mkdir(parents=True, mode=0o700)
    for name in ("luca", "rita", "dan"):
        private = serialization.load_pem_private_key(
            desk.launch.key_file(name).read_bytes(), password=None
        )
        (keys_dir() / f"{name}.key").write_bytes(encrypt_private(private, SECRET.encode()))
        (keys_dir() / f"{name}.key").chmod(0o600)
        (keys_dir() / f"{name}.pem").write_bytes(public_key(private).pem)
    monkeypatch.delenv("AZTRUST_PASSPHRASE", raising=False)
    monkeypatch.setenv("AZTRUST_LAUNCH", str(desk.launch.path))
    monkeypatch.setenv("AZTRUST_LEDGER", str(desk.ledger))
    monkeypatch.setenv("AZTRUST_ANCHOR", desk.anchor)
    return desk


def unfrozen(desk: Desk) -> None:
    """Take back what came after the approvals of a launch."""
    desk.ledger.unlink()
    shutil.rmtree(desk.launch.path / "manifests" / "ledger", ignore_errors=True)
    for path in (*desk.files("verdicts"), *desk.files()):
        if path.parent.name == "verdicts" or not {"seal", "approval"} & set(path.name.split(".")):
            path.unlink()


ATTEST = ("attest", "monitoring-live", "fail", "--key", "dan")
FINAL = ("final-check", "--key", "luca", "--yes")
FREEZE = ("freeze", "--key", "luca", "--yes")
SEAL = ("seal", "release", "--key", "rita", "--yes")
APPROVE = ("approve", "release", "--key", "rita", "--yes")


def prepare(desk: Desk, words: tuple[str, ...]) -> None:
    if words[0] in ("freeze", "seal", "approve"):
        unfrozen(desk)
    if words[0] == "seal":
        desk.launch.file("release", "more").write_bytes(b"x")
    if words[0] == "approve":
        for path in desk.files():
            if ".approval." in path.name:
                path.unlink()


@pytest.mark.parametrize("words", [ATTEST, FINAL, FREEZE, SEAL, APPROVE], ids=lambda w: w[0])
def test_nothing_is_written_without_it_and_all_is_with_it(desk, words, monkeypatch):
    prepare(desk, words)
    before = desk.snapshot()
    done = run(*words)
    assert done.exit_code == 1
    assert ASKED in " ".join(done.err.split())
    assert desk.snapshot() == before
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "wrong")
    done = run(*words)
    assert done.exit_code == 1
    assert "does not open with this passphrase" in done.err
    assert desk.snapshot() == before
    monkeypatch.setenv("AZTRUST_PASSPHRASE", SECRET)
    done = run(*words)
    assert done.exit_code in (0, 10 if words is FINAL else 0), done.err
    assert desk.snapshot() != before


@pytest.mark.parametrize("words", [FREEZE, APPROVE], ids=lambda w: w[0])
def test_the_question_comes_before_it(desk, words):
    prepare(desk, words)
    done = run(*words[:-1])
    assert done.exit_code == 4
    assert "no terminal to answer at" in done.err
    assert "encrypted" not in done.err


@pytest.mark.parametrize("words", [ATTEST, FINAL, FREEZE, SEAL, APPROVE], ids=lambda w: w[0])
def test_a_wrong_anchor_comes_before_it(desk, words):
    prepare(desk, words)
    done = run(*words, "--anchor", "0" * 64)
    assert done.exit_code == 10
    assert "anchor-mismatch" in done.err
    assert "encrypted" not in done.err


def test_a_file_that_changed_comes_before_it(desk):
    prepare(desk, APPROVE)
    desk.launch.file("release", "bin/atlasd").write_bytes(b"x")
    done = run(*APPROVE)
    assert done.exit_code == 10
    assert "encrypted" not in done.err


def test_an_unknown_row_comes_before_it(desk):
    done = run("attest", "no-such-row", "pass", "--key", "dan")
    assert done.exit_code == 2
    assert "encrypted" not in done.err


def test_an_empty_one_is_named(desk, monkeypatch):
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "")
    done = run(*ATTEST)
    assert done.exit_code == 2
    assert "$AZTRUST_PASSPHRASE is empty" in done.err


def test_a_public_half_of_another_key_is_refused_and_nothing_is_written(desk, monkeypatch):
    (keys_dir() / "dan.pem").write_bytes((keys_dir() / "luca.pem").read_bytes())
    before = desk.snapshot()
    monkeypatch.setenv("AZTRUST_PASSPHRASE", SECRET)
    done = run(*FINAL[:2], "dan", "--yes")
    assert done.exit_code == 10
    assert "is not the private half of the public key next to it" in " ".join(done.err.split())
    assert desk.snapshot() == before
