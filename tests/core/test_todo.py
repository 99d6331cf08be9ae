"""What waits for whom: the same rules as those of the checks, the freeze and the final checks."""

import pytest

from aztrust.core.base.value import replace
from aztrust.core.formats import merkle
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.judge.tasks import Urgency
from aztrust.core.judge.todo import open_tasks
from aztrust.core.package.entries import Fault
from aztrust.core.state.context import Request
from tests.final_check_builders import (
    CHECKED,
    HOUR,
    MINUTE,
    OWNERS,
    SAID,
    STAFFED,
    answer_all,
    attest,
    blocker,
    frozen,
    review,
)
from tests.ledgers import KEEPERS_KEY, KEYS, ORIGIN, TABLE
from tests.memory_launch import NOW, Launch
from tests.people import fingerprint
from tests.verdicts import ONE, TWO

OBJECTION, WAITED_FOR, REST = Urgency.OBJECTION, Urgency.WAITED_FOR, Urgency.REST


def todo(launch, at=NOW, evidence=None, **request):
    asked = Request(at, anchor=launch.anchor, anchor_source="given")
    return open_tasks(evidence or launch.evidence(), replace(asked, **request))


def acts(tasks):
    return [(task.act, task.subject) for task in tasks]


def who(launch, act, at=NOW, evidence=None):
    """The holders of each task of one act."""
    tasks = todo(launch, at, evidence).tasks
    return [[d.holder for d in t.doers] for t in tasks if t.act == act]


def in_ledger(launch, *, but=()):
    """The evidence with a ledger that luca keeps, of all records and verdicts but some."""
    files = [*launch.records.items(), *launch.verdicts.items()]
    held = [data for name, data in files if not any(part in name for part in but)]
    records = [read_record(data, KEYS, Opener(), name="a record") for data in held]
    entries = tuple(LedgerEntry(n, r) for n, r in enumerate(records))
    peaks = []
    for size, record in enumerate(records):
        merkle.add_leaf(size, peaks, merkle.leaf_hash(record.leaf))
    root = f"sha256:{merkle.root_of_peaks(peaks).hex()}"
    reading = LedgerReading(
        "here", ORIGIN, KEEPERS_KEY, size=len(entries), root=root, entries=entries
    )
    return replace(launch.evidence(), ledger=reading)


# ---- seals, approvals, the freeze ----------------------------------------------------------------


def test_the_release_is_sealed_first_and_then_the_genesis():
    launch = Launch(verdicts=ONE)
    assert acts(todo(launch).tasks) == [("seal", "release")]
    assert who(launch, "seal") == [["rita"]]
    launch.seal("release", "rita")
    assert acts(todo(launch).tasks) == [("seal", "genesis"), ("approve", "release")]
    assert who(launch, "seal") == [["gabi"]]


def test_only_those_who_are_missing_have_to_approve():
    launch = Launch(verdicts=ONE)
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    assert who(launch, "approve") == [["rita", "sonia"], ["gabi", "sonia"]]
    launch.approve("release", "sonia")
    assert who(launch, "approve") == [["rita"], ["gabi", "sonia"]]
    launch.approve("release", "rita")
    assert acts(todo(launch).tasks) == [("approve", "genesis")]
    assert todo(launch).for_holder("rita") == ()
    assert acts(todo(launch).for_keys([fingerprint("sonia")])) == [("approve", "genesis")]


def test_the_freeze_waits_for_each_role_that_has_not_signed_it():
    launch = Launch.approved(verdicts=TWO)
    assert who(launch, "freeze") == [["luca", "sonia"]]
    window = launch.window()
    launch.verdict(launch_window_id=window)
    assert who(launch, "freeze") == [["sonia"]]
    assert todo(launch).tasks[0].why == "luca signed the freeze; others have to sign it"
    launch.verdict("sonia", launch_window_id=window)
    assert who(launch, "freeze") == []


def test_a_launch_without_verdicts_in_its_policy_has_nothing_left_once_approved():
    assert todo(Launch.approved()).tasks == ()


def test_what_has_ended_waits_for_no_one():
    launch = frozen()
    answer_all(launch)
    launch.final_check()
    assert todo(launch, CHECKED).tasks == ()
    assert "scope-invalidated" in " ".join(todo(launch, CHECKED).unseen)


def test_an_expired_policy_has_no_tasks_and_is_reported():
    launch = Launch(launch="expires = 2026-01-15T18:30:00Z\n", verdicts=ONE)
    launch.seal("release", "rita")
    assert todo(launch, NOW).tasks != ()
    later = todo(launch, NOW + HOUR)
    assert later.tasks == ()
    assert "policy-expired" in " ".join(later.unseen)


def test_a_revoked_key_does_nothing():
    launch = Launch(verdicts=ONE)
    launch.seal("release", "rita")
    launch.revoke(fingerprint("sonia"), "sonia", kind="key")
    assert who(launch, "approve") == [["rita"]]
    launch.revoke(fingerprint("gabi"), "sonia", kind="key")
    assert who(launch, "seal") == []
    assert "no holder is left" in " ".join(todo(launch).unseen)


# ---- objections ----------------------------------------------------------------------------------


def test_a_revoked_approval_waits_for_its_own_holder_before_anything_else():
    launch = Launch.approved(verdicts=ONE)
    approval = launch.approve("release", "sonia")
    launch.revoke(approval, "sonia")
    first = todo(launch).tasks[0]
    assert (first.act, first.urgency) == ("approve", OBJECTION)
    assert [d.holder for d in first.doers] == ["sonia"]
    assert "freeze" not in [t.act for t in todo(launch).tasks]


@pytest.mark.parametrize(
    ("severity", "urgency"), [("critical", OBJECTION), ("major", OBJECTION), ("minor", REST)]
)
def test_a_blocker_waits_for_its_opener_and_for_the_owner_of_the_review(severity, urgency):
    launch = frozen()
    answer_all(launch)
    opened = blocker(launch, severity)
    task = next(t for t in todo(launch, CHECKED).tasks if t.act == "close-blocker")
    assert (task.urgency, task.subject) == (urgency, opened)
    assert sorted(d.holder for d in task.doers) == ["luca", "rita"]
    assert task.command.startswith(f"aztrust blocker close {opened[7:23]} ")
    blocker(launch, severity, action="close", blocker=opened, at=SAID - MINUTE)
    assert "close-blocker" not in [t.act for t in todo(launch, CHECKED).tasks]


def test_a_negative_answer_is_taken_back_by_its_own_holder():
    launch = frozen()
    answer_all(launch)
    attest(launch, "incident-path", "fail", at=SAID + MINUTE)
    review(launch, "blocking", at=SAID + MINUTE, sources=("private",))
    found = [t for t in todo(launch, CHECKED).tasks if t.act == "withdraw-objection"]
    assert {(t.subject, t.command, t.doers[0].holder) for t in found} == {
        ("incident-path", "aztrust attest incident-path pass --role ops-lead", "dan"),
        (
            "advisory-review",
            "aztrust advisory review --outcome clear --source private",
            "sonia",
        ),
    }
    assert {t.urgency for t in found} == {OBJECTION}
    assert "final-check" not in [t.act for t in todo(launch, CHECKED).tasks]


def test_a_supersession_waits_for_the_one_who_seals():
    launch = Launch.approved(verdicts=ONE)
    launch.supersede("genesis", "sha256:" + "5" * 64, "gabi")
    first = todo(launch).tasks[0]
    assert (first.act, first.subject, first.urgency) == ("seal", "genesis", OBJECTION)


def test_a_revoked_freeze_waits_for_the_one_who_signed_it():
    launch = frozen()
    verdict = next(iter(launch.verify().context.verdicts.verdicts))
    launch.revoke(verdict.record_id, "sonia")
    first = todo(launch, CHECKED).tasks[0]
    assert (first.act, first.urgency, [d.holder for d in first.doers]) == (
        "freeze",
        OBJECTION,
        ["luca"],
    )


# ---- the final checks ----------------------------------------------------------------------------


def test_each_row_waits_for_the_owners_of_its_role():
    launch = frozen()
    found = {t.subject: [d.holder for d in t.doers] for t in todo(launch, CHECKED).tasks}
    assert found == {**{row: [by] for row, by in OWNERS.items()}, "advisory-review": ["sonia"]}
    attest(launch, "incident-path")
    assert "incident-path" not in [t.subject for t in todo(launch, CHECKED).tasks]


def test_the_final_check_waits_for_every_answer():
    launch = frozen()
    answer_all(launch, but=("incident-path",))
    assert acts(todo(launch, CHECKED).tasks) == [("attest", "incident-path")]
    attest(launch, "incident-path")
    assert acts(todo(launch, CHECKED).tasks) == [("final-check", "")]
    assert who(launch, "final-check", CHECKED) == [["luca"]]


def test_an_answer_is_renewed_in_the_last_quarter_of_its_time():
    launch = frozen()
    answer_all(launch)
    assert acts(todo(launch, SAID + 44 * MINUTE).tasks) == [("final-check", "")]
    soon = todo(launch, SAID + 46 * MINUTE).tasks
    assert {t.urgency for t in soon if t.act == "attest"} == {REST}
    assert len(soon) == 8
    late = todo(launch, SAID + 61 * MINUTE).tasks
    assert {t.urgency for t in late} == {WAITED_FOR}
    assert "final-check" not in [t.act for t in late]


def test_a_window_is_deferred_once_its_time_has_come_and_a_row_is_open():
    launch = frozen(decide_by=CHECKED)
    assert "defer" not in [t.act for t in todo(launch, CHECKED - 1).tasks]
    first = todo(launch, CHECKED).tasks[0]
    assert (first.act, first.urgency, [d.holder for d in first.doers]) == (
        "defer",
        OBJECTION,
        ["luca"],
    )
    answer_all(launch)
    assert "defer" not in [t.act for t in todo(launch, CHECKED).tasks]


@pytest.mark.parametrize("asked", ["probe", "prometheus"])
def test_what_the_monitoring_answers_waits_for_no_one(asked):
    table = f'[checks.monitoring-live.{asked}]\nurl = "http://127.0.0.1:1/up"\n'
    launch = frozen(checks=table)
    assert "monitoring-live" not in [t.subject for t in todo(launch, CHECKED).tasks]
    answer_all(launch, but=("monitoring-live",))
    assert acts(todo(launch, CHECKED).tasks) == [("final-check", "")]


# ---- the ledger ----------------------------------------------------------------------------------


def test_who_has_signed_is_not_asked_again_and_the_keeper_appends():
    launch = Launch.approved(verdicts=ONE + TABLE)
    whole = in_ledger(launch)
    assert acts(todo(launch, evidence=whole).tasks) == [("freeze", "")]
    lacking = in_ledger(launch, but=("005.approval",))
    found = todo(launch, evidence=lacking).tasks
    assert acts(found) == [("append", ""), ("freeze", "")]
    assert [d.holder for d in found[0].doers] == ["luca"]
    assert found[0].command == "aztrust ledger keep"
    assert found[0].urgency is WAITED_FOR
    assert "the approval of genesis by sonia" in found[0].why


def test_while_something_waits_only_the_keeper_may_freeze():
    launch = Launch.approved(verdicts=TWO + TABLE)
    assert who(launch, "freeze", evidence=in_ledger(launch)) == [["luca", "sonia"]]
    lacking = in_ledger(launch, but=("005.approval",))
    assert who(launch, "freeze", evidence=lacking) == [["luca"]]


def test_what_takes_back_counts_at_once_and_its_append_is_not_urgent():
    launch = Launch.approved(verdicts=ONE + TABLE)
    approval = launch.approve("release", "sonia", at=NOW + 1)
    launch.revoke(approval, "sonia")
    lacking = in_ledger(launch, but=("revocation",))
    found = todo(launch, NOW + MINUTE, evidence=lacking).tasks
    assert [(t.act, t.urgency) for t in found] == [("approve", OBJECTION), ("append", REST)]


def test_what_the_ledger_would_refuse_is_reported_and_does_not_count():
    launch = Launch.approved(verdicts=ONE + TABLE)
    launch.records.popitem()
    launch.approve("genesis", "sonia", at=NOW + HOUR)
    lacking = in_ledger(launch, but=("005.approval",))
    found = todo(launch, evidence=lacking)
    assert acts(found.tasks) == [("approve", "genesis")]
    assert "time-ahead" in " ".join(found.unseen)


def test_a_head_that_ends_soon_waits_for_the_keeper():
    table = TABLE + 'max_head_age = "1h"\n'
    launch = frozen(checks=table)
    whole = in_ledger(launch)
    found = [t for t in todo(launch, SAID, evidence=whole).tasks if t.act == "renew-head"]
    assert [(t.urgency, t.command) for t in found] == [
        (WAITED_FOR, "aztrust ledger head --heartbeat")
    ]


# ---- what could not be seen ----------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_listed():
    launch = Launch.approved()
    fault = Fault("manifests/records/x.json", "record-unreadable", "permission denied")
    found = todo(launch, evidence=replace(launch.evidence(), unreadable=(fault,)))
    assert (found.tasks, len(found.unseen)) == ((), 1)
    assert "permission denied" in found.unseen[0]


def test_a_ledger_that_is_not_here_is_listed():
    launch = Launch.approved()
    gone = LedgerReading("", ORIGIN, KEEPERS_KEY, fault="there is no ledger here")
    found = todo(launch, evidence=replace(launch.evidence(), ledger=gone))
    assert found.unseen == ("the ledger: there is no ledger here",)


def test_a_record_that_is_not_valid_is_listed():
    launch = Launch.approved(verdicts=ONE)
    assert todo(launch).unseen == ()
    launch.records["x.json"] = b"{}"
    assert "record-malformed" in " ".join(todo(launch).unseen)


def test_builders_are_asked_for_each_artifact_until_enough_have_built_it():
    rule = '[reproduction]\nroles = ["ops-lead", "security-lead"]\ndistinct_holders = 1\n'
    launch = Launch.approved(verdicts=ONE + STAFFED + rule)
    assert acts(todo(launch).tasks) == [("attest-build", "node.tar.gz")]
    assert who(launch, "attest-build") == [["dan", "sonia"]]
