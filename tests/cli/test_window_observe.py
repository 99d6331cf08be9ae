"""`aztrust window observe` and `anomaly`: what was seen, what it stops, and how it closes."""

from __future__ import annotations

import pytest

from aztrust.acts.publish import store_record
from aztrust.acts.sign import sign_record
from aztrust.core.records.observation import LaunchAnomaly
from tests.cli_launch import ALL_OK, QUESTIONS, Clock, Desk, Template, refused, ticking_clock
from tests.people import signer

clock = pytest.fixture(ticking_clock)
MORE = (
    "[authority.resolve-anomaly]\ndistinct_holders = 2\n"
    "roles = { launch-coordinator = 1, security-lead = 1 }\n"
    "[authority.observe]\ndistinct_holders = 1\nroles = { consensus-lead = 1 }\n"
    "[anomalies.bvm-anomaly]\nrunbook = 'the wiki, page BVM'\nescalation = 'security-lead'\n"
    "evidence = 'the trace'\nguidance = 'DEFER'\n"
)


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Template:
    return Template.started(tmp_path_factory.mktemp("epochs"), MORE, to="epochs")


@pytest.fixture
def desk(started: Template, tmp_path, clock: Clock) -> Desk:
    return started.copy(tmp_path, clock)


def observed(desk: Desk, clock: Clock) -> bool:
    return "observed" in desk.window(clock.now).facts


@pytest.mark.clause("AZ-11.3")
def test_an_observation_counts_when_every_answer_is_ok(desk, clock, tmp_path):
    shown = tmp_path / "epochs.txt"
    shown.write_text("0 final\n", "utf-8")
    words = ("window", "observe", "--epochs", "0-3", *ALL_OK, "--evidence", shown, "--note", "N")
    done = desk.done(*words, by="cosmin")
    assert "pending: counts after luca appends it" in done.advised
    assert not observed(desk, clock)
    desk.keep()
    (path,) = (p for p in desk.files() if "launch-observation" in p.name)
    record = desk.statement(f"manifests/records/{path.name}")["predicate"]["record"]
    assert record["observed_epoch_range"] == {"first": 0, "last": 3}
    assert set(record["answers"].values()) == {"ok"}
    assert [file["name"] for file in record["evidence"]] == ["epochs.txt"]
    assert observed(desk, clock)


@pytest.mark.clause("AZ-11.2", "AZ-11.3")
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_unknown_answer_is_listed_and_is_not_ok(desk, clock, question):
    every = [word for name in QUESTIONS if name != question for word in (f"--{name}", "ok")]
    code, document = desk.json("window", "observe", "--epochs", "2", *every, "--yes", by="cosmin")
    assert code == 0, document
    assert document["unknown"] == [question]
    desk.keep()
    assert not observed(desk, clock)
    done = desk.run("window", "posture", "enter", "--epochs", "0-3", "--yes")
    refused(done, "no launch observation without an objection is recorded")


@pytest.mark.clause("AZ-11.2")
def test_an_observation_with_an_unknown_answer_shows_no_healthy_blocks(
    tmp_path_factory, tmp_path, clock
):
    desk = Template.started(tmp_path_factory.mktemp("start"), to="start").copy(tmp_path, clock)
    checkpoint = ("window", "checkpoint", "first_blocks_healthy", "--dry-run")
    desk.done("window", "observe", "--epochs", "0", *ALL_OK[:-2], by="luca")
    assert "lacks evidence" in desk.run(*checkpoint, by="luca").advised
    desk.done("window", "observe", "--epochs", "0", *ALL_OK, by="luca")
    assert "lacks" not in desk.run(*checkpoint, by="luca").advised


def test_an_observation_without_an_answer_lists_all_seven(desk, clock):
    done = desk.done("window", "observe", "--epochs", "0", by="rita")
    assert all(question in done.advised for question in QUESTIONS)
    assert "it counts as no observation" in done.advised
    assert not observed(desk, clock)


@pytest.mark.clause("AZ-11.3")
@pytest.mark.parametrize(
    ("seen", "entered", "missing"),
    [
        (["0-3"], "1-3", None),
        (["0-1", "2-3"], "0-3", None),
        (["2-9", "0-3"], "1-9", None),
        (["0"], "1-3", 1),
        (["0-2"], "0-3", 3),
        (["0-1", "3-4"], "0-4", 2),
        (["1-3"], "0-3", 0),
    ],
)
def test_the_posture_names_epochs_that_were_observed(desk, seen, entered, missing):
    for epochs in seen:
        desk.done("window", "observe", "--epochs", epochs, *ALL_OK, by="cosmin")
    desk.keep()
    done = desk.run("window", "posture", "enter", "--epochs", entered, "--yes")
    if missing is None:
        assert done.exit_code == 0, done.err
    else:
        refused(done, f"epoch {missing} is in no observation without an objection")


@pytest.mark.clause("AZ-11.2")
def test_an_answer_that_is_not_ok_objects_at_once_by_any_holder(desk, clock):
    desk.done("window", "observe", "--epochs", "0-3", *ALL_OK, by="cosmin")
    desk.keep()
    assert observed(desk, clock)
    answers = (*ALL_OK[:-1], "not-ok")
    desk.done("window", "observe", "--epochs", "4", *answers, by="rita")
    assert not observed(desk, clock)


def test_only_those_who_may_observe_record_that_all_is_well(desk, clock):
    words = ("window", "observe", "--epochs", "0-3", *ALL_OK, "--yes")
    refused(desk.run(*words, by="rita"), "rita may object", "cosmin")
    assert not observed(desk, clock)


@pytest.mark.parametrize("epochs", ["3-1", "a", "-1", "1-", "9007199254740992"])
def test_what_is_not_a_range_of_epochs_is_refused(desk, epochs):
    done = desk.run("window", "observe", f"--epochs={epochs}", "--yes", by="luca")
    assert done.exit_code == 2
    assert "is not a range of epochs" in done.advised


def test_before_the_start_an_observation_is_refused(tmp_path, clock):
    desk = Template.at_go_hold(tmp_path / "of").copy(tmp_path, clock)
    words = ("window", "observe", "--epochs", "0-3", *ALL_OK, "--yes")
    before = desk.snapshot()
    refused(desk.run(*words, by="luca"), "the window is AT_GO_HOLD_POINT", "AZ-11.3")
    assert desk.snapshot() == before


@pytest.mark.clause("AZ-27.2", "AZ-38")
def test_an_anomaly_shows_what_its_class_asks_for(desk, clock):
    words = ("window", "anomaly", "--class", "no-finality-anomaly", "--incident", "INC-7")
    done = desk.done(*words, "--detail", "no finality for two epochs", by="rita")
    assert "runbook AZ-015: nothing becomes final" in done.advised
    assert "call consensus-lead (cosmin)" in done.advised
    assert "keep logs of the validators from the last final block on" in done.advised
    assert "suggests HOLD (AZ-28.2)" in done.advised
    (anomaly,) = desk.window(clock.now).anomalies
    assert anomaly.body.guidance == "HOLD"
    assert anomaly.launch_window_id == desk.window(clock.now).launch_window_id


@pytest.mark.clause("AZ-27.2")
def test_the_policy_says_what_a_class_asks_for(desk):
    code, document = desk.json(
        "window", "anomaly", "--class", "bvm-anomaly", "--incident", "INC-7", "--yes", by="rita"
    )
    assert code == 0, document
    found = {key: document[key] for key in ("runbook", "escalation", "keep", "guidance")}
    assert found == {
        "runbook": "the wiki, page BVM",
        "escalation": "security-lead",
        "keep": "the trace",
        "guidance": "DEFER",
    }


@pytest.mark.clause("AZ-13.2", "AZ-38")
def test_an_open_anomaly_stops_until_two_have_closed_it(desk, clock):
    words = ("--class", "witness-proof-anomaly", "--incident", "INC-7")
    desk.done("window", "anomaly", *words, by="rita")
    desk.done("window", "observe", "--epochs", "0-3", *ALL_OK, by="cosmin")
    desk.keep()
    enter = ("window", "posture", "enter", "--epochs", "0-3", "--yes")
    refused(desk.run(*enter), "open: anomaly")
    (anomaly,) = desk.window(clock.now).anomalies
    closing = ("anomaly", "--close", anomaly.record_id[7:15], "--reason", "verifier mended")
    code, document = desk.json("window", *closing, "--yes", by="luca")
    assert code == 0, document
    refused(desk.run(*enter), "open: anomaly")
    desk.done("countersign", document["record_id"][7:23], by="sonia")
    desk.keep()
    assert desk.window(clock.now).anomalies == ()
    assert desk.run(*enter).exit_code == 0


def test_the_anomalies_of_a_window_are_listed_with_what_became_of_them(desk, clock):
    assert "none is recorded" in desk.run("window", "anomaly", by="luca").advised
    desk.done("window", "anomaly", "--class", "bvm-anomaly", "--incident", "INC-1", by="rita")
    minor = ("--severity", "minor", "--incident", "INC-2")
    desk.done("window", "anomaly", "--class", "bvm-anomaly", *minor, by="rita")
    _, document = desk.json("window", "anomaly", by="luca")
    found = {each["incident"]: each["status"] for each in document["anomalies"]}
    assert found == {"INC-1": "open", "INC-2": "kept"}
    assert [a.body.incident for a in desk.window(clock.now).anomalies] == ["INC-1"]


def test_an_anomaly_that_is_not_of_this_window_is_not_closed(desk):
    words = ("window", "anomaly", "--close", "abcd", "--reason", "T", "--yes")
    done = desk.run(*words, by="luca")
    assert done.exit_code == 2
    assert "--close: abcd names no anomalies of this window" in done.advised


@pytest.mark.clause("AZ-38")
def test_what_a_guard_records_is_an_open_anomaly_of_the_window(desk, clock):
    """A guard's record names the scope and no window, and has no severity."""
    body = LaunchAnomaly(
        anomaly_class="artifact-mismatch",
        detail="a guard recomputed: file-modified",
        guidance="HOLD",
        observed_at_unix_ms=clock.now,
        policy_digest=desk.anchor,
        scope_hash=desk.window(clock.now).scope_hash,
    )
    store_record(desk.launch.path, sign_record("launch-anomaly", body, {}, signer("dan")))
    _, document = desk.json("window", "anomaly", by="luca")
    (found,) = document["anomalies"]
    assert (found["status"], found["holder"]) == ("open", "dan")
    assert found["runbook"] == "AZ-015: an artifact with other bytes"
    _, document = desk.json("window", "status")
    assert [t["trigger"] for t in document["window"]["triggers"]] == ["binary-hash-mismatch"]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--class", "bvm-anomaly"), "--incident ID"),
        (("--incident", "INC-1"), "recorded or closed"),
        (("--detail", "no finality"), "--detail: it is not clear"),
        (("--severity", "minor"), "--severity: it is not clear"),
        (("--evidence", "epochs.txt"), "--evidence: it is not clear"),
        (("--close", "abcd", "--detail", "T", "--reason", "T"), "and not both"),
        (("--close", "abcd"), "--reason T"),
        (("--close", "abcd", "--class", "bvm-anomaly", "--reason", "T"), "and not both"),
        (("--class", "bvm-anomaly", "--incident", "I", "--reason", "T"), "and not both"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(desk, words, cause):
    done = desk.run("window", "anomaly", *words, "--yes", by="rita")
    assert done.exit_code == 2
    assert cause in done.advised


@pytest.mark.clause("AZ-12.2", "AZ-34")
def test_in_the_restricted_posture_a_minor_incident_is_escalated(tmp_path_factory, clock, tmp_path):
    desk = Template.started(tmp_path_factory.mktemp("posture")).copy(tmp_path, clock)
    clock.forward(86_400_000)
    words = ("--class", "bvm-anomaly", "--incident", "INC-2", "--severity", "minor")
    done = desk.done("window", "anomaly", *words, by="rita")
    assert "escalate now, to consensus-lead" in done.advised


def test_in_the_first_epochs_a_minor_incident_is_not_escalated(desk):
    words = ("--class", "bvm-anomaly", "--incident", "INC-2", "--severity", "minor")
    done = desk.done("window", "anomaly", *words, by="rita")
    assert "escalate" not in done.advised


@pytest.mark.clause("AZ-29.1")
def test_an_answer_that_objects_is_an_open_trigger_and_stops_what_leads_on(tmp_path, clock):
    desk = Template.at_go_hold(tmp_path / "of").copy(tmp_path, clock)
    proceed = ("window", "proceed", "--reason", "all checks pass", "--yes")
    done = desk.run("attest", "monitoring-live", "fail", by="dan")
    assert done.exit_code == 0, done.err
    refused(desk.run(*proceed), "monitoring-unavailable is open", "AZ-29.1")
    _, document = desk.json("window", "status")
    assert [each["trigger"] for each in document["window"]["triggers"]] == [
        "monitoring-unavailable"
    ]
    assert desk.run("attest", "monitoring-live", "pass", by="dan").exit_code == 0
    assert desk.run(*proceed).exit_code == 0


@pytest.mark.clause("AZ-29.1")
def test_with_an_open_trigger_a_hold_and_a_defer_are_possible(tmp_path, clock):
    desk = Template.at_go_hold(tmp_path / "of").copy(tmp_path, clock)
    blocking = ("--outcome", "blocking", "--source", "public")
    assert desk.run("advisory", "review", *blocking).exit_code == 0
    done = desk.run("window", "checkpoint", "go_hold_review_completed", "--dry-run", by="luca")
    assert "vulnerability-disclosed is open" in done.advised
    desk.done("window", "hold", "a disclosure is read")
    desk.done("window", "defer", "--reason", "a disclosure")
