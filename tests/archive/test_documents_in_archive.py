"""The record of the decision and the launch packet in an archive."""

from __future__ import annotations

from collections import Counter

import pytest

from aztrust.storage import evidencefiles
from tests import checklist_desk as board
from tests.checklist_desk import MEETING, sign_all
from tests.cli_launch import Desk, Template, copied, ticking_clock
from tests.command import run

clock = pytest.fixture(ticking_clock)
desk = pytest.fixture(copied)
PAGES = ("decision.html", "decision.md", "packet.html", "packet.md")


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    signed = board.at_the_decision(tmp_path_factory.mktemp("checklist"))
    return signed.after(tmp_path_factory.mktemp("signed"), lambda desk, _: sign_all(desk))


def archived(desk: Desk, out):
    done = run("-C", desk.launch.path, "archive", out, "--ledger", desk.ledger)
    assert done.exit_code == 0, done.out + done.err
    found = out / "data/documents"
    return {path.name: path.read_bytes() for path in found.iterdir()} if found.exists() else {}


@pytest.mark.clause("RC-H", "RC-I", "RC-J")
def test_an_archive_has_the_record_of_the_decision_and_the_packet(desk, clock, tmp_path):
    assert archived(desk, tmp_path / "before") == {}
    words = ("checklist", "decide", "go", *MEETING, "--yes", "--ledger", desk.ledger)
    done = desk.run(*words, by="luca")
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    pages = archived(desk, tmp_path / "after")
    assert tuple(sorted(pages)) == PAGES
    assert b"**GO**: all areas approve" in pages["decision.md"]
    assert b"Launch packet" in pages["packet.md"]
    index = (tmp_path / "after/data/index.html").read_text()
    assert "record of the decision" in index
    assert "launch packet" in index
    # No clock changes them.
    assert archived(desk, tmp_path / "again") == pages


def test_an_archive_and_its_audit_read_each_file_of_evidence_once(
    desk, clock, tmp_path, monkeypatch
):
    for name in ("one.log", "two.log"):
        (desk.launch.path / name).write_bytes(name.encode())
        board.show(desk, clock, "D.4", name, name.encode())
    sign_all(desk)
    words = ("checklist", "decide", "go", *MEETING, "--yes", "--ledger", desk.ledger)
    done = desk.run(*words, by="luca")
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    reads, read_below = Counter(), evidencefiles.read_below

    def counted(root, path):
        reads[path] += 1
        return read_below(root, path)

    monkeypatch.setattr(evidencefiles, "read_below", counted)
    assert tuple(sorted(archived(desk, tmp_path / "out"))) == PAGES
    assert {reads["one.log"], reads["two.log"]} == {1}
    reads.clear()
    audited = run("audit", tmp_path / "out", "--anchor", desk.anchor)
    assert audited.exit_code == 0, audited.out
    assert {reads["one.log"], reads["two.log"]} == {1}
