"""The lessons of the testnet: which list counts, who acknowledges, what holds (AZ-39)."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Conclusion, Status
from aztrust.core.judge.checkpoint_draft import Signing, checkpoint_statement
from aztrust.core.judge.todo import open_tasks
from aztrust.core.policy.model import ROWS
from aztrust.core.records.checkpoint import contradictions
from aztrust.core.records.lessons import LESSONS, Lessons
from aztrust.core.records.verdict import build_verdict
from aztrust.core.state.context import Request
from aztrust.core.state.objections import open_objections
from tests.final_check_builders import (
    CHECKED,
    MINUTE,
    SAID,
    answer_all,
    attest,
    checked,
    final,
    fix_lessons,
    frozen,
    lesson,
    row,
    scope_of,
    window_of,
)
from tests.memory_launch import NOW, notices
from tests.people import signer
from tests.verdicts import freeze_of

A = f"sha256:{'a' * 64}"
HEIGHT = "lesson.upgrade-height"
DISK = "lesson.slow-disk"
TWO = (lesson(), lesson("slow-disk", "launch-coordinator"))


@pytest.fixture
def launch():
    made = frozen()
    answer_all(made)
    return made


def acknowledge(launch, name=HEIGHT, status="pass", *, by="dan", role="ops-lead", **changes):
    return attest(launch, name, status, by=by, role=role, **changes)


def test_without_lessons_the_matrix_has_its_twelve_rows(launch):
    found = final(launch)
    assert tuple(r.id for r in found.rows) == ROWS
    assert found.conclusion is Conclusion.PASS


@pytest.mark.clause("AZ-39")
def test_a_lesson_is_a_row_that_holds_until_its_owner_acknowledges_it(launch):
    fixed = fix_lessons(launch, *TWO)
    found = final(launch)
    assert tuple(r.id for r in found.rows) == (*ROWS, HEIGHT, DISK)
    assert found.conclusion is Conclusion.HOLD
    assert [row(found, n).status for n in (HEIGHT, DISK)] == [Status.NOT_RUN] * 2
    assert [row(found, n).owner for n in (HEIGHT, DISK)] == ["ops-lead", "launch-coordinator"]

    said = acknowledge(launch)
    found = final(launch)
    assert (row(found, HEIGHT).status, row(found, DISK).status) == (Status.PASS, Status.NOT_RUN)
    assert row(found, HEIGHT).evidence == (said, fixed)
    assert found.conclusion is Conclusion.HOLD

    acknowledge(launch, DISK, by="luca", role="launch-coordinator")
    assert final(launch).conclusion is Conclusion.PASS


def test_a_lesson_leaves_the_other_rows_as_they_are(launch):
    before = final(launch).rows
    fix_lessons(launch, *TWO)
    assert [r.status for r in final(launch).rows[:12]] == [r.status for r in before]


@pytest.mark.parametrize(
    ("by", "role"),
    [("luca", "launch-coordinator"), ("sonia", "security-lead")],
)
def test_a_holder_of_another_role_does_not_acknowledge(launch, by, role):
    fix_lessons(launch, lesson())
    acknowledge(launch, by=by, role=role)
    found = row(final(launch), HEIGHT)
    assert found.status is Status.NOT_RUN
    assert "signer-not-in-role" in {n.code for n in found.notices}


def test_an_acknowledgement_counts_for_its_window_and_not_for_an_hour(launch):
    fix_lessons(launch, lesson())
    acknowledge(launch)
    much_later = CHECKED + 24 * 60 * MINUTE
    assert row(final(launch, much_later), HEIGHT).status is Status.PASS
    assert row(final(launch, much_later), "incident-path").status is Status.NOT_RUN


def test_an_acknowledgement_from_before_the_list_is_about_another_one(launch):
    acknowledge(launch, at=SAID)
    fix_lessons(launch, lesson(), at=SAID)
    found = row(final(launch), HEIGHT)
    assert found.status is Status.NOT_RUN
    assert "before luca fixed this list" in found.detail
    acknowledge(launch, at=SAID + 1)
    assert row(final(launch), HEIGHT).status is Status.PASS


def test_a_fail_is_an_objection_until_the_same_holder_passes(launch):
    fix_lessons(launch, lesson())
    acknowledge(launch, status="fail", note="we have no spare binary")
    found = final(launch)
    assert row(found, HEIGHT).status is Status.FAIL
    assert found.conclusion is not Conclusion.PASS
    context = checked(launch).context
    assert [u.body.check for u in open_objections(context, scope_of(launch))] == [HEIGHT]
    acknowledge(launch, at=SAID + 1)
    assert final(launch).conclusion is Conclusion.PASS
    assert not open_objections(checked(launch).context, scope_of(launch))


def test_a_later_list_replaces_an_earlier_one(launch):
    fix_lessons(launch, *TWO)
    fix_lessons(launch, lesson("clock"), at=NOW + 2 * MINUTE)
    assert [r.id for r in final(launch).rows[12:]] == ["lesson.clock"]


def test_a_list_that_is_revoked_leaves_the_earlier_one(launch):
    fix_lessons(launch, lesson())
    second = fix_lessons(launch, lesson("clock"), at=NOW + 2 * MINUTE)
    launch.revoke(second, "luca")
    assert [r.id for r in final(launch).rows[12:]] == [HEIGHT]


def passes(launch, by="luca"):
    """A final check by a holder that passed at `CHECKED`; its record's id."""
    made = freeze_of(
        launch.evidence(),
        signer(by).public,
        CHECKED,
        checkpoint_class="final_checks_completed",
        launch_window_id=window_of(launch),
    )
    return launch.sign_verdict(build_verdict(made), by)


def asked(launch):
    """The rows of lessons, and the lists that are late."""
    verdict = checked(launch, CHECKED + MINUTE)
    said = [n.subject for r in verdict.results for n in r.notices if n.code == "lessons-late"]
    return [r.id for r in verdict.results if r.id.startswith("lesson.")], said


def test_after_the_final_checks_no_list_counts(launch):
    fix_lessons(launch, lesson())
    passed = passes(launch)
    late = fix_lessons(launch, lesson("clock"), at=CHECKED)
    assert asked(launch) == ([HEIGHT], [late])
    # A list from before that final check is not late.
    fix_lessons(launch, lesson("disk"), at=CHECKED - 1)
    assert asked(launch) == (["lesson.disk"], [late])
    # Once that final check is revoked, the window has not passed any.
    launch.revoke(passed, "luca")
    assert asked(launch) == (["lesson.clock"], [])


def test_a_final_check_by_another_role_closes_no_list(launch):
    passes(launch, by="dan")
    fix_lessons(launch, lesson(), at=CHECKED)
    assert asked(launch) == ([HEIGHT], [])


@pytest.mark.parametrize("change", [{"window": A}, {"scope": A}])
def test_lessons_of_another_window_or_scope_are_not_asked(launch, change):
    fix_lessons(launch, lesson(), **change)
    assert tuple(r.id for r in final(launch).rows) == ROWS


def test_who_may_not_fix_lessons_fixes_none(launch):
    fix_lessons(launch, lesson(), by="dan")
    assert tuple(r.id for r in final(launch).rows) == ROWS
    assert "signer-not-in-role" in notices(checked(launch))
    fix_lessons(launch, lesson(), by="luca")
    assert len(final(launch).rows) == 13


def test_a_lesson_for_a_role_that_no_one_has_holds(launch):
    fix_lessons(launch, lesson(owner="librarian"))
    found = row(final(launch), HEIGHT)
    assert (found.status, found.detail) == (Status.NOT_RUN, "no holder has the role librarian")


def test_the_tasks_name_who_acknowledges(launch):
    fix_lessons(launch, *TWO)
    acknowledge(launch)
    todo = open_tasks(launch.evidence(), Request(CHECKED, anchor=launch.anchor))
    (task,) = [t for t in todo.tasks if t.subject.startswith("lesson.")]
    assert (task.act, task.subject) == ("attest", DISK)
    assert task.command == f"aztrust attest {DISK} pass --role launch-coordinator"
    assert [d.holder for d in task.doers] == ["luca"]
    assert "final-check" not in {t.act for t in todo.tasks}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lesson": []}, "lesson: it is empty"),
        ({"lesson": [lesson(f"n{n}") for n in range(65)]}, "more than 64 entries"),
        ({"lesson": [lesson(), lesson()]}, "the lesson upgrade-height is there twice"),
        ({"lesson": [lesson("Upper")]}, "has to match"),
        ({"lesson": [lesson("a" * 33)]}, "has to match"),
        ({"lesson": [{**lesson(), "more": "x"}]}, "unknown key"),
        ({"lesson": [{k: v for k, v in lesson().items() if k != "owner"}]}, "owner is missing"),
        ({"lesson": [lesson(residual_risk="")]}, "residual_risk: it is empty$"),
    ],
    ids=("none", "too many", "twice", "upper case", "long id", "key", "no owner", "empty"),
)
def test_a_list_that_is_not_one(change, message):
    body = Lessons(
        fixed_at_unix_ms=1, launch_window_id=A, lessons_hash=A, policy_digest=A, scope_hash=A
    )
    LESSONS.check(body, {"lessons": {"lesson": [lesson()]}}, "x")
    LESSONS.check(body, {"lessons": {"lesson": [lesson(f"n{n}") for n in range(64)]}}, "x")
    with pytest.raises(Malformed, match=message):
        LESSONS.check(body, {"lessons": change}, "x")


def test_a_final_check_has_twelve_rows_and_then_lessons(launch):
    fix_lessons(launch, *TWO)
    acknowledge(launch)
    acknowledge(launch, DISK, by="luca", role="launch-coordinator")
    concluded = final(launch)
    signing = Signing(signer("luca").public, "launch-coordinator", window_of(launch), CHECKED)
    statement = checkpoint_statement(concluded, signing)
    rows = statement.matrix

    def faults(changed):
        return tuple(contradictions(statement.checkpoint, changed))

    assert len(rows) == 14
    assert faults(rows) == ()
    assert faults(rows[:12]) == ()
    assert faults(rows[1:]) != ()
    assert faults((*rows[:11], rows[12], rows[11], rows[13])) != ()
    assert faults((*rows, rows[12])) != ()
    other = rows[12].model_copy(update={"id": "anything"})
    assert faults((*rows, other)) != ()
    for status in ("not_run", "not_applicable", "fail"):
        short = rows[12].model_copy(update={"status": status})
        assert faults((*rows[:12], short, rows[13])) != ()
