"""One list of codes: the design's, the check files', the docs' and what `explain` knows."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest

from aztrust.core.base.findings import Guidance
from aztrust.core.checks import all_checks
from aztrust.report.catalogue import NOTICES, find_check, meanings, page, result_ids
from tests.shared import REPOSITORY, shared_path


def test_every_code_of_the_design_is_found_by_a_check():
    text = shared_path("design.md").read_text("utf-8")
    sentence = text[text.index("Finding codes are kebab-case") :].split("\n\n")[0]
    listed = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", sentence)) - {"explain"}
    assert len(listed) > 40
    assert listed <= set(meanings())


def test_a_code_means_the_same_wherever_it_is_found():
    found: dict[str, tuple] = {}
    for check in all_checks():
        for code in check.codes:
            assert found.setdefault(code.name, (code.status, code.guidance, code.locus)) == (
                code.status,
                code.guidance,
                code.locus,
            ), code.name


def test_codes_and_checks_are_well_named():
    for name, meaning in meanings().items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert meaning.says.endswith(".")
        assert meaning.mend
    ids = [name for check in all_checks() for name in result_ids(check)]
    assert len(ids) == len(set(ids))
    assert set(ids).isdisjoint(meanings())


def test_every_check_has_a_page_and_a_clause():
    for check in all_checks():
        assert page(check).split("\n")[0].count("?") == 1 or "?" in page(check), check.id
        assert check.clauses
        assert find_check(check.id) is check


def test_only_notices_cost_nothing():
    free = {name for name, meaning in meanings().items() if meaning.exit_code == 0}
    assert free == NOTICES
    assert all(meanings()[name].guidance is Guidance.CONTINUE for name in NOTICES)


def test_codes_are_sorted():
    assert all(a < b for a, b in pairwise(meanings()))


@pytest.mark.parametrize("tool", ["checks.py", "records.py", "schemas.py", "window.py"])
def test_generated_documents_are_current(tool):
    done = subprocess.run(
        (sys.executable, REPOSITORY / "tools" / tool, "--check"),
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_document_has_every_code():
    text = (REPOSITORY / "docs" / "checks.md").read_text("utf-8")
    assert all(f"`{code}`" in text for code in meanings())
