"""A gate under a policy or a key alone, on a machine that has a launch or a ledger: both count."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust import gate
from aztrust.storage.config import config_dir
from aztrust.storage.ledger.location import find_ledger
from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import make_launch
from tests.gates import record_id, scope_of
from tests.people import fingerprint

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make_launch(tmp_path, policy=window_policy()))


@pytest.fixture
def verdict(desk: Desk, tmp_path: Path) -> Path:
    """A freeze, handed over as a bundle."""
    assert desk.run("freeze", "--yes").exit_code == 0
    (bundle,) = (desk.launch.path / "manifests/verdicts").glob("*.sigstore.json")
    copy = tmp_path / "handed.sigstore.json"
    copy.write_bytes(bundle.read_bytes())
    return copy


def test_a_policy_in_a_launch_brings_its_revocations_to_the_gate(
    desk, verdict, tmp_path, monkeypatch
):
    policy = desk.launch.path / "manifests/launch.toml"
    copy = tmp_path / "copy.toml"
    copy.write_bytes(policy.read_bytes())
    asked = ("gate", verdict, "--class", "freeze_confirmed", "--offline", "--anchor")
    asked = (*asked, desk.launch.anchor, "--policy")
    monkeypatch.chdir(tmp_path)
    assert run(*asked, policy).exit_code == run(*asked, copy).exit_code == 0
    desk.launch.revoke(fingerprint("luca"), "sonia", kind="key", reason="compromised")
    assert (run(*asked, policy).exit_code, run(*asked, copy).exit_code) == (10, 0)
    monkeypatch.chdir(desk.launch.path)
    assert run(*asked, copy).exit_code == 10
    named = ("gate", verdict, "--class", "freeze_confirmed", "--offline", "--anchor")
    named = (*named, desk.launch.anchor, "--signer", fingerprint("luca"))
    assert run(*named).exit_code == 10
    monkeypatch.chdir(tmp_path)
    assert run(*named).exit_code == 0


def test_a_ledger_of_this_machine_is_read_or_the_gate_does_not_pass(
    desk, verdict, tmp_path, monkeypatch
):
    policy = desk.launch.path / "manifests/launch.toml"
    copy = tmp_path / "copy.toml"
    copy.write_bytes(policy.read_bytes())
    asked = ("gate", verdict, "--class", "freeze_confirmed", "--offline", "--anchor")
    under = (*asked, desk.launch.anchor, "--policy")
    by_key = (*asked, desk.launch.anchor, "--signer", fingerprint("luca"))
    monkeypatch.chdir(tmp_path)
    passing = [run(*words).exit_code for words in ((*under, copy), (*under, policy), by_key)]
    assert passing == [0, 0, 0]
    monkeypatch.setenv("AZTRUST_LEDGER", str(desk.ledger))
    for words in ((*under, copy), by_key):
        done = run(*words, "--format", "json")
        assert done.exit_code == 11
        (notice,) = [n for n in done.document["notices"] if n["code"] == "verdict-overtaken"]
        assert "was not read" in notice["message"]
        assert notice["subject"].endswith(desk.ledger.name)
        assert "unset AZTRUST_LEDGER" in notice["mend"]
    # In the launch its keys are here, so that the ledger is read.
    assert run(*under, policy).exit_code == 0
    desk.launch.revoke(fingerprint("luca"), "sonia", kind="key", reason="compromised")
    (record,) = (desk.launch.path / "manifests/records").glob("*.revocation.*")
    assert desk.run("ledger", "append", record).exit_code == 0
    record.unlink()
    assert run(*under, policy).exit_code == 10
    monkeypatch.setenv("AZTRUST_LEDGER", str(tmp_path / "absent.ledger"))
    assert run(*under, policy).exit_code == 11


def test_a_ledger_at_its_default_place_counts_as_of_this_machine(
    desk, verdict, tmp_path, monkeypatch
):
    copy = tmp_path / "copy.toml"
    copy.write_bytes((desk.launch.path / "manifests/launch.toml").read_bytes())
    monkeypatch.chdir(tmp_path)
    asked = ("gate", verdict, "--class", "freeze_confirmed", "--offline", "--policy", copy)
    asked = (*asked, "--anchor", desk.launch.anchor)
    assert run(*asked).exit_code == 0
    chain_id = desk.launch.policy.launch.chain_id
    place = find_ledger(None, chain_id, desk.launch.anchor)
    place.parent.mkdir(parents=True)
    place.write_bytes(desk.ledger.read_bytes())
    assert run(*asked).exit_code == 11


@pytest.mark.parametrize("settings", ["{chain}:{digits}", "{chain}", ""])
def test_a_ledger_of_the_policy_that_a_verdict_states_counts_under_a_key_alone(
    desk, verdict, tmp_path, monkeypatch, settings
):
    monkeypatch.chdir(tmp_path)
    asked = ("gate", verdict, "--class", "freeze_confirmed", "--offline", "--signer")
    asked = (*asked, fingerprint("luca"), "--scope", scope_of(desk.launch))
    other = f"sha256:{'7' * 64}"
    chain_id = desk.launch.policy.launch.chain_id
    digits = desk.launch.anchor.removeprefix("sha256:")[:8]
    place = find_ledger(None, chain_id, other)
    place.parent.mkdir(parents=True, mode=0o700)
    place.write_bytes(desk.ledger.read_bytes())
    named = config_dir() / "ledger.toml"
    named.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    named.write_text(f'[ledgers]\n"{chain_id}:77777777" = "x"\n')
    assert run(*asked).exit_code == 0
    if settings:
        line = settings.format(chain=chain_id, digits=digits)
        named.write_text(f'[ledgers]\n"{line}" = "{desk.ledger}"\n')
    else:
        find_ledger(None, chain_id, desk.launch.anchor).write_bytes(desk.ledger.read_bytes())
    assert run(*asked).exit_code == 11


def test_a_later_verdict_of_a_launch_here_counts_under_a_policy_alone(
    desk, verdict, tmp_path, monkeypatch
):
    policy = desk.launch.path / "manifests/launch.toml"
    asked = ("gate", verdict, "--class", "freeze_confirmed", "--offline", "--policy", policy)
    asked = (*asked, "--anchor", desk.launch.anchor)
    monkeypatch.chdir(tmp_path)
    assert run(*asked).exit_code == 0
    assert desk.run("window", "defer", "--reason", "rain", "--yes").exit_code == 0
    done = run(*asked)
    assert (done.exit_code, "verdict-overtaken" in done.out) == (10, True)


def revoke_an_approval(desk: Desk) -> None:
    records = desk.launch.path / "manifests/records"
    approval = min(records.glob("*.approval.*"))
    desk.launch.revoke(record_id(approval), "sonia", reason="the wrong tag")


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.run("window", "defer", "--reason", "rain", "--yes"),
        lambda desk: desk.run(
            *("window", "abort", "--trigger", "binary-hash-mismatch", "--reason", "x", "--yes")
        ),
        revoke_an_approval,
        lambda desk: desk.launch.revoke(fingerprint("luca"), "sonia", kind="key", reason="lost"),
    ],
    ids=["deferred", "aborted", "approval revoked", "key revoked"],
)
def test_what_a_launch_here_has_against_a_verdict_counts_under_every_option(
    desk, verdict, clock, monkeypatch, act
):
    policy = desk.launch.path / "manifests/launch.toml"
    words = ("gate", verdict, "--class", "freeze_confirmed", "--offline")
    scope = ("--scope", scope_of(desk.launch))
    in_launch = ("-C", desk.launch.path, *words, "--anchor", desk.launch.anchor)
    in_launch = (*in_launch, "--ledger", desk.ledger)
    under = (*words, "--anchor", desk.launch.anchor, "--policy", policy)
    by_key = (*words, *scope, "--signer", fingerprint("luca"))
    monkeypatch.setenv("AZTRUST_LAUNCH", str(desk.launch.path))

    def answers() -> list[int]:
        sources = (
            {"policy": policy, "anchor": desk.launch.anchor},
            {"signer": fingerprint("luca"), "scope": scope_of(desk.launch)},
        )
        library = [
            gate(
                verdict,
                checkpoint_class="freeze_confirmed",
                offline=True,
                at_unix_ms=clock.read(),
                **source,
            )
            for source in sources
        ]
        commands = (run(*asked) for asked in (in_launch, under, by_key))
        return [each.exit_code for each in (*commands, *library)]

    assert answers() == [0] * 5
    act(desk)
    assert answers() == [10] * 5


def test_a_launch_here_of_another_policy_does_not_judge_the_verdict(
    desk, verdict, tmp_path, monkeypatch
):
    other = make_launch(tmp_path, name="other", policy=f"{window_policy()}\n# another\n")
    copy = tmp_path / "copy.toml"
    copy.write_bytes((desk.launch.path / "manifests/launch.toml").read_bytes())
    monkeypatch.chdir(other.path)
    asked = ("gate", verdict, "--class", "freeze_confirmed", "--offline", "--policy", copy)
    asked = (*asked, "--anchor", desk.launch.anchor)
    assert run(*asked).exit_code == 0
    other.revoke(fingerprint("luca"), "sonia", kind="key", reason="compromised")
    assert run(*asked).exit_code == 10
