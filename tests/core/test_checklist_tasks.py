"""The tasks of a checklist in memory: evidence, drills, areas of their own holders, the end."""

from __future__ import annotations

import shlex

import pytest

from aztrust.core.base.advice import name_of
from aztrust.core.base.value import replace
from aztrust.core.judge.checklist.waiting import checklist_tasks
from aztrust.core.judge.tasks import Task
from tests.checklists import CHECKLIST, DIGEST, DRILL, answer, show
from tests.cli.test_advice_in_the_code import LEAVES
from tests.cli.test_option_given_twice import program_context
from tests.core.checklist_asked import BASE, asked, signing
from tests.memory_launch import Launch

TABLE = f'[verdicts]\nroles = {{ launch-coordinator = 1 }}\n[checklist]\ndigest = "{DIGEST}"\n'
PASSED = ("final-checks-passed",)


@pytest.fixture
def launch() -> Launch:
    return Launch.approved(verdicts=TABLE)


def tasks(launch: Launch, *facts: str, checklist: object = CHECKLIST) -> dict[str, Task]:
    """The tasks by their subject, in a window with these facts."""
    context = replace(asked(launch).context, checklist=checklist)
    state = replace(BASE, facts=frozenset(facts))
    return {task.subject: task for task in checklist_tasks(context, state)}


def holders(task: Task) -> list[str]:
    return [doer.holder for doer in task.doers]


@pytest.mark.clause("RC-A")
def test_evidence_is_asked_for_before_the_answer_that_rests_on_it(launch):
    found = tasks(launch, *PASSED)
    assert sorted(found) == ["D.1", "D.2", "E.1", "security"]
    assert found["D.1"].command == "aztrust evidence add D.1 FILE"
    assert (holders(found["D.1"]), holders(found["D.2"])) == (["dan"], ["rita"])
    show(launch, "D.1", "restore.log", b"restored\n")
    assert tasks(launch)["D.1"].command.startswith("aztrust checklist answer D.1 pass ")
    answer(launch, "D.1", "pass")
    assert "D.1" not in tasks(launch)


@pytest.mark.clause("RC-A")
def test_each_command_is_one_that_the_command_line_takes(launch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").touch()
    every = (*tasks(launch, *PASSED).values(), *tasks(launch, "no-go").values())
    assert {task.act for task in every} == {
        "checklist-answer",
        "checklist-sign-off",
        "checklist-freeze",
    }
    for task in every:
        name = name_of(task.command)
        words = shlex.split(task.command)[1 + len(name.split()) :]
        LEAVES[name].make_context(name, words, parent=program_context())
    # A drill is answered with all that it has.
    assert "--drill" in tasks(launch)["E.1"].command
    assert "--drill" not in tasks(launch)["D.2"].command


@pytest.mark.clause("RC-A")
def test_an_area_is_asked_for_once_its_items_are_answered_and_the_final_checks_pass(launch):
    show(launch, "D.1", "restore.log", b"restored\n")
    answer(launch, "D.1", "pass")
    answer(launch, "E.1", "pass", drill=DRILL)
    assert "operations" not in tasks(launch, *PASSED)
    answer(launch, "D.2", "pass", by="rita")
    assert "operations" not in tasks(launch)
    assert holders(tasks(launch, *PASSED)["operations"]) == ["dan"]
    signing(launch, "operations")
    signing(launch, "security")
    assert tasks(launch, *PASSED) == {}
    show(launch, "D.1", "second.log", b"restored again\n")
    assert sorted(tasks(launch, *PASSED)) == ["operations"]


@pytest.mark.clause("RC-J")
def test_the_end_is_asked_for_after_each_decision_and_not_before(launch):
    for facts in (("go",), ("no-go",)):
        (task,) = tasks(launch, *facts).values()
        assert (task.act, holders(task)) == ("checklist-freeze", ["luca"])
    assert all(task.act != "checklist-freeze" for task in tasks(launch, *PASSED).values())


def test_without_the_definitions_nothing_is_asked(launch):
    assert tasks(launch, *PASSED, checklist=None) == {}
