"""What `aztrust gate` shows at the terminal."""

from __future__ import annotations

import pytest

from tests.command import run
from tests.disk_launch import make_launch, policy_text
from tests.gates import handed
from tests.verdicts import ONE


@pytest.mark.parametrize("chain_id", ["test-1", "a-name-that-fits", "long-" * 9 + "1", "x" * 50])
def test_a_chain_id_is_never_cut(tmp_path, chain_id):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    policy = tmp_path / "policy.toml"
    text = launch.policy_bytes.decode().replace('chain_id = "test-1"', f'chain_id = "{chain_id}"')
    policy.write_text(text, "utf-8")
    words = ("gate", handed(launch), "--class", "freeze_confirmed", "--policy", policy)
    lines = run(*words).out.splitlines()
    assert max(map(len, lines[:2])) <= 80
    assert lines[0].endswith("   exit 10")
    assert chain_id in f"{lines[0]} {lines[1]}".split()
    assert "…" not in lines[0]


def test_a_verdict_from_standard_input(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    verdict = handed(launch)
    words = ("--class", "freeze_confirmed", "-C", launch.path, "--anchor", launch.anchor, "--json")
    named = run("gate", verdict, *words)
    given = run("gate", "-", *words, answer=verdict.read_text("utf-8"))
    assert given.exit_code == named.exit_code
    ids = [[c["status"] for c in done.document["checks"]] for done in (named, given)]
    assert ids[0] == ids[1]
    other = run("gate", "-", *words, answer="{}")
    assert other.exit_code not in (0, named.exit_code)
