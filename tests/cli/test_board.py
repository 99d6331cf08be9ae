"""`aztrust board`: the page as one file, the document, and where it may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_readiness import AT, POWERS, TABLE, some
from tests.command import Done, run
from tests.memory_launch import Launch
from tests.readiness import not_ready, ready, staffed, written


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def board(launch: Launch, path: Path, *words: object) -> Done:
    return run("-C", path, "board", "--at", AT, "--anchor", launch.anchor, *words)


def test_the_page_is_one_file_that_is_replaced_by_a_later_one(tmp_path: Path):
    launch = some()
    path, out = written(launch, tmp_path / "launch"), tmp_path / "board.html"
    for _ in range(2):
        done = board(launch, path, "--out", out)
        assert done.exit_code == 0, done.out + done.err
        page = out.read_text("utf-8")
        assert page.startswith('<!doctype html>\n<html lang="en" data-made-by="aztrust board"')
        assert "50.0% of the power is ready" in page
        assert "SAVED COPY" in page
    assert done.lines[0].startswith("BOARD    bench-1, OPEN, 50.0% of the power is ready")


@pytest.mark.parametrize("text", ["<!doctype html>\n<p>another page", "notes\n"])
def test_another_file_is_not_replaced(tmp_path: Path, text: str):
    launch = some()
    path, out = written(launch, tmp_path / "launch"), tmp_path / "page.html"
    out.write_text(text)
    done = board(launch, path, "--out", out)
    assert done.exit_code == 2
    assert "--out" in done.err
    assert out.read_text() == text


def test_the_page_is_not_written_into_the_launch_or_over_the_other_result(tmp_path: Path):
    launch = some()
    path = written(launch, tmp_path / "launch")
    done = board(launch, path, "--out", path / "manifests" / "board.html")
    assert done.exit_code == 2
    assert not (path / "manifests" / "board.html").exists()
    out = tmp_path / "board.html"
    assert board(launch, path, "--out", out, "-o", out).exit_code == 2
    assert "SAVED COPY" not in out.read_text()


def test_the_document_has_the_board(tmp_path: Path):
    launch = some()
    done = board(launch, written(launch, tmp_path / "launch"), "--format", "json")
    assert done.exit_code == 0
    document = done.document
    assert document["schema"] == "aztrust/board"
    assert document["readiness"]["powers"]["ready"] == "50"
    assert document["window"]["status"] == "OPEN"
    assert document["unseen"] == []


def test_a_genesis_that_is_not_the_sealed_one_gives_no_power(tmp_path: Path):
    launch = some()
    path = written(launch, tmp_path / "launch")
    (path / "genesis" / "genesis.json").write_bytes(b"{}")
    done = board(launch, path, "--format", "json")
    readiness = done.document["readiness"]
    assert readiness["total"] is None
    assert "not the sealed one" in readiness["findings"][0]


def test_what_cannot_be_seen_comes_first_and_the_exit_says_so(tmp_path: Path):
    launch = staffed(POWERS, TABLE)
    path = written(launch, tmp_path / "launch")
    (path / "manifests" / "records" / "x.dsse.json").mkdir()
    done = board(launch, path, "--out", tmp_path / "board.html")
    assert done.exit_code == 1
    assert done.lines[1].startswith("not seen")
    page = (tmp_path / "board.html").read_text("utf-8")
    assert page.index("may lack a stop") < page.index(">Status<")


def all_ready() -> Launch:
    launch = staffed(POWERS, TABLE)
    for name in POWERS:
        ready(launch, name)
    return launch


def test_where_the_named_ledger_is_absent_the_count_is_not_shown_as_met(tmp_path: Path):
    launch = all_ready()
    path, out = written(launch, tmp_path / "launch"), tmp_path / "board.html"
    ledger = ("--ledger", tmp_path / "nowhere.ledger")
    done = board(launch, path, *ledger, "--format", "json")
    assert (done.exit_code, done.document["readiness"]["met"]) == (1, False)
    assert [t for t in done.document["unseen"] if "there is none at" in t]
    assert done.document["readiness"]["findings"][0].startswith("not everything could be read")
    done = board(launch, path, *ledger, "--out", out)
    assert "NOT EVERYTHING IS SEEN" in done.lines[0]
    assert 'class="huge good"' not in out.read_text("utf-8")
    good = board(launch, path, "--format", "json")
    assert (good.exit_code, good.document["readiness"]["met"]) == (0, True)
    assert board(launch, path, "--out", out).exit_code == 0
    assert 'class="huge good"' in out.read_text("utf-8")


def test_copies_of_one_wrong_file_are_not_shown_as_met(tmp_path: Path):
    launch = staffed({"ann": 80, "bob": 10, "eve": 10}, 'min_power = "67%"')
    ready(launch, "ann")
    document = board(launch, written(launch, tmp_path / "a"), "--format", "json").document
    assert document["readiness"]["met"] is True
    for name in ("bob", "eve"):
        not_ready(launch, name, "genesis-mismatch", found="ab12cd34")
    document = board(launch, written(launch, tmp_path / "b"), "--format", "json").document
    assert document["readiness"]["met"] is False
