"""What the state of a launch leaves out: other folders, no window, no rule of signatures."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Status
from aztrust.core.base.value import replace
from aztrust.core.package.entries import Fault
from aztrust.core.state.context import read_context
from aztrust.core.state.current import current_attempt, scope_of_window
from aztrust.core.state.freezes import Signatures, final_signatures
from tests.final_check_builders import (
    MINUTE,
    SAID,
    answer_all,
    attest,
    blocker,
    checked,
    final,
    frozen,
    row,
)
from tests.memory_launch import Launch


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("manifests/records", True),
        ("manifests/records/a.json", True),
        ("manifests/records-old/a.json", False),
        ("keys/a.pem", False),
    ],
)
def test_what_is_unread_is_asked_for_by_folder(path, named):
    fault = Fault("unreadable", path, "no permission")
    evidence = replace(Launch().evidence(), unreadable=(fault,))
    assert (path in evidence.unread("manifests/verdicts", "manifests/records")) == named


def test_a_window_names_the_scope_that_it_was_opened_for():
    context = checked(frozen()).context
    attempt = current_attempt(context)
    assert attempt is not None
    assert attempt.window is not None
    assert scope_of_window(context, attempt.window) == context.scope
    assert scope_of_window(context, None) is None


def test_without_a_rule_nothing_is_signed_and_nothing_is_needed():
    launch = frozen()
    attempt = current_attempt(checked(launch).context)
    assert attempt is not None
    bare = Launch.approved()
    context = read_context(bare.verify().context.request, bare.evidence())
    assert final_signatures(context, attempt) == Signatures()
    assert (Signatures().have, Signatures().need) == (0, 0)


def test_a_review_that_failed_stays_a_failure_with_a_blocker_it_did_not_see():
    launch = frozen()
    answer_all(launch, but=("blocker-review",))
    said = attest(launch, "blocker-review", "fail", at=SAID)
    late = blocker(launch, "minor", at=SAID + MINUTE)
    found = row(final(launch), "blocker-review")
    assert found.status is Status.FAIL
    assert {said, late} <= set(found.evidence)
