"""`aztrust lessons`: fixing the lessons of the testnet, listing them, and acknowledging each."""

from __future__ import annotations

import pytest

from tests.cli_launch import Template, refused, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import make_launch
from tests.final_check_builders import LESSONS_FILE

clock = pytest.fixture(autouse=True)(ticking_clock)
HEIGHT, DISK = "lesson.upgrade-height", "lesson.slow-disk"


@pytest.fixture(scope="module")
def is_answered(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("answered"), answered=True)


@pytest.fixture
def desk(is_answered, tmp_path, clock):
    return is_answered.copy(tmp_path, clock)


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "lessons.toml"
    path.write_text(LESSONS_FILE)
    return path


def matrix(desk):
    _, document = desk.json("final-check", "--dry-run")
    return {row["id"]: row["status"] for row in document["matrix"]}


def fix(desk, listed, by="luca"):
    done = desk.run("lessons", listed, "--yes", by=by)
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    return done


def acknowledge(desk):
    assert desk.run("attest", HEIGHT, "pass", by="dan").exit_code == 0
    assert desk.run("attest", DISK, "pass", by="luca").exit_code == 0
    desk.keep()


@pytest.mark.clause("AZ-39")
def test_a_launch_waits_for_each_lesson(desk, listed):
    assert len(matrix(desk)) == 12
    fix(desk, listed)
    assert (matrix(desk)[HEIGHT], matrix(desk)[DISK]) == ("not_run", "not_run")
    waits = desk.run("final-check", "--dry-run")
    assert waits.exit_code == 11
    assert f"{HEIGHT}: ops-lead (dan) has not answered" in waits.out
    assert f"attest {HEIGHT} pass --role ops-lead" in waits.out
    assert f"attest {DISK} pass --role launch-coordinator" in waits.out
    assert f"attest {HEIGHT} pass" in desk.run("todo", "--for", "dan").out
    assert HEIGHT not in desk.run("todo", "--for", "luca").out

    acknowledge(desk)
    assert (matrix(desk)[HEIGHT], matrix(desk)[DISK]) == ("pass", "pass")
    assert HEIGHT not in desk.run("todo", "--for", "dan").out
    passed = desk.done("final-check")
    assert "14 of 14 rows" in passed.out
    assert desk.verify()[:2] == (0, "CONTINUE")


def test_without_lessons_the_list_names_the_command(desk):
    shown = desk.run("lessons")
    assert "none are fixed for this window" in shown.out
    assert "aztrust lessons FILE" in shown.advised
    _, document = desk.json("lessons")
    assert (document["record_id"], document["lessons"]) == (None, [])


def test_the_list_shows_what_each_lesson_is_and_who_acknowledged_it(desk, listed):
    fix(desk, listed)
    assert desk.run("attest", HEIGHT, "pass", by="dan").exit_code == 0
    desk.keep()
    shown = desk.run("lessons").out
    assert "lessons  2, 1 of them acknowledged" in shown
    assert f"{HEIGHT}  acknowledged  ops-lead" in shown
    assert f"{DISK}  open  launch-coordinator" in shown
    for text in ("halt at an upgrade", "height 10000", "the binary was not replaced"):
        assert text in shown
    _, document = desk.json("lessons")
    assert [(n["id"], n["state"]) for n in document["lessons"]] == [
        ("upgrade-height", "pass"),
        ("slow-disk", "not_run"),
    ]


def test_who_acknowledges_reads_the_lesson_first(desk, listed):
    fix(desk, listed)
    assert "common mistake: a network disk" in desk.run("attest", DISK, "pass", by="luca").out


def test_the_whole_list_is_shown_and_asked_about(desk, listed):
    before = desk.snapshot()
    asked = desk.run("lessons", listed, by="luca")
    assert (asked.exit_code, "Fix 2 lessons for this window?" in asked.err) == (4, True)
    assert "height 10000" in asked.out
    assert desk.snapshot() == before
    fix(desk, listed)


def test_lessons_that_wait_for_the_ledger_can_be_acknowledged(desk, listed):
    """The keeper appends the list before its acknowledgement, in the order of their times."""
    assert desk.run("lessons", listed, "--yes", by="cosmin").exit_code == 10
    pending = desk.run("lessons", listed, "--yes", "--ledger", "none", by="luca")
    assert pending.exit_code == 0
    assert desk.run("attest", HEIGHT, "pass", by="dan").exit_code == 0
    desk.keep()
    assert (matrix(desk)[HEIGHT], matrix(desk)[DISK]) == ("pass", "not_run")


def test_a_second_list_replaces_the_first_until_the_final_checks(desk, listed, tmp_path):
    fix(desk, listed)
    acknowledge(desk)
    again = desk.run("lessons", listed, "--yes", by="luca")
    assert "luca has fixed these lessons; nothing was signed" in again.out

    other = tmp_path / "other.toml"
    other.write_text(LESSONS_FILE.replace("height 10000", "height 20000"))
    fix(desk, other)
    assert matrix(desk)[HEIGHT] == "not_run"
    acknowledge(desk)
    desk.done("final-check")
    late = desk.run("lessons", listed, "--yes", by="luca")
    refused(late, "a final check of this window has passed")
    assert late.exit_code == 10


def test_the_order_is_that_of_the_ledger(desk, listed, tmp_path):
    """A list that was signed before the final check and kept back comes too late."""
    done = desk.run("lessons", listed, "--yes", "--ledger", "none", by="luca")
    assert done.exit_code == 0, done.err
    (signed,) = [path for path in desk.files() if ".lessons." in path.name]
    kept_back = signed.read_bytes()
    signed.unlink()
    desk.done("final-check")
    signed.write_bytes(kept_back)
    desk.keep()
    assert "none are fixed" in desk.run("lessons").out
    _, document = desk.json("verify")
    (notice,) = [n for n in document["notices"] if n["code"] == "lessons-late"]
    assert "luca fixed lessons after a final check had passed" in notice["message"]
    assert document["exit_code"] == 0


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ('id = "slow-disk"', 'id = "upgrade-height"', "the lesson upgrade-height is there twice"),
        ('owner = "ops-lead"', 'owner = "ops-leed"', "did you mean ops-lead"),
        ("residual_risk", "residual_risks", "residual_risk"),
        ('"height 10000"', "10000", "lesson[0].edge_threshold: it has to be a text, not 10000"),
        ('class = "missed', 'klass = "missed', "unknown key lesson[1].klass; did you mean class?"),
        ("[[lesson]]", "[lesson", "not TOML"),
    ],
    ids=("twice", "role", "key", "number", "misspelt", "toml"),
)
def test_a_file_that_is_not_a_list(desk, tmp_path, old, new, cause):
    path = tmp_path / "lessons.toml"
    path.write_text(LESSONS_FILE.replace(old, new))
    done = desk.run("lessons", path, "--yes", by="luca")
    assert done.exit_code != 0
    assert cause in done.err
    assert "none are fixed" in desk.run("lessons").out


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ("lesson.upgrade-heigt", f"did you mean {HEIGHT}"),
        ("lesson.zzzzzzzzz", "the list: aztrust lessons"),
    ],
)
def test_a_lesson_that_is_not_fixed_is_not_acknowledged(desk, listed, row, hint):
    fix(desk, listed)
    done = desk.run("attest", row, "pass", by="dan")
    assert done.exit_code == 2
    assert "is not a lesson that is fixed for this window" in done.err
    assert hint in done.advised


def test_a_holder_of_another_role_does_not_acknowledge(desk, listed):
    fix(desk, listed)
    done = desk.run("attest", HEIGHT, "pass", by="luca")
    assert done.exit_code == 10
    assert (
        desk.run("attest", HEIGHT, "pass", "--role", "launch-coordinator", by="luca").exit_code
        == 10
    )


@pytest.mark.parametrize(("profile", "is_noted"), [("mainnet", True), ("testnet", False)])
def test_a_mainnet_without_lessons_is_noted(tmp_path, profile, is_noted):
    launch = make_launch(tmp_path, policy=window_policy(), seal=False)
    path = launch.path / "manifests/launch.toml"
    path.write_text(path.read_text().replace("[launch]\n", f'[launch]\nprofile = "{profile}"\n', 1))

    def topics():
        remarks = run("-C", launch.path, "policy", "lint", "--json").document["remarks"]
        return {(remark["severity"], remark["topic"]) for remark in remarks}

    assert (("note", "lessons-missing") in topics()) == is_noted
    (launch.path / "manifests/records/0123456789abcdef.lessons.01234567.dsse.json").write_text("{}")
    assert ("note", "lessons-missing") not in topics()
