"""`aztrust window posture` and `normalize`: the rules of the restricted posture are rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aztrust.acts.publish import store_record
from aztrust.acts.sign import sign_record
from aztrust.core.records.readiness import CheckAttestation
from aztrust.core.records.records import KINDS
from tests.cli_launch import ALL_OK, Clock, Desk, Template, refused, ticking_clock
from tests.disk_launch import MINUTE
from tests.people import fingerprint, signer

clock = pytest.fixture(ticking_clock)
HOUR = 60 * MINUTE
RULES = (
    *("change-freeze", "early-thresholds", "feature-authorization", "guard"),
    *("restart-approval", "second-role", "snapshots"),
)
NOT_COMPUTED = ("early-thresholds", "feature-authorization", "guard", "snapshots")
READY = "restricted_posture_exit_ready"


@pytest.fixture(scope="module")
def epochs(tmp_path_factory) -> Template:
    return Template.started(tmp_path_factory.mktemp("epochs"), to="epochs")


@pytest.fixture(scope="module")
def entered(tmp_path_factory) -> Template:
    return Template.started(tmp_path_factory.mktemp("posture"))


@pytest.fixture
def early(epochs: Template, tmp_path: Path, clock: Clock) -> Desk:
    """The first epoch is final, and nothing was observed."""
    return epochs.copy(tmp_path, clock)


@pytest.fixture
def desk(entered: Template, tmp_path: Path, clock: Clock) -> Desk:
    """In the restricted posture; its least time is over."""
    desk = entered.copy(tmp_path, clock)
    clock.forward(25 * HOUR)
    return desk


def enter(desk: Desk, *words: object):
    return desk.run("window", "posture", "enter", "--epochs", "0-3", *words, "--yes")


def entry_of(desk: Desk) -> dict:
    (path,) = (p for p in desk.files() if "restricted-posture-entry" in p.name)
    return dict(desk.statement(f"manifests/records/{path.name}")["predicate"])


def rows(desk: Desk) -> dict[str, str]:
    """The row of each rule to its status, from a dry run of the exit's checkpoint."""
    _, document = desk.json("window", "checkpoint", READY, "--dry-run", by="luca")
    found = {row["id"]: row["status"] for row in document["matrix"]}
    return {rule: found[f"posture-{rule}"] for rule in RULES if f"posture-{rule}" in found}


def snapshot_tasks(desk: Desk) -> list[dict]:
    _, document = desk.json("todo", "--for", "luca")
    return [task for task in document["tasks"] if task["act"] == "snapshot"]


def attest(desk: Desk, *rules: str, status: str = "pass", by: str = "luca") -> None:
    for rule in rules:
        desk.done("window", "posture", "attest", rule, status, by=by)


@pytest.mark.clause("AZ-33.2", "AZ-12.2")
def test_the_entry_names_its_rules_and_how_long_they_last(early, clock):
    refused(enter(early), "no launch observation without an objection is recorded", "AZ-33.1")
    early.done("window", "observe", "--epochs", "0-3", *ALL_OK)
    done = enter(early, "--snapshot-every", "3h")
    assert done.exit_code == 0, done.out + done.err
    assert "say restricted posture entered" in done.advised
    entry = entry_of(early)
    assert entry["preimages"]["active_restrictions"]["rules"] == list(RULES)
    assert entry["preimages"]["snapshot_policy"]["every_ms"] == 3 * HOUR
    assert entry["preimages"]["incident_sensitivity_policy"]["escalate_from"] == "minor"
    made = entry["record"]["timestamp_unix_ms"]
    until = entry["preimages"]["active_restrictions"]["ends_not_before_unix_ms"]
    assert until == made + 24 * HOUR
    assert early.window(clock.now).status == "EARLY_EPOCHS_ACTIVE"
    early.done("window", "checkpoint", "restricted_posture_entered")
    assert early.window(clock.now).status == "RESTRICTED_POSTURE_ACTIVE"


@pytest.mark.clause("AZ-12.3")
def test_a_file_of_restrictions_may_ask_for_less_rules_and_more_time(early, tmp_path, clock):
    early.done("window", "observe", "--epochs", "0-3", *ALL_OK)
    path = tmp_path / "rules.toml"
    path.write_text('rules = ["snapshots", "guard"]\nlasts = "48h"\nescalate_from = "major"\n')
    assert enter(early, "--restrictions", path).exit_code == 0
    held = entry_of(early)["preimages"]
    assert held["active_restrictions"]["rules"] == ["guard", "snapshots"]
    assert held["incident_sensitivity_policy"]["escalate_from"] == "major"
    early.done("window", "checkpoint", "restricted_posture_entered")
    attest(early, "guard", "snapshots")
    clock.forward(25 * HOUR)
    # Longer than the policy's 24 hours, because its signers fixed that.
    done = early.run("window", "checkpoint", READY, "--dry-run", by="luca")
    assert "lacks posture-interval-over" in done.advised
    assert set(rows(early)) == {"guard", "snapshots"}


@pytest.mark.parametrize(
    ("words", "text", "cause"),
    [
        (("--snapshot-every", "7h"), "", "rarer than the policy allows: 6h"),
        ((), 'lasts = "23h"\n', "shorter than the policy allows: 24h"),
        ((), 'rules = ["no-coffee"]\n', "no-coffee"),
        ((), "rules = []\n", "rules is not a list of change-freeze,"),
        ((), "lasts = 3\n", "lasts is not a span of time: 3"),
        ((), 'lasts = "48h"\nescalate_from = "big"\n', "is not critical, major or minor: big"),
        ((), "until = 3\n", "unknown key until"),
        (("--snapshot-every", "soon"), "", "--snapshot-every: 'soon' is not a span of time"),
        ((), "rules = [\n", "rules.toml"),
    ],
)
def test_restrictions_that_are_weaker_or_unknown_are_refused(early, tmp_path, words, text, cause):
    early.done("window", "observe", "--epochs", "0-3", *ALL_OK)
    path = tmp_path / "rules.toml"
    path.write_text(text, "utf-8")
    done = enter(early, *words, *(("--restrictions", path) if text else ()))
    assert done.exit_code == 2, done.out
    assert cause in done.advised


@pytest.mark.clause("AZ-35.1", "AZ-12.2")
def test_a_rule_that_was_not_looked_at_keeps_the_exit_from_being_ready(desk, clock):
    wanted = dict.fromkeys(RULES, "pass") | dict.fromkeys(NOT_COMPUTED, "not_run")
    assert rows(desk) == wanted
    done = desk.run("window", "checkpoint", READY, "--yes", by="luca")
    assert done.exit_code == 11
    assert "lacks posture-guard: whether a guard runs was not looked at" in done.advised
    assert "aztrust window posture attest guard pass" in done.advised
    attest(desk, *NOT_COMPUTED[1:])
    assert rows(desk) == dict.fromkeys(RULES, "pass") | {"early-thresholds": "not_run"}
    attest(desk, "early-thresholds")
    desk.done("window", "checkpoint", READY)
    assert "exit-ready" in desk.window(clock.now).facts


@pytest.mark.clause("AZ-12.2", "AZ-34")
def test_a_snapshot_and_a_guard_are_attested_again_when_they_are_due(desk, clock):
    attest(desk, *NOT_COMPUTED)
    clock.forward(2 * HOUR)
    assert rows(desk)["guard"] == "not_run"
    assert rows(desk)["snapshots"] == "pass"
    assert snapshot_tasks(desk) == []
    clock.forward(5 * HOUR)
    assert rows(desk)["snapshots"] == "not_run"
    (task,) = snapshot_tasks(desk)
    assert "aztrust window posture attest snapshots pass" in task["command"]
    attest(desk, "snapshots")
    assert snapshot_tasks(desk) == []
    assert rows(desk)["snapshots"] == "pass"


def test_an_attestation_that_denies_counts_until_its_holder_takes_it_back(desk):
    attest(desk, *NOT_COMPUTED)
    attest(desk, "change-freeze", "guard", status="fail")
    assert rows(desk)["guard"] == "fail"
    assert rows(desk)["change-freeze"] == "fail"
    attest(desk, "guard")
    assert rows(desk)["guard"] == "pass"
    assert rows(desk)["change-freeze"] == "fail"


def test_only_a_holder_who_may_enter_the_posture_attests_a_rule(desk):
    words = ("window", "posture", "attest", "guard", "pass", "--yes")
    refused(desk.run(*words, by="rita"), "rita has none of the roles", "launch-coordinator")
    assert rows(desk)["guard"] == "not_run"


def test_an_attestation_in_another_role_counts_for_no_rule(desk, clock):
    """As a record that another program made."""
    for name, role, status in (
        ("rita", "release-manager", "not_run"),
        ("luca", "launch-coordinator", "pass"),
    ):
        body = CheckAttestation(
            attested_at_unix_ms=clock.now,
            check="posture-guard",
            evidence=(),
            note="",
            policy_digest=desk.anchor,
            role=role,
            scope_hash=desk.window(clock.now).scope_hash,
            status="pass",
        )
        store_record(desk.launch.path, sign_record("check-attestation", body, {}, signer(name)))
        desk.keep()
        assert rows(desk)["guard"] == status


def test_a_rule_is_attested_only_in_the_restricted_posture(early):
    words = ("window", "posture", "attest", "guard", "pass", "--yes")
    before = early.snapshot()
    refused(early.run(*words), "the window is EARLY_EPOCHS_ACTIVE")
    assert early.snapshot() == before


@pytest.mark.clause("AZ-34")
def test_a_role_after_an_anomaly_is_restarted_by_approval_or_attested(desk, clock):
    words = ("--class", "bvm-anomaly", "--incident", "INC-1", "--role", "node")
    desk.done("window", "anomaly", *words)
    (anomaly,) = desk.window(clock.now).anomalies
    desk.done("window", "anomaly", "--close", anomaly.record_id[7:15], "--reason", "mended")
    assert rows(desk)["restart-approval"] == "not_run"
    again = ("--restart", "--anomaly", anomaly.record_id[7:15])
    desk.done("window", "activate-role", "node", *again)
    assert rows(desk)["restart-approval"] == "pass"


@pytest.mark.clause("AZ-34")
def test_a_seal_that_no_amendment_names_breaks_the_change_freeze(desk, clock):
    assert rows(desk)["change-freeze"] == "pass"
    names = [p.name for p in desk.files() if ".seal." in p.name]
    seals = [desk.statement(f"manifests/records/{n}")["predicate"]["record"] for n in names]
    (of_release,) = (seal for seal in seals if seal["package_class"] == "release")
    make_seal(desk, of_release, clock.now)
    assert rows(desk)["change-freeze"] == "fail"


def make_seal(desk: Desk, record: dict, now: int) -> None:
    """A seal of another package in the ledger, as an older program would make it."""
    kind = KINDS["seal"]
    other = {**record, kind.time_field: now, "package_id": "sha256:" + "7" * 64}
    body = kind.model.model_validate(other)
    store_record(desk.launch.path, sign_record("seal", body, {}, signer("rita")))
    desk.keep()


@pytest.mark.clause("AZ-22.2", "AZ-35.2", "AZ-13.2", "AZ-13.3")
def test_the_exit_names_the_observations_and_normal_operation_names_the_exit(desk, clock):
    exit_ = ("window", "posture", "exit", "--reason", "stable for a day", "--yes")
    refused(desk.run(*exit_), "the exit is not ready", "AZ-35.1")
    attest(desk, *NOT_COMPUTED)
    desk.done("window", "checkpoint", READY)
    normalize = ("window", "normalize", "--reason", "stable", "--yes")
    refused(desk.run(*normalize), "the exit from the restricted posture is not in force")
    desk.done("window", "observe", "--epochs", "4-90", *ALL_OK)
    done = desk.run(*exit_)
    assert done.exit_code == 0, done.out + done.err
    assert "say restricted posture exited" in done.advised
    (path,) = (p for p in desk.files() if "restricted-posture-exit" in p.name)
    statement = desk.statement(f"manifests/records/{path.name}")["predicate"]
    assert len(statement["preimages"]["observation"]) == 2
    assert desk.window(clock.now).status == "RESTRICTED_POSTURE_ACTIVE"
    # A later objection takes the exit back: normal operation needs an observation that counts.
    desk.done("window", "observe", "--epochs", "91", "--governance", "not-ok", by="rita")
    refused(desk.run(*normalize), "no launch observation without an objection is recorded")
    desk.done("window", "observe", "--epochs", "92", *ALL_OK)
    assert desk.run(*normalize).exit_code == 0
    state = desk.window(clock.now)
    assert (state.status, state.phase) == ("NORMALIZED", 8)


def test_before_the_start_the_posture_is_refused_with_what_is_missing(tmp_path, clock):
    desk = Template.at_go_hold(tmp_path / "of").copy(tmp_path, clock)
    before = desk.snapshot()
    refused(enter(desk), "the window is AT_GO_HOLD_POINT", "EARLY_EPOCHS_ACTIVE", "AZ-33.2")
    assert desk.snapshot() == before


def test_a_dry_run_of_the_entry_signs_nothing(early):
    early.done("window", "observe", "--epochs", "0-3", *ALL_OK)
    before = early.snapshot()
    words = ("window", "posture", "enter", "--epochs", "0-3", "--dry-run", "--json")
    document = json.loads(early.run(*words, by="luca").out)
    assert (document["dry_run"], document["record_id"]) == (True, None)
    assert early.snapshot() == before


def test_without_packages_a_holder_signs_on_the_manifests_after_the_start(desk):
    for package in ("release", "genesis"):
        shutil.rmtree(desk.launch.path / "packages" / package)
    words = ("window", "observe", "--epochs", "4-5", *ALL_OK)
    code, document = desk.json(*words, "--yes")
    assert code == 0, document
    assert (document["packages"], document["rests_on_final_check"]) == ("not-looked-at", None)
    done = desk.run(*words[:3], "6-7", *ALL_OK, "--yes")
    assert "packages not looked at here; rests on the manifests and the start" in done.advised
    assert "recomputed" not in done.advised


def test_what_is_here_is_looked_at_after_the_start_too(desk):
    shutil.rmtree(desk.launch.path / "packages" / "genesis")
    desk.launch.file("release", "README").write_bytes(b"another\n")
    done = desk.run("window", "observe", "--epochs", "4-5", *ALL_OK, "--yes")
    refused(done, "do not sign this")


def test_a_key_that_is_revoked_after_the_start_closes_no_way_back(desk):
    done = desk.run("revoke", fingerprint("rita"), "--reason", "compromised", "--yes", by="sonia")
    assert done.exit_code == 0, done.err
    assert desk.run("verify").exit_code == 10
    desk.done("window", "observe", "--epochs", "4-5", *ALL_OK)
    attest(desk, *NOT_COMPUTED)
    desk.done("window", "checkpoint", READY)
