"""`aztrust evidence` and `checklist answer`: what is shown for an item, and read again."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from aztrust.acts.checklist.evidence import read_files
from aztrust.core.base.errors import UsageError
from aztrust.core.records.checklist import MAX_FILES
from aztrust.storage import capture
from tests.checklists import DIGEST, TEXT
from tests.cli_launch import home_at, ticking_clock
from tests.command import run
from tests.disk_launch import make_launch, policy_text

clock = pytest.fixture(autouse=True)(ticking_clock)
LOG = b"restored 4 of 4 volumes\n"
PASSING = ("--reason", "looked at")


class Desk:
    def __init__(self, path: Path) -> None:
        self.launch = make_launch(
            path,
            policy=policy_text(extra=f'[checklist]\ndigest = "{DIGEST}"\n'),
            seal=False,
            approve=False,
        )
        self.path = self.launch.path
        (self.path / "manifests/checklist.toml").write_bytes(TEXT)
        self.log = self.put("reports/restore.log", LOG)

    def put(self, name: str, data: bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def run(self, *words: object, by: str | None = None):
        key = ("--key", self.launch.key_file(by)) if by is not None else ()
        return run("-C", self.path, *words, *key, "--anchor", self.launch.anchor)

    def add(self, *words: object, by: str = "dan"):
        return self.run("evidence", "add", *words, by=by)

    def added(self, *words: object, by: str = "dan") -> str:
        done = self.add(*words, "--format", "json", by=by)
        assert done.exit_code == 0, done.out + done.err
        return done.document["record_id"]

    def states(self, *words: object) -> tuple[int, dict[str, str]]:
        document = self.run("evidence", "verify", *words, "--format", "json").document
        found = {f"{f['item']}:{f['path'] or ''}": f["state"] for f in document["files"]}
        return document["exit_code"], found


@pytest.fixture
def desk(tmp_path, monkeypatch):
    home_at(monkeypatch, tmp_path / "home")
    return Desk(tmp_path)


@pytest.mark.clause("RC-H")
def test_a_file_is_shown_and_read_again(desk):
    assert desk.states() == (11, {"D.1:": "pending"})
    done = desk.add("D.1", desk.log)
    assert done.exit_code == 0, done.out + done.err
    assert f"{len(LOG)} bytes" in done.out
    assert desk.states() == (0, {"D.1:reports/restore.log": "same"})
    shown = desk.run("evidence", "verify")
    assert (shown.exit_code, shown.lines[0]) == (0, "PASS evidence: 1 same  exit 0")
    listed = desk.run("evidence", "list")
    assert "launch:reports/restore.log" in listed.out


@pytest.mark.clause("RC-H")
def test_a_file_replaced_by_one_with_the_same_name_is_bad(desk):
    desk.added("D.1", desk.log)
    desk.log.write_bytes(b"restored 0 of 4 volumes\n")
    assert desk.states() == (10, {"D.1:reports/restore.log": "changed"})
    done = desk.run("evidence", "verify")
    assert done.exit_code == 10
    assert "aztrust evidence add D.1 FILE" in done.advised
    desk.added("D.1", desk.log)
    assert desk.states() == (0, {"D.1:reports/restore.log": "same"})


@pytest.mark.clause("RC-H")
def test_a_missing_file_is_never_a_pass(desk):
    other = desk.put("reports/other.log", b"x")
    desk.added("D.1", desk.log, other)
    other.unlink()
    assert desk.states() == (
        11,
        {"D.1:reports/other.log": "missing", "D.1:reports/restore.log": "same"},
    )


@pytest.mark.parametrize("kind", ["outside", "link", "folder", "fifo", "empty", "absent"])
def test_what_is_not_a_regular_file_below_the_root_is_refused_in_one_line(desk, tmp_path, kind):
    place = desk.path / "reports/one.log"
    outside = tmp_path / "outside.log"
    outside.write_bytes(LOG)
    if kind == "outside":
        place = outside
    elif kind == "link":
        place.symlink_to(outside)
    elif kind == "folder":
        place.mkdir()
    elif kind == "fifo":
        os.mkfifo(place)
    elif kind == "empty":
        place.write_bytes(b"")
    done = desk.add("D.1", place)
    causes = {
        "outside": "is not below the root",
        "link": "is a link",
        "folder": "it is a directory",
        "fifo": "it is a special file",
        "empty": "is empty: it shows nothing",
        "absent": "there is no such file",
    }
    assert done.exit_code != 0
    assert causes[kind] in done.advised
    assert desk.states() == (11, {"D.1:": "pending"})
    assert desk.add("D.1", desk.log).exit_code == 0


def test_a_record_has_at_most_a_thousand_files(tmp_path):
    for n in range(MAX_FILES + 1):
        (tmp_path / f"{n}.log").write_bytes(b"x")
    every = [tmp_path / f"{n}.log" for n in range(MAX_FILES + 1)]
    assert len(read_files(tmp_path, every[1:], None)) == MAX_FILES
    with pytest.raises(UsageError, match="1001 files are named, and one record has at most 1000"):
        read_files(tmp_path, every, None)


def test_a_folder_that_became_a_link_is_not_followed(desk, tmp_path):
    desk.added("D.1", desk.log)
    (desk.path / "reports").rename(tmp_path / "elsewhere")
    (desk.path / "reports").symlink_to(tmp_path / "elsewhere")
    assert desk.states() == (11, {"D.1:reports/restore.log": "unknown"})


def test_another_root_is_named_once_and_remembered(desk, tmp_path):
    drills = tmp_path / "drills"
    (drills / "may").mkdir(parents=True)
    (drills / "may/restore.log").write_bytes(LOG)
    assert desk.add("D.1", drills / "may/restore.log").exit_code == 10
    desk.added("D.1", drills / "may/restore.log", "--root", f"drills={drills}")
    assert desk.states() == (0, {"D.1:may/restore.log": "same"})
    (tmp_path / "home/aztrust/evidence-roots.json").unlink()
    assert desk.states() == (11, {"D.1:may/restore.log": "unknown"})
    assert desk.states("--root", f"drills={drills}") == (0, {"D.1:may/restore.log": "same"})
    assert desk.states() == (0, {"D.1:may/restore.log": "same"})


@pytest.mark.parametrize("given", ["launch=/tmp", "Drills=/tmp", "drills="])
def test_a_root_has_a_name_of_its_own(desk, given):
    assert desk.add("D.1", desk.log, "--root", given).exit_code == 2


@pytest.mark.clause("RC-H")
def test_the_output_of_a_command_is_kept_with_its_exit_code(desk):
    command = f"{sys.executable} -c \"print('a | b'); raise SystemExit(3)\""
    done = desk.add("D.1", "--command", command)
    assert done.exit_code == 0, done.out + done.err
    assert "exit 3: the command failed" in done.advised
    (output,) = (desk.path / "manifests/evidence").iterdir()
    assert f"commit it with the record: manifests/evidence/{output.name}" in done.advised
    assert output.read_bytes() == b"a | b\n"
    document = desk.run("evidence", "verify", "--format", "json").document
    (file,) = document["files"]
    assert (file["state"], file["command_exit_code"]) == ("same", 3)
    assert file["path"] == f"manifests/evidence/{output.name}"
    output.write_bytes(b"a | c\n")
    assert desk.states()[0] == 10


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        ("cat a | wc", "operator of a shell"),
        ("cat a>b", "operator of a shell"),
        ("", "needs 1 to 1000 characters"),
        ("cat 'a", "cannot be read"),
        ("aztrust-has-no-such-program", "did not start"),
        ("true", "wrote nothing"),
    ],
)
def test_a_command_that_shows_nothing_is_refused(desk, command, cause):
    done = desk.add("D.1", "--command", command)
    assert done.exit_code != 0
    assert cause in done.advised
    assert desk.states() == (11, {"D.1:": "pending"})


def test_a_command_that_writes_too_much_or_never_ends_is_ended():
    endless = f"{sys.executable} -c \"while True: print('x' * 1000)\""
    with pytest.raises(Exception, match="wrote more than 5000 bytes"):
        capture.capture(endless, limit=5000)
    with pytest.raises(Exception, match="did not end in"):
        capture.capture(f'{sys.executable} -c "import time; time.sleep(60)"', seconds=0.2)
    # The shell ends at once, and what it started keeps its output open.
    began = time.monotonic()
    left = f"sh -c '{sys.executable} -c \"import time; time.sleep(60)\" &'"
    with pytest.raises(Exception, match="did not end in"):
        capture.capture(left, seconds=0.2)
    assert time.monotonic() - began < 30
    assert capture.capture("echo 12", limit=3).output == b"12\n"


@pytest.mark.parametrize("apart", ["", "setsid "])
def test_a_program_that_another_one_left_behind_does_not_hold_the_command_for_ever(apart):
    began = time.monotonic()
    with pytest.raises(Exception, match="did not end in"):
        capture.capture(f"sh -c 'echo 1; {apart}sleep 20 &'", seconds=0.2)
    assert time.monotonic() - began < 10
    assert capture.capture("sh -c 'echo 1; sleep 20 > /dev/null 2>&1 &'").output == b"1\n"


def test_an_output_that_the_holder_kept_names_its_command(desk):
    desk.added("D.1", "--captured", desk.log, "--command", "restore --all | tee log")
    (file,) = desk.run("evidence", "verify", "--format", "json").document["files"]
    assert (file["command"], file["command_exit_code"]) == ("restore --all | tee log", None)
    assert desk.add("D.1", "--captured", desk.log).exit_code == 2


@pytest.mark.parametrize(("by", "code"), [("dan", 0), ("sonia", 10)])
def test_only_owner_and_approver_show_evidence(desk, by, code):
    assert desk.add("D.1", desk.log, by=by).exit_code == code


def test_an_item_that_is_not_there_is_named_with_its_neighbours(desk):
    done = desk.add("d.1", desk.log)
    assert (done.exit_code, "did you mean D.1" in done.advised) == (2, True)


# ---- checklist answer ---------------------------------------------------------------------------


def answered(desk, *words, by="dan"):
    return desk.run("checklist", "answer", *words, by=by)


@pytest.mark.clause("RC-H")
def test_an_item_that_asks_for_evidence_is_answered_once_it_has_some(desk):
    done = answered(desk, "D.1", "pass", *PASSING)
    assert (done.exit_code, "aztrust evidence add D.1 FILE" in done.advised) == (10, True)
    assert answered(desk, "D.1", "fail", *PASSING).exit_code == 0
    shown = desk.added("D.1", desk.log)
    done = answered(desk, "D.1", "pass", *PASSING, "--format", "json")
    assert done.document["rests_on"] == [shown]


def test_an_answer_names_the_evidence_that_it_rests_on(desk):
    first = desk.added("D.1", desk.log)
    desk.added("D.1", desk.put("more.log", b"more"))
    done = answered(desk, "D.1", "pass", *PASSING, "--evidence", first[7:23], "--format", "json")
    assert done.document["rests_on"] == [first]
    done = answered(desk, "D.1", "pass", *PASSING, "--evidence", "0" * 16)
    assert (done.exit_code, "aztrust evidence list" in done.advised) == (2, True)


@pytest.mark.clause("RC-G.scoring")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("warning",), 2),
        (("warning", "--owner", "dan"), 2),
        (("warning", "--owner", "dan", "--due", "2026-05-01T00:00:00Z"), 2),
        (("warning", "--owner", "dan", "--due", "2027-01-01T00:00:00Z"), 0),
        (("pass", "--owner", "dan", "--due", "2027-01-01T00:00:00Z"), 2),
        (("not-applicable",), 0),
    ],
)
def test_a_warning_has_an_owner_and_a_due_time_in_the_future(desk, words, code):
    assert answered(desk, "D.2", *words, *PASSING, by="rita").exit_code == code


@pytest.mark.clause("RC-D", "RC-E")
def test_a_drill_is_answered_with_all_of_its_parts(desk):
    parts = (
        *("--drill", "dress-rehearsal", "--environment", "staging", "--results", "all in time"),
        *("--from", "2026-05-20T10:00:00Z", "--until", "2026-05-20T12:00:00Z"),
    )
    assert answered(desk, "E.1", "pass", *PASSING).exit_code == 10
    assert answered(desk, "E.1", "pass", *PASSING, *parts[:-2]).exit_code == 2
    backwards = (*parts[:-1], "2026-05-20T09:00:00Z")
    assert answered(desk, "E.1", "pass", *PASSING, *backwards).exit_code == 2
    later = (*parts[:-1], "2027-05-20T09:00:00Z")
    assert answered(desk, "E.1", "pass", *PASSING, *later).exit_code == 2
    assert answered(desk, "E.1", "pass", *PASSING, *parts).exit_code == 0


def test_a_computed_item_refuses_an_answer_with_the_mend(desk):
    done = answered(desk, "S.1", "pass", *PASSING, by="sonia")
    assert (done.exit_code, "aztrust checklist score" in done.advised) == (10, True)


def test_an_item_is_answered_by_its_owner_alone(desk):
    assert answered(desk, "D.2", "pass", *PASSING, by="dan").exit_code == 10
    assert answered(desk, "D.2", "pass", *PASSING, by="rita").exit_code == 0
