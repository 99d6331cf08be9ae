"""A keeper with two keys: a P-256 key, whose line every head needs, and an Ed25519 key."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from aztrust.core.formats.checkpoint_note import parse_note
from aztrust.signers.local import LocalSigner, public_key
from tests.command import run
from tests.disk_launch import Launch, make_launch, policy_text, signer
from tests.ledgers import ORIGIN
from tests.verdicts import ONE

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"a second key of luca, for tests.")
SECOND = LocalSigner(public_key(PRIVATE), PRIVATE)
FIRST = signer("luca")
CHECKPOINT = "manifests/ledger/checkpoint"


def policy(*, listed: bool = True) -> str:
    """Luca has two keys; the keeper's table lists both, or the first alone."""
    first, second = FIRST.public.fingerprint, SECOND.public.fingerprint
    gabi = signer("gabi").public.fingerprint
    keys = f'"{first}", "{second}"' if listed else f'"{first}"'
    table = f'[ledger]\norigin = "{ORIGIN}"\n[[ledger.keepers]]\nholder = "luca"\nkeys = [{keys}]\n'
    table += f'[[ledger.keepers]]\nholder = "gabi"\nkeys = ["{gabi}"]\n'
    text = policy_text(extra=ONE + table)
    own = f'"{first}"]'
    assert text.index(own) < text.index("[ledger]")
    return text.replace(own, f'"{first}", "{second}"]', 1)


def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Launch:
    launch = make_launch(tmp_path, policy=text)
    (launch.path / "keys/luca-2.pem").write_bytes(SECOND.public.pem)
    monkeypatch.chdir(launch.path)
    monkeypatch.setenv("AZTRUST_LEDGER", str(tmp_path / "launch.ledger"))
    monkeypatch.setenv("AZTRUST_ANCHOR", launch.anchor)
    assert run("ledger", "init").exit_code == 0
    return launch


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    return start(tmp_path, monkeypatch, policy())


@pytest.fixture
def second(tmp_path) -> Path:
    path = tmp_path / "luca-2.key"
    path.write_bytes(PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    return path


def note(launch: Launch) -> bytes:
    return (launch.path / CHECKPOINT).read_bytes()


def lines(launch: Launch) -> list[bytes]:
    """The key ids of the head's lines."""
    return [line.key_id for line in parse_note(note(launch), name="").signatures]


def ids(*signers: LocalSigner) -> list[bytes]:
    return [each.public.log_id(ORIGIN)[:4] for each in signers]


@pytest.mark.parametrize("command", ["keep", "append", "head"])
def test_a_head_has_the_line_of_each_key_that_is_given(launch, second, command):
    """In any order: the first key's line is the first one."""
    if command == "head":
        assert run("ledger", "append", "--no-head").exit_code == 0
    done = run("ledger", command, "--key", second, "--key", launch.key_file("luca"))
    assert done.exit_code == 0, done.err
    assert lines(launch) == ids(FIRST, SECOND)
    assert run("verify").exit_code == 0


def test_a_further_key_on_this_machine_signs_by_itself(launch, second):
    keys = Path.home() / ".config/aztrust/keys"
    keys.mkdir(parents=True, mode=0o700)
    for part in (keys, keys.parent, keys.parent.parent):
        part.chmod(0o700)
    (keys / "second.key").write_bytes(second.read_bytes())
    (keys / "second.key").chmod(0o600)
    (keys / "second.pem").write_bytes(SECOND.public.pem)
    assert run("ledger", "keep", "--key", launch.key_file("luca")).exit_code == 0
    assert lines(launch) == ids(FIRST, SECOND)


def test_the_first_key_is_required(launch, second, tmp_path):
    for keys in ([second], [second, second]):
        done = run("ledger", "keep", *(word for key in keys for word in ("--key", key)))
        assert done.exit_code == 10
        assert "signer-not-in-role" in done.err
    assert not (launch.path / CHECKPOINT).exists()
    done = run("ledger", "keep", "--key", launch.key_file("luca"))
    assert done.exit_code == 0
    assert lines(launch) == ids(FIRST)


def test_a_key_that_the_keepers_table_does_not_list_signs_no_head(tmp_path, monkeypatch, second):
    launch = start(tmp_path, monkeypatch, policy(listed=False))
    done = run("ledger", "keep", "--key", launch.key_file("luca"), "--key", second)
    assert done.exit_code == 10
    assert "signer-not-in-role" in done.err


def test_a_wrong_line_of_a_further_key_is_found_and_one_of_a_stranger_is_carried(
    launch, second, monkeypatch
):
    run("ledger", "keep", "--key", launch.key_file("luca"), "--key", second)
    whole = note(launch)
    own = whole.splitlines()[-1]
    kit = launch.path.parent / "launch.aztrust"
    monkeypatch.delenv("AZTRUST_LEDGER")
    witness = own.replace(ORIGIN.encode(), b"witness.example") + b"\n"
    (launch.path / CHECKPOINT).write_bytes(whole + witness)
    assert run("verify").exit_code == 0
    assert run("pack", "--to", kit).exit_code == 0
    other = SECOND.sign(b"something else")
    wrong = parse_note(whole, name="").signatures[1].key_id + other
    line = whole.splitlines()[-1].rsplit(b" ", 1)[0] + b" " + base64.b64encode(wrong)
    (launch.path / CHECKPOINT).write_bytes(whole.replace(own, line))
    done = run("verify", "--format", "json")
    assert done.exit_code == 10
    found = [f for check in json.loads(done.out)["checks"] for f in check["findings"]]
    assert any("further key" in f["message"] for f in found)
