"""The board of a launch whose ledger is broken, or is not where a person says that it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli_launch import Desk, Template, ticking_clock

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture(scope="module")
def is_frozen(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=False)


@pytest.fixture
def desk(is_frozen, tmp_path, clock) -> Desk:
    """A frozen launch with a ledger that was published."""
    return is_frozen.copy(tmp_path, clock)


def board(desk: Desk, ledger: Path) -> tuple[int, dict[str, Any], str]:
    """The exit code, the document, and the first line."""
    words = ("board", "--ledger", ledger)
    done = desk.run(*words, "--format", "json")
    return done.exit_code, done.document, desk.run(*words).lines[0]


def test_a_ledger_that_is_absent_or_damaged_is_listed_once_also_where_a_copy_was_published(
    desk, tmp_path
):
    exit_code, document, line = board(desk, desk.ledger)
    assert (exit_code, document["unseen"]) == (0, [])
    assert "NOT EVERYTHING" not in line
    damaged = tmp_path / "damaged.ledger"
    damaged.write_bytes(b"garbage")
    for path, cause in ((tmp_path / "nowhere", "there is none at"), (damaged, "is damaged")):
        exit_code, document, line = board(desk, path)
        assert exit_code == 1
        assert sum(cause in text for text in document["unseen"]) == 1
        assert "NOT EVERYTHING IS SEEN" in line
