"""The rules of the score, the sign-offs of areas, and what makes them stale."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.checklist.definitions import parse_checklist
from aztrust.core.judge.checklist.areas import area_state, changes, scored_areas
from aztrust.core.judge.checklist.items import scored_items
from aztrust.core.judge.checklist.outcome import Outcome
from aztrust.core.judge.checklist.score import make_score
from aztrust.core.records.go_hold import DECISION_CONTENTS
from aztrust.core.records.scorecard import (
    Scorecard,
    ScoredArea,
    comparable_digest,
    encode_score,
    evidence_digest,
    explained,
    score_digest,
    score_faults,
)
from aztrust.report.checklist.score import score_brief
from tests import checklists
from tests.checklists import answer, show, sign_off
from tests.core.checklist_asked import (
    area,
    asked,
    card,
    decision,
    item,
    looked,
    minutes,
    signing,
    warning,
)
from tests.memory_launch import NOW, Launch


def result(*items: Any, **fields: Any) -> str:
    return card(*items, **fields).result


def texts(held: Scorecard, wanted: str) -> list[str]:
    return [f"{line.subject}: {line.text}" for line in explained(held) if line.result == wanted]


@pytest.mark.clause("RC-G.scoring")
@pytest.mark.parametrize(
    ("priority", "status", "wanted"),
    [
        *(("P0", "pass", "GO"), ("P0", "fail", "NO-GO"), ("P0", "warning", "NO-GO")),
        *(("P0", "pending", "OPEN"), ("P0", "unknown", "OPEN"), ("P0", "not-applicable", "GO")),
        *(("P1", "pass", "GO"), ("P1", "fail", "NO-GO")),
        *(("P1", "pending", "OPEN"), ("P1", "unknown", "OPEN"), ("P1", "not-applicable", "GO")),
        *(("P2", status, "GO") for status in ("pass", "fail", "warning", "pending", "unknown")),
    ],
)
def test_a_p0_passes_a_p1_may_warn_and_a_p2_is_tracked(priority, status, wanted):
    other = item("D.9", "P0", "pass")
    held = card(other, item("D.1", priority, status))
    assert held.result == wanted
    # What does not pass is shown by name, whether or not it blocks.
    assert [line.subject for line in explained(held)] == (["D.1"] if status != "pass" else [])


@pytest.mark.clause("RC-G.scoring")
def test_two_warnings_of_p1_are_allowed_and_a_third_is_not():
    two = (warning("D.1"), warning("D.2"))
    assert result(*two) == "GO"
    third = card(*two, warning("D.3"))
    assert third.result == "NO-GO"
    assert texts(third, "NO-GO") == ["D.3: a warning of P1, number 3: at most 2 are allowed"]
    assert result(*two, warning("D.3", "P2")) == "GO"


@pytest.mark.clause("RC-G.scoring", "RC-A")
def test_a_conditional_sign_off_counts_as_a_warning_of_p1():
    areas = (area("operations", "conditional"), area("security"))
    assert result(warning("D.1"), areas=areas) == "GO"
    assert result(warning("D.1"), warning("D.2"), areas=areas) == "NO-GO"
    late = (area("operations", "conditional", due_unix_ms=NOW), area("security"))
    assert result(areas=late) == "NO-GO"


@pytest.mark.clause("RC-G.scoring")
@pytest.mark.parametrize(
    "changed", [{"mitigation_owner": None}, {"due_unix_ms": None}, {"due_unix_ms": NOW}]
)
def test_a_warning_of_p1_without_an_owner_or_a_time_to_come_is_a_stop(changed):
    assert result(warning("D.1"), warning("D.2", **changed)) == "NO-GO"
    assert result(warning("D.1"), warning("D.2", due_unix_ms=NOW + 1)) == "GO"


@pytest.mark.clause("RC-A", "RC-G.decision")
def test_areas_that_are_not_signed_off_leave_the_score_open_and_a_rejection_is_a_stop():
    security = area("security")
    for status, wanted in (
        *(("approve", "GO"), ("pending", "OPEN"), ("stale", "OPEN")),
        *(("same-holder", "OPEN"), ("reject", "NO-GO")),
    ):
        held = card(areas=(area("operations", status), security))
        assert held.result == wanted, status
    assert texts(held, "NO-GO") == ["operations: rejected by dan, who cites D.1"]


def test_the_result_and_both_digests_follow_from_the_lines():
    held = card(item("D.1", "P0", "pass", evidence=("sha256:" + "1" * 64,)))
    assert list(score_faults(held)) == []
    assert list(score_faults(held.model_copy(update={"result": "OPEN"}))) != []
    twice = card(item("D.1", "P0", "pass"), item("D.1", "P0", "pass"))
    assert list(score_faults(twice)) == ["its score has an item twice"]
    assert score_digest(held) == sha256_id(encode_score(held))
    other = card(item("D.1", "P0", "pass", evidence=("sha256:" + "2" * 64,)))
    assert evidence_digest(other) != evidence_digest(held)
    same = card(item("D.1", "P0", "pass", evidence=held.items[0].evidence, detail="else"))
    assert evidence_digest(same) == evidence_digest(held)
    assert score_digest(same) != score_digest(held)


def test_a_score_at_another_time_compares_as_the_same_and_another_score_does_not():
    held = card(item("D.1", "P0", "pass"), item("D.2", "P2", "fail"), areas=(area("operations"),))
    later = held.model_copy(update={"at_unix_ms": held.at_unix_ms + 1})
    assert score_digest(later) != score_digest(held)
    assert comparable_digest(later) == comparable_digest(held)
    digest = "sha256:" + "1" * 64
    for change in (
        {"items": (held.items[0],)},
        {"items": (held.items[0], held.items[1].model_copy(update={"status": "pass"}))},
        {"items": (held.items[0].model_copy(update={"evidence": (digest,)}), held.items[1])},
        {"areas": ()},
        {"result": "OPEN"},
        {"scope_hash": digest},
        {"checklist_digest": digest},
    ):
        other = held.model_copy(update=change)
        assert comparable_digest(other) != comparable_digest(held), change


def test_a_score_of_nothing_says_so():
    decided = card(item("D.1", "P0", "pass"), areas=(area("operations"),))
    assert score_brief(decided) == "GO: 1 of 1 items pass, 1 of 1 areas are signed off"
    closed = decided.model_copy(update={"items": (), "areas": (), "due": "close"})
    assert score_brief(closed) == "GO: nothing is due at the closing"


def test_a_score_in_words_counts_what_stops_it_or_is_open():
    failed, other = item("D.1", "P0", "fail"), item("D.2", "P0", "pending")
    assert score_brief(card(failed, other)) == "NO-GO: 1 line stops it"
    assert score_brief(card(failed, item("D.3", "P0", "fail"))) == "NO-GO: 2 lines stop it"
    assert score_brief(card(other)) == "OPEN: 1 line is open"
    assert score_brief(card(other, item("D.3", "P1", "unknown"))) == "OPEN: 2 lines are open"


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "another score": ({"score_digest": "sha256:" + "1" * 64}, "score_digest"),
    "other evidence": ({"evidence_digest": "sha256:" + "1" * 64}, "evidence_digest"),
    "another checklist": ({"checklist_digest": "sha256:" + "1" * 64}, "another policy"),
    "another scope": ({"scope_hash": "sha256:" + "1" * 64}, "another policy"),
}


@pytest.mark.clause("RC-G.decision", "RC-I")
@pytest.mark.parametrize("name", FAULTS)
def test_a_decision_is_about_the_score_in_its_minutes(name):
    changed, cause = FAULTS[name]
    good = decision(minutes())
    DECISION_CONTENTS.check(good.body, good.preimages, "it")
    with pytest.raises(Malformed, match=cause):
        DECISION_CONTENTS.check(good.body.model_copy(update=changed), good.preimages, "it")


@pytest.mark.clause("RC-G.scoring", "RC-G.decision")
def test_a_go_on_a_score_that_is_not_go_is_refused():
    for held, said in ((item("D.1", "P0", "fail"), "GO"), (item("D.1", "P0", "pending"), "GO")):
        record = decision(minutes(score=card(held)), said)
        with pytest.raises(Malformed, match="decides GO"):
            DECISION_CONTENTS.check(record.body, record.preimages, "it")
        record = decision(minutes(score=card(held)), "NO_GO")
        DECISION_CONTENTS.check(record.body, record.preimages, "it")


@pytest.mark.clause("RC-I")
def test_minutes_have_their_chair_among_their_attendees():
    absent = decision(minutes(chair="luca"))
    with pytest.raises(Malformed, match="chair"):
        DECISION_CONTENTS.check(absent.body, absent.preimages, "it")


def areas(launch: Launch, **changes: Any) -> dict[str, ScoredArea]:
    found = looked(launch, **changes)
    return {a.area: a for a in scored_areas(found.records, scored_items(found, "decision"))}


@pytest.fixture
def launch() -> Launch:
    held = Launch.approved()
    show(held, "D.1", "restore.log", b"restored\n")
    answer(held, "D.1", "pass")
    answer(held, "D.2", "pass", by="rita")
    answer(held, "E.1", "pass", drill=checklists.DRILL)
    return held


@pytest.mark.clause("RC-A")
def test_a_sign_off_counts_until_something_of_its_area_changes(launch):
    signing(launch, "operations")
    signing(launch, "security")
    assert {name: a.status for name, a in areas(launch).items()} == {
        "operations": "approve",
        "security": "approve",
    }
    answer(launch, "D.2", "fail", by="rita", at=NOW + 1)
    found = areas(launch)
    assert found["security"].status == "approve"
    assert (found["operations"].status, found["operations"].changed) == (
        "stale",
        ("D.2 was pass and is fail",),
    )


@pytest.mark.clause("RC-A", "RC-H")
def test_evidence_that_is_swapped_after_a_sign_off_makes_it_stale_by_name(launch):
    signing(launch, "operations")
    show(launch, "D.1", "restore.log", b"restored, or so\n", at=NOW + 1)
    answer(launch, "D.1", "pass", at=NOW + 2)
    found = areas(launch)["operations"]
    assert found.status == "stale"
    assert "D.1 has other bytes in its evidence restore.log" in found.changed


@pytest.mark.clause("RC-A", "RC-H")
def test_a_file_that_was_replaced_on_disk_makes_a_sign_off_stale(launch):
    signing(launch, "operations")
    found = looked(launch)
    other = replace(found, shown={**found.shown, "D.1": Outcome("fail", "other bytes")})
    (operations, _) = scored_areas(other.records, scored_items(other, "decision"))
    assert operations.changed == ("D.1 was pass and is fail",)


@pytest.mark.clause("RC-A")
def test_another_definition_makes_a_sign_off_stale(launch):
    signing(launch, "security")
    text = checklists.TEXT.replace(b"The genesis checksum is verified", b"The genesis is fine")
    found = areas(launch, checklist=parse_checklist(text))
    assert found["security"].changed == ("S.1 has another definition",)


@pytest.mark.clause("RC-A")
def test_what_is_added_to_an_area_or_taken_out_is_named():
    found = asked()
    items = scored_items(found, "decision")
    state = area_state(found.records, items, "operations")
    short = state.model_copy(update={"items": state.items[1:]})
    assert changes(short, state) == ("D.1 is new",)
    assert changes(state, short) == ("D.1 is not in the area any more",)
    assert changes(state, state) == ()


SHARED = checklists.TEXT.replace(b'approver = "security-lead"', b'approver = "ops-lead"')


@pytest.mark.clause("RC-A", "RC-G.decision")
def test_one_holder_counts_for_one_area_and_is_named():
    checklist = parse_checklist(SHARED)
    launch = Launch.approved()
    for name in ("operations", "security"):
        found = asked(launch, checklist)
        state = area_state(found.records, scored_items(found, "decision"), name)
        held = state.model_dump(mode="json", exclude_none=True)
        launch.record(
            "checklist-sign-off",
            "dan",
            preimages={"state": held},
            area=name,
            checklist_digest=checklists.DIGEST,
            decision="approve",
            reason="looked at",
            role="ops-lead",
            signed_at_unix_ms=NOW,
            state_hash=sha256_id(canonical.dumps(held)),
        )
    score = make_score(asked(launch, checklist))
    assert [a.status for a in score.areas] == ["approve", "same-holder"]
    assert "security: dan signs off another area: one holder counts for one area" in texts(
        score, "OPEN"
    )


@pytest.mark.clause("RC-A")
def test_a_rejection_counts_until_its_holder_signs_the_area_off_again(launch):
    signing(launch, "security", "reject", cites="S.1")
    found = areas(launch)["security"]
    assert (found.status, found.cites) == ("reject", "S.1")
    assert make_score(looked(launch)).result == "NO-GO"
    signing(launch, "security", signed_at_unix_ms=NOW + 1)
    assert areas(launch)["security"].status == "approve"


@pytest.mark.clause("RC-A")
def test_a_holder_without_the_approver_role_signs_nothing_off(launch):
    signing(launch, "security", by="rita")
    assert areas(launch)["security"].status == "pending"
    sign_off(launch, "security", "approve", by="sonia")
    # Over another state than the area has.
    assert areas(launch)["security"].status == "stale"


def test_an_answer_without_the_evidence_that_is_asked_for_is_pending(launch):
    assert scored_items(looked(launch), "decision")["D.1"].status == "pass"
    bare = Launch.approved()
    answer(bare, "D.1", "pass")
    assert scored_items(looked(bare), "decision")["D.1"].status == "pending"
    answer(bare, "D.1", "fail", at=NOW + 1)
    assert scored_items(looked(bare), "decision")["D.1"].status == "fail"


def test_files_that_were_not_read_leave_an_item_unknown(launch):
    assert scored_items(asked(launch), "decision")["D.1"].status == "unknown"
