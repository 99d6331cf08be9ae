"""Attacks and faults against the rehearsal launch, each through the command line."""

from __future__ import annotations

import importlib
import subprocess

import pytest

from aztrust.core.checks import codes
from aztrust.report.catalogue import meanings
from fixtures.forge import Impossible, Launch
from fixtures.forge.case import CASES, Case, Run, case_names, read_case, run_case

troubleshooting = importlib.import_module("tools.troubleshooting")

ALL = [read_case(name) for name in case_names()]
# `make check` has time for one attack per finding code: the first by name that is not about memory.
# `make test` has them all.
CHECKED = troubleshooting.first_cases(ALL)
PAGE = troubleshooting.PAGE.read_text("utf-8")


def _parameter(case: Case):
    marks = [pytest.mark.clause(*case.clauses)] if case.clauses else []
    if CHECKED[case.code] is not case:
        marks.append(pytest.mark.slow)
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [_parameter(case) for case in ALL])
def test_case(case: Case):
    runs: list[Run] = []
    try:
        problems = list(run_case(case, runs.append))
    except Impossible as reason:
        pytest.skip(str(reason))
    assert not problems, "\n".join(problems)
    if CHECKED[case.code] is case and case.code in meanings():
        now = troubleshooting.masked(troubleshooting.excerpt(case.code, runs[0]))
        assert now in troubleshooting.masked([PAGE]), "python tools/troubleshooting.py"


def test_there_are_enough_cases():
    assert len(ALL) >= 75


def test_every_law_of_the_design_has_a_case():
    assert {law for case in ALL for law in case.laws} == set(range(1, 16))


def test_every_code_of_verification_has_a_case():
    assert codes().keys() <= {case.code for case in ALL}


def test_make_check_runs_a_case_for_every_code_of_verification():
    quick = [p.values[0] for p in map(_parameter, ALL) if "slow" not in {m.name for m in p.marks}]
    assert codes().keys() <= {case.code for case in quick}


@pytest.mark.parametrize("broken", [False, True], ids=["intact", "broken"])
def test_the_same_evidence_gives_the_same_report_byte_for_byte(tmp_path, broken):
    reports = []
    for name in ("here", "there"):
        launch = Launch(tmp_path / name)
        if broken:
            launch.write("fixtures/release/NOTES.md", "other")
            launch.records.clear("approval", "sonia")
        if name == "there":
            for number, path in enumerate(reversed(launch.records.files())):
                path.rename(path.with_name(f"{number}.json"))
        words = ("verify", "--anchor", launch.anchor, "--format", "json", "--at", "1800000000")
        done = subprocess.run(
            launch.command(*words), cwd=launch.root, env=launch.variables(), capture_output=True
        )
        reports.append(done.stdout)
    assert reports[0] == reports[1]


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_case_is_well_described(case: Case):
    assert case.name.endswith("_fail") == (case.exit != 0)
    assert case.why
    assert "\n" not in case.why
    assert len(case.why) <= 110
    assert case.laws, "say which laws it is about"
    if case.locus_of_code in ("findings", "notices"):
        assert case.code in codes()
    assert sorted(p.name for p in (CASES / case.name).iterdir() if p.is_file()) == [
        "case.toml",
        "tamper.py",
    ]
