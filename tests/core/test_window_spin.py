"""The laws of the launch window by SPIN, which shares no code with aztrust or these tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from aztrust.core.state.window.table import TABLE
from tests.core.test_window_laws import SECOND_LINE
from tests.core.window_examples import EXAMPLES, breaking
from tests.core.window_laws import LAWS
from tests.core.window_model import Machine
from tests.patience import PATIENCE
from tools import promela

MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]


@pytest.fixture(autouse=True)
def tools_are_here():
    """Without the tools the tests are skipped; where CI runs, they fail."""
    if not MISSING:
        return
    what = f"{' and '.join(MISSING)} absent; mend: apt-get install spin gcc"
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def verified(folder: Path, model: str) -> str:
    """What the verifier that SPIN makes of a model prints, after every state."""
    (folder / "window.pml").write_text(model, "utf-8")
    for words in (
        ["spin", "-a", "window.pml"],
        ["gcc", "-O1", "-w", "-DSAFETY", "-o", "pan", "pan.c"],
        ["./pan", "-m1000000", "-c0"],
    ):
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Full statespace search" in done.stdout
    assert "max search depth too small" not in done.stdout
    return done.stdout


def broken(printed: str) -> dict[str, set[str]]:
    """The names of the variants, and the laws that each breaks."""
    found = defaultdict(set)
    for line in printed.splitlines():
        if line.startswith("broken "):
            _, law, variant = line.split(" ")
            found[variant].add(law)
    return found


@pytest.mark.clause(
    "AZ-2.3", "AZ-4.2", "AZ-8.2", "AZ-8.4", "AZ-13.3", "AZ-28", "AZ-30.1", "AZ-35.2"
)
def test_the_table_breaks_no_law_and_reaches_the_same_states(tmp_path, record_property):
    printed = verified(tmp_path, promela.model())
    assert not broken(printed)
    assert " errors: 0\n" in printed
    states = {line.removeprefix("state ") for line in printed.splitlines() if line[:6] == "state "}
    record_property("explored", f"SPIN: {len(states)} states")
    print(f"SPIN: {len(states)} states")
    assert states == {state.code for state in Machine(TABLE).reachable()}


def test_both_have_the_same_laws():
    assert {*promela.LAWS, promela.ALWAYS_OPEN} == {*EXAMPLES}
    assert set(promela.LAWS) == set(LAWS)


@pytest.mark.slow  # SPIN explores a table for each law
def test_each_law_is_broken_by_its_example(tmp_path):
    printed = verified(tmp_path, promela.model(most=1, variants={n: breaking(n) for n in EXAMPLES}))
    found = broken(printed)
    assert {name for name in EXAMPLES if name in found[name]} == set(EXAMPLES)


@pytest.mark.slow  # SPIN explores a table for each condition
def test_a_table_without_one_condition_breaks_a_law(tmp_path):
    names = {f"{row.id}/{need.id}" for row in TABLE for need in row.needs}
    printed = verified(tmp_path, promela.model(most=1, conditions=True))
    assert set(broken(printed)) == names - SECOND_LINE
