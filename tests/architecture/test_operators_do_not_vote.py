"""Law 8: what the key of an operator signed is a type that nothing sees which counts holders."""

from __future__ import annotations

import ast

import pytest

from aztrust.core.history.operators import Confirmation, Seat
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from tests.policies import policy
from tests.shared import REPOSITORY

COUNTING = {"count_votes", "Vote", "Quorum", "fold"}
OF_OPERATORS = {
    *("Confirmation", "OperatorConfirmation", "open_confirmation"),
    *("NodeReport", "NodeFactsRecord"),
}
# They read both, and put each into a place of its own.
READS_BOTH = {"aztrust/core/history/recordset.py"}


def names_used(source: str) -> set[str]:
    """Every name that a module imports or calls."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def both(modules: dict[str, str]) -> set[str]:
    """The modules that count holders and have what operators signed."""
    used = {path: names_used(source) for path, source in modules.items()}
    return {path for path, names in used.items() if names & COUNTING and names & OF_OPERATORS}


def test_nothing_that_counts_votes_takes_a_confirmation():
    modules = {
        str(path.relative_to(REPOSITORY)): path.read_text("utf-8")
        for path in sorted((REPOSITORY / "aztrust").rglob("*.py"))
    }
    assert both(modules) == READS_BOTH


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("from a import count_votes, Confirmation", True),
        ("import a\na.count_votes(a.Confirmation)", True),
        ("from a import count_votes", False),
        ("from a import Confirmation", False),
        ("from a import count_votes, NodeReport", True),
    ],
)
def test_such_a_module_is_found(source, is_found):
    assert bool(both({"x": source})) is is_found


def test_a_confirmation_has_no_holder():
    """So that it is not one of the statements that `EffectiveRecords` and `count_votes` take."""
    assert "holder" not in {*dir(Confirmation), *dir(Seat)}
    assert "key" not in dir(Confirmation)
    assert not any("onfirmation" in name for name in dir(EffectiveRecords))


def test_no_role_of_a_policy_may_sign_a_confirmation():
    given, body = policy(), OPERATOR_CONFIRMATION.model
    assert OPERATOR_CONFIRMATION.may_sign(given, body) == frozenset()
    assert not any(OPERATOR_CONFIRMATION.is_by_a_role(given, name, body) for name in given.holders)
