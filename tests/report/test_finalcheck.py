"""The final checks for a person."""

from __future__ import annotations

import pytest

from aztrust.core.state.current import current_attempt
from aztrust.report.finalcheck import final_lines
from tests.final_check_builders import CHECKED, answer_all, checked, final, frozen


@pytest.mark.parametrize(
    ("at", "missing", "shown"),
    [
        (CHECKED, ("incident-path",), True),
        (CHECKED - 1, ("incident-path",), False),
        (CHECKED, (), False),
    ],
)
def test_at_the_boundary_what_is_open_leads_to_a_deferral(at, missing, shown):
    launch = frozen(decide_by=CHECKED)
    answer_all(launch, but=missing)
    verdict = checked(launch, at)
    attempt = current_attempt(verdict.context)
    assert attempt is not None
    text = "\n".join(final_lines(verdict, final(launch, at=at), attempt))
    assert ("aztrust window defer" in text) is shown
