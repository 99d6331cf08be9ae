"""A signed record that waits for the ledger is shown as pending, wherever a launch is shown."""

import re

import pytest

from aztrust.core.base.digest import both
from tests.cli_launch import Desk, Template, copied, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import make_launch
from tests.ledgers import TABLE
from tests.people import signer
from tests.verdicts import TWO

clock = pytest.fixture(ticking_clock)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A launch with a ledger, that luca alone has frozen; sonia's freeze is still open."""
    return Template.of_two(tmp_path_factory.mktemp("frozen"), Desk.freeze)


desk = pytest.fixture(copied)


def words(done):
    return " ".join((done.out + done.err).split())


def of(desk, *command, **more):
    """The pending records of a report."""
    document = desk.json(*command, **more)[1]
    return [(p["kind"], p["about"], p["holder"], p["counts"]) for p in document["pending"]]


@pytest.fixture
def frozen_by_two(desk):
    """Sonia, who does not keep the ledger, has frozen, too."""
    done = desk.run("freeze", "--yes", by="sonia")
    assert done.exit_code == 11
    assert "1 of 2 signed; pending: sonia, counts after luca appends it" in words(done)
    return desk


@pytest.fixture
def answered(desk):
    """Both froze; one answer waits."""
    desk.freeze(by="sonia")
    desk.keep()
    assert desk.run("attest", "incident-path", "pass").exit_code == 0
    return desk


def test_verify(frozen_by_two):
    done = frozen_by_two.run("verify")
    assert done.exit_code == 11
    text = words(done)
    assert "1 of 2 signed the freeze of this scope; pending: sonia, counts after luca" in text
    assert "missing: security-lead" not in text
    shown = "pending the verdict by sonia: counts after luca appends it luca: aztrust ledger keep"
    assert shown in done.advised
    assert done.advised.count("luca: aztrust ledger keep") == 3
    # Each of them as it is typed outside of the launch directory.
    assert "aztrust ledger keep" not in text
    assert of(frozen_by_two, "verify") == [("verdict", None, "sonia", False)]


def test_the_named_command_makes_it_count(frozen_by_two):
    desk = frozen_by_two
    (pending,) = desk.json("verify")[1]["pending"]
    keep = [*pending["command"].split()[1:], "--ledger", desk.ledger, "--anchor", desk.anchor]
    key = desk.launch.key_file(pending["keeper"])
    done = run("-C", desk.launch.path, *keep, "--key", key)
    assert done.exit_code == 0, done.err
    assert of(desk, "verify") == []
    assert desk.run("verify").exit_code == 0


def test_an_act_on_the_frozen_scope_does_not_advise_another_freeze(frozen_by_two):
    done = frozen_by_two.run("attest", "incident-path", "pass")
    assert done.exit_code == 10
    text = words(done)
    assert "pending: counts after luca appends it" in text
    assert "mend luca: aztrust ledger keep" in done.advised
    assert "aztrust freeze" not in done.advised


def test_a_launch_without_any_freeze_is_still_advised_to_freeze(tmp_path, clock):
    desk = Desk(make_launch(tmp_path, policy=window_policy(TABLE, verdicts=TWO)))
    assert "first: aztrust freeze" in desk.run("attest", "incident-path", "pass").advised


def test_the_rows_of_the_final_checks(answered):
    done = answered.run("final-check", "--dry-run", "--ledger", answered.ledger)
    assert "incident-path: ops-lead (dan) has not answered" not in words(done)
    # Without the store nothing is appended first, and the row says what it waits for.
    done = answered.run("verify")
    assert of(answered, "verify") == [("check-attestation", "incident-path", "dan", False)]


def test_freeze_and_final_check_list_what_they_could_not_take(answered, clock):
    clock.forward(30 * 60_000)
    answered.run("attest", "monitoring-live", "pass")
    clock.forward(-30 * 60_000)
    done = answered.run("final-check", "--dry-run")
    text = words(done)
    assert "pending the check-attestation of monitoring-live by dan: counts after luca" in text
    assert "not taken manifests/records/" in text
    listed = ("check-attestation", "monitoring-live", "dan", False)
    assert listed in of(answered, "final-check", "--dry-run")


def test_preflight(frozen_by_two):
    more = ("--ledger", frozen_by_two.ledger)
    text = words(frozen_by_two.run("preflight", *more))
    assert "pending the verdict by sonia: counts after luca appends it" in text
    assert of(frozen_by_two, "preflight", *more) == [("verdict", None, "sonia", False)]


def test_gate(frozen_by_two):
    (path,) = [
        path
        for path in frozen_by_two.files("verdicts")
        if path.name.endswith(".dsse.json") and path not in own_of_luca(frozen_by_two)
    ]
    words_ = ("gate", path, "--class", "freeze_confirmed", "--ledger", frozen_by_two.ledger)
    text = words(frozen_by_two.run(*words_))
    assert "pending: counts after luca appends it" in text
    assert of(frozen_by_two, *words_) == [("verdict", None, "sonia", False)]


def own_of_luca(desk):
    digits = signer("luca").public.keyid[:8]
    return [path for path in desk.files("verdicts") if digits in path.name]


def test_show(answered, monkeypatch):
    monkeypatch.setenv("AZTRUST_LEDGER", str(answered.ledger))
    (path,) = [p for p in answered.files() if ".check-attestation." in p.name]
    done = answered.run("show", path)
    text = words(done)
    assert "that it counts: pending: counts after luca appends it: aztrust ledger keep" in text
    approval = next(p for p in answered.files() if ".approval." in p.name)
    assert "pending" not in words(answered.run("show", approval))


def test_what_takes_back_counts_at_once(desk):
    approval = next(p for p in desk.files() if ".approval." in p.name)
    done = desk.run("revoke", approval, "--reason", "a second look", "--yes", anchor=True)
    assert done.exit_code == 0, done.err
    listed = [p for p in of(desk, "verify") if p[0] == "revocation"]
    assert listed == [("revocation", None, "sonia", True)]
    assert "pending the revocation by sonia: counts now" in words(desk.run("verify"))


def test_announcing_where_the_ledger_is_on_another_machine(desk):
    genesis = desk.launch.file("genesis", "genesis.json").read_bytes()
    digest = both(genesis).sha256[7:]
    done = desk.run("announce", "genesis-hash", digest, by="gabi")
    text = words(done)
    assert done.exit_code == 0, text
    assert "pending: counts after luca appends it" in text
    assert "next luca: aztrust ledger keep" in done.advised


def test_nothing_is_pending_without_a_ledger(tmp_path):
    launch = make_launch(tmp_path, policy=window_policy())
    verify = ("-C", launch.path, "verify", "--anchor", launch.anchor)
    assert run(*verify, "--format", "json").document["pending"] == []
    assert "pending: counts" not in words(run(*verify))


def test_what_comes_next_is_the_append_before_the_kit(desk):
    done = desk.run("freeze", "--yes", by="sonia")
    (then,) = re.findall(r"then +(luca: aztrust ledger keep) aztrust pack", done.advised)
    assert then
    pinned = desk.run("anchor", "add", desk.anchor, anchor=False)
    assert re.findall(r"next +luca: aztrust ledger keep aztrust pack", pinned.advised), pinned.out
    desk.keep()
    pinned = desk.run("anchor", "add", desk.anchor, anchor=False)
    assert "next aztrust verify" in pinned.advised


def test_who_signed_is_not_asked_again_and_the_threshold_waits_for_the_append(tmp_path, clock):
    launch = make_launch(tmp_path, policy=window_policy(TABLE, verdicts=TWO), approve=False)
    desk = Desk(launch)
    made = desk.run("ledger", "init", "--ledger", desk.ledger, by="luca")
    assert made.exit_code == 0, made.err
    desk.keep()
    first = desk.run("approve", "genesis", "--yes", by="gabi")
    assert "missing genesis-custodian" not in first.advised
    assert "none: the threshold" not in first.out
    assert first.advised.count("luca: aztrust ledger keep") == 1
    last = desk.run("approve", "genesis", "--yes", by="cosmin")
    assert "missing none: the threshold is met once this is appended" in last.advised
    assert "aztrust approve genesis" not in last.advised
