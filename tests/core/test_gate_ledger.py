"""Whose ledger a gate believes, whose head, and which of two limits on a head's age counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.core.records.contents import LedgerHead
from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.disk_launch import MINUTE, Launch, make_launch, policy_text, signer
from tests.gates import Answer, ask, bundled, handed
from tests.ledgers import LedgerFile, signed_files
from tests.verdicts import ONE, TWO

HOUR = 60 * MINUTE
OWN = "ledger.example/own"
FORGED = "ledger.example/forged"
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

clock = pytest.fixture(autouse=True)(ticking_clock)


def ledger_table(keeper: str = "dan", more: str = "") -> str:
    """The table `[ledger]` of a policy."""
    return f'[ledger]\norigin = "{OWN}"\nkeeper = "{signer(keeper).public.fingerprint}"\n{more}'


def named(origin: str, keeper: str) -> LedgerHead:
    """The field of a verdict for the ledger that it considered: an empty one."""
    return LedgerHead(keeper=signer(keeper).public.fingerprint, origin=origin, root=EMPTY, size=0)


def asked(launch: Launch, *files: Path) -> Answer:
    """A gate with the launch, whose ledger is not here."""
    return ask(*files, "-C", launch.path, "--anchor", launch.anchor)


# ---- a bundle's head -----------------------------------------------------------------------------


@pytest.mark.clause("AZ-15.2")
def test_two_bundles_must_be_of_one_ledger(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=TWO + ledger_table()))
    mine, hers = handed(launch, "luca"), handed(launch, "sonia")
    first = bundled(mine, "luca", origin=OWN, keeper="dan")
    # Each is the first of one entry: the keeper signed two heads over as many entries.
    other = bundled(hers, "sonia", origin=OWN, keeper="dan")
    answer = asked(launch, first, other)
    assert (answer.exit_code, answer.failed()) == (10, {"gate-logged"})
    (finding,) = answer.findings("gate-logged")
    assert finding["code"] == "ledger-equivocation"
    assert other.name in finding["subject"]
    assert first.name in finding["message"]


@pytest.mark.clause("AZ-15.2")
def test_heads_of_different_sizes_and_one_head_twice_are_not_a_contradiction(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=TWO + ledger_table()))
    mine, hers = handed(launch, "luca"), handed(launch, "sonia")
    first = bundled(mine, "luca", origin=OWN, keeper="dan")
    second = bundled(hers, "sonia", origin=OWN, keeper="dan", after=(mine, "luca"))
    answer = asked(launch, first, second)
    assert (answer.exit_code, answer.status("gate-logged")) == (0, "pass")
    both = bundled(mine, "luca", origin=OWN, keeper="dan", before=(hers, "sonia"))
    answer = asked(launch, both, second)
    assert (answer.exit_code, answer.status("gate-logged")) == (0, "pass")


@pytest.mark.clause("AZ-15.2")
def test_the_policy_s_ledger_goes_before_the_one_that_a_verdict_names(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE + ledger_table("dan")))
    freeze = handed(launch, ledger=named(FORGED, "luca"))
    forged = bundled(freeze, "luca", origin=FORGED, keeper="luca")
    answer = asked(launch, forged)
    assert (answer.exit_code, answer.failed()) == (10, {"gate-logged"})
    (finding,) = answer.findings("gate-logged")
    assert finding["code"] == "ledger-inconsistent"
    announced = bundled(freeze, "luca", origin=OWN, keeper="dan")
    answer = asked(launch, announced)
    assert (answer.exit_code, answer.status("gate-logged")) == (0, "pass")
    assert OWN in answer.detail("gate-logged")


@pytest.mark.clause("AZ-15.2")
def test_where_the_policy_has_none_the_verdict_names_its_ledger(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    freeze = handed(launch, ledger=named(FORGED, "luca"))
    answer = asked(launch, bundled(freeze, "luca", origin=FORGED, keeper="luca"))
    assert (answer.exit_code, answer.status("gate-logged")) == (0, "pass")
    answer = asked(launch, bundled(freeze, "luca", origin=OWN, keeper="dan"))
    assert (answer.exit_code, answer.codes("gate-logged")) == (10, ["ledger-inconsistent"])


def kept_by_two() -> str:
    """The table `[ledger]` with dan as the keeper and luca as the deputy."""
    tables = (
        f'[[ledger.keepers]]\nholder = "{name}"\nkeys = ["{signer(name).public.fingerprint}"]\n'
        for name in ("dan", "luca")
    )
    return f'[ledger]\norigin = "{OWN}"\n' + "".join(tables)


@pytest.mark.parametrize(("keeper", "exit_code"), [("dan", 0), ("luca", 0), ("sonia", 10)])
def test_a_proof_is_under_a_head_of_any_keeper_of_the_policy(tmp_path, keeper, exit_code):
    launch = make_launch(tmp_path, policy=policy_text(extra=TWO + kept_by_two()))
    bundle = bundled(handed(launch, "luca"), "luca", origin=OWN, keeper=keeper)
    assert asked(launch, bundle).status("gate-logged") == ("fail" if exit_code else "pass")


def test_with_the_ledger_here_a_deputy_who_did_not_take_over_proves_nothing(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE + kept_by_two()))
    verdict = handed(launch, "luca")
    place = tmp_path / "l.ledger"
    ledger = LedgerFile(place, [*signed_files(launch), verdict.read_bytes()], OWN)
    ledger.head("dan")
    words = ("-C", launch.path, "--anchor", launch.anchor, "--ledger", place)
    answer = ask(verdict, *words)
    assert (answer.exit_code, answer.status("ledger")) == (0, "pass")
    answer = ask(bundled(verdict, "luca", origin=OWN, keeper="luca"), *words)
    assert answer.exit_code == 10
    (finding,) = answer.findings("ledger")
    assert "did not take it over" in finding["message"]


# ---- an envelope and its bundle ------------------------------------------------------------------


@pytest.mark.clause("AZ-15.2")
@pytest.mark.parametrize("order", [("bundle", "envelope"), ("envelope", "bundle")])
def test_of_a_verdict_that_is_given_twice_the_proof_is_kept(tmp_path, order):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    envelope = handed(launch, ledger=named(OWN, "luca"))
    files = {"envelope": envelope, "bundle": bundled(envelope, "luca", origin=OWN, keeper="luca")}
    answer = asked(launch, *(files[name] for name in order))
    assert (answer.exit_code, answer.status("gate-logged")) == (0, "pass")
    assert answer.detail("gate-logged") == f"entry 0 of {OWN}, by a head over 1"
    alone = asked(launch, envelope)
    assert "by a head" not in alone.detail("gate-logged")


# ---- two limits on one age -----------------------------------------------------------------------


@pytest.mark.clause("AZ-2.4")
@pytest.mark.parametrize(
    ("of_policy", "own", "code"),
    [("4h", "4h", 0), ("4h", "2h", 11), ("2h", "4h", 11), ("2h", "2h", 11)],
)
def test_the_smaller_of_the_policy_s_limit_and_the_user_s_counts(
    tmp_path, clock, of_policy, own, code
):
    table = ledger_table("luca", f'max_head_age = "{of_policy}"\n')
    desk = Desk(make_launch(tmp_path, policy=window_policy(table)))
    desk.freeze()
    (freeze,) = (path for path in desk.files("verdicts") if path.name.endswith(".dsse.json"))
    clock.forward(3 * HOUR)
    words = ("-C", desk.launch.path, "--anchor", desk.anchor, "--ledger", desk.ledger)
    answer = ask(freeze, *words, "--max-head-age", own, offline=False)
    assert answer.exit_code == code
    assert answer.status("gate-current") == ("pass" if code == 0 else "not_run")
    if code:
        assert answer.failed() == set()
        (message,) = answer.notices("verdict-overtaken")
        assert "3 h old" in message
        assert "2 h" in message
