"""The computations that definitions may name are those that there are."""

from __future__ import annotations

from aztrust.core.checklist.computations import ATTESTED, NAMES
from aztrust.core.judge.checklist.computations import COMPUTATIONS


def test_every_name_of_a_computation_computes():
    assert COMPUTATIONS.keys() == NAMES
    assert ATTESTED < NAMES
