"""An audit makes the score of each decision again, as of the decision."""

from __future__ import annotations

import json

import pytest

from aztrust.acts.checklist import scoring
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
