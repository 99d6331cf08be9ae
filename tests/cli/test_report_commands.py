"""Every command that ends in a verdict gives it in every form, held to the forms' own readers."""

from __future__ import annotations

import json

import pytest

from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import make_launch
from tests.report.test_junit import outcomes, parsed
from tests.report.test_markdown import first_heading, structure
from tests.report.test_sarif import read
from tests.report.test_sarif import schema as schema

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture
def desk(tmp_path):
    return Desk(make_launch(tmp_path, policy=window_policy()))


@pytest.fixture
def forms(tmp_path, monkeypatch, schema):
    """Run a command with all of them; its exit code, and what they reported."""
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    def gives(desk, *words):
        files = {form: tmp_path / form for form in ("json", "sarif", "junit", "markdown")}
        reports = [word for form, path in files.items() for word in ("--report", f"{form}={path}")]
        summary.unlink(missing_ok=True)
        done = desk.run(*words, *reports)
        document = json.loads(files["json"].read_bytes())
        assert document["schema"] == "aztrust/report", done.err
        assert document["exit_code"] == done.exit_code
        # The SARIF log is made from the document alone.
        assert json.loads(files["sarif"].read_bytes())["runs"] == [read(schema, document)]
        cases = outcomes(parsed(files["junit"].read_text()))
        assert list(cases) == [*(check["id"] for check in document["checks"]), "verdict"]
        text = files["markdown"].read_text()
        structure(text)
        assert first_heading(text).startswith(f"aztrust {words[0]}: ")
        assert summary.read_text() == f"\n{text}"
        passed = not document_results(files) and set(cases.values()) <= {"Passed", "Skipped"}
        assert passed == (done.exit_code == 0)
        return done.exit_code, cases

    return gives


def document_results(files):
    return json.loads(files["sarif"].read_bytes())["runs"][0]["results"]


def test_freeze(desk, forms):
    desk.launch.file("release", "README").write_bytes(b"other")
    exit_code, cases = forms(desk, "freeze", "--yes")
    assert (exit_code, cases["release-integrity"]) == (10, "Failure")


def test_freeze_that_passes(desk, forms):
    assert forms(desk, "freeze", "--yes")[0] == 0
    assert forms(desk, "verify")[0] == 0


def test_final_check(desk, forms):
    desk.freeze()
    exit_code, cases = forms(desk, "final-check")
    assert (exit_code, cases["incident-path"]) == (11, "Error")
    desk.answer_all()
    assert forms(desk, "final-check")[0] == 0


def test_gate(desk, forms):
    desk.freeze()
    (verdict,) = (desk.launch.path / "manifests/verdicts").glob("*.dsse.json")
    words = ("gate", verdict)
    assert forms(desk, *words, "--class", "final_checks_completed")[0] == 10
    exit_code, _ = forms(desk, *words, "--class", "freeze_confirmed", "--offline")
    assert exit_code in (0, 11)


def test_a_gate_writes_over_nothing_that_it_judges(desk, tmp_path):
    assert desk.run("freeze", "--yes").exit_code == 0
    (bundle,) = (desk.launch.path / "manifests/verdicts").glob("*.sigstore.json")
    verdict = tmp_path / "handed.sigstore.json"
    verdict.write_bytes(bundle.read_bytes())
    before = verdict.read_bytes()
    words = ("-C", desk.launch.path, "gate", verdict, "--class", "freeze_confirmed", "--offline")
    for more in (("-o", verdict), ("--report", f"json={verdict}")):
        done = run(*words, "--anchor", desk.launch.anchor, *more)
        assert (done.exit_code, "is what this command reads" in done.err) == (2, True)
    assert verdict.read_bytes() == before
    for _ in range(2):
        answer = tmp_path / "answer.txt"
        assert run(*words, "--anchor", desk.launch.anchor, "-o", answer).exit_code in (0, 10, 11)
        assert answer.read_text()
