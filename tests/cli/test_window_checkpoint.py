"""`aztrust window checkpoint`: the later checkpoints of a window as verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aztrust.core.judge.window_checkpoint import CLASSES, row_of_class
from tests.cli_launch import Clock, Desk, Template, copied, refused, ticking_clock
from tests.command import run
from tests.starts import go, two_at_go_hold

clock = pytest.fixture(ticking_clock)


launch = pytest.fixture(scope="module")(two_at_go_hold)


@pytest.fixture(scope="module")
def template(launch: Template, tmp_path_factory) -> Template:
    """Two signed the four records of a go."""

    def act(desk: Desk, clock: Clock) -> None:
        go(desk, clock)
        assert desk.run("window", "go", "--yes", by="sonia").exit_code == 0

    return launch.after(tmp_path_factory.mktemp("signed"), act)


@pytest.fixture(scope="module")
def authorized(template: Template, tmp_path_factory) -> Template:
    """The bootstrap is authorized, and a final check confirmed the scope one final time."""

    def act(desk: Desk, _: Clock) -> None:
        for name in ("go_hold_review_completed", "bootstrap_authorized"):
            assert desk.run("window", "checkpoint", name).exit_code == 0
        desk.done("final-check")

    return template.after(tmp_path_factory.mktemp("authorized"), act)


desk = pytest.fixture(copied)


@pytest.fixture
def started(authorized: Template, tmp_path: Path, clock: Clock) -> Desk:
    """The only role is activated."""
    desk = authorized.copy(tmp_path, clock)
    assert desk.run("window", "activate-role", "node", "--yes", by="luca").exit_code == 0
    return desk


def checkpoint(desk: Desk, name: str, *more: object, by: str = "luca") -> tuple[int, dict]:
    return desk.json("window", "checkpoint", name, *more, "--yes", by=by)


def rows(document: dict) -> dict[str, str]:
    return {row["id"]: row["status"] for row in document["matrix"]}


@pytest.mark.clause("AZ-17.2")
@pytest.mark.parametrize("name", CLASSES)
def test_the_rows_are_the_conditions_of_the_step(desk, name):
    code, document = checkpoint(desk, name, "--dry-run")
    wanted = ["window-status", *(need.id for need in row_of_class(name).needs)]
    found = list(rows(document))
    assert found[: len(wanted)] == wanted
    at_the_point = name in ("go_hold_review_completed", "bootstrap_authorized")
    assert rows(document)["window-status"] == ("pass" if at_the_point else "fail")
    assert (code == 0) is (name == "go_hold_review_completed")
    assert document["recorded"] is None


@pytest.mark.clause("AZ-17.2", "AZ-7.2")
def test_a_review_that_passes_names_what_it_rests_on(desk):
    code, document = checkpoint(desk, "go_hold_review_completed")
    assert code == 0
    assert set(rows(document).values()) == {"pass"}
    recorded = document["recorded"]
    assert recorded["verdict"] == "pass"
    assert recorded["proved"]
    assert document["say"] == ["checkpoint go_hold_review_completed = pass"]
    assert document["window"]["step"] == "go-hold-reviewed"
    predicate = desk.statement(recorded["path"])["predicate"]
    proceed = next(p for p in desk.files() if ".launch-proceed." in p.name)
    named = [each["digest"]["sha256"][:16] for each in predicate["inputAttestations"]]
    assert proceed.name.split(".")[0] in named
    assert predicate["verifiedLevels"] == ["AZTRUST_GO_HOLD_REVIEW_COMPLETED"]


def test_a_foreign_reader_takes_it_as_it_takes_a_freeze(desk):
    """The gate of another team: by its class, from the bundle."""
    _, document = checkpoint(desk, "go_hold_review_completed")
    bundle = desk.launch.path / document["recorded"]["bundle_path"]
    words = ("gate", bundle, "--class", "go_hold_review_completed", "--anchor", desk.anchor)
    done = run("-C", desk.launch.path, *words, "--ledger", desk.ledger)
    assert done.exit_code == 0, done.out + done.err
    statement = json.loads(bundle.read_bytes())
    assert statement["mediaType"].startswith("application/vnd.dev.sigstore.bundle")


@pytest.mark.clause("AZ-17.2")
def test_what_the_window_does_not_allow_is_recorded_as_a_hold(desk):
    code, document = checkpoint(desk, "bootstrap_authorized")
    assert code == 11
    assert rows(document)["authorized"] == "fail"
    assert document["recorded"]["verdict"] == "hold"
    predicate = desk.statement(document["recorded"]["path"])["predicate"]
    assert predicate["verificationResult"] == "FAILED"
    # It has no effect: the review is still to come, and then it passes.
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        assert checkpoint(desk, name)[0] == 0


def test_a_hold_is_signed_only_where_the_signer_insists(desk):
    done = desk.run("window", "checkpoint", "bootstrap_authorized")
    assert done.exit_code == 4
    assert "authorized: " in done.advised
    assert [p for p in desk.files("verdicts") if "bootstrap" in p.name] == []


@pytest.mark.clause("AZ-7.2")
def test_a_review_that_does_not_pass_takes_the_proceed_back(desk):
    assert desk.run("window", "hold", "silent", "--yes", by="luca").exit_code == 0
    code, document = checkpoint(desk, "go_hold_review_completed")
    assert code == 11
    assert rows(document)["no-open-hold"] == "fail"
    hold = next(p for p in desk.files() if ".launch-hold." in p.name).name.split(".")[0]
    done = desk.run("window", "proceed", hold, "--reason", "it answers", "--yes", by="luca")
    assert done.exit_code == 0, done.err
    (waits,) = [p for p in desk.files() if ".launch-proceed." in p.name and "f14a" in p.name][-1:]
    assert waits
    code, document = checkpoint(desk, "go_hold_review_completed", "--dry-run")
    assert rows(document)["proceed-recorded"] == "fail"


def test_packages_that_changed_keep_it_from_passing(desk):
    desk.launch.file("release", "README").write_bytes(b"another\n")
    code, document = checkpoint(desk, "go_hold_review_completed")
    assert code == 10
    assert document["recorded"]["verdict"] == "fail"
    # Only a final check ends a scope.
    assert desk.run("window", "status", "--format", "json").document["ended"] == []


def test_a_holder_without_a_verdict_role_signs_none(desk):
    refused(desk.run("window", "checkpoint", "go_hold_review_completed", by="dan"), "may not sign")


@pytest.mark.clause("AZ-8.2")
def test_where_two_sign_verdicts_one_is_not_enough(tmp_path, clock):
    """Their rule is the rule of every act that has none of its own, too."""
    (tmp_path / "made").mkdir()
    desk = Template.of_two(tmp_path / "made", _to_the_hold_point).copy(tmp_path, clock)
    code, document = checkpoint(desk, "go_hold_review_completed")
    assert code == 11
    assert document["recorded"]["verdict"] == "pass"
    assert document["signatures"]["have"] == 1
    assert document["say"] == []
    assert checkpoint(desk, "bootstrap_authorized", "--dry-run")[1]["matrix"][6]["status"] == "fail"
    code, document = checkpoint(desk, "go_hold_review_completed", by="sonia")
    assert (code, document["signatures"]["have"]) == (0, 2)
    desk.keep()
    assert rows(checkpoint(desk, "bootstrap_authorized", "--dry-run")[1])["authorized"] == "pass"


def _to_the_hold_point(desk: Desk) -> None:
    def both(*words: str) -> None:
        for by in ("luca", "sonia"):
            done = desk.run(*words, "--yes", by=by)
            assert done.exit_code in (0, 11), done.out + done.err
            desk.keep()

    both("freeze")
    desk.answer_all()
    both("final-check")
    opens = ticking(desk)
    times = ("--opens", str(opens), "--closes", str(opens + 7200))
    done = desk.run("window", "go", "--reason", "T", *times, "--yes", by="luca")
    assert done.exit_code == 0, done.err
    assert desk.run("window", "go", "--yes", by="sonia").exit_code == 0
    desk.keep()


def ticking(desk: Desk) -> int:
    """A time shortly before the present one, in Unix seconds."""
    _, document = desk.json("window", "status")
    return int(document["open"][0]["opened_unix_ms"]) // 1000


@pytest.mark.clause("AZ-10.2")
def test_first_blocks_without_evidence_do_not_pass(started, tmp_path):
    code, document = checkpoint(started, "first_blocks_healthy", "--dry-run")
    assert code == 11
    assert rows(document)["evidence"] == "fail"
    (tmp_path / "blocks").write_text("1..100", "utf-8")
    evidence = ("--evidence", tmp_path / "blocks")
    code, document = checkpoint(started, "first_blocks_healthy", *evidence)
    assert code == 0, document
    row = next(row for row in document["matrix"] if row["id"] == "evidence")
    assert len(row["evidence"]) == 1
    code, document = checkpoint(started, "first_epoch_finalized", *evidence)
    assert code == 0, document


def test_an_evidence_file_that_is_not_there_is_not_signed(started, tmp_path):
    done = started.run(
        *("window", "checkpoint", "first_blocks_healthy", "--yes", "--evidence", tmp_path / "none")
    )
    assert done.exit_code == 1
