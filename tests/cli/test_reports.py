"""Reports for CI: several forms of one run, the job's summary, and failures in their place."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET

import pytest

from tests.command import run
from tests.disk_launch import make_launch

AT = ("--at", "1780315200")


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path)


def verify(launch, *words, anchor=True):
    given = ("--anchor", launch.anchor) if anchor else ()
    return run("-C", launch.path, "verify", *given, *AT, *words)


def form_of(data: bytes) -> str:
    if data.startswith(b"<?xml"):
        assert ET.fromstring(data).tag == "testsuites"
        return "junit"
    if data.startswith(b"{"):
        document = json.loads(data)
        return "sarif" if document.get("version") == "2.1.0" else "json"
    return "markdown" if data.startswith(b"## aztrust ") else "text"


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "markdown"])
def test_each_form_on_stdout(launch, form):
    done = verify(launch, "--format", form)
    assert done.exit_code == 0
    assert form_of(done.out.encode()) == form
    assert verify(launch, "--format", form).out == done.out


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("r.json", "json"),
        ("r.sarif", "sarif"),
        ("r.sarif.json", "sarif"),
        ("r.xml", "junit"),
        ("r.md", "markdown"),
        ("r.txt", "text"),
        ("r", "text"),
    ],
)
def test_a_name_asks_for_its_form(launch, tmp_path, name, form):
    path = tmp_path / name
    assert verify(launch, "-o", path).exit_code == 0
    assert form_of(path.read_bytes()) == form
    assert verify(launch, "-o", path, "--format", "json").exit_code == 0
    assert form_of(path.read_bytes()) == "json"


def test_a_command_without_a_verdict_has_text_and_json(launch, tmp_path):
    done = run("-C", launch.path, "policy", "show", "--format", "sarif")
    assert done.exit_code == 2
    assert run("-C", launch.path, "policy", "show", "-o", tmp_path / "p.xml").exit_code == 0
    assert form_of((tmp_path / "p.xml").read_bytes()) == "text"
    assert run("policy", "show", "--report", "json=x").exit_code == 2


def test_one_run_gives_them_all(launch, tmp_path):
    files = {form: tmp_path / f"out.{form}" for form in ("json", "sarif", "junit", "markdown")}
    launch.file("release", "bin/atlasd").write_bytes(b"other")
    words = [word for form, path in files.items() for word in ("--report", f"{form}={path}")]
    done = verify(launch, *words)
    assert done.exit_code == 10
    assert done.out.startswith("FAIL ")
    for form, path in files.items():
        assert form_of(path.read_bytes()) == form
        assert b"file-modified" in path.read_bytes()
        assert path.read_text() == verify(launch, "--format", form).out


def test_preflight(launch, tmp_path):
    words = (
        "--binary", launch.file("release", "bin/atlasd"),
        "--genesis", launch.file("genesis", "genesis.json"),
        "--anchor", launch.anchor, *AT,
    )  # fmt: skip
    for name in ("h.sarif", "h.xml", "h.md", "h.json", "h.txt"):
        for _ in range(2):  # an earlier report is replaced, whatever its form
            done = run("-C", launch.path, "preflight", *words, "-o", tmp_path / name)
            assert done.exit_code == 11, done.err
            assert done.out.startswith("DO NOT START THIS HOST")
    assert b"DO NOT START THIS HOST" in (tmp_path / "h.md").read_bytes()
    assert b'name="host-binary"' in (tmp_path / "h.xml").read_bytes()
    sarif = json.loads((tmp_path / "h.sarif").read_bytes())
    assert {r["ruleId"] for r in sarif["runs"][0]["results"]} == {
        "freeze-missing",
        "kit-current",
    }
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x7fELF")
    done = run("-C", launch.path, "preflight", *words, "--report", f"sarif={binary}")
    assert done.exit_code == 2
    assert binary.read_bytes() == b"\x7fELF"


def test_a_host_s_finding_points_at_the_host_s_file(launch, tmp_path):
    binary = tmp_path / "my host" / "atlas%d"
    binary.parent.mkdir()
    binary.write_bytes(b"#!/bin/sh\n")
    binary.chmod(0o755)
    out = tmp_path / "h.sarif"
    words = ("--binary", binary, "--genesis", launch.file("genesis", "genesis.json"))
    run("-C", launch.path, "preflight", *words, "--anchor", launch.anchor, *AT, "-o", out)
    results = json.loads(out.read_bytes())["runs"][0]["results"]
    (result,) = (r for r in results if r["ruleId"].startswith("binary-"))
    where = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert where == {"uri": binary.as_uri()}


# ---- the summary of a job -----------------------------------------------------------------------


@pytest.fixture
def summary(tmp_path, monkeypatch):
    path = tmp_path / "summary"
    path.write_text("before")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_the_summary_gets_it_too(launch, summary):
    done = verify(launch)
    assert done.out.startswith("PASS ")
    text = summary.read_text()
    assert text.startswith("before\n## aztrust verify: PASS\n")
    verify(launch, "--format", "json")
    assert summary.read_text() == text + text.removeprefix("before")
    run("-C", launch.path, "policy", "show")
    assert summary.read_text().count("## aztrust") == 2


def test_a_failure_is_in_the_summary(tmp_path, summary):
    (tmp_path / "x").mkdir()
    done = run("-C", tmp_path / "x", "verify")
    assert done.exit_code == 3
    assert "## aztrust verify: no verdict" in summary.read_text()


@pytest.mark.parametrize("name", ["", "there/is/none", "folder", "link"])
def test_a_summary_that_cannot_be_written_changes_no_answer(launch, tmp_path, monkeypatch, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / name) if name else "")
    done = verify(launch)
    assert done.out.startswith("PASS ")
    assert done.exit_code == 0
    assert ("summary is not written" in done.err) == bool(name)
    assert (tmp_path / "target").read_text() == "x"


def test_a_summary_is_not_written_into_what_is_judged(launch, monkeypatch):
    policy = launch.path / "manifests/launch.toml"
    before = policy.read_bytes()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(policy))
    done = verify(launch)
    assert done.exit_code == 0
    assert "summary is not written: $GITHUB_STEP_SUMMARY" in done.err
    assert policy.read_bytes() == before


# ---- what must not be, and what takes its place -------------------------------------------------


@pytest.mark.parametrize("form", ["sarif", "junit", "markdown"])
def test_a_failure_replaces_yesterday_s_pass(launch, tmp_path, form):
    path, other = tmp_path / "out", tmp_path / "other"
    assert verify(launch, "--report", f"{form}={path}", "-o", other).exit_code == 0
    (launch.path / "manifests/launch.toml").unlink()
    (launch.path / "manifests/launch.toml").mkdir()
    done = verify(launch, "--report", f"{form}={path}", "--format", form, anchor=False)
    assert done.exit_code == 1
    assert form_of(path.read_bytes()) == form
    assert path.read_text() == done.out
    if form == "junit":
        assert ET.fromstring(path.read_bytes()).attrib["errors"] == "1"
    if form == "sarif":
        assert json.loads(path.read_bytes())["runs"][0]["results"] != []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
def test_a_report_that_cannot_be_written_leaves_no_pass_anywhere(launch, tmp_path):
    first, last = tmp_path / "first.json", tmp_path / "last.json"
    files = ("--report", f"json={first}", "--report", "sarif=/dev/full", "--report", f"json={last}")
    done = verify(launch, *files)
    assert done.exit_code == 1
    assert "PASS" not in done.out
    assert done.err.count("/dev/full") == 1
    assert [json.loads(path.read_bytes())["schema"] for path in (first, last)] == [
        "aztrust/error",
        "aztrust/error",
    ]


@pytest.mark.parametrize("form", ["sarif", "junit", "markdown"])
def test_a_wrong_command_line_answers_in_the_form_it_asks_for(form):
    done = run("verify", "--format", form, "--no-such-option")
    assert done.exit_code == 2
    assert form_of(done.out.encode()) == form


@pytest.mark.parametrize("text", ["", "sarif", "sarif=", "=x", "text=x", "SARIF=x", "a\x1bb=x"])
def test_reports_are_form_and_file(launch, text):
    done = verify(launch, "--report", text)
    assert done.exit_code == 2
    assert "is not FORM=FILE" in done.err
    assert "\x1b" not in done.err


def test_a_report_is_not_written_into_what_is_judged(launch):
    for place in ("manifests/x.sarif", "keys/x.sarif", "packages/release/x.sarif"):
        done = verify(launch, "--report", f"sarif={launch.path / place}")
        assert done.exit_code == 2
        assert "--report" in done.err
        assert not (launch.path / place).exists()


def test_one_file_is_written_once(launch, tmp_path):
    path = tmp_path / "x"
    for words in (
        ("--report", f"sarif={path}", "--report", f"junit={tmp_path}/./x"),
        ("--report", f"sarif={path}", "-o", path),
    ):
        done = verify(launch, *words)
        assert done.exit_code == 2
        assert "written twice" in done.err
        assert not path.exists()
    assert (
        verify(launch, "--report", "sarif=/dev/null", "--report", "json=/dev/null").exit_code == 0
    )


def test_no_form_is_better_than_the_exit_code(launch, tmp_path):
    """Without an anchor everything holds, and no report shows a pass."""
    files = {form: tmp_path / form for form in ("sarif", "junit", "markdown")}
    words = [word for form, path in files.items() for word in ("--report", f"{form}={path}")]
    assert verify(launch, *words, anchor=False).exit_code == 12
    (sarif,) = json.loads(files["sarif"].read_bytes())["runs"]
    assert [result["ruleId"] for result in sarif["results"]] == ["anchor"]
    junit = ET.fromstring(files["junit"].read_bytes())
    assert (junit.attrib["errors"], junit.attrib["failures"]) == ("1", "1")
    assert files["markdown"].read_text().startswith("## aztrust verify: HOLD\n")
