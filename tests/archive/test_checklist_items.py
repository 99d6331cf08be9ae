"""What an archive names of the checklist, and the command that comes next."""

from __future__ import annotations

import json

import pytest

from tests.checklist_desk import at_the_decision, show, sign_all
from tests.cli_launch import Desk, Template
from tests.command import run

KINDS = {"checklist-evidence", "checklist-sign-off", "go-no-go-decision", "checklist-closed"}


@pytest.fixture(scope="module")
def of_checklist(tmp_path_factory) -> Template:
    return at_the_decision(tmp_path_factory.mktemp("checklist"))


def items(desk: Desk, out) -> dict[str, dict]:
    done = run("-C", desk.launch.path, "archive", out, "--ledger", desk.ledger)
    assert done.exit_code == 0, done.out + done.err
    document = json.loads((out / "data/missing.json").read_bytes())
    return {i["item"]: i for part in ("missing", "present") for i in document[part]}


@pytest.mark.clause("RC-H", "RC-J")
def test_an_archive_names_what_is_missing_of_its_checklist(of_checklist, tmp_path, clock):
    desk = of_checklist.copy(tmp_path, clock)
    before = items(desk, tmp_path / "before")
    assert all(before[kind]["missing"] for kind in KINDS)
    assert before["checklist-evidence"]["clause"] == "RC-H"
    assert {before[kind]["clause"] for kind in KINDS - {"checklist-evidence"}} == {"RC-J"}
    (desk.launch.path / "proof.txt").write_bytes(b"proof\n")
    shown = show(desk, clock, "D.2", "proof.txt", b"proof\n")
    sign_all(desk)
    after = items(desk, tmp_path / "after")
    assert after["checklist-evidence"]["found"] == [shown]
    assert len(after["checklist-sign-off"]["found"]) == 3
    assert {kind for kind in KINDS if after[kind]["missing"]} == {
        "go-no-go-decision",
        "checklist-closed",
    }


def test_a_launch_without_a_checklist_names_no_item_of_one(desk, tmp_path):
    assert not set(items(desk, tmp_path / "out")) & KINDS


def test_the_command_that_comes_next_audits_the_archive(desk, tmp_path):
    out = tmp_path / "out"
    done = run("-C", desk.launch.path, "archive", out, "--ledger", desk.ledger)
    typed = " ".join(done.out.replace("\\\n", " ").split())
    words = ("audit", out, "--anchor", desk.anchor.removeprefix("sha256:"))
    assert " ".join(("aztrust", *map(str, words))) in typed
    # 12 would say that no anchor was given.
    assert run(*words).exit_code != 12
