"""`aztrust ledger trusted-root`: the ledger's name and key, as Sigstore's tools take them."""

import json

from aztrust.core.history.trusted_root import trusted_root
from tests.command import run
from tests.disk_launch import make_launch, policy_text, signer

KEEPER = signer("luca").public


def policy(origin: str = "ledger.test-1") -> str:
    return policy_text(extra=f'[ledger]\norigin = "{origin}"\nkeeper = "{KEEPER.fingerprint}"\n')


def test_it_is_made_from_what_the_policy_names(tmp_path):
    launch = make_launch(tmp_path, policy=policy())
    to = tmp_path / "trusted_root.json"
    words = ("-C", launch.path, "ledger", "trusted-root", "--anchor", launch.anchor)
    done = run(*words, "-o", to)
    assert done.exit_code == 0, done.err
    assert to.read_bytes() == trusted_root("ledger.test-1", KEEPER) + b"\n"
    assert run(*words).out.encode() == to.read_bytes()
    assert json.loads(run(*words, "--format", "json").out) == json.loads(to.read_bytes())


def test_another_policy_than_announced_names_no_keeper(tmp_path):
    launch = make_launch(tmp_path, policy=policy())
    done = run("-C", launch.path, "ledger", "trusted-root", "--anchor", "0" * 64)
    assert (done.exit_code, done.out) == (10, "")


def test_without_a_ledger_there_is_none(tmp_path):
    launch = make_launch(tmp_path)
    done = run("-C", launch.path, "ledger", "trusted-root", "--anchor", launch.anchor)
    assert done.exit_code == 1
    assert "freeze first (aztrust freeze)" in done.advised


def test_it_says_where_cosign_will_not_find_it(tmp_path):
    launch = make_launch(tmp_path, policy=policy("ledger.example/test-1"))
    words = ("-C", launch.path, "ledger", "trusted-root", "-v")
    done = run(*words)
    assert done.exit_code == 0
    assert "cosign finds no ledger" in done.err
    assert "without an anchor" in done.err
