"""Which verdicts a gate refuses, and that their accepted neighbours pass: one filter at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.cli.session import Session
from tests.command import run
from tests.disk_launch import MINUTE, NOW, Launch, make_launch, policy_text, signer
from tests.gates import ask, bundled, handed, record_id, scope_of
from tests.verdicts import ONE, TWO

DAY = 24 * 60 * MINUTE
OTHER = "sha256:" + "5" * 64


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(Session, "now_unix_ms", lambda _: NOW + DAY)


@pytest.fixture
def launch(tmp_path) -> Launch:
    return make_launch(tmp_path, policy=policy_text(extra=ONE))


def policy_file(launch: Launch) -> str:
    """A file with the policy alone, without the launch."""
    path = launch.path.parent / "announced.toml"
    path.write_bytes(launch.policy_bytes)
    return str(path)


def with_key(path: Path, by: str) -> Path:
    """The bundle of a verdict: its log entry brings the signer's key along."""
    return bundled(path, by, origin="ledger.example/one", keeper="dan")


# ---- about the announced launch ------------------------------------------------------------------


@pytest.mark.clause("AZ-16.3")
def test_with_a_launch_the_anchor_alone_does_not_accept_a_verdict_on_another_scope(launch):
    words = ("-C", launch.path, "--anchor", launch.anchor)
    own = ask(handed(launch), *words)
    assert (own.exit_code, own.status("gate-anchor")) == (0, "pass")
    other = handed(launch, checkpoint_scope_hash=OTHER)
    answer = ask(other, *words)
    assert (answer.exit_code, answer.failed()) == (10, {"gate-anchor"})
    (finding,) = answer.findings("gate-anchor")
    assert (finding["code"], finding["subject"]) == ("scope-mismatch", record_id(other))
    assert finding["actual"] == OTHER


@pytest.mark.clause("AZ-16.3")
def test_of_two_verdicts_the_one_on_another_scope_is_named(launch):
    own, other = handed(launch), handed(launch, checkpoint_scope_hash=OTHER)
    answer = ask(own, other, "-C", launch.path, "--anchor", launch.anchor)
    assert [f["subject"] for f in answer.findings("gate-anchor")] == [record_id(other)]


@pytest.mark.clause("AZ-16.3")
def test_a_pin_that_contradicts_the_policy_counts_with_a_given_anchor(launch, tmp_path):
    other = make_launch(tmp_path, name="other", policy=policy_text(extra=ONE + "\n# another\n"))
    words = ("-C", launch.path, "--anchor", launch.anchor)
    freeze = handed(launch)
    assert run("-C", launch.path, "anchor", "add", launch.anchor).exit_code == 0
    assert ask(freeze, *words).exit_code == 0
    assert run("-C", launch.path, "anchor", "remove", "--yes").exit_code == 0
    # The same network and name, pinned elsewhere under another policy.
    assert run("-C", other.path, "anchor", "add", other.anchor).exit_code == 0
    answer = ask(freeze, *words)
    assert (answer.exit_code, answer.failed()) == (10, {"gate-anchor"})
    (finding,) = answer.findings("gate-anchor")
    assert finding["code"] == "anchor-mismatch"
    assert other.anchor in finding["message"]


@pytest.mark.clause("AZ-25.1")
def test_by_the_scope_alone_a_verdict_must_be_under_the_present_policy(launch):
    words = ("-C", launch.path, "--scope", scope_of(launch))
    assert ask(handed(launch), *words).exit_code == 0
    other = handed(launch, policy_digest=OTHER)
    answer = ask(other, *words)
    assert (answer.exit_code, answer.failed()) == (10, {"gate-anchor"})
    (finding,) = answer.findings("gate-anchor")
    assert (finding["code"], finding["subject"]) == ("verdict-other-policy", record_id(other))
    assert (finding["expected"], finding["actual"]) == (launch.anchor, OTHER)


@pytest.mark.clause("AZ-25.1")
def test_a_trusted_signer_must_have_judged_under_the_anchor_that_was_given(launch):
    who = signer("luca").public.fingerprint
    path = with_key(handed(launch), "luca")
    words = ("--signer", who, "--scope", scope_of(launch))
    assert ask(path, *words).exit_code == 0
    assert ask(path, *words, "--anchor", launch.anchor).exit_code == 0
    answer = ask(path, *words, "--anchor", OTHER)
    assert (answer.exit_code, answer.failed()) == (10, {"gate-anchor"})
    (finding,) = answer.findings("gate-anchor")
    assert (finding["code"], finding["expected"]) == ("verdict-other-policy", OTHER)


# ---- concluded -----------------------------------------------------------------------------------


@pytest.mark.clause("AZ-17.2")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_of_three_verdicts_must_agree(tmp_path, place):
    launch = make_launch(tmp_path, policy=policy_text(extra=TWO))
    words = ("--policy", policy_file(launch), "--anchor", launch.anchor)
    agreed = [with_key(handed(launch, by), by) for by in ("luca", "sonia")]
    answer = ask(*agreed, *words)
    assert (answer.exit_code, answer.status("gate-result")) == (0, "pass")
    # Under a policy alone there is no scope here to compare with: only the others show it.
    odd = with_key(handed(launch, "luca", checkpoint_scope_hash=OTHER), "luca")
    three = [*agreed]
    three.insert(place, odd)
    answer = ask(*three, *words)
    assert (answer.exit_code, answer.failed()) == (10, {"gate-result"})
    assert set(answer.codes("gate-result")) == {"verdicts-disagree"}
    found = {finding["subject"] for finding in answer.findings("gate-result")}
    first = record_id(three[0])
    wanted = {record_id(odd)} if place else {record_id(path) for path in agreed}
    assert found == wanted
    assert first not in found


@pytest.mark.clause("AZ-17.2")
@pytest.mark.parametrize(
    ("beyond", "code"), [(0, 0), (1, 10)], ids=["the bound", "a millisecond more"]
)
def test_the_oldest_age_that_is_allowed(launch, monkeypatch, beyond, code):
    freeze = handed(launch, at=NOW)
    monkeypatch.setattr(Session, "now_unix_ms", lambda _: NOW + 15 * MINUTE + beyond)
    words = ("-C", launch.path, "--anchor", launch.anchor)
    answer = ask(freeze, *words, "--max-age", "15m")
    assert answer.exit_code == code
    assert answer.codes("gate-result") == ["verdict-stale"] * bool(beyond)
    assert ask(freeze, *words, "--max-age", "16m").exit_code == 0
    assert ask(freeze, *words).exit_code == 0


@pytest.mark.clause("AZ-17.2")
@pytest.mark.parametrize(
    ("beyond", "code"), [(0, 0), (1, 10)], ids=["two minutes", "a millisecond more"]
)
@pytest.mark.parametrize("more", [(), ("--max-age", "15m")])
def test_how_far_a_signer_s_clock_may_be_ahead(launch, monkeypatch, beyond, code, more):
    freeze = handed(launch, at=NOW + 2 * MINUTE + beyond)
    monkeypatch.setattr(Session, "now_unix_ms", lambda _: NOW)
    answer = ask(freeze, "-C", launch.path, "--anchor", launch.anchor, *more)
    assert answer.exit_code == code
    assert answer.codes("gate-result") == ["verdict-stale"] * bool(beyond)
    if beyond:
        assert "in the future" in answer.findings("gate-result")[0]["message"]


@pytest.mark.clause("AZ-17.2")
def test_each_of_two_verdicts_must_be_young_enough(tmp_path, monkeypatch):
    launch = make_launch(tmp_path, policy=policy_text(extra=TWO))
    old, young = handed(launch, "sonia", at=NOW), handed(launch, "luca", at=NOW + DAY)
    monkeypatch.setattr(Session, "now_unix_ms", lambda _: NOW + DAY)
    words = ("-C", launch.path, "--anchor", launch.anchor, "--max-age", "1h")
    for files in ([old, young], [young, old]):
        answer = ask(*files, *words)
        assert (answer.exit_code, answer.codes("gate-result")) == (10, ["verdict-stale"])
        assert answer.findings("gate-result")[0]["subject"] == record_id(old)
    again = handed(launch, "sonia", at=NOW + DAY)
    assert ask(again, young, *words).exit_code == 0


def test_by_the_scope_alone_a_verdict_on_another_scope_is_refused(launch):
    other = handed(launch, checkpoint_scope_hash=OTHER)
    answer = ask(other, "-C", launch.path, "--scope", scope_of(launch))
    assert (answer.exit_code, answer.codes("gate-anchor")) == (10, ["scope-mismatch"])
