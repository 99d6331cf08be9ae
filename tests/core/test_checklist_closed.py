"""After a checklist was closed its records count no longer, and a revocation still does."""

from __future__ import annotations

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from tests.checklists import DIGEST, answer, folded
from tests.memory_launch import NOW, Launch

NOTHING = sha256_id(b"nothing")


def close(launch: Launch, at: int) -> str:
    """A record that closes the checklist; its id."""
    index = {"score_digest": NOTHING, "evidence_digest": NOTHING, "records": []}
    return launch.record(
        "checklist-closed",
        "luca",
        preimages={"index": index},
        checklist_digest=DIGEST,
        closed_at_unix_ms=at,
        decision=NOTHING,
        index_hash=sha256_id(canonical.dumps(index)),
        launch_window_id=NOTHING,
        scope_hash=NOTHING,
    )


@pytest.fixture
def launch() -> Launch:
    return Launch.approved(verdicts="[verdicts]\nroles = { launch-coordinator = 1 }\n")


def said(launch: Launch, *order: str) -> str:
    """The answer to D.2 that decides, "" where none does."""
    record = folded(launch, *order).items["D.2"].answer
    return record.body.answer if record is not None else ""


@pytest.mark.clause("RC-J")
def test_an_answer_after_the_end_counts_no_longer_and_is_named(launch):
    first = answer(launch, "D.2", "pass", by="rita", at=NOW - 9)
    end = close(launch, NOW - 5)
    later = answer(launch, "D.2", "fail", by="rita", at=NOW - 1)
    for order in ((), (first, end, later)):
        assert said(launch, *order) == "pass"
        (unused,) = folded(launch, *order).not_counted
        assert (unused.record.record_id, unused.why) == (later, "closed")


@pytest.mark.clause("RC-J")
def test_the_ledger_says_what_came_before_the_end(launch):
    first = answer(launch, "D.2", "pass", by="rita", at=NOW - 9)
    late = answer(launch, "D.2", "warning", by="rita", at=NOW - 7)
    end = close(launch, NOW - 5)
    assert said(launch, first, late, end) == "warning"
    # Its time is before the end, and its place is not.
    assert said(launch, first, end, late) == "pass"
    assert said(launch, first, end) == "pass"


@pytest.mark.clause("RC-J")
def test_a_revocation_after_the_end_still_counts(launch):
    first = answer(launch, "D.2", "pass", by="rita", at=NOW - 9)
    close(launch, NOW - 5)
    launch.revoke(first, "rita")
    assert said(launch) == ""


@pytest.mark.clause("RC-J")
def test_an_end_that_was_revoked_ended_nothing(launch):
    answer(launch, "D.2", "pass", by="rita", at=NOW - 9)
    end = close(launch, NOW - 5)
    answer(launch, "D.2", "fail", by="rita", at=NOW - 1)
    assert said(launch) == "pass"
    launch.revoke(end, "luca")
    assert said(launch) == "fail"
