"""Documents that are made from something else, or run, are what that something says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.shared import REPOSITORY, shared_root
from tools import conformance, readme


def test_conformance_is_current():
    done = subprocess.run(
        (sys.executable, REPOSITORY / "tools" / "conformance.py", "--check"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_clause_of_the_table_is_listed():
    if not (shared_root() / "spec" / "clauses.toml").is_file():
        pytest.skip(f"shared data absent: {shared_root() / 'spec'}")
    text = conformance.DOCUMENT.read_text("utf-8")
    assert [c.id for c in conformance.known_clauses() if f"| {c.id} |" not in text] == []


def test_conformance_without_the_table_keeps_the_rows(monkeypatch, tmp_path):
    full = [conformance.Clause("AZ-1.1", "MUST", "freeze"), conformance.Clause("RC-A", "MAY", "x")]
    text = conformance.document(full, {"AZ-1.1": ["tests/test_x.py::test_y"]})
    monkeypatch.setenv("AZTRUST_SHARED", str(tmp_path))
    monkeypatch.setattr(conformance, "DOCUMENT", tmp_path / "conformance.md")
    conformance.DOCUMENT.write_text(text, "utf-8")
    assert conformance.known_clauses() == full


def test_markers_are_found_on_tests_classes_parameters_and_modules(monkeypatch, tmp_path):
    source = """\
import pytest
pytestmark = pytest.mark.clause("AZ-1.1")
@pytest.mark.clause("AZ-1.2", "AZ-1.3")
class TestThing:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.clause("AZ-1.4"))])
    def test_a(self, x): ...
def helper(): ...
"""
    (tmp_path / "test_x.py").write_text(source, "utf-8")
    monkeypatch.setattr(conformance, "REPOSITORY", tmp_path)
    found = conformance.tests_by_clause(tmp_path)
    assert set(found) == {"AZ-1.1", "AZ-1.2", "AZ-1.3", "AZ-1.4"}
    assert {test for tests in found.values() for test in tests} == {"test_x.py::TestThing::test_a"}


MARKDOWN = """\
```text
$ not run
```
```console
$ true
output
$ (exit 12)   # exit 12
$ echo a \\
> b
$ false       # not run: shown only
$ export X=1; cd /
$ test "$X$PWD" = 1/
$ read -r answer        # exit 1
```
"""


def run_as_readme(markdown: str) -> subprocess.CompletedProcess[str]:
    text = readme.script(readme.commands(markdown))
    return subprocess.run(("bash", "-c", text), capture_output=True, text=True, check=False)


def test_readme_commands_run_in_one_shell_without_input():
    done = run_as_readme(MARKDOWN)
    assert done.returncode == 0, done.stderr
    assert "not run: shown only" in done.stdout
    assert "a b" in done.stdout


@pytest.mark.parametrize("command", ["false", "true   # exit 12", "no-such-command-here"])
def test_a_readme_command_that_ends_otherwise_stops_the_run(command):
    done = run_as_readme(f"```console\n$ {command}\n$ echo later\n```\n")
    assert done.returncode == 1
    assert "README.md:2: exit" in done.stderr
    assert "later" not in done.stdout
