"""Whether a GO rests on the checklist of the policy, at its place in the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.checklist.definitions import parse_checklist
from aztrust.core.judge.checklist.areas import area_state
from aztrust.core.judge.checklist.items import scored_items
from aztrust.core.judge.checklist.score import make_score
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import Scorecard
from aztrust.core.state.window.checklist_basis import Basis, checklist_faults, taken_back
from aztrust.core.state.window.definitions import Definitions
from tests import checklists
from tests.checklists import CHECKLIST, DIGEST, answer, show
from tests.core.checklist_asked import SEATS, area, asked, decision, looked, minutes, signing
from tests.core.test_checklist_closed import close
from tests.memory_launch import NOW, Launch

ROLES = "[verdicts]\nroles = { launch-coordinator = 1 }\n"
TABLE = f'{ROLES}[checklist]\ndigest = "{DIGEST}"\n'


@pytest.fixture
def launch() -> Launch:
    """A launch whose areas are signed off, by records that are made one after the other."""
    return signed_off(Launch.approved(verdicts=TABLE))


def signed_off(held: Launch) -> Launch:
    """The launch, with every answer and sign-off."""
    show(held, "D.1", "restore.log", b"restored\n")
    answer(held, "D.1", "pass")
    answer(held, "D.2", "pass", by="rita")
    answer(held, "E.1", "pass", drill=checklists.DRILL)
    signing(held, "operations")
    signing(held, "security")
    return held


def basis(launch: Launch, *after: str, checklist: Any = CHECKLIST) -> Basis:
    """The records of a launch in a ledger: those that are named come after the decision."""
    found = asked(launch, checklist)
    effective, policy = found.context.records.effective, found.context.policy
    assert policy is not None
    places = {r.identity: 900 if r.record_id in after else 1 for r in effective.verified}
    return Basis(policy, Definitions(checklist, DIGEST), effective, places)


def go(launch: Launch, score: Scorecard | None = None, **fields: Any) -> VerifiedRecord:
    """A GO on the score of the launch, or another score, with these fields of the minutes."""
    made = score if score is not None else make_score(looked(launch))
    return decision(minutes(score=made, **fields))


def faults(held: Basis, record: VerifiedRecord, at: int = 500) -> tuple[str, ...]:
    """Why it does not rest on the checklist, at a place."""
    return checklist_faults(replace(held, places={**held.places, record.identity: at}), record)


def gone(held: Basis, record: VerifiedRecord, at: int = 500) -> object:
    return taken_back(replace(held, places={**held.places, record.identity: at}), record)


def other(score: Scorecard, name: str, **changes: Any) -> Scorecard:
    """A score in which one item is another one."""
    items = tuple(i.model_copy(update=changes) if i.item == name else i for i in score.items)
    return score.model_copy(update={"items": items})


@pytest.mark.clause("RC-G.decision", "AZ-40")
def test_a_go_on_the_score_of_the_launch_rests_on_the_checklist(launch):
    record = go(launch)
    assert record.body.score_digest is not None
    assert faults(basis(launch), record) == ()
    assert gone(basis(launch), record) is None
    # Without a ledger the times that are claimed count.
    assert checklist_faults(replace(basis(launch), places={}), record) == ()


@pytest.mark.clause("RC-G.decision")
def test_a_policy_without_a_checklist_asks_for_nothing():
    launch = Launch.approved()
    assert faults(basis(launch), decision(None)) == ()


@pytest.mark.clause("RC-G.decision")
def test_a_go_names_the_checklist_of_the_policy_and_carries_its_score(launch):
    held = basis(launch)
    assert faults(held, decision(None)) == ("the decision names no checklist, and the policy does",)
    record = go(launch)
    another = record.body.model_copy(update={"checklist_digest": "sha256:" + "1" * 64})
    (fault,) = faults(held, replace(record, body=another))
    assert "another checklist" in fault
    bare = replace(record, preimages={})
    assert faults(held, bare) == ("the decision has no minutes with a score",)
    for definitions in (Definitions(), Definitions(CHECKLIST, "sha256:" + "1" * 64)):
        (fault,) = faults(replace(held, definitions=definitions), record)
        assert "not here" in fault


@pytest.mark.clause("RC-G.decision", "RC-pre")
def test_a_score_has_every_item_of_the_definitions(launch):
    score = make_score(looked(launch))
    short = score.model_copy(update={"items": score.items[1:]})
    assert any(
        "other items than the checklist: D.1" in f for f in faults(basis(launch), go(launch, short))
    )
    minor = other(score, "E.1", priority="P2")
    assert any("E.1" in fault for fault in faults(basis(launch), go(launch, minor)))


@pytest.mark.clause("RC-G.decision", "RC-G.scoring")
def test_a_score_says_what_persons_answered_before_it(launch):
    record = go(launch)
    late = answer(launch, "D.2", "fail", by="rita", at=NOW + 1)
    assert any("D.2" in fault for fault in faults(basis(launch), record))
    # The same answer after the decision takes it back instead.
    held = basis(launch, late)
    assert faults(held, record) == ()
    assert gone(held, record) == (900, NOW + 1)


@pytest.mark.clause("RC-G.decision")
def test_an_answer_to_another_definition_is_not_what_a_score_says():
    another = "sha256:" + "1" * 64
    for digest, wanted in ((None, False), (another, True)):
        launch = Launch.approved(verdicts=TABLE)
        more = {} if digest is None else {"definition_digest": digest}
        answer(launch, "D.2", "pass", by="rita", **more)
        scored = other(make_score(looked(launch)), "D.2", status="pass")
        found = faults(basis(launch), go(launch, scored))
        text = "D.2 is scored pass, and no answer before it says so"
        assert (text in found) is wanted


@pytest.mark.clause("RC-G.decision")
def test_an_answer_that_is_revoked_takes_the_decision_back(launch):
    record = go(launch)
    (answered,) = (
        r for r in basis(launch).effective.verified if getattr(r.body, "drill", None) is not None
    )
    revocation = launch.revoke(answered.record_id, "sonia")
    later = basis(launch, revocation)
    assert faults(later, record) == ()
    assert gone(later, record) == (900, NOW)


@pytest.mark.clause("RC-J")
def test_a_fail_after_the_end_of_the_checklist_takes_nothing_back(launch):
    record = go(launch)
    fail = answer(launch, "D.2", "fail", by="rita", at=NOW + 1)
    end = close(launch, NOW)
    held = basis(launch, fail)
    (closed,) = (r for r in held.effective.verified if r.record_id == end)
    before = replace(held, places={**held.places, closed.identity: 600})
    assert gone(before, record) is None
    after = replace(held, places={**held.places, closed.identity: 901})
    assert gone(after, record) == (900, NOW + 1)


@pytest.mark.clause("RC-G.decision")
def test_a_fail_by_a_holder_without_the_role_takes_nothing_back(launch):
    record = go(launch)
    for role in ("release-manager", "consensus-lead"):
        late = answer(launch, "D.2", "fail", by="cosmin", at=NOW + 1, role=role)
        assert gone(basis(launch, late), record) is None, role


@pytest.mark.clause("RC-G.scoring")
def test_a_fail_of_one_holder_is_not_covered_by_a_pass_of_another():
    roles = {"cosmin": '"consensus-lead", "release-manager"'}
    launch = signed_off(Launch.approved(verdicts=TABLE, roles=roles))
    record = go(launch)
    assert faults(basis(launch), record) == ()
    answer(launch, "D.2", "fail", by="cosmin", at=NOW + 1)
    assert any("D.2" in fault for fault in faults(basis(launch), record))


@pytest.mark.clause("RC-A")
def test_a_score_names_the_holder_and_the_role_of_a_sign_off(launch):
    score = make_score(looked(launch))
    named = score.areas[1].model_copy(update={"holder": "rita"})
    wrong = score.model_copy(update={"areas": (score.areas[0], named)})
    text = "security has no sign-off that counts before the decision"
    assert faults(basis(launch), go(launch, wrong)) == (text,)


@pytest.mark.clause("RC-A", "RC-G.decision")
def test_a_sign_off_comes_before_the_decision(launch):
    record = go(launch)
    held = basis(launch)
    (security,) = (r for r in held.effective.verified if getattr(r.body, "area", "") == "security")
    late = basis(launch, security.record_id)
    assert faults(late, record) == ("security has no sign-off that counts before the decision",)


@pytest.mark.clause("RC-A", "RC-G.decision")
def test_a_sign_off_saw_the_states_of_the_score(launch):
    score = make_score(looked(launch))
    assert other(score, "S.1").items == score.items
    changed = other(score, "S.1", status="not-applicable")
    assert faults(basis(launch), go(launch, changed)) == (
        "the sign-off of security saw other states than the score has",
    )
    shown = other(score, "D.1", evidence=("sha256:" + "1" * 64,))
    assert faults(basis(launch), go(launch, shown)) == (
        "the sign-off of operations saw other states than the score has",
    )


@pytest.mark.clause("RC-A", "RC-pre")
def test_a_sign_off_of_other_definitions_is_not_one_of_the_score(launch):
    score = make_score(looked(launch))
    other_digest = "sha256:" + "1" * 64
    id_ = signing(launch, "security", checklist_digest=other_digest, signed_at_unix_ms=NOW + 1)
    signed = score.areas[1].model_copy(update={"record_id": id_})
    wrong = score.model_copy(update={"areas": (score.areas[0], signed)})
    assert faults(basis(launch), go(launch, wrong)) == (
        "the sign-off of security saw other states than the score has",
    )


@pytest.mark.clause("RC-G.scoring")
def test_a_condition_of_a_sign_off_is_not_dropped_from_the_score():
    launch = Launch.approved(verdicts=TABLE)
    signing(launch, "operations")
    more = {"mitigation_owner": "sonia", "due_unix_ms": NOW + 9}
    signing(launch, "security", "conditional", **more)
    score = make_score(looked(launch))
    dropped = score.areas[1].model_copy(
        update={"status": "approve", "mitigation_owner": None, "due_unix_ms": None}
    )
    bare = score.model_copy(update={"areas": (score.areas[0], dropped)})
    text = "the sign-off of security has another condition than the score"
    assert text in faults(basis(launch), go(launch, bare))
    assert text not in faults(basis(launch), go(launch, score))


@pytest.mark.clause("RC-A")
def test_a_rejection_before_the_decision_counts_and_a_later_one_takes_it_back(launch):
    record = go(launch)
    id_ = signing(launch, "security", "reject", cites="S.1", signed_at_unix_ms=NOW + 1)
    assert "security is rejected" in faults(basis(launch), record)
    held = basis(launch, id_)
    assert faults(held, record) == ()
    assert gone(held, record) == (900, NOW + 1)


@pytest.mark.clause("RC-G.decision")
def test_a_sign_off_that_is_revoked_takes_the_decision_back(launch):
    record = go(launch)
    held = basis(launch)
    (security,) = (r for r in held.effective.verified if getattr(r.body, "area", "") == "security")
    revocation = launch.revoke(security.record_id, "sonia")
    assert faults(basis(launch), record) == (
        "security has no sign-off that counts before the decision",
    )
    later = basis(launch, revocation)
    assert faults(later, record) == ()
    assert gone(later, record) == (900, NOW)


@pytest.mark.clause("RC-I", "RC-G.decision")
def test_who_signed_an_area_off_was_at_the_meeting(launch):
    assert faults(basis(launch), go(launch, seats=SEATS)) == ()
    assert faults(basis(launch), go(launch, seats={"dan": "ops-lead"})) == (
        "sonia, who signed off security, was not at the meeting",
    )


@pytest.mark.clause("RC-A", "RC-G.decision")
def test_one_holder_does_not_sign_off_two_areas():
    text = checklists.TEXT.replace(b'approver = "security-lead"', b'approver = "ops-lead"')
    checklist = parse_checklist(text)
    launch = Launch.approved(verdicts=TABLE)
    ids = {}
    for name in ("operations", "security"):
        found = asked(launch, checklist)
        state = area_state(found.records, scored_items(found, "decision"), name)
        held = state.model_dump(mode="json", exclude_none=True)
        ids[name] = launch.record(
            "checklist-sign-off",
            "dan",
            preimages={"state": held},
            area=name,
            checklist_digest=DIGEST,
            decision="approve",
            reason="looked at",
            role="ops-lead",
            signed_at_unix_ms=NOW,
            state_hash=sha256_id(canonical.dumps(held)),
        )
    score = make_score(asked(launch, checklist))
    both = tuple(area(name, holder="dan", record_id=ids[name]) for name in ids)
    record = go(launch, score.model_copy(update={"areas": both}), seats={"dan": "ops-lead"})
    assert "one holder signed off two areas" in faults(basis(launch, checklist=checklist), record)
