"""`aztrust announce genesis-hash` as it is typed."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.command import run
from tests.disk_launch import GENESIS, make_launch

DATA = GENESIS["genesis.json"]
RAW = hashlib.sha256(DATA).hexdigest()
JQ = hashlib.sha256(
    json.dumps(json.loads(DATA), sort_keys=True, separators=(",", ":")).encode() + b"\n"
).hexdigest()


@pytest.fixture
def launch(tmp_path, monkeypatch):
    made = make_launch(tmp_path)
    monkeypatch.chdir(made.path)
    return made


@pytest.mark.clause("RC-D")
def test_announced_and_verified(launch):
    key = ("--key", launch.key_file("gabi"))
    spoken = " ".join(RAW[i : i + 4] for i in range(0, 64, 4)).upper().split()
    done = run("announce", "genesis-hash", *spoken, *key)
    assert done.exit_code == 0
    assert f"  sha256:{RAW}" in done.out
    assert "checked  it is the hash of the sealed genesis here" in done.out
    done = run("announce", "genesis-hash", JQ, "--convention", "jq-S-c", *key)
    assert done.exit_code == 0
    assert run("verify", "--anchor", launch.anchor).exit_code == 0
    done = run("announce", "genesis-hash", RAW, *key)
    assert "nothing was signed" in done.out


def test_a_mismatch_is_refused_and_reported(launch):
    key = ("--key", launch.key_file("gabi"))
    done = run("announce", "genesis-hash", JQ, *key)
    assert done.exit_code == 10
    assert "--convention jq-S-c" in done.err
    assert run("announce", "genesis-hash", "0" * 64, *key).exit_code == 10
    assert run("announce", "genesis-hash", "0" * 63, *key).exit_code == 2
    assert not list((launch.path / "manifests/records").glob("*.announcement.*"))


def test_declared_needs_two(launch):
    words = ("announce", "genesis-hash", "5" * 64, "--convention", "declared", "--key")
    done = run(*words, launch.key_file("gabi"))
    assert "it counts once a second holder states the same" in " ".join(done.out.split())
    assert "genesis-hash-undeclared" in run("verify", "--anchor", launch.anchor).out
    done = run(*words, launch.key_file("cosmin"), "--format", "json")
    assert done.document["stated_by"] == ["cosmin", "gabi"]
    assert run("verify", "--anchor", launch.anchor).exit_code == 0


def test_others_may_not(launch):
    done = run("announce", "genesis-hash", RAW, "--key", launch.key_file("dan"))
    assert done.exit_code == 10
