"""`aztrust supersede` as it is typed."""

from __future__ import annotations

import pytest

from tests.command import run
from tests.disk_launch import make_launch

OTHER = "d" * 64


@pytest.mark.clause("AZ-5.2")
def test_superseded_and_withdrawn(tmp_path, monkeypatch):
    launch = make_launch(tmp_path)
    monkeypatch.chdir(launch.path)
    current, anchor = launch.package_id("genesis"), ("--anchor", launch.anchor)
    gabi = ("--key", launch.key_file("gabi"))
    done = run("supersede", "genesis", "--with", OTHER, *gabi, "--reason", "one gen_tx\n missing")
    assert done.exit_code == 0
    assert f"  {current}" in done.out
    assert f"  sha256:{OTHER}" in done.out
    assert "reason   one gen_tx\\n missing" in done.out
    verdict = run("verify", *anchor)
    assert verdict.exit_code == 10
    assert "superseded" in verdict.out
    again = run("supersede", "genesis", "--with", OTHER, *gabi, "--reason", "x")
    assert again.exit_code == 0
    assert "nothing was signed" in again.out
    done = run("supersede", "genesis", "--with", current[7:19], *gabi, "--reason", "no")
    assert done.exit_code == 0
    assert "undoes   the supersession by gabi in" in done.out
    assert "git commit -m 'withdraw supersession of genesis" in done.out
    assert run("verify", *anchor).exit_code == 0
    done = run("supersede", "genesis", "--with", current, *gabi, "--reason", "no")
    assert done.exit_code == 10


def test_json_and_refusals(tmp_path, monkeypatch):
    launch = make_launch(tmp_path)
    monkeypatch.chdir(launch.path)
    words = ("supersede", "release", "--with", OTHER, "--reason", "x")
    done = run(*words, "--key", launch.key_file("rita"), "--format", "json")
    assert done.document["successor"] == f"sha256:{OTHER}"
    assert done.document["withdraws"] == []
    done = run(*words, "--key", launch.key_file("gabi"))
    assert done.exit_code == 10
    assert "may not supersede the release package" in " ".join(done.err.split())
    done = run("supersede", "release", "--with", "00000000", "--reason", "x")
    assert done.exit_code == 2
