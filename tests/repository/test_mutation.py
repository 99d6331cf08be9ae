"""The tool behind `make mutation`: what it changes, what it leaves alone, and what it counts."""

from __future__ import annotations

import pytest

from tests.shared import REPOSITORY
from tools.mutation.coverage_map import CoverageMap
from tools.mutation.judge import NOTICED, SURVIVED, TIMED_OUT, Judge, Result
from tools.mutation.mutants import mutants, sample
from tools.mutation.report import report, score
from tools.mutation.table import Table

SOURCE = '''\
"""A module with 3 words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING and 1 < 2:
    import os

LIMIT = 10


class Box:
    def __repr__(self) -> str:
        return "a" if self else "b"

    def fits(self, n: int, names: list[str]) -> bool:
        """Whether 1 < 2."""
        if n < LIMIT and not names:
            raise ValueError("too many" if n > 3 else "few")
        return any(name for name in names if name)


def found(n):
    words = f"{n + 1} files"
    log(words)
    yield Finding("a-code", mend="x" if n == 1 else "y")
'''


def changes(source: str) -> set[tuple[str, str, str]]:
    return {(m.function, m.before, m.after) for m in mutants("x.py", source.encode())}


def test_the_changes_are_those_of_the_list_and_no_others():
    assert changes(SOURCE) == {
        ("", "10", "11"),
        ("Box.fits", "n < LIMIT and not names", "True"),
        ("Box.fits", "n < LIMIT and not names", "False"),
        ("Box.fits", "n < LIMIT and not names", "(n < LIMIT or not names)"),
        ("Box.fits", "n < LIMIT and not names", "(n < LIMIT)"),
        ("Box.fits", "n < LIMIT and not names", "(not names)"),
        ("Box.fits", "n < LIMIT", "(n <= LIMIT)"),
        ("Box.fits", "n < LIMIT", "(n >= LIMIT)"),
        ("Box.fits", "not names", "(names)"),
        ("Box.fits", 'raise ValueError("too many" if n > 3 else "few")', "pass"),
        ("Box.fits", "any(name for name in names if name)", "False"),
        ("Box.fits", "any", "all"),
        ("Box.fits", "name", "True"),
        ("found", "log(words)", "pass"),
        ("found", 'yield Finding("a-code", mend="x" if n == 1 else "y")', "yield from ()"),
    }


@pytest.mark.parametrize(
    ("returns", "value", "after"),
    [
        ("tuple[int, ...]", "(a, b)", "()"),
        ("frozenset[str]", "a", "frozenset()"),
        ("dict[str, int]", "a", "{}"),
        ("str", "a", '""'),
        ("Box", "a", "None"),
    ],
)
def test_another_value_is_returned_of_the_same_type(returns, value, after):
    assert changes(f"def f(a, b) -> {returns}:\n    return {value}\n") == {("f", value, after)}


def test_a_change_replaces_one_span_and_nothing_else():
    source = "# ä\nx = 'ä' if a == b else ()\n".encode()
    texts = {m.applied().decode() for m in mutants("x.py", source)}
    assert "# ä\nx = 'ä' if (a != b) else ()\n" in texts
    assert "# ä\nx = 'ä' if True else ()\n" in texts


def test_the_sample_is_the_same_for_a_seed_and_moves_with_its_functions():
    before = "def f(a):\n    return a == 1\n\n\ndef g(b):\n    return b < 2 and b > 0\n"
    after = "X = None\n\n\n" + before.replace("\n\n\ndef g", "\n\n\ndef h():\n    pass\n\n\ndef g")

    def keys(path: str, source: str, seed: int) -> set[str]:
        return {m.key for m in sample(mutants(path, source.encode()), 5, seed)}

    assert len(keys("x.py", before, 8)) == 5
    assert keys("x.py", before, 8) == keys("moved/y.py", after, 8)
    assert any(keys("x.py", before, 8) != keys("x.py", before, seed) for seed in range(9, 20))


def test_equal_changes_have_keys_of_their_own():
    source = b"def f(a):\n    if a:\n        g()\n    g()\n    if a:\n        g()\n"
    chosen = sample(mutants("x.py", source), 100, 1)
    assert len({m.key for m in chosen}) == len(chosen) == 7


def test_the_tests_that_run_little_else_come_first():
    (mutant,) = mutants("aztrust/x.py", b"def f(a):\n    return a\n")
    tests = CoverageMap(
        {
            "aztrust/x.py": {2: {"wide", "near", "middle"}, 5: {"elsewhere"}},
            "aztrust/y.py": {1: {"wide", "middle"}, 2: {"wide"}},
        }
    )
    assert tests.of(mutant) == ["near", "middle", "wide"]


def test_the_table_fits_this_tree():
    table = Table.read()
    chosen = table.sampled(REPOSITORY)
    assert [m.key for m in chosen] == [m.key for m in table.sampled(REPOSITORY)]
    assert 150 <= len({m.key for m in chosen}) == len(chosen) <= 250
    durable = [m for m in chosen if "storage/ledger" in m.path]
    assert all(table.also(m, REPOSITORY) for m in durable)
    assert durable
    assert table.tests(REPOSITORY)


def table_of(*survivors: dict[str, object]) -> Table:
    return Table(
        {
            "seed": 1,
            "floor": 95,
            "first_tests": 1,
            "most_tests": 2,
            "timeout": 60,
            "modules": [],
            "tests": {"folders": []},
            "survivor": list(survivors),
        }
    )


def test_the_score_counts_all_but_the_equivalent():
    chosen = list(mutants("aztrust/x.py", b"def f(a) -> bool:\n    return a == 1 or a > 3\n"))[:4]
    outcomes = (NOTICED, TIMED_OUT, SURVIVED, SURVIVED)
    known = {m.key: Result(o, 3) for m, o in zip(chosen, outcomes, strict=True)}
    assert score(table_of(), chosen, known) == 50
    assert report(table_of(), chosen, known).count("**not explained**") == 2
    third = {n: getattr(chosen[2], n) for n in ("function", "statement", "before", "after")}
    equal = table_of({**third, "kind": "equivalent", "why": "It is the same."})
    assert round(score(equal, chosen, known)) == 67
    assert report(equal, chosen, known).count("**not explained**") == 1
    assert "equivalent: It is the same." in report(equal, chosen, known)
    other = table_of({**third, "kind": "open", "why": "Nothing shows it."})
    assert score(other, chosen, known) == 50


def test_a_mutant_is_judged_in_the_copy_and_undone(tmp_path):
    (tmp_path / "aztrust").mkdir()
    (tmp_path / "tests").mkdir()
    module, source = tmp_path / "aztrust" / "x.py", b"def f(a):\n    return a == 1\n"
    module.write_bytes(source)
    (tmp_path / "tests" / "test_x.py").write_text(
        "from pathlib import Path\n\n"
        "def f():\n    here = {}\n"
        "    exec((Path(__file__).parents[1] / 'aztrust' / 'x.py').read_text(), here)\n"
        "    return here['f']\n\n"
        "def test_weak():\n    assert f()\n\n"
        "def test_strong():\n    assert f()(1) and not f()(2)\n"
    )
    wrong = next(m for m in mutants("aztrust/x.py", source) if m.after == "(a != 1)")
    outcomes = {}
    for names in (["test_weak"], ["test_weak", "test_strong"], []):
        tests = {f"tests/test_x.py::{name}" for name in names}
        judge = Judge(table_of(), CoverageMap({"aztrust/x.py": {2: tests}}), [tmp_path])
        outcomes[len(names)] = judge.judge(wrong).outcome
        assert module.read_bytes() == source
    assert outcomes == {0: SURVIVED, 1: SURVIVED, 2: NOTICED}
