"""What the files of the evidence come to: the same, another one, missing, or not looked at."""

from __future__ import annotations

import pytest

from aztrust.core.base.digest import both
from aztrust.core.base.value import replace
from aztrust.core.judge.checklist.shown import shown_outcomes
from aztrust.core.state.checklist.files import FileRead, NotRead, evidence_states
from tests.checklists import folded, show
from tests.memory_launch import Launch

DATA = b"restored 4 of 4 volumes\n"
PLACE = ("launch", "a.log")
GOOD = FileRead(len(DATA), both(DATA))
OTHER = both(b"another")
SHA = "sha256"


@pytest.fixture
def records():
    launch = Launch()
    show(launch, "D.1", "a.log", DATA)
    return folded(launch)


@pytest.mark.clause("RC-H")
@pytest.mark.parametrize(
    ("reading", "state", "code", "status"),
    [
        (GOOD, "same", 0, "pass"),
        (replace(GOOD, size=GOOD.size + 1), "changed", 10, "fail"),
        (replace(GOOD, digests=OTHER), "changed", 10, "fail"),
        (replace(GOOD, digests=GOOD.digests._replace(sha256=OTHER.sha256)), "changed", 10, "fail"),
        (replace(GOOD, digests=GOOD.digests._replace(blake3=OTHER.blake3)), "changed", 10, "fail"),
        (NotRead(missing=True, cause="there is no such file"), "missing", 11, "unknown"),
        (NotRead(missing=False, cause="it is a link"), "unknown", 11, "unknown"),
        (None, "unknown", 11, "unknown"),
    ],
)
def test_a_file_passes_only_with_its_size_and_both_digests(records, reading, state, code, status):
    readings = {PLACE: reading} if reading is not None else {}
    states = evidence_states(records, readings)
    assert [one.state for one in states.files] == [state]
    assert states.exit_code == code
    assert shown_outcomes(states)["D.1"].status == status


def test_a_digest_that_alone_agrees_is_named(records):
    for name, text in (("blake3", "only its SHA-256"), ("sha256", "only its BLAKE3")):
        digests = GOOD.digests._replace(**{name: getattr(OTHER, name)})
        (one,) = evidence_states(records, {PLACE: replace(GOOD, digests=digests)}).files
        assert one.detail.startswith(text)


@pytest.mark.clause("RC-H")
def test_a_changed_file_is_worse_than_a_missing_one():
    launch = Launch()
    show(launch, "D.1", "a.log", DATA)
    show(launch, "D.1", "b.log", DATA)
    gone = NotRead(missing=True, cause="there is no such file")
    changed = replace(GOOD, digests=OTHER)
    found = evidence_states(folded(launch), {PLACE: gone, ("launch", "b.log"): changed})
    assert found.exit_code == 10
    assert shown_outcomes(found)["D.1"].status == "fail"
    found = evidence_states(folded(launch), {PLACE: GOOD, ("launch", "b.log"): gone})
    assert (found.exit_code, shown_outcomes(found)["D.1"].status) == (11, "unknown")


@pytest.mark.clause("RC-H")
def test_evidence_that_is_asked_for_and_not_there_is_pending(records):
    found = evidence_states(folded(Launch()), {})
    assert [(one.item, one.state) for one in found.files] == [("D.1", "pending")]
    assert found.exit_code == 11
    assert shown_outcomes(found)["D.1"].status == "pending"


def test_without_anything_to_look_at_nothing_passes(records):
    assert replace(evidence_states(records, {PLACE: GOOD}), files=()).exit_code == 11
    assert replace(evidence_states(records, {PLACE: GOOD}), unread="keys").exit_code == 11
