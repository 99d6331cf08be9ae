"""One launch of each kind for all tests of this folder; making one takes a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.consumers.tools import Bench, bench
from tests.consumers.verdicts import Example

# A plain host name: cosign finds the keeper's line by it.
ORIGIN = "ledger.test-1"


@pytest.fixture(scope="package")
def examples(tmp_path_factory) -> Callable[..., tuple[Example, Bench]]:
    """Makes a verdict of a kind, once; what it is given is laid out as the page has it."""
    made: dict[str, tuple[Example, Bench]] = {}

    def make(name: str = "passed", **how: object) -> tuple[Example, Bench]:
        if name not in made:
            parent: Path = tmp_path_factory.mktemp(name)
            example = Example(parent, **{"origin": ORIGIN, **how})
            folder = parent / "given"
            made[name] = example, bench(folder, example.hand_over(folder))
        return made[name]

    return make


@pytest.fixture
def given(examples, tmp_path) -> Bench:
    """What someone has of an honest verdict, to be spoiled."""
    return examples()[1].copy(tmp_path / "given")
