"""Which records of a checklist count, and which of them decides (RC-G, RC-H)."""

from __future__ import annotations

import pytest

from aztrust.core.base.times import AHEAD_MS
from tests.checklists import CHECKLIST, DIGEST, DRILL, answer, folded, show, shown, sign_off
from tests.memory_launch import NOW, Launch

MINUTE = 60_000
OTHER = "sha256:" + "1" * 64
TWO_OPS = {"luca": '"ops-lead"'}


@pytest.fixture
def launch() -> Launch:
    return Launch(roles=TWO_OPS)


def why(found, about):
    return [(n.record.holder, n.why) for n in found.not_counted_of(about)]


def said(found, item):
    record = found.items[item].answer
    return record and (record.holder, record.body.answer)


def test_every_item_and_area_is_there_without_a_record(launch):
    found = folded(launch)
    assert list(found.items) == [item.id for item in CHECKLIST.item]
    assert list(found.areas) == [area.id for area in CHECKLIST.area]
    assert found.items["D.1"].answer is None
    assert [name for name, item in found.items.items() if item.lacks_evidence] == ["D.1"]


def test_the_last_answer_of_a_holder_is_in_force(launch):
    answer(launch, "D.2", "pass", by="rita")
    answer(launch, "D.2", "warning", by="rita", at=NOW + 1)
    found = folded(launch)
    assert said(found, "D.2") == ("rita", "warning")
    assert why(found, "D.2") == [("rita", "replaced")]


@pytest.mark.clause("RC-G.scoring")
def test_a_fail_of_one_holder_is_not_covered_by_a_pass_of_another(launch):
    shot = show(launch, "D.1", "a.log", b"a")
    answer(launch, "D.1", "fail", rests_on=(shot,))
    answer(launch, "D.1", "pass", by="luca", at=NOW + MINUTE, rests_on=(shot,))
    assert said(folded(launch), "D.1") == ("dan", "fail")
    answer(launch, "D.1", "pass", at=NOW + MINUTE, rests_on=(shot,))
    assert said(folded(launch), "D.1")[1] == "pass"


def test_the_ledger_and_the_claimed_time_have_to_agree_on_which_is_last(launch):
    no = answer(launch, "D.2", "fail", by="rita")
    yes = answer(launch, "D.2", "pass", by="rita", at=NOW + 1)
    assert said(folded(launch, no, yes), "D.2") == ("rita", "pass")
    assert said(folded(launch, yes, no), "D.2") == ("rita", "fail")
    # A pass that the ledger does not have takes nothing back.
    assert said(folded(launch, no), "D.2") == ("rita", "fail")


def test_a_revoked_answer_leaves_the_earlier_one_in_force(launch):
    answer(launch, "D.2", "fail", by="rita")
    taken = answer(launch, "D.2", "pass", by="rita", at=NOW + 1)
    launch.revoke(taken, "rita")
    found = folded(launch)
    assert said(found, "D.2") == ("rita", "fail")
    assert why(found, "D.2") == [("rita", "revoked")]


@pytest.mark.parametrize(
    ("item", "by", "fields", "reason"),
    [
        ("D.2", "rita", {"checklist_digest": OTHER}, "other-checklist"),
        ("D.2", "rita", {"definition_digest": OTHER}, "other-definition"),
        ("D.2", "dan", {"role": "ops-lead"}, "not-the-owner"),
        ("D.9", "dan", {}, "unknown-item"),
        ("S.1", "sonia", {}, "computed"),
        ("E.1", "dan", {}, "no-drill"),
        ("D.2", "rita", {"answered_at_unix_ms": NOW + AHEAD_MS + 1}, "future"),
    ],
)
def test_a_pass_that_does_not_count_is_shown_with_its_reason(launch, item, by, fields, reason):
    answer(launch, item, "pass", by=by, **fields)
    found = folded(launch)
    assert why(found, item) == [(by, reason)]
    assert all(of.answer is None for of in found.items.values())


@pytest.mark.clause("RC-E")
def test_a_drill_is_answered_with_its_times_and_results(launch):
    answer(launch, "E.1", "pass", drill=DRILL)
    assert said(folded(launch), "E.1") == ("dan", "pass")


def test_a_fail_needs_no_drill_and_counts_whatever_its_time(launch):
    answer(launch, "E.1", "fail", at=NOW + AHEAD_MS + 1)
    assert said(folded(launch), "E.1") == ("dan", "fail")


@pytest.mark.clause("RC-H")
def test_a_file_that_a_later_record_names_again_is_replaced(launch):
    first = show(launch, "D.1", "a.log", b"a", files=(shown("a.log", b"a"), shown("b.log", b"b")))
    answer(launch, "D.1", "pass", at=NOW + 1, rests_on=(first,))
    assert said(folded(launch), "D.1") == ("dan", "pass")
    second = show(launch, "D.1", "a.log", b"another", by="luca", at=NOW + 2)
    found = folded(launch)
    kept = [(s.record.record_id, s.file.path, s.file.size) for s in found.items["D.1"].files]
    assert kept == [(second, "a.log", 7), (first, "b.log", 1)]
    # The answer rests on a file that is another one now.
    assert list(found.items["D.1"].baseless.values()) == [(first,)]
    assert said(found, "D.1") is None


def test_a_path_below_another_root_is_another_file(launch):
    first = show(launch, "D.1", "a.log", b"a")
    second = show(launch, "D.1", "a.log", b"b", at=NOW + 1, root="reports")
    assert [s.record.record_id for s in folded(launch).items["D.1"].files] == [first, second]


def test_two_records_of_one_path_both_count_where_neither_is_shown_to_be_later(launch):
    first = show(launch, "D.1", "a.log", b"a")
    second = show(launch, "D.1", "a.log", b"b", by="luca")
    assert {s.record.record_id for s in folded(launch).items["D.1"].files} == {first, second}


@pytest.mark.clause("RC-H")
def test_an_answer_that_rests_on_revoked_evidence_decides_nothing(launch):
    shot = show(launch, "D.1", "a.log", b"a")
    answer(launch, "D.1", "pass", rests_on=(shot,))
    launch.revoke(shot, "dan")
    found = folded(launch)
    assert said(found, "D.1") is None
    assert found.items["D.1"].lacks_evidence
    answer(launch, "D.1", "fail", at=NOW + 1, rests_on=(shot,))
    assert said(folded(launch), "D.1") == ("dan", "fail")


@pytest.mark.parametrize(("by", "counts"), [("dan", True), ("rita", True), ("sonia", False)])
def test_evidence_is_shown_by_the_owner_of_the_item_or_the_approver_of_its_area(launch, by, counts):
    show(launch, "D.2", "runbook.md", b"steps", by=by)
    found = folded(launch)
    assert bool(found.items["D.2"].files) is counts
    assert why(found, "D.2") == ([] if counts else [(by, "not-the-owner")])


@pytest.mark.clause("RC-A")
def test_an_area_is_signed_off_by_its_approver(launch):
    first = sign_off(launch, "operations", "approve")
    sign_off(launch, "security", "approve", by="dan", role="ops-lead")
    sign_off(launch, "finance", "approve", by="dan")
    found = folded(launch)
    assert [u.record_id for u in found.areas["operations"].sign_offs] == [first]
    assert not found.areas["security"].sign_offs
    assert why(found, "security") == [("dan", "not-the-owner")]
    assert why(found, "finance") == [("dan", "unknown-area")]
    sign_off(launch, "operations", "reject", at=NOW + 1)
    sign_off(launch, "operations", "conditional", by="luca", at=NOW + 2)
    kept = folded(launch).areas["operations"].sign_offs
    assert [(u.holder, u.body.decision) for u in kept] == [
        ("dan", "reject"),
        ("luca", "conditional"),
    ]


def test_a_record_under_another_policy_is_not_in_the_fold(launch):
    answer(launch, "D.2", "pass", by="rita", policy_digest=OTHER)
    found = folded(launch)
    assert not found.not_counted
    assert said(found, "D.2") is None
    assert found.digest == DIGEST
