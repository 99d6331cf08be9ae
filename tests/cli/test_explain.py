"""`aztrust explain`."""

from __future__ import annotations

import pytest

from aztrust.core.checks import all_checks
from aztrust.report.catalogue import meanings, page, result_ids
from aztrust.report.ci.rules import OWN
from tests.command import run


@pytest.mark.parametrize("code", sorted(meanings()))
def test_every_code_is_explained(code):
    done = run("explain", code)
    assert done.exit_code == 0
    text = " ".join(done.out.split())
    meaning = meanings()[code]
    assert " ".join(meaning.says.split()) in text
    assert f"exit {meaning.exit_code}, guidance {meaning.guidance}" in text
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_every_check_is_explained_under_all_its_ids(check):
    for name in (check.id, *result_ids(check)):
        done = run("explain", name)
        assert done.exit_code == 0
        assert page(check).split(".")[0].split("\n")[0][:40] in done.out
        assert all(code.name in done.out for code in check.codes)
        assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("rule", sorted(OWN))
def test_a_rule_of_sarif_that_is_not_a_code_is_explained(rule):
    done = run("explain", rule)
    assert done.exit_code == 0
    assert OWN[rule] in " ".join(done.out.split())
    assert run("explain", rule, "--format", "json").document["says"] == OWN[rule]


def test_the_list_has_everything():
    done = run("explain")
    assert done.exit_code == 0
    assert all(code in done.out for code in meanings())
    document = run("explain", "--format", "json").document
    assert [c["code"] for c in document["codes"]] == sorted(meanings())
    assert [c["id"] for c in document["checks"]] == [check.id for check in all_checks()]


def test_unknown_names_the_nearest():
    done = run("explain", "file-modifed")
    assert (done.exit_code, done.out) == (2, "")
    assert "did you mean file-modified?" in done.err


def test_brief():
    assert run("explain", "file-modified", "-q").out.startswith("file-modified: A file's bytes")
