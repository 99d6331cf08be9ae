"""No second frozen scope of one chain, also where only the launch directory knows of the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.records.verdict import build_verdict
from aztrust.signers.local import LocalSigner
from aztrust.storage.launch import read_launch
from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.command import Done
from tests.disk_launch import NOW, make_launch, signer
from tests.verdicts import freeze_of, signed

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make_launch(tmp_path, policy=window_policy()))


def under_a_newer_policy(desk: Desk, text: str) -> Desk:
    """The same launch, sealed and approved under another policy."""
    launch = desk.launch
    (launch.path / "manifests/launch.toml").write_text(text, "utf-8")
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    for who in ("rita", "sonia", "cosmin"):
        launch.approve("release", who)
    for who in ("gabi", "cosmin"):
        launch.approve("genesis", who)
    return Desk(launch)


def freeze(desk: Desk) -> Done:
    """A freeze with a ledger of its own: the older policy's ledger is nowhere to be found."""
    ledger = desk.launch.path.parent / "newer.ledger"
    return desk.run("freeze", "--yes", "--ledger", ledger)


def verdicts(desk: Desk) -> list[str]:
    return [path.name for path in desk.files("verdicts")]


@pytest.mark.clause("AZ-25.2")
def test_no_freeze_while_a_scope_is_frozen_under_a_kept_policy(desk: Desk):
    scope, older = desk.freeze(), desk.anchor
    assert not list(Path.home().rglob("*.ledger"))
    newer = under_a_newer_policy(desk, window_policy() + "# newer\n")
    before = verdicts(newer)
    done = freeze(newer)
    assert (done.exit_code, "freeze-other-scope" in done.err) == (10, True), done.out + done.err
    shown = "".join(done.err.split())
    assert f"frozen:{scope}underthepolicy{older}" in shown
    assert verdicts(newer) == before


@pytest.mark.clause("AZ-25.2")
@pytest.mark.parametrize("act", ["defer", "abort"])
def test_a_freeze_once_the_scope_under_the_kept_policy_has_ended(desk: Desk, act: str):
    desk.freeze()
    trigger = ("--trigger", "other") if act == "abort" else ()
    done = desk.run("window", act, *trigger, "--reason", "a newer policy", "--yes")
    assert done.exit_code == 0, done.err
    done = freeze(under_a_newer_policy(desk, window_policy() + "# newer\n"))
    assert done.exit_code == 0, done.out + done.err


def test_a_frozen_scope_of_another_chain_is_not_in_the_way(tmp_path: Path):
    """A rehearsal in the same directory, under a kept policy of another chain."""
    newer = window_policy()
    rehearsal = newer.replace('chain_id = "test-1"', 'chain_id = "test-0"', 1)
    genesis = {"genesis.json": b'{"chain_id": "test-0"}'}
    desk = Desk(make_launch(tmp_path, policy=rehearsal, genesis=genesis))
    assert desk.run("freeze", "--yes").exit_code == 0
    assert [path.name for path in desk.files("policies")] == [f"{desk.anchor[7:]}.toml"]
    desk.launch.file("genesis", "genesis.json").write_bytes(b'{"chain_id": "test-1"}')
    done = freeze(under_a_newer_policy(desk, newer))
    assert done.exit_code == 0, done.out + done.err


# ---- what a stranger can put there --------------------------------------------------------------

STRANGER = signer("mallory")
OTHER = "sha256:" + "5" * 64


def put_freeze(desk: Desk, by: LocalSigner, policy_digest: str) -> None:
    """A freeze of another scope under another policy, as a file in the launch directory."""
    evidence = read_launch(desk.launch.path)
    made = freeze_of(
        evidence, by.public, NOW, policy_digest=policy_digest, checkpoint_scope_hash=OTHER
    )
    folder = desk.launch.path / "manifests/verdicts"
    folder.mkdir(exist_ok=True)
    (folder / "0.dsse.json").write_bytes(signed(build_verdict(made), by))


@pytest.mark.clause("AZ-25.2")
def test_a_freeze_under_a_policy_that_is_not_here_is_in_the_way_only_by_a_holder(desk: Desk):
    key = desk.launch.path / "keys/dan.pem"
    put_freeze(desk, signer("dan"), OTHER)
    refused = desk.run("freeze", "--yes")
    assert (refused.exit_code, "freeze-other-scope" in refused.err) == (10, True)
    # The key that would show whether it is dan's is gone: that does not make it a stranger's.
    key.rename(key.with_suffix(".gone"))
    refused = desk.run("freeze", "--yes")
    assert (refused.exit_code, "freeze-other-scope" in refused.err) == (10, True)
    key.with_suffix(".gone").rename(key)
    put_freeze(desk, STRANGER, OTHER)
    done = desk.run("freeze", "--yes")
    assert (done.exit_code, done.err) == (0, ""), done.out


@pytest.mark.clause("AZ-25.2")
def test_a_stranger_s_own_policy_key_and_freeze_are_not_in_the_way(desk: Desk):
    for by, in_the_way in ((signer("luca"), True), (STRANGER, False)):
        luca = signer("luca").public.fingerprint
        policy = window_policy().replace(luca, by.public.fingerprint) + "# another\n"
        folder = desk.launch.path / "manifests/policies"
        folder.mkdir(exist_ok=True)
        (folder / "any.toml").write_text(policy, "utf-8")
        (desk.launch.path / "keys/mallory.pem").write_bytes(STRANGER.public.pem)
        put_freeze(desk, by, sha256_id(policy.encode()))
        done = desk.run("freeze", "--yes")
        assert done.exit_code == (10 if in_the_way else 0), done.out + done.err
        assert ("freeze-other-scope" in done.err) == in_the_way
