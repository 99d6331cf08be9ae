"""The report of each verdict is kept next to it, as it was given."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base import canonical
from tests.cli_launch import Desk, answered, copied, ticking_clock

clock = pytest.fixture(autouse=True)(ticking_clock)
template = pytest.fixture(scope="module")(answered)
desk = pytest.fixture(copied)


def kept(desk: Desk, path: str) -> dict[str, object]:
    name = path.rpartition("/")[2].replace(".dsse.json", ".json")
    data = (desk.launch.path / "manifests/reports" / name).read_bytes()
    document = dict(json.loads(data))
    assert canonical.dumps(document) == data
    return document


def test_each_verdict_has_its_report(desk: Desk):
    names = {p.name.partition(".")[0] for p in desk.files("reports")}
    assert names == {"freeze_confirmed"}
    code, given = desk.json("final-check", "--yes")
    assert code == 0
    document = kept(desk, given["recorded"]["path"])
    assert document["recorded"] == given["recorded"]
    # Everything is as it was given, but the folder of the ledger on the signer's own machine.
    assert document == {**given, "ledger": {**given["ledger"], "path": "launch.ledger"}}
    assert str(desk.ledger) == given["ledger"]["path"]
    done = desk.run("final-check", "--yes")
    assert "report   manifests/reports/final_checks_completed." in done.out
    assert len(desk.files("reports")) == 3
    done = desk.run("window", "checkpoint", "go_hold_review_completed", "--yes")
    assert "report   manifests/reports/go_hold_review_completed." in done.out
    assert desk.verify() == (0, "CONTINUE", set())


def test_what_is_only_shown_is_not_kept(desk: Desk):
    before = desk.files("reports")
    assert desk.run("final-check", "--dry-run").exit_code == 0
    assert desk.run("freeze", "--yes").exit_code == 0
    assert desk.files("reports") == before


def test_a_report_that_cannot_be_written_stops_nothing(desk: Desk):
    reports = desk.launch.path / "manifests/reports"
    for path in desk.files("reports"):
        path.unlink()
    reports.rmdir()
    reports.write_bytes(b"")
    done = desk.run("final-check", "--yes")
    assert done.exit_code == 0, done.err
    assert "report   not kept: " in done.out
    assert any(p.name.startswith("final_checks") for p in desk.files("verdicts"))


def test_a_signed_record_among_the_reports_is_found(desk: Desk):
    record = desk.files()[0]
    stray = desk.launch.path / "manifests/reports" / record.name
    stray.write_bytes(record.read_bytes())
    assert "record-unreadable" in desk.verify()[2]
