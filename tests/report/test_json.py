"""The JSON report: exact keys, one form of bytes, and never better than the findings."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.acts.verify import verify_launch
from aztrust.core.base import canonical
from aztrust.core.base.findings import CheckClass, Finding, Locus, Status
from aztrust.core.checks import CHECKS
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.judge.verify import verify
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import Evidence
from aztrust.report.json import report_document
from aztrust.report.text import text_report
from tests.command import run
from tests.disk_launch import NOW, make_launch
from tests.shared import REPOSITORY

KEYS = set(
    """schema version_major version_minor command launch chain_id at_unix_ms aztrust_version
    verdict guidance exit_code scope_hash policy_digest anchor tree_head packages checks
    notices pending""".split()
)
CHECK_KEYS = set("id class status owner evidence timestamp_unix_ms findings detail".split())
FINDING_KEYS = set("code locus subject message expected actual this mend".split())


def schema(name: str) -> jsonschema.Draft202012Validator:
    document = json.loads((REPOSITORY / "docs/schemas" / f"{name}.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(document)


def report(launch, required=Stage.APPROVED):
    request = Request(NOW, launch.anchor, "given")
    return report_document(verify_launch(launch.path, request, required), command="verify")


def test_keys_and_values(tmp_path):
    launch = make_launch(tmp_path)
    launch.revoke("sha256:" + "0" * 64, "mallory")
    document = report(launch)
    schema("report").validate(document)
    assert set(document) == KEYS
    assert document["verdict"] == "pass"
    assert document["exit_code"] == 0
    assert document["tree_head"] is None
    assert document["policy_digest"] == launch.anchor
    assert document["packages"]["release"] == {
        "path": "packages/release",
        "package_id": launch.package_id("release"),
        "content_root": launch.manifest("release").content_root,
        "files": 3,
        "bytes": launch.manifest("release").total_bytes,
        "excluded": [],
    }
    ids = [result_id for check in CHECKS for result_id in _ids(check)]
    assert [check["id"] for check in document["checks"]] == ids
    assert all(set(check) == CHECK_KEYS for check in document["checks"])
    assert {check["timestamp_unix_ms"] for check in document["checks"]} == {NOW}
    assert all(set(notice) == FINDING_KEYS | {"check"} for notice in document["notices"])
    assert [n["check"] for n in document["notices"] if n["code"] == "signer-unknown"] == ["records"]


def _ids(check):
    return (f"release-{check.id}", f"genesis-{check.id}") if check.per_package else (check.id,)


def test_findings(tmp_path):
    launch = make_launch(tmp_path)
    old = launch.manifest("release").file("README").sha256
    launch.file("release", "README").write_bytes(b"other")
    document = report(launch)
    schema("report").validate(document)
    finding = next(c for c in document["checks"] if c["id"] == "release-integrity")["findings"][0]
    assert set(finding) == FINDING_KEYS
    assert (finding["code"], finding["locus"]) == ("file-modified", "launch")
    assert finding["expected"] == old
    assert finding["this"] is None


def test_same_evidence_same_bytes(tmp_path):
    launch = make_launch(tmp_path)
    words = ("-C", launch.path, "verify", "--at", "1780315200", "--format", "json")
    first, second = run(*words), run(*words, "--jobs", "2")
    assert first.out == second.out
    assert first.out.endswith("}\n")
    data = first.out.encode()
    assert canonical.dumps(canonical.loads(data[:-1], what="r", code="x")) == data[:-1]


def test_a_broken_policy_has_a_report_too(tmp_path):
    launch = make_launch(tmp_path)
    (launch.path / "manifests/launch.toml").write_bytes(b"\xff")
    document = report(launch)
    schema("report").validate(document)
    assert (document["verdict"], document["launch"], document["chain_id"]) == ("fail", None, None)


def test_failures_have_the_schema_of_errors(tmp_path):
    done = run("-C", tmp_path, "verify", "--format", "json")
    assert done.exit_code == 3
    schema("error").validate(done.document)


@given(text=st.text(min_size=1).filter(lambda t: not t.isprintable()))
def test_no_text_of_a_report_acts_on_a_terminal(text):
    codes = (Code("x-y", "It says.", "Mend."),)
    finding = Finding("x-y", text, text, text, text, text, text)
    check = Check(
        "one",
        "one",
        CheckClass.TRUTH,
        ("AZ-1.1",),
        codes,
        lambda *_: Answer((finding,), (finding,), detail=text),
    )
    verdict = verify(Evidence(policy=b""), Request(NOW), Stage.FROZEN, (check,))
    document = report_document(verdict, command="verify")
    assert all(value.isprintable() for value in strings(document))
    assert all(line.isprintable() for line in text_report(verdict, verbose=True, name=text))


def strings(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("real", [pytest.param(c, id=c.id) for c in CHECKS])
@pytest.mark.parametrize("locus", list(Locus))
def test_a_finding_in_any_check_is_never_exit_0(tmp_path_factory, real, locus):
    """Whatever the check, its stage, its class and the codes it declares."""
    for code in real.codes:
        finding = Finding(code.name, "s", "m", locus=locus)
        for only in (None, "release", "genesis"):
            checks = tuple(
                Check(
                    c.id,
                    c.title,
                    c.check_class,
                    c.clauses,
                    c.codes,
                    (lambda *_, f=finding: Answer((f,)))
                    if c.id == real.id
                    else (lambda *_: Answer()),
                    c.per_package,
                    c.stage,
                )
                for c in CHECKS
            )
            request = Request(NOW, anchor="sha256:" + "0" * 64, anchor_source="given", only=only)
            verdict = verify(Evidence(policy=b""), request, Stage.FROZEN, checks)
            assert verdict.exit_code != 0
            document = report_document(verdict, command="verify")
            assert document["verdict"] != "pass"
            assert document["exit_code"] == verdict.exit_code
            assert not text_report(verdict)[0].startswith("PASS")


def test_a_status_that_is_not_an_answer_is_never_exit_0():
    for status in (Status.ERROR, Status.NOT_RUN):
        code = Code("x-y", "It says.", "Mend.", status=status)
        answer = (
            Answer((Finding("x-y", "s", "m"),)) if status is Status.ERROR else Answer(not_run="n")
        )
        checks = (
            Check("one", "one", CheckClass.READINESS, (), (code,), lambda *_, a=answer: a),
            Check("two", "two", CheckClass.TRUTH, (), (code,), lambda *_: Answer()),
        )
        verdict = verify(Evidence(policy=b""), Request(NOW), Stage.FROZEN, checks)
        assert verdict.exit_code in (1, 11)
