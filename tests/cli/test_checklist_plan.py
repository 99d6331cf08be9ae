"""`aztrust checklist plan` and `notice`, in a window whose policy names a checklist."""

from __future__ import annotations

import pytest

from fixtures.forge.checklists import DEFINITIONS, PATH, digest_of
from tests.cli_launch import Template, refused, ticking_clock, window_policy
from tests.core.test_checklist_plan import PLAN
from tests.disk_launch import make_launch

clock = pytest.fixture(autouse=True)(ticking_clock)
NAMED = f'[checklist]\ndigest = "{digest_of(DEFINITIONS)}"\n'


def start(desk, _):
    (desk.launch.path / PATH).write_text(DEFINITIONS)
    desk.freeze()
    desk.answer_all()


@pytest.fixture(scope="module")
def is_answered(tmp_path_factory):
    return Template.of(tmp_path_factory.mktemp("answered"), window_policy(NAMED), start)


@pytest.fixture
def desk(is_answered, tmp_path, clock):
    return is_answered.copy(tmp_path, clock)


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN + '[[template]]\nname = "later"\ntext = "{chain_id}: {next}."\n')
    return path


def fix(desk, plan, by="luca"):
    done = desk.run("checklist", "plan", plan, "--yes", by=by)
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    return done


@pytest.mark.clause("RC-C.windows")
def test_a_plan_is_fixed_and_shown(desk, plan):
    assert "none is fixed for this window" in desk.run("checklist", "plan").out
    fix(desk, plan)
    shown = desk.run("checklist", "plan").out
    for text in (
        "primary        2026-03-01 14:00 UTC to 2026-03-01 18:00 UTC",
        "backup         2026-03-08 14:00 UTC to 2026-03-08 18:00 UTC, the next Sunday",
        "blackout       2026-03-03 00:00 UTC",
        "change freeze  2026-02-20 00:00 UTC to 2026-03-09 00:00 UTC",
        "allowed      security hotfixes",
        "channel        incident: #launch",
    ):
        assert text in shown
    again = desk.run("checklist", "plan", plan, "--yes", by="luca")
    assert "luca has fixed this plan; nothing was signed" in again.out


def test_a_later_plan_counts_until_a_final_check_has_passed(desk, plan, tmp_path):
    fix(desk, plan)
    other = tmp_path / "other.toml"
    other.write_text(PLAN.replace("2026-03-01T18:00:00Z", "2026-03-01T17:00:00Z"))
    fix(desk, other)
    assert "14:00 UTC to 2026-03-01 17:00 UTC" in desk.run("checklist", "plan").out
    desk.done("final-check")
    refused(desk.run("checklist", "plan", plan, "--yes", by="luca"), "a final check of this window")
    assert "14:00 UTC to 2026-03-01 17:00 UTC" in desk.run("checklist", "plan").out


def test_a_plan_that_was_kept_back_comes_too_late(desk, plan):
    done = desk.run("checklist", "plan", plan, "--yes", "--ledger", "none", by="luca")
    assert done.exit_code == 0, done.err
    (signed,) = [path for path in desk.files() if ".checklist-plan." in path.name]
    kept_back = signed.read_bytes()
    signed.unlink()
    desk.done("final-check")
    signed.write_bytes(kept_back)
    desk.keep()
    assert "none is fixed" in desk.run("checklist", "plan").out
    _, document = desk.json("verify")
    (notice,) = [n for n in document["notices"] if n["code"] == "checklist-plan-late"]
    assert "luca fixed a plan after a final check had passed" in notice["message"]
    assert document["exit_code"] == 0


def test_who_may_fix_a_plan(desk, plan):
    assert desk.run("checklist", "plan", plan, "--yes", by="cosmin").exit_code == 10
    assert "none is fixed" in desk.run("checklist", "plan").out
    fix(desk, plan, by="luca")
    assert "by luca" in desk.run("checklist", "plan").out


def test_a_file_that_is_not_a_plan(desk, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.replace("[primary]", "[primry]"))
    done = desk.run("checklist", "plan", path, "--yes", by="luca")
    assert done.exit_code == 2
    assert "did you mean primary" in done.err


def test_without_its_definitions_there_is_no_plan_to_fix(desk, plan):
    (desk.launch.path / PATH).write_text(DEFINITIONS + "\n")
    done = desk.run("checklist", "plan", plan, "--yes", by="luca")
    refused(done, "the definitions of the checklist are not those that the policy names")
    (desk.launch.path / PATH).unlink()
    assert desk.run("checklist", "plan", plan, "--yes", by="luca").exit_code == 1


@pytest.mark.clause("RC-F")
def test_a_notice_says_what_the_scope_says(desk, plan):
    assert desk.run("checklist", "notice", "resolution").exit_code == 3
    fix(desk, plan)
    posted = desk.run("checklist", "notice", "resolution")
    assert posted.out == "The launch of test-1 is complete.\n"
    later = desk.run("checklist", "notice", "later", "--set", "next={chain_id}")
    assert later.out == "test-1: {chain_id}.\n"
    _, document = desk.json("checklist", "notice", "later", "--set", "next=at noon")
    assert document["values"] == {"chain_id": "test-1", "next": "at noon"}


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("later",), "the template later has {next}, and nothing gives its value"),
        (("later", "--set", "next"), "--set takes KEY=VALUE"),
        (("later", "--set", "next=a", "--set", "next=b"), "--set next is there twice"),
        (("later", "--set", "nxt=a"), "has no {nxt}; did you mean next"),
        (("later", "--set", "chain_id=other"), "chain_id comes from the scope and the plan"),
        (("later", "--set", "next=a\nb"), "is not one printable line"),
        (("resolutio",), "did you mean resolution"),
    ],
)
def test_a_notice_with_a_blank_is_refused_in_one_line(desk, plan, words, cause):
    fix(desk, plan)
    done = desk.run("checklist", "notice", *words)
    assert done.exit_code == 2
    assert cause in " ".join(done.err.split())
    assert done.out == ""


def test_a_launch_without_a_checklist_has_no_plan(tmp_path, plan, clock):
    desk = Template.make(tmp_path / "plain", answered=False).copy(tmp_path / "copy", clock)
    done = desk.run("checklist", "plan")
    assert done.exit_code == 3
    assert "its policy has no [checklist]" in " ".join(done.err.split())


def test_the_definitions_of_a_launch_are_written_and_judged(tmp_path):
    from tests.command import run

    launch = make_launch(tmp_path)
    common = ("-C", launch.path)
    written = run(*common, "checklist", "init", "--role", "finance-lead=gabi-role", "--json")
    assert written.exit_code == 0
    assert written.document["roles_without_holder"] == [
        *("compliance-lead", "gabi-role", "product-lead"),
    ]
    assert (written.document["computed"], written.document["counted"]) == (27, 36)
    assert run(*common, "checklist", "init").exit_code == 10
    linted = run(*common, "checklist", "lint", "--json")
    topics = {remark["topic"] for remark in linted.document["remarks"]}
    assert (linted.exit_code, topics) == (
        11,
        {"role-without-holder", "checklist-unnamed", "computed-items"},
    )
    shown = run(*common, "checklist", "show")
    assert "27 of 36 of the sections of the source" in " ".join(shown.out.split())
    (launch.path / PATH).write_text("x")
    assert run(*common, "checklist", "lint").exit_code == 10
    assert run(*common, "checklist", "show").exit_code == 10
