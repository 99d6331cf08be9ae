"""JUnit XML: read back by another reader, every name to the letter, and never too good."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.report.ci.junit import junit_text
from aztrust.report.view import clean
from tests.disk_launch import make_launch
from tests.report import samples

# What Jenkins' schema of JUnit files knows of each element that we write.
ATTRIBUTES = {
    "testsuites": set("name time tests failures disabled errors".split()),
    "testsuite": set("name tests failures errors time skipped timestamp".split()),
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
}


def parsed(text: str) -> junitparser.TestSuite:
    """The one suite, whose counts are those of its cases."""
    suites = junitparser.JUnitXml.fromstring(text.encode())
    assert isinstance(suites, junitparser.JUnitXml)
    (suite,) = suites
    counted = [suite.tests, suite.failures, suite.errors, suite.skipped]
    assert counted[:3] == [suites.tests, suites.failures, suites.errors]
    for element in ET.fromstring(text).iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
    suite.update_statistics()
    assert counted == [suite.tests, suite.failures, suite.errors, suite.skipped]
    return suite


def outcomes(suite: junitparser.TestSuite) -> dict[str, str]:
    found = {}
    for case in suite:
        assert len(case.result) <= 1
        assert case.name not in found
        found[case.name] = type(case.result[0]).__name__ if case.result else "Passed"
    return found


def test_one_case_per_check(tmp_path):
    launch = make_launch(tmp_path)
    document = samples.launch_document(launch)
    suite = parsed(junit_text(document))
    assert [case.name for case in suite] == [c["id"] for c in document["checks"]] + ["verdict"]
    found = outcomes(suite)
    assert found["release-integrity"] == found["verdict"] == "Passed"
    assert found["freeze"] == "Skipped"  # pending
    properties = {p.name: p.value for p in suite.properties()}
    assert properties["policy_digest"] == launch.anchor
    assert (properties["verdict"], properties["exit_code"]) == ("pass", "0")
    assert suite.timestamp == "2026-06-01T12:00:00"


@pytest.mark.parametrize(
    ("status", "outcome", "verdict"),
    [
        ("pass", "Passed", "Passed"),
        ("pending", "Skipped", "Passed"),
        ("not_applicable", "Skipped", "Passed"),
        ("not_run", "Error", "Failure"),
        ("error", "Error", "Failure"),
        ("fail", "Failure", "Failure"),
        ("not_heard_of", "Error", "Failure"),
    ],
)
def test_what_was_not_checked_is_not_passed(status, outcome, verdict):
    text = junit_text(samples.with_status(status))
    assert outcomes(parsed(text)) == {"freeze": outcome, "verdict": verdict}
    assert ("the reason" in text) == (outcome != "Passed")


def test_a_finding_in_a_check_that_passed_is_a_failure():
    finding = samples.findings_document("x")["checks"][0]["findings"][0]
    text = junit_text(samples.with_status("pass", findings=[finding]))
    assert outcomes(parsed(text))["freeze"] == "Failure"


def test_half_a_launch_is_not_a_pass(tmp_path):
    suite = parsed(junit_text(samples.launch_document(make_launch(tmp_path), only="release")))
    assert outcomes(suite)["verdict"] == "Failure"


def test_hostile_names_are_shown_to_the_letter(tmp_path):
    document = samples.launch_document(samples.hostile_launch(tmp_path))
    suite = parsed(junit_text(document))
    assert [case.name for case in suite] == [c["id"] for c in document["checks"]] + ["verdict"]
    case = next(case for case in suite if case.name == "release-integrity")
    (failure,) = case.result
    check = next(c for c in document["checks"] if c["id"] == "release-integrity")
    assert len(check["findings"]) == len(samples.HOSTILE)
    for finding in check["findings"]:
        assert f"\n{finding['subject']}: {finding['message']}\n" in f"\n{failure.text}\n"


@given(text=st.text(min_size=1, max_size=40))
def test_no_text_becomes_an_element(text):
    plain = junit_text(samples.findings_document("x"))
    document = samples.findings_document(text, launch=text, chain_id=text)
    made = junit_text(document)
    root = ET.fromstring(made)
    tags = [(e.tag, sorted(e.attrib)) for e in root.iter() if e.tag != "property"]
    assert tags == [(e.tag, sorted(e.attrib)) for e in ET.fromstring(plain).iter()
                    if e.tag != "property"]  # fmt: skip
    cleaned = clean(text)
    assert root.find(".//property[@name='launch']").attrib["value"] == cleaned
    assert root.find(".//testcase[@name='integrity']/failure").text.count(cleaned) >= 5


def test_a_failure_is_an_error():
    document = samples.failure()
    text = junit_text(document)
    suite = parsed(text)
    assert outcomes(suite) == {"verdict": "Error"}
    (case,) = suite
    assert case.result[0].message == document["message"]
    assert document["mend"] in case.result[0].text


def test_the_same_bytes_and_no_time_at_all():
    document = samples.findings_document("x")
    assert junit_text(document) == junit_text(document)
    far = junit_text({**document, "at_unix_ms": 2**53 - 1})
    assert "timestamp" not in far
    assert parsed(far).tests == parsed(junit_text(document)).tests
