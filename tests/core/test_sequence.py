"""What came later: by its time and by its place, so that neither alone can be bent."""

from __future__ import annotations

import itertools

import pytest

from aztrust.core.base.findings import Status
from aztrust.core.base.value import replace
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.state.ordering import happened_after, unresolved_objections
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
from tests.memory_launch import PEOPLE, Launch

KEYS = {p.public().fingerprint: p.public() for p in PEOPLE.values()}


def entered(launch: Launch, *, last: tuple[str, ...] = ()) -> None:
    """Give the launch a ledger that holds all its files in their order, some of them last."""
    records = [*launch.records.values(), *launch.verdicts.values()]
    read = [read_record(data, KEYS, Opener(), name="a file") for data in records]
    read.sort(key=lambda record: last.index(record.record_id) if record.record_id in last else -1)
    entries = tuple(LedgerEntry(index, record) for index, record in enumerate(read))
    ledger = LedgerReading("a ledger", size=len(entries), entries=entries)
    evidence = replace(launch.evidence(), ledger=ledger)
    launch.evidence = lambda: evidence  # type: ignore[method-assign]


def verified(launch: Launch, kind: str):
    return [u for u in checked(launch).context.records.effective.verified if u.kind == kind]


def test_later_is_later_by_both():
    launch = frozen()
    first = attest(launch, "incident-path", "fail", at=SAID)
    second = attest(launch, "incident-path", at=SAID + 1)
    by_id = {u.record_id: u for u in verified(launch, "check-attestation")}
    no, yes = by_id[first], by_id[second]
    said = {u.record_id: (u.record_id, u.key.fingerprint) for u in (no, yes)}
    assert happened_after(yes, no, {})
    assert not happened_after(no, yes, {})
    assert not happened_after(no, no, {})
    assert happened_after(yes, no, {said[first]: 3, said[second]: 4})
    for places in ({said[first]: 4, said[second]: 3}, {said[first]: 3}, {said[second]: 3}):
        assert not happened_after(yes, no, places)
    # Entered later and signed earlier: an old pass that someone kept.
    assert not happened_after(no, yes, {said[first]: 4, said[second]: 3})


def test_only_the_same_holder_takes_back():
    launch = frozen(roles={"cosmin": '"consensus-lead", "ops-lead"'})
    attest(launch, "incident-path", "fail", at=SAID)
    attest(launch, "incident-path", by="cosmin", at=SAID + 1)
    said = verified(launch, "check-attestation")
    noes = [u for u in said if u.is_negative]
    yeses = [u for u in said if not u.is_negative]
    context = checked(launch).context
    assert unresolved_objections(context, [*noes, *yeses]) == tuple(noes)
    assert unresolved_objections(context, noes) == tuple(noes)
    assert unresolved_objections(context, yeses) == ()


def test_a_second_fail_takes_no_fail_back():
    launch = frozen()
    for at in (SAID, SAID + 1):
        attest(launch, "incident-path", "fail", at=at)
    fails = verified(launch, "check-attestation")
    context = checked(launch).context
    assert len(fails) == 2
    assert unresolved_objections(context, fails) == tuple(fails)
    attest(launch, "incident-path", at=SAID + 2)
    context = checked(launch).context
    assert unresolved_objections(context, verified(launch, "check-attestation")) == ()


def test_an_old_pass_that_is_entered_late_takes_no_fail_back():
    launch = frozen()
    answer_all(launch, but=("incident-path",))
    old = attest(launch, "incident-path", at=SAID)
    attest(launch, "incident-path", "fail", at=SAID + MINUTE)
    entered(launch, last=(old,))
    assert row(final(launch), "incident-path").status is Status.FAIL


def test_a_pass_with_a_later_time_that_was_entered_before_takes_no_fail_back():
    """The clock of the holder who passed was ahead, or was set ahead."""
    launch = frozen()
    answer_all(launch, but=("incident-path",))
    attest(launch, "incident-path", at=SAID + MINUTE)
    no = attest(launch, "incident-path", "fail", at=SAID)
    entered(launch, last=(no,))
    assert row(final(launch), "incident-path").status is Status.FAIL


def test_a_pass_that_is_later_by_both_takes_a_fail_back():
    launch = frozen()
    answer_all(launch, but=("incident-path",))
    attest(launch, "incident-path", "fail", at=SAID)
    yes = attest(launch, "incident-path", at=SAID + MINUTE)
    entered(launch, last=(yes,))
    assert row(final(launch), "incident-path").status is Status.PASS


def test_a_fail_that_only_the_folder_has_counts():
    launch = frozen()
    answer_all(launch)
    entered(launch)
    evidence = launch.evidence()
    attest(launch, "incident-path", "fail", at=SAID - MINUTE)
    launch.evidence = lambda: replace(  # type: ignore[method-assign]
        evidence, records=dict(launch.records)
    )
    assert row(final(launch), "incident-path").status is Status.FAIL


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize(
    ("earlier", "last"), list(itertools.product((True, False), ("review", "blocker")))
)
def test_a_review_saw_a_blocker_if_it_is_later_by_both(earlier, last):
    launch = frozen()
    answer_all(launch)
    opened = blocker(launch, "minor", at=SAID - 1 if earlier else SAID + 1)
    review = next(
        u.record_id
        for u in verified(launch, "check-attestation")
        if u.body.check == "blocker-review"
    )
    entered(launch, last=(review,) if last == "review" else (opened,))
    status = row(final(launch), "blocker-review").status
    assert status is (Status.PASS if earlier and last == "review" else Status.NOT_RUN)
