"""Documents that are made from something else, or run, are what that something says."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
import tomllib

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


def test_the_clauses_are_those_of_the_sources():
    table = shared_root() / "spec" / "clauses.toml"
    if not table.is_file():
        pytest.skip(f"shared data absent: {table}")
    rows = tomllib.loads(table.read_text("utf-8"))["clause"]
    ours = [(c.id, c.level, c.area) for c in conformance.known_clauses()]
    assert ours == [(row["id"], row["level"], row["area"]) for row in rows]


def test_conformance_has_one_line_per_clause_and_no_long_cell():
    lines = conformance.DOCUMENT.read_text("utf-8").splitlines()
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    listed = [row[0] for row in rows if row[0].startswith(("AZ-", "RC-"))]
    assert listed == [c.id for c in conformance.known_clauses()]
    assert max(len(cell) for row in rows for cell in row) <= 120


CLAUSES = [
    conformance.Clause("AZ-1.1", "MUST", "freeze", "one thing"),
    conformance.Clause("AZ-1.2", "SHOULD", "freeze", "another", "not built yet: a reason"),
    conformance.Clause("RC-A", "MAY", "x", "a third"),
]
PROVEN = {
    "AZ-1.1": ["tests/test_x.py::test_y", "tests/test_x.py::test_z"],
    "RC-A": ["tests/a/test_b.py::test_c"],
}


def test_a_clause_has_its_count_in_the_table_and_its_tests_below():
    text = conformance.document(CLAUSES, PROVEN)
    assert "\n| AZ-1.1 | MUST | freeze | one thing | [2](#az-11) |\n" in text
    assert "\n| AZ-1.2 | SHOULD | freeze | another | 0, not built yet: a reason |\n" in text
    assert "\n1 of 2 clauses have a test.\n" in text
    assert "\n### AZ-1.1\n\none thing\n\n- `test_x.py::test_y`\n- `test_x.py::test_z`\n" in text
    assert "### AZ-1.2" not in text
    assert text.endswith("\n### RC-A\n\na third\n\n- `a/test_b.py::test_c`\n")


def test_a_clause_has_either_a_test_or_a_reason():
    assert conformance.contradictions(CLAUSES, PROVEN) == []
    assert conformance.contradictions(CLAUSES, {**PROVEN, "AZ-9.9": ["tests/test_q.py::test"]}) == [
        "no such clause: AZ-9.9 in tests/test_q.py::test"
    ]
    (found,) = conformance.contradictions(CLAUSES, {**PROVEN, "AZ-1.2": ["t"]})
    assert found.startswith("AZ-1.2 has a test")
    (found,) = conformance.contradictions(CLAUSES, {"AZ-1.1": ["t"]})
    assert found.startswith("RC-A has no test")


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


ROOMS = "acts cli core report signers storage benchmarks fixtures fuzz tests tools".split()
# A file, a folder, or a name in a module; `aztrust/report` alone is the name of a format.
NAMED = re.compile(
    rf"(?:aztrust[/.])?(?:{'|'.join(ROOMS)})(?:/[\w/-]*(?:\.\w+|/)|(?:\.\w+)+)", re.ASCII
)
PLACEHOLDER = re.compile(r"NAME|ROW|WHAT_WAS_DONE")
DOCUMENTS = [
    *(p for p in sorted(REPOSITORY.glob("*.md")) if p.name != "CHANGELOG.md"),
    *(p for p in sorted((REPOSITORY / "docs").rglob("*.md")) if p != conformance.DOCUMENT),
]


def is_there(name: str) -> bool:
    """Whether a path exists, or a dotted name can be imported."""
    inside = name.removeprefix("aztrust").lstrip("/.")
    if "/" in name:
        return any((root / inside).exists() for root in (REPOSITORY, REPOSITORY / "aztrust"))
    top = inside.partition(".")[0]
    found = inside if (REPOSITORY / top).is_dir() else f"aztrust.{inside}"
    try:
        pkgutil.resolve_name(found)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_a_document_names_files_and_functions_that_exist(document):
    words = re.findall(r"`([^`\n]+)`", document.read_text("utf-8"))
    named = {word for word in words if NAMED.fullmatch(word) and not PLACEHOLDER.search(word)}
    assert {word for word in named if not is_there(word)} == set()


def test_a_name_that_is_gone_is_found():
    there = ("core.judge.verify.verify", "core/judge/", "aztrust/cli/main.py", "tests/command.py")
    gone = ("core.judge.verify.no", "core/verdicts/", "aztrust/cli/no.py", "tests/no.py")
    for name in (*there, *gone):
        assert NAMED.fullmatch(name)
        assert is_there(name) == (name in there)
    assert not NAMED.fullmatch("aztrust/error")


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


FROM_AN_INDEX = re.compile(
    r"(?:\buvx|\bpipx[ ]+(?:run|install)|\bpip3?[^\n|;`]*[ ]install"
    r"|\buv[ ]+(?:tool[ ]+(?:run|install)|add))"
    r"(?:[ ]+--?[a-z-]+)*[ ]+['\"]?aztrust(?![\w/-])(?![ ]@)"
)


@pytest.mark.parametrize(
    ("text", "is_advice"),
    [
        ("uvx aztrust preflight", True),
        ("pipx run aztrust preflight", True),
        ("pipx install aztrust", True),
        ("python -m pip --quiet install aztrust", True),
        ("pip install --user aztrust==1.0", True),
        ("uv tool install aztrust", True),
        ("pip install 'aztrust[provenance]'", True),
        ("uvx --from ./aztrust-0.1.0-py3-none-any.whl aztrust preflight", False),
        ("pipx run --spec ./aztrust-0.1.0.whl aztrust preflight", False),
        ('pip install --no-deps "aztrust @ file:///x.whl#sha256=ab"', False),
        ("pip install -r aztrust/run.txt", False),
        ("the wheel runs by `uvx` and `pipx run`; aztrust is on no index", False),
    ],
)
def test_advice_to_install_from_an_index_is_recognised(text, is_advice):
    assert bool(FROM_AN_INDEX.search(text)) is is_advice


def test_no_page_or_message_advises_a_package_that_is_not_published():
    """Anyone can register the name, and would run on the hosts of those who follow the advice."""
    listed = subprocess.run(
        ("git", "ls-files", "-z"), cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = REPOSITORY / name
        if path.suffix not in (".md", ".py", ".yml", ".yaml", ".sh", ".toml", ".in", "") or (
            name == "tests/repository/test_documents.py" or not path.is_file()
        ):
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{name}: {match[0]}" for match in FROM_AN_INDEX.finditer(text)]
    assert found == []
