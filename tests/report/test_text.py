"""The report for a person: order, width, completeness, and nothing that names can forge."""

from __future__ import annotations

import pytest

from aztrust.acts.verify import verify_launch
from aztrust.core.base.findings import CheckClass, Conclusion, Finding, Status
from aztrust.core.checks import CHECKS
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.judge.verify import verify
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import Evidence
from aztrust.report.json import report_document
from aztrust.report.text import brief, text_report, utc
from tests.disk_launch import NOW, make_launch, policy_text

HOSTILE = (
    "a\nPASS     test-1   exit 0",
    "a\r\x1b[2K\x1b[1APASS",
    "a\u202egnp.exe",
    "a\u200b\u2066b",
    "a\x85b\u2028c\u2029d",
    "a\x9b31mb",
    "a\tb",
)


def judge(launch, required=Stage.APPROVED, *, anchor=True, **request):
    given = {"anchor": launch.anchor, "anchor_source": "given"} if anchor else {}
    return verify_launch(launch.path, Request(NOW, **given, **request), required)


def made(*checks: Check):
    """A verdict of checks that were made up."""
    return verify(Evidence(policy=b""), Request(NOW), Stage.FROZEN, checks)


def check(id_: str, *findings: Finding, check_class=CheckClass.TRUTH, **answer) -> Check:
    codes = tuple(
        Code(name, "It says.", "Mend it.", status=Status.ERROR if name[0] == "e" else Status.FAIL)
        for name in {f.code for f in findings}
    )
    return Check(id_, id_, check_class, ("AZ-1.1",), codes, lambda *_: Answer(findings, **answer))


def test_pass_at_80_columns(tmp_path):
    lines = text_report(judge(make_launch(tmp_path)))
    assert lines[0].startswith("PASS ")
    assert lines[-1].startswith("next ")
    assert max(map(len, lines)) <= 80


def test_every_check_is_named_in_every_report(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    launch.file("release", "README").unlink()
    for verdict in (
        judge(launch),
        judge(launch, Stage.SEALED, anchor=False),
        judge(launch, only="genesis"),
    ):
        text = " ".join(text_report(verdict))
        for one in CHECKS:
            assert one.id in text, one.id


def test_worst_first_then_ten_then_a_count():
    many = tuple(Finding("f-many", f"s{i:02}", "is wrong", mend="do it") for i in range(13))
    verdict = made(
        check("pass"),
        check("error", Finding("e-unknown", "x", "cannot be read")),
        check("hold", Finding("f-hold", "y", "is open"), check_class=CheckClass.AUTHORITY),
        check("truth", *many),
    )
    lines = text_report(verdict, name="somewhere")
    order = [line.split()[0] for line in lines if line.startswith(("f-", "e-"))]
    assert order == ["f-many"] * 10 + ["f-hold", "e-unknown"]
    assert "+3 more of truth; all of them with -v" in lines
    assert lines[-1] == "next     s00: do it"
    verbose = text_report(verdict, verbose=True)
    assert sum(line.startswith("f-many") for line in verbose) == 13
    assert brief(verdict, name="somewhere") == "FAIL     somewhere  exit 10  f-many s00 +14"


def test_a_part_that_passes_is_partial():
    request = Request(NOW, only="release")
    verdict = verify(Evidence(policy=b""), request, Stage.FROZEN, (check("one"),))
    assert (verdict.conclusion, verdict.exit_code) == (Conclusion.PASS, 11)
    assert text_report(verdict, name="x")[0].startswith("PARTIAL  x ")
    assert brief(verdict, name="x") == "PARTIAL  x  exit 11  only the release was asked for"
    assert report_document(verdict, command="verify")["verdict"] == "conditional"


def test_a_finding_has_its_four_lines_and_whole_digests():
    digest, other = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
    finding = Finding(
        "f-file",
        "release:x",
        "is not it",
        expected=digest,
        actual=other,
        this="the old one",
        mend="fetch it",
    )
    lines = text_report(made(check("truth", finding)))
    start = lines.index("f-file   release:x")
    assert lines[start + 1 : start + 6] == [
        "  is not it",
        f"  have   {other}",
        f"  need   {digest}",
        "  this   is the old one",
        "  mend   fetch it",
    ]


@pytest.mark.parametrize("status", ["error", "not_run"])
def test_what_was_not_answered_is_named_with_its_reason(status):
    if status == "error":
        verdict = made(check("one", Finding("e-one", "x", "the file is unreadable")))
    else:
        verdict = made(check("one", not_run="there is no manifest"))
    assert verdict.conclusion in (Conclusion.ERROR, Conclusion.HOLD)
    wanted = (
        "error    one: the file is unreadable"
        if status == "error"
        else "not run  one: there is no manifest"
    )
    assert wanted in text_report(verdict)


def test_exclusions_show_in_every_report(tmp_path):
    text = policy_text().replace(
        'path = "packages/release"', 'path = "packages/release"\nexclude = ["notes/", "b\\nc"]'
    )
    launch = make_launch(tmp_path, policy=text)
    lines = text_report(judge(launch))
    assert "excluded release: b\\nc" in lines
    assert "         release: notes/" in lines
    assert "excluded nothing" in text_report(judge(make_launch(tmp_path, name="other")))


def test_notices_are_counted_and_with_v_shown(tmp_path):
    launch = make_launch(tmp_path)
    for _ in range(5):
        launch.revoke("sha256:" + "0" * 63 + str(_), "mallory")
    verdict = judge(launch)
    assert verdict.exit_code == 0
    text = "\n".join(text_report(verdict))
    assert "notices  5 signer-unknown" in text
    assert "+2 more" in text
    assert "\n".join(text_report(verdict, verbose=True)).count("\nsigner-unknown") == 5


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("verbose", [False, True])
def test_names_forge_nothing(tmp_path, name, verbose):
    text = policy_text().replace('name = "test launch"', f"name = {toml(name)}")
    text = text.replace('chain_id = "test-1"', f"chain_id = {toml(name)}")
    launch = make_launch(tmp_path, policy=text)
    launch.file("release", name).write_bytes(b"x")
    (launch.path / "manifests/records" / name).write_bytes(b"{}")
    (launch.path / "keys" / f"{name}.pem").write_bytes(b"x")
    launch.supersede("release", "sha256:" + "0" * 64, "rita")
    verdict = judge(launch)
    assert verdict.exit_code == 10
    lines = text_report(verdict, verbose=verbose, name=name)
    assert all(line.isprintable() for line in lines)
    assert [line for line in lines if line.startswith(("PASS", "READY"))] == []
    assert brief(verdict, name=name).isprintable()


def test_fields_of_records_forge_nothing():
    for field in ("subject", "message", "expected", "actual", "this", "mend"):
        fields = {"subject": "s", "message": "m", field: HOSTILE[0]}
        verdict = made(check("truth", Finding("f-x", **fields)), check("two", not_run=HOSTILE[1]))
        lines = text_report(verdict)
        assert all(line.isprintable() for line in lines)
        assert not any(line.startswith("PASS") for line in lines)


def test_a_long_launch_name_moves_to_its_own_line(tmp_path):
    text = policy_text().replace('"test launch"', f'"{"long " * 30}"')
    lines = text_report(judge(make_launch(tmp_path, policy=text)))
    assert lines[0] == "PASS     test-1   2026-06-01 12:00:00 UTC   exit 0"
    assert lines[1].startswith("launch   long long")
    assert max(map(len, lines)) <= 80


def test_times_beyond_the_calendar():
    assert utc(NOW) == "2026-06-01 12:00:00 UTC"
    assert utc(2**53 - 1) == f"{2**53 - 1} ms"


def toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'
