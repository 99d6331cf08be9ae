"""`window go` and `countersign`: records that several holders sign, each with an own review."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from aztrust.core.base.times import parse_duration
from aztrust.core.policy.window_tables import WindowTable
from tests.cli_launch import Clock, Desk, Template, copied, refused, ticking_clock
from tests.command import run
from tests.disk_launch import MINUTE, signer
from tests.starts import KINDS, go, go_proposed, proposals, signed_by, two_at_go_hold

clock = pytest.fixture(ticking_clock)
HOUR = 60 * MINUTE
THREE_SIGN = signed_by(3, launch_coordinator=1, security_lead=1, consensus_lead=1)

template = pytest.fixture(scope="module")(two_at_go_hold)
proposed = pytest.fixture(scope="module")(go_proposed)
desk = pytest.fixture(copied)


@pytest.fixture
def second(proposed: Template, tmp_path: Path, clock: Clock) -> Desk:
    """The launch after luca proposed to go."""
    return proposed.copy(tmp_path, clock)


def standing(desk: Desk, record_id: str) -> dict:
    """A record as it is, seen by its first signer."""
    code, document = desk.json("countersign", record_id, "--yes", by="luca")
    assert code == 0, document
    assert document["record_id"] is None, "it was signed again"
    return document["records"][0]


# ---- one sitting ---------------------------------------------------------------------------------


@pytest.mark.clause("AZ-7.2", "AZ-8.3", "AZ-20.2")
def test_four_records_are_proposed_with_one_review_and_name_each_other(desk, clock):
    records = go(desk, clock)
    assert [record["kind"] for record in records] == list(KINDS)
    proceed, decision, authorization, instruction = (
        desk.statement(record["path"])["predicate"] for record in records
    )
    ids = [record["record_id"] for record in records]
    assert authorization["record"]["proceed_id"] == ids[0]
    assert authorization["record"]["decision_id"] == ids[1]
    assert instruction["record"]["launch_authorization_id"] == ids[2]
    assert decision["record"]["decision"] == "GO"
    assert proceed["preimages"]["justification"]["outcome"] == "PROCEED_TO_BOOTSTRAP_AUTH"
    order = instruction["preimages"]["role_activation_order"]["order"]
    assert order == [{"role": "node"}]
    # Each names what it rests on: the freeze, the final check and the head of the ledger.
    named = decision["record"]["rests_on"]
    assert len(named) == 2
    assert decision["record"]["head"]["size"] > 0


@pytest.mark.clause("AZ-8.2", "AZ-8.4")
def test_the_second_signer_signs_all_four_and_they_take_effect_in_order(second):
    desk = second
    code, document = desk.json("window", "go", "--yes", by="sonia")
    assert code == 0, document
    records = document["records"]
    assert [record["signed_by"] for record in records] == [["luca", "sonia"]] * 4
    assert [record["in_effect"] for record in records] == [True, False, False, False]
    assert records[0]["pending"]
    for name, left in (("go_hold_review_completed", 1), ("bootstrap_authorized", 0)):
        done = desk.run("window", "checkpoint", name)
        assert done.exit_code == 0, done.out + done.err
        assert f"checkpoint {name} = pass" in done.advised
        found = [standing(desk, record["record_id"])["in_effect"] for record in records]
        assert found.count(False) == left


def test_without_a_proposal_a_reason_and_a_start_window_are_needed(desk):
    done = desk.run("window", "go", "--yes", by="sonia")
    assert done.exit_code == 2
    assert "no proposal to go is open" in done.advised


def test_a_second_proposal_next_to_an_open_one_is_refused(second, clock):
    words = ("--opens", str(clock.now // 1000), "--closes", str(clock.now // 1000 + 60))
    done = second.run("window", "go", "--reason", "again", *words, "--yes", by="sonia")
    assert done.exit_code == 2
    assert "luca has proposed to go" in done.advised


def test_a_signer_is_asked_once_and_types_one_passphrase(second, tmp_path, monkeypatch):
    key = load_pem_private_key(second.launch.key_file("sonia").read_bytes(), None)
    encrypted = BestAvailableEncryption(b"four words")
    path = tmp_path / "sonia.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encrypted))
    path.chmod(0o600)
    (tmp_path / "sonia.pem").write_bytes(signer("sonia").public.pem)
    monkeypatch.setattr("aztrust.cli.session.is_terminal", lambda _: True)
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: (asked.append(prompt), "four words")[1])
    done = run(
        *("-C", second.launch.path, "window", "go", "--key", path),
        *("--anchor", second.anchor, "--ledger", second.ledger),
        answer="y\n",
    )
    assert done.exit_code == 0, done.err
    assert done.err == "Sign these, as luca proposed them? [y/N] "
    assert asked == ["passphrase for sonia: "]
    assert len([p for p in second.files() if ".1052bce8." in p.name and p.name.count(".go-")]) == 1


def test_the_same_signer_again_signs_nothing(second):
    before = second.snapshot()
    code, document = second.json("window", "go", "--yes", by="luca")
    assert code == 0
    assert document["record_id"] is None
    assert [record["signed_by"] for record in document["records"]] == [["luca"]] * 4
    assert second.snapshot() == before


def test_the_order_of_the_command_line_is_taken(desk, clock):
    records = go(desk, clock, "--order", "observer, node")
    order = desk.statement(records[3]["path"])["predicate"]["preimages"]["role_activation_order"]
    assert [step["role"] for step in order["order"]] == ["observer", "node"]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--order", "node,node"), "names node twice"),
        (("--order", " , "), "--order is empty"),
        (("--order", "node,nosuch"), "no artifact of the release has that role"),
        (("--opens", "9999999999"), "is before --opens"),
    ],
)
def test_a_start_that_cannot_be_instructed_is_refused(desk, clock, words, cause):
    closes = ("--closes", str(clock.now // 1000 + 7200))
    opens = () if "--opens" in words else ("--opens", str(clock.now // 1000))
    done = desk.run("window", "go", "--reason", "T", *opens, *closes, *words, "--yes", by="luca")
    assert done.exit_code == 2
    assert cause in done.advised


def test_a_start_window_opens_at_most_as_long_ago_as_a_proposal_counts(desk, clock):
    age = parse_duration(WindowTable().proposal_max_age) // 1000
    words = ("window", "go", "--reason", "T", "--closes", str(clock.now // 1000 + 7200), "--yes")
    now = clock.now // 1000
    done = desk.run(*words, "--opens", str(now - 2 * age), by="luca")
    assert (done.exit_code, "longer ago than a proposal counts" in done.advised) == (2, True)
    assert desk.run(*words, "--opens", str(now - age // 2), by="luca").exit_code == 0


@pytest.mark.parametrize("option", ["--opens", "--closes"])
def test_a_time_that_is_none_is_refused_by_the_name_of_its_option(desk, clock, option):
    times = {"--opens": str(clock.now // 1000), "--closes": str(clock.now // 1000 + 7200)}
    words = [word for pair in (times | {option: "soon"}).items() for word in pair]
    done = desk.run("window", "go", "--reason", "T", *words, "--yes", by="luca")
    assert done.exit_code == 2
    assert f"{option} soon is not a time" in done.advised


def test_a_go_that_the_window_does_not_allow_is_refused_before_anyone_signs(desk, clock):
    assert desk.run("window", "hold", "silent", "--yes", by="luca").exit_code == 0
    before = desk.snapshot()
    opens = clock.now // 1000
    times = ("--opens", str(opens), "--closes", str(opens + 7200))
    done = desk.run("window", "go", "--reason", "T", *times, "--yes", by="luca")
    refused(done, "no-open-hold", "AZ-18.3", "until")
    assert desk.snapshot() == before


# ---- thresholds ----------------------------------------------------------------------------------


@pytest.mark.clause("AZ-8.2")
def test_a_threshold_is_not_met_by_one_holder_twice(second):
    ids = proposals(second)
    for _ in range(2):
        found = standing(second, ids["launch-proceed"])
        assert found["signed_by"] == ["luca"]
        assert found["need"] == 2
        assert not found["in_effect"]


def test_a_threshold_of_three_takes_three(tmp_path, clock):
    desk = Template.at_go_hold(tmp_path / "made", THREE_SIGN).copy(tmp_path, clock)
    record_id = go(desk, clock)[0]["record_id"]
    for by, missing in (("sonia", ["consensus-lead"]), ("cosmin", [])):
        code, document = desk.json("countersign", record_id[7:19], "--yes", by=by)
        assert code == 0, document
        (record,) = document["records"]
        assert [entry["role"] for entry in record["missing"]] == missing
        assert record["in_effect"] is not bool(missing)


def test_a_signer_without_the_role_is_refused(second):
    before = second.snapshot()
    done = second.run("countersign", proposals(second)["launch-proceed"], "--yes", by="rita")
    refused(done, "signer-not-in-role")
    assert second.snapshot() == before


# ---- each alone ----------------------------------------------------------------------------------


def test_each_of_the_four_is_also_signed_alone_and_in_any_order(second):
    ids = proposals(second)
    for kind in reversed(KINDS):
        done = second.run("countersign", ids[kind][:8], "--yes", by="sonia")
        assert done.exit_code == 0, done.out + done.err
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        assert second.run("window", "checkpoint", name).exit_code == 0
    assert standing(second, ids[KINDS[3]])["in_effect"]


def test_a_decision_alone_waits_for_the_review_of_the_hold_point(desk):
    before = desk.snapshot()
    done = desk.run("window", "decide", "go", "--reason", "T", "--yes", by="luca")
    refused(done, "go-hold-reviewed", "AZ-7.2")
    done = desk.run("window", "authorize", "--yes", by="luca")
    refused(done, "the decision GO is not in force")
    assert desk.snapshot() == before


@pytest.mark.clause("AZ-8.2")
def test_no_go_counts_at_once_and_stops_the_go(second):
    one = "[authority.decide]"
    assert one in (second.launch.path / "manifests/launch.toml").read_text("utf-8")
    code, document = second.json(
        "window", "decide", "no-go", "--reason", "rain", "--yes", by="luca"
    )
    assert code == 0
    (record,) = document["records"]
    assert not record["in_effect"], "a no-go takes the signers of a decision"
    done = second.run("countersign", record["record_id"], "--yes", by="sonia")
    assert done.exit_code == 0, done.err
    # From the folder, before the keeper appends it.
    assert standing(second, record["record_id"])["in_effect"]
    refused(second.run("window", "go", "--yes", by="sonia"), "no-adverse-decision")


@pytest.mark.clause("AZ-8.2")
def test_who_decides_no_go_signs_no_go_ahead_in_the_same_window(second):
    done = second.run("window", "decide", "no-go", "--reason", "rain", "--yes", by="sonia")
    assert done.exit_code == 0, done.err
    before = second.snapshot()
    done = second.run("window", "go", "--yes", by="sonia")
    refused(done, "sonia decided NO_GO in this window", "window defer --reason T")
    assert "countersign" not in done.advised
    assert second.snapshot() == before
    # Everyone sees that one of the two signed it, and who is missing.
    status = " ".join(second.run("window", "status").out.split())
    assert "1 of 2 signed (sonia)" in status
    # One of two does not stop the others.
    done = second.run("attest", "monitoring-live", "pass", by="sonia")
    done = second.run("window", "proceed", "--reason", "T", "--yes", "--dry-run", by="luca")
    assert done.exit_code == 0, done.err


@pytest.mark.clause("AZ-8.2")
def test_who_decides_no_go_passes_no_checkpoint_towards_the_start(second):
    assert second.run("window", "go", "--yes", by="sonia").exit_code == 0
    done = second.run("window", "decide", "defer", "--reason", "rain", "--yes", by="luca")
    assert done.exit_code == 0, done.err
    done = second.run("window", "checkpoint", "go_hold_review_completed", "--yes", by="luca")
    refused(done, "luca decided DEFER in this window")


def test_a_refusal_of_all_four_names_the_cause_and_what_follows_in_one_line(desk, clock):
    assert desk.run("attest", "incident-path", "fail", by="dan").exit_code == 0
    assert desk.run("final-check", "--yes").exit_code == 11
    assert desk.run("attest", "incident-path", "pass", by="dan").exit_code == 0
    opens = clock.now // 1000
    times = ("--opens", opens, "--closes", opens + 900)
    done = desk.run("window", "go", "--reason", "T", *times, "--yes")
    refused(done, "final-checks-passed: a later final check did not pass")
    assert done.err.count("what follows from it") == 1
    assert "go-hold-reviewed" in done.advised
    assert "no GO decision is in force" not in done.advised


def test_documents_that_were_decided_on_are_named_by_their_digests(second, tmp_path):
    (tmp_path / "score").write_text("41 of 60", "utf-8")
    words = ("decide", "defer", "--reason", "T", "--score", tmp_path / "score", "--yes")
    code, document = second.json("window", *words, by="luca")
    assert code == 0
    body = second.statement(document["path"])["predicate"]["record"]
    assert body["decision"] == "DEFER"
    assert body["score_digest"].startswith("sha256:")
    assert "checklist_digest" not in body
