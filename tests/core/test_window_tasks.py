"""The tasks of a launch window after its start: who is asked for what, from its records."""

from aztrust.core.base.value import replace
from aztrust.core.judge import window_tasks as module
from aztrust.core.judge.window_tasks import window_tasks
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.current import shown_attempt
from aztrust.core.state.window.state import Limits, WindowState
from tests.final_check_builders import frozen
from tests.memory_launch import NOW
from tests.people import signer
from tests.window_records import WindowRecords

HOUR = 3_600_000


def asked(monkeypatch, now, **fields):
    """The tasks of a frozen launch whose window is in a state that is given."""
    launch = frozen()
    context = launch.verify().context
    attempt = shown_attempt(context)
    context = replace(context, request=replace(context.request, now_unix_ms=now))
    state = WindowState(
        attempt.launch_window_id, attempt.scope_hash, Limits(HOUR, 24 * HOUR), **fields
    )
    monkeypatch.setattr(module, "present_window", lambda *_: state)
    return {task.act: task for task in window_tasks(context, context, attempt)}


def entry() -> VerifiedRecord:
    made = WindowRecords().entry(snapshot_policy={"every_ms": 2 * HOUR, "text": ""})
    key = signer("luca").public
    return VerifiedRecord(made.record_id, made.kind, "luca", key, made.body, made.preimages)


def test_a_snapshot_is_asked_of_those_who_may_enter_the_posture(monkeypatch):
    posture = {
        "status": "RESTRICTED_POSTURE_ACTIVE",
        "posture_since_unix_ms": NOW,
        "records": {"enter-posture": entry()},
    }
    assert "snapshot" not in asked(monkeypatch, NOW + 2 * HOUR - 1, **posture)
    task = asked(monkeypatch, NOW + 2 * HOUR, **posture)["snapshot"]
    assert [doer.holder for doer in task.doers] == ["luca"]
    assert task.command == "aztrust window posture attest snapshots pass --evidence FILE"


def test_a_checkpoint_that_can_be_passed_is_asked_of_the_signers_of_verdicts(monkeypatch):
    task = asked(monkeypatch, NOW, status="EARLY_EPOCHS_ACTIVE")["checkpoint"]
    assert task.subject == "first-epoch-finalized"
    assert [doer.holder for doer in task.doers] == ["luca"]
    done = {"status": "EARLY_EPOCHS_ACTIVE", "facts": frozenset({"first-epoch-finalized"})}
    assert "checkpoint" not in asked(monkeypatch, NOW, **done)


def test_a_step_that_lacks_a_condition_is_not_asked_for(monkeypatch):
    held = frozenset({"hold-open"})
    assert "checkpoint" not in asked(monkeypatch, NOW, status="EARLY_EPOCHS_ACTIVE", facts=held)


def test_a_window_that_is_over_asks_for_nothing(monkeypatch):
    for status in ("NORMALIZED", "DEFERRED", "ABORTED"):
        assert asked(monkeypatch, NOW, status=status) == {}


def test_the_scope_is_confirmed_once_more_after_the_instruction(monkeypatch):
    facts = frozenset({"instructed", "final-checks-passed"})
    fields = {"status": "BOOTSTRAP_AUTHORIZED", "final_at_unix_ms": NOW}
    found = asked(monkeypatch, NOW, facts=facts, **fields)
    assert (found["final-check"].subject, found["final-check"].command) == (
        "scope-reconfirmed",
        "aztrust final-check",
    )
    confirmed = facts | {"scope-reconfirmed"}
    assert "final-check" not in asked(monkeypatch, NOW, facts=confirmed, **fields)
