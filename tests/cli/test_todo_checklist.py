"""What waits for a holder in a launch with a checklist, and that each command runs as typed."""

from __future__ import annotations

import shlex

import pytest

from tests import checklist_desk as board
from tests.checklist_desk import AREAS, sign_off
from tests.cli_launch import Desk, Template, copied, ticking_clock
from tests.command import run

clock = pytest.fixture(ticking_clock)
desk = pytest.fixture(copied)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    return board.at_the_decision(tmp_path_factory.mktemp("checklist"))


def tasks(desk: Desk, holder: str) -> dict[tuple[str, str], str]:
    """The command of each task of a holder, by act and subject."""
    _, document = desk.json("todo", "--for", holder, "--ledger", desk.ledger)
    return {(task["act"], task["subject"]): task["command"] for task in document["tasks"]}


def typed(desk: Desk, line: str, by: str) -> None:
    """Run a command as it is advised."""
    done = run(*shlex.split(line)[1:], "--yes", "--key", desk.launch.key_file(by))
    assert done.exit_code == 0, done.out + done.err
    desk.keep()


@pytest.mark.clause("RC-G.decision", "RC-A")
def test_each_area_is_asked_of_its_approver_then_the_decision_then_the_end(desk):
    decision = ("window-step", "decide-go")
    for area, holder in AREAS.items():
        assert decision not in tasks(desk, "luca")
        mine = tasks(desk, holder)
        assert {s for act, s in mine if act == "checklist-sign-off"} == {area}
        typed(desk, mine["checklist-sign-off", area], holder)
        assert ("checklist-sign-off", area) not in tasks(desk, holder)
    found = tasks(desk, "luca")
    assert ("checklist-freeze", "") not in found
    assert found[decision].startswith("aztrust checklist decide go ")
    people = iter(("luca", "sonia"))
    words = [next(people) if word == "HOLDER" else word for word in found[decision].split()]
    typed(desk, " ".join([*words, "--attendee", "dan", "--attendee", "rita"]), "luca")
    found = tasks(desk, "luca")
    assert decision not in found
    typed(desk, found["checklist-freeze", ""], "luca")
    assert ("checklist-freeze", "") not in tasks(desk, "luca")


@pytest.mark.clause("RC-A")
def test_a_sign_off_is_asked_for_again_once_an_answer_is_another_one(desk, clock):
    sign_off(desk, "operations")
    assert ("checklist-sign-off", "operations") not in tasks(desk, "dan")
    board.answer(desk, clock, "D.4", "not-applicable")
    assert ("checklist-sign-off", "operations") in tasks(desk, "dan")
    assert ("checklist-sign-off", "operations") not in tasks(desk, "rita")


@pytest.mark.clause("RC-A")
def test_a_fail_is_asked_of_the_one_who_gave_it_and_of_p2_of_no_holder(desk, clock):
    board.answer(desk, clock, "D.4", "fail")
    board.answer(desk, clock, "D.3", "fail")
    found = tasks(desk, "dan")
    assert {s for act, s in found if act == "checklist-answer"} == {"D.3"}
    assert not any(act == "checklist-answer" for act, _ in tasks(desk, "sonia"))
    typed(desk, found["checklist-answer", "D.3"], "dan")
    assert ("checklist-answer", "D.3") not in tasks(desk, "dan")


@pytest.mark.clause("RC-A")
def test_a_rejection_is_asked_of_the_one_who_rejected(desk):
    sign_off(desk, "release", "reject", "--cites", "C.2")
    found = tasks(desk, "rita")
    typed(desk, found["checklist-sign-off", "release"], "rita")
    assert ("checklist-sign-off", "release") not in tasks(desk, "rita")


@pytest.mark.clause("RC-A")
def test_an_item_without_an_answer_is_asked_of_its_owner_before_the_area(tmp_path, clock):
    more = board.item("D.5", "operations", "P1").encode()
    desk = board.at_the_decision(tmp_path / "open", board.DEFINITIONS + more).copy(
        tmp_path / "copy", clock
    )
    found = tasks(desk, "dan")
    # The other answers are about other definitions.
    assert {s for act, s in found if act == "checklist-answer"} == {"D.2", "D.3", "D.4", "D.5"}
    assert ("checklist-sign-off", "operations") not in found
    for name in ("D.2", "D.3", "D.4", "D.5"):
        typed(desk, found["checklist-answer", name], "dan")
    found = tasks(desk, "dan")
    assert not any(act == "checklist-answer" for act, _ in found)
    assert ("checklist-sign-off", "operations") in found
