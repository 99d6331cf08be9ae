"""An audit makes the score of each decision again, as of the decision."""

from __future__ import annotations

import json

import pytest

from aztrust.acts.checklist import scoring
from aztrust.core.base.digest import sha256_id
from aztrust.core.judge.checklist.score import make_score
from tests import checklist_desk as board
from tests.checklist_desk import MEETING, sign_all
from tests.cli_launch import Desk, Template, copied, ticking_clock
from tests.command import run

clock = pytest.fixture(ticking_clock)
desk = pytest.fixture(copied)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    signed = board.at_the_decision(tmp_path_factory.mktemp("checklist"))
    return signed.after(tmp_path_factory.mktemp("signed"), lambda desk, _: sign_all(desk))


def decide(desk: Desk) -> None:
    done = desk.run(
        "checklist", "decide", "go", *MEETING, "--yes", "--ledger", desk.ledger, by="luca"
    )
    assert done.exit_code == 0, done.out + done.err
    desk.keep()


def audited(desk: Desk) -> tuple[int, dict]:
    """The exit code, and the answer about the scores."""
    done = run("audit", desk.launch.path, "--anchor", desk.anchor, "--json")
    (found,) = (c for c in json.loads(done.out)["checks"] if c["id"] == "decision-score")
    return done.exit_code, found


@pytest.mark.clause("RC-G.decision", "RC-J")
def test_the_score_of_a_decision_is_made_again_byte_for_byte(desk, clock):
    decide(desk)
    # What comes later takes nothing from what was known then.
    board.answer(desk, clock, "D.4", "fail")
    code, found = audited(desk)
    assert (code, found["status"], found["findings"]) == (0, "pass", [])


@pytest.mark.clause("RC-G.decision", "RC-J")
@pytest.mark.parametrize("n", [0, 3])
def test_a_decision_on_another_score_than_that_of_its_records_is_named(desk, monkeypatch, n):
    def forged(*asked, **how):
        card = make_score(*asked, **how)
        items = list(card.items)
        items[n] = items[n].model_copy(update={"detail": "looked at by others"})
        return card.model_copy(update={"items": tuple(items)})

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "make_score", forged)
        decide(desk)
    code, found = audited(desk)
    assert (code, found["status"]) == (10, "fail")
    (finding,) = found["findings"]
    assert finding["code"] == "record-malformed"
    assert "looked at by others, and is pass" in finding["message"]


@pytest.mark.clause("RC-G.decision", "RC-J")
def test_a_score_whose_packages_are_not_here_is_not_made_again_and_not_called_wrong(desk, tmp_path):
    decide(desk)
    words = ("archive", tmp_path / "bare", "--without-packages", "--ledger", desk.ledger)
    assert run("-C", desk.launch.path, *words).exit_code == 0
    done = run("audit", tmp_path / "bare", "--anchor", desk.anchor, "--json")
    (found,) = (c for c in json.loads(done.out)["checks"] if c["id"] == "decision-score")
    assert (done.exit_code, found["status"], found["findings"]) == (11, "not_run", [])
    assert "D.1 cannot be looked at here" in found["detail"]


@pytest.mark.clause("RC-G.decision", "RC-J")
@pytest.mark.parametrize("forged", ["", "D.4"])
def test_evidence_that_is_not_here_leaves_the_score_open_and_hides_no_other_difference(
    template, tmp_path, clock, monkeypatch, forged
):
    desk = template.copy(tmp_path, clock)
    log = desk.launch.path / "reports/restore.log"
    log.parent.mkdir()
    log.write_bytes(b"restored\n")
    board.show(desk, clock, "D.3", "reports/restore.log", b"restored\n")
    board.sign_off(desk, "operations")

    def other(*asked, **how):
        card = make_score(*asked, **how)
        items = [
            i.model_copy(update={"detail": "otherwise"}) if i.item == forged else i
            for i in card.items
        ]
        return card.model_copy(update={"items": tuple(items)})

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "make_score", other)
        decide(desk)
    log.unlink()
    code, found = audited(desk)
    assert (code, found["status"]) == ((10, "fail") if forged else (11, "not_run"))
    assert "D.3 cannot be looked at here" in found["detail"]


@pytest.mark.clause("RC-H", "RC-J")
def test_an_archive_keeps_what_a_decision_rests_on_after_its_revocation(desk, clock, tmp_path):
    log = desk.launch.path / "reports/restore.log"
    log.parent.mkdir()
    log.write_bytes(b"restored\n")
    shown = board.show(desk, clock, "D.3", "reports/restore.log", b"restored\n")
    board.sign_off(desk, "operations")
    decide(desk)
    desk.done("revoke", shown, "--reason", "of another machine", by="dan")
    desk.keep()
    out = tmp_path / "out"
    assert run("-C", desk.launch.path, "archive", out, "--ledger", desk.ledger).exit_code == 0
    assert (out / "data/launch/reports/restore.log").read_bytes() == b"restored\n"
    assert run("audit", out, "--anchor", desk.anchor).exit_code == 0
    log.unlink()
    done = run("-C", desk.launch.path, "archive", tmp_path / "bare", "--ledger", desk.ledger)
    assert "D.3 launch:reports/restore.log is missing" in done.advised
    assert run("audit", tmp_path / "bare", "--anchor", desk.anchor).exit_code == 11


@pytest.mark.clause("RC-H", "RC-G.decision")
def test_no_one_authorizes_a_start_where_the_evidence_is_another_file(desk, clock):
    log = desk.launch.path / "reports/restore.log"
    log.parent.mkdir()
    log.write_bytes(b"restored\n")
    board.show(desk, clock, "D.3", "reports/restore.log", b"restored\n")
    board.sign_off(desk, "operations")
    decide(desk)
    words = ("window", "authorize", "--yes", "--dry-run", "--ledger", desk.ledger)
    log.write_bytes(b"restoreD\n")
    done = desk.run(*words, by="luca")
    assert done.exit_code == 10
    assert "it is not the recorded evidence of D.3" in done.advised
    log.unlink()
    # A signer's machine need not have the evidence.
    assert desk.run(*words, by="luca").exit_code == 0
    log.write_bytes(b"restored\n")
    assert desk.run(*words, by="luca").exit_code == 0


@pytest.mark.clause("RC-G.decision", "RC-J")
def test_a_decision_under_a_policy_that_was_replaced_is_named_and_not_passed(desk):
    decide(desk)
    policy = desk.launch.path / "manifests/launch.toml"
    policy.write_bytes(policy.read_bytes() + b"# another policy\n")
    anchor = sha256_id(policy.read_bytes())
    done = run("audit", desk.launch.path, "--anchor", anchor, "--json")
    (found,) = (c for c in json.loads(done.out)["checks"] if c["id"] == "decision-score")
    assert (found["status"], found["findings"]) == ("not_run", [])
    assert "made under another policy" in found["detail"]
    assert done.exit_code != 0
