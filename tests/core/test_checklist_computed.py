"""Each computed item: what turns it red, and its green neighbour."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.base.value import replace
from aztrust.core.checklist.computations import NAMES
from aztrust.core.checklist.definitions import parse_checklist
from aztrust.core.judge.checklist.computations import COMPUTATIONS
from aztrust.core.judge.checklist.items import by_of, scored_items
from aztrust.core.judge.checklist.outcome import Asked, Outcome
from aztrust.core.records.checklist_plan import ChangeFreeze
from aztrust.core.state.readiness import Readiness, Threshold
from aztrust.core.state.window.state import Source, Step
from aztrust.core.state.window.table import first_row_of
from tests import checklists
from tests.checklists import CHECKLIST, DRILL, answer, show
from tests.core import checklist_asked as made
from tests.core.checklist_asked import HOUR, area, asked, at, card, decided, item, minutes, plan
from tests.memory_launch import NOW, Launch


def computed(name: str, found: Asked, **fields: Any) -> Outcome:
    """What a computation gives for an item that names it."""
    return COMPUTATIONS[name](found, CHECKLIST.item[0].model_copy(update=fields))


def status(name: str, found: Asked) -> str:
    return computed(name, found).status


UNREAD = "manifests/records/a.json cannot be read"


def unread(found: Asked) -> Asked:
    """The same, with a record that could not be read."""
    return replace(found, records=replace(found.records, unread=UNREAD))


@pytest.fixture(scope="module")
def base() -> Asked:
    return asked()


@pytest.fixture(scope="module")
def planned(base) -> Asked:
    return replace(base, plan=plan(), plan_id="sha256:" + "5" * 64)


WINDOWS = (
    *("window-primary", "window-backup", "window-blackouts"),
    *("change-freeze-starts", "change-freeze-ends", "change-freeze-allowed"),
)


@pytest.mark.clause("RC-C.windows")
@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_passes_by_the_plan_and_is_pending_without_one(name, base, planned):
    assert status(name, planned) == "pass"
    assert planned.plan_id in computed(name, planned).rests_on
    assert status(name, base) == "pending"


@pytest.mark.clause("RC-C.windows")
@pytest.mark.parametrize("name", WINDOWS)
def test_a_plan_that_may_be_in_a_record_that_was_not_read_leaves_a_window_unknown(name, base):
    assert computed(name, unread(base)).status == "unknown"
    assert computed(name, unread(base)).detail == UNREAD


def test_an_answer_that_was_not_read_leaves_an_item_unknown_and_a_fail_fails():
    launch = Launch.approved()
    answer(launch, "D.2", "pass", by="rita")
    answer(launch, "E.1", "fail")
    read = asked(launch)
    found, other = (scored_items(each, "decision") for each in (read, unread(read)))
    assert [found[name].status for name in ("D.1", "D.2", "E.1")] == ["pending", "pass", "fail"]
    assert [other[name].status for name in ("D.1", "D.2", "E.1")] == ["unknown", "unknown", "fail"]
    assert other["D.2"].detail == UNREAD


@pytest.mark.clause("RC-C.windows")
def test_the_primary_window_fails_once_both_windows_are_over(planned):
    assert status("window-primary", at(planned, NOW + 3 * HOUR)) == "pass"
    assert status("window-primary", at(planned, NOW + 26 * HOUR - 1)) == "pass"
    assert status("window-primary", at(planned, NOW + 26 * HOUR)) == "fail"
    alone = replace(planned, plan=plan(backup=None))
    assert status("window-primary", at(alone, NOW + 3 * HOUR)) == "fail"


@pytest.mark.clause("RC-C.windows")
def test_the_start_window_is_in_a_window_of_the_plan(planned):
    assert status("window-primary", replace(planned, window=made.starting(1, 3))) == "pass"
    assert status("window-primary", replace(planned, window=made.starting(24, 25))) == "pass"
    assert status("window-primary", replace(planned, window=made.starting(2, 4))) == "fail"


@pytest.mark.clause("RC-C.windows")
def test_a_start_outside_of_the_plan_fails(planned):
    def started(hours: int) -> Asked:
        source = Source((made.decision(None),), NOW + hours * HOUR)
        step = Step(first_row_of("activate-first"), source, "NETWORK_STARTED", 4)
        return replace(planned, window=replace(made.BASE, steps=(step,), activated=("node",)))

    assert status("window-primary", started(2)) == "pass"
    assert status("window-primary", started(25)) == "pass"
    assert status("window-primary", started(5)) == "fail"


@pytest.mark.clause("RC-C.windows")
def test_a_backup_window_that_is_over_or_absent_fails(planned):
    assert status("window-backup", at(planned, NOW + 26 * HOUR - 1)) == "pass"
    assert status("window-backup", at(planned, NOW + 26 * HOUR)) == "fail"
    assert status("window-backup", replace(planned, plan=plan(backup=None))) == "fail"


@pytest.mark.clause("RC-C.windows")
def test_a_blackout_fails_at_its_time_and_in_the_start_window(planned):
    assert status("window-blackouts", at(planned, NOW + 48 * HOUR - 1)) == "pass"
    assert status("window-blackouts", at(planned, NOW + 48 * HOUR)) == "fail"
    assert status("window-blackouts", at(planned, NOW + 50 * HOUR)) == "pass"
    assert status("window-blackouts", replace(planned, window=made.starting(45, 47))) == "pass"
    assert status("window-blackouts", replace(planned, window=made.starting(47, 49))) == "fail"


def frozen(**changes: Any) -> Any:
    held = plan().change_freeze
    assert held is not None
    return plan(change_freeze=ChangeFreeze(**{**held.model_dump(), **changes}))


@pytest.mark.clause("RC-C.windows")
def test_a_change_freeze_begins_before_the_primary_window(planned):
    late = replace(planned, plan=frozen(from_unix_ms=NOW + HOUR))
    assert status("change-freeze-starts", late) == "pending"
    assert status("change-freeze-starts", at(late, NOW + HOUR)) == "pass"
    later = replace(planned, plan=frozen(from_unix_ms=NOW + HOUR + 1))
    assert status("change-freeze-starts", later) == "fail"
    without = replace(planned, plan=plan(change_freeze=None))
    for name in WINDOWS[3:]:
        assert status(name, without) == "fail"


@pytest.mark.clause("RC-C.windows")
def test_a_change_freeze_lasts_until_the_last_window_is_over(planned):
    enough = replace(planned, plan=frozen(until_unix_ms=NOW + 26 * HOUR))
    assert status("change-freeze-ends", enough) == "pass"
    short = replace(planned, plan=frozen(until_unix_ms=NOW + 26 * HOUR - 1))
    assert status("change-freeze-ends", short) == "fail"
    assert status("change-freeze-ends", at(planned, NOW + 30 * HOUR)) == "fail"


@pytest.mark.clause("RC-C.windows")
def test_what_is_sealed_in_a_change_freeze_has_to_be_allowed_and_approved(planned):
    # The packages of the launch are sealed now, and the freeze began an hour ago.
    assert "sealed and approved" in computed("change-freeze-allowed", planned).detail
    nothing = replace(planned, plan=frozen(allowed=()))
    assert status("change-freeze-allowed", nothing) == "fail"
    later = replace(planned, plan=frozen(allowed=(), from_unix_ms=NOW + 1))
    assert status("change-freeze-allowed", later) == "pass"
    launch = Launch.approved()
    launch.seal("release", "rita", prior=())
    launch.records = {k: v for k, v in launch.records.items() if "approval" not in k}
    bare = replace(asked(launch), plan=plan())
    assert status("change-freeze-allowed", bare) == "fail"


@pytest.mark.clause("RC-C.windows")
def test_a_seal_that_was_revoked_changes_nothing_in_a_change_freeze():
    launch = Launch.approved()
    nothing = replace(asked(launch), plan=frozen(allowed=()))
    sealed = computed("change-freeze-allowed", nothing)
    assert (sealed.status, len(sealed.rests_on)) == ("fail", 2)
    for id_ in sealed.rests_on:
        launch.revoke(id_, "sonia")
    gone = replace(asked(launch), plan=frozen(allowed=()))
    assert status("change-freeze-allowed", gone) == "pass"


STEADY = (
    '[steady]\nblock_interval = "6s"\nmax_error_rate = "1%"\nmin_participation = "90%"\n'
    'startup_delay = "10m"\nmax_no_finality = "5m"\n'
)
ROLLBACK = {
    "halt": ("blocks = 4", "blocks = 3"),
    "participation": ('least = "66%"', 'least = "70%"'),
    "cadence": ('most = "3x"', 'most = "1.5x"'),
    "errors": ('most = "3%"', 'most = "2%"'),
    "reconciliation": ('most = "0.6%"', 'most = "0.4%"'),
}


@pytest.mark.clause("RC-C.rollback")
@pytest.mark.parametrize("name", ROLLBACK)
def test_a_rollback_criterion_may_be_stricter_and_not_looser(name):
    looser, stricter = ROLLBACK[name]
    for text, wanted in ((looser, "fail"), (stricter, "pass")):
        launch = Launch.approved(verdicts=f"{STEADY}[rollback.{name}]\n{text}\n")
        assert status(f"rollback-{name}", asked(launch)) == wanted, text


@pytest.mark.clause("RC-C.rollback")
def test_what_counts_in_block_times_needs_one(base):
    assert [status(f"rollback-{name}", base) for name in ROLLBACK] == [
        *("fail", "pass", "fail", "pass", "pass")
    ]
    given_up = '[rollback.errors]\nnot_applicable = "this chain has no such service"\n'
    found = computed("rollback-errors", asked(Launch.approved(verdicts=given_up)))
    assert found.status == "not-applicable"
    assert "no such service" in found.detail


@pytest.mark.clause("RC-D")
def test_the_genesis_checksum_changes_with_the_bytes(base):
    assert status("genesis-checksum", base) == "pass"
    launch = Launch.approved()
    launch.captured["genesis"]["genesis.json"] = b'{"chain_id":"bench-2"}'
    assert status("genesis-checksum", asked(launch)) == "fail"
    gone = {n: r for n, r in base.results.items() if n != "genesis-integrity"}
    assert status("genesis-checksum", replace(base, results=gone)) == "unknown"


@pytest.mark.clause("RC-D")
def test_packages_are_approved_until_an_approval_is_revoked(base):
    assert status("packages-approved", base) == "pass"
    launch = Launch.approved()
    held = asked(launch).context.records.effective.approvals("release")[0]
    launch.revoke(held.record_id, held.holder)
    assert status("packages-approved", asked(launch)) == "fail"


@pytest.mark.clause("RC-D")
def test_packages_that_are_not_here_leave_the_genesis_unknown():
    launch = Launch.approved()
    verdict = launch.verify()
    context = replace(verdict.context, evidence=replace(verdict.context.evidence, packages={}))
    from aztrust.core.judge.verify import verify

    again = verify(context.evidence, context.request)
    found = asked(launch, results={r.id: r for r in again.results})
    assert status("genesis-checksum", found) == "unknown"


def test_a_freeze_is_confirmed_by_the_window_and_by_the_bytes():
    launch = Launch.approved(verdicts="[verdicts]\nroles = { launch-coordinator = 1 }\n")
    launch.verdict()
    held = replace(asked(launch), window=replace(made.BASE, facts=frozenset({"frozen"})))
    assert status("freeze-confirmed", held) == "pass"
    assert status("freeze-confirmed", replace(held, window=made.BASE)) == "pending"
    launch.genesis[0] = replace(launch.genesis[0], sha256="sha256:" + "7" * 64)
    moved = replace(asked(launch), window=held.window)
    assert status("freeze-confirmed", moved) == "fail"


def test_readiness_is_the_count_of_the_thresholds(base, monkeypatch):
    module = "aztrust.core.judge.checklist.verified.present_readiness"

    def count(**fields: Any) -> str:
        threshold = Threshold("power", fields.pop("met", True), 70, 67, (), "70 of 67")
        held = Readiness(thresholds=(threshold,), **fields)
        monkeypatch.setattr(module, lambda _: held)
        return status("readiness-threshold", base)

    assert count() == "pass"
    assert count(met=False) == "fail"
    assert count(power_unknown="genesis.json is not here") == "unknown"
    monkeypatch.setattr(module, lambda _: None)
    assert status("readiness-threshold", base) == "pending"


def test_final_checks_pass_while_they_are_recent(base):
    facts = frozenset({"final-checks-passed"})
    window = replace(made.BASE, facts=facts, final_at_unix_ms=NOW)
    held = replace(base, window=window)
    assert status("final-checks-passed", at(held, NOW + HOUR)) == "pass"
    assert status("final-checks-passed", at(held, NOW + HOUR + 1)) == "fail"
    taken_back = replace(window, facts=frozenset())
    assert status("final-checks-passed", replace(base, window=taken_back)) == "fail"
    assert status("final-checks-passed", replace(base, window=made.BASE)) == "pending"


DRILLS = ("drill-recorded", "rehearsal-recorded", "cutover-timed", "rollback-rehearsed")


@pytest.mark.clause("RC-E", "RC-D")
@pytest.mark.parametrize("name", DRILLS)
def test_a_drill_is_attested_by_its_record(name):
    def said(answered: str, **fields: Any) -> Outcome:
        launch = Launch.approved()
        answer(launch, "E.1", answered, **fields)
        return computed(name, asked(launch), requires=("E.1",))

    found = said("pass", drill=DRILL)
    assert found.status == "pass"
    assert "60m" in found.detail
    assert said("fail").status == "fail"
    warned = said("warning", drill=DRILL)
    assert (warned.status, warned.mitigation_owner) == ("warning", "dan")
    assert said("pass").status == "pending"
    assert computed(name, asked(), requires=("E.1",)).status == "pending"
    assert by_of(CHECKLIST.item[0].model_copy(update={"computed": name})) == "attested"


@pytest.mark.clause("RC-E", "RC-H")
@pytest.mark.parametrize("name", ["results-captured", "evidence-hashed", "evidence-located"])
def test_evidence_is_there_and_is_the_recorded_one(name):
    launch = Launch.approved()
    assert status(name, asked(launch)) == "pending"
    show(launch, "D.1", "restore.log", b"restored\n")
    held = asked(launch)

    def read(outcome: str) -> str:
        shown = {"D.1": Outcome(outcome, "restore.log")}  # type: ignore[arg-type]
        return status(name, replace(held, shown=shown))

    assert read("pass") == "pass"
    if name != "evidence-located":
        assert read("fail") == "fail"
        # Files that were not read are not the recorded ones.
        assert status(name, held) == "unknown"


@pytest.mark.clause("RC-H")
def test_evidence_is_not_located_while_an_item_that_asks_for_it_has_none():
    launch = Launch.approved()
    show(launch, "D.2", "notes.txt", b"notes\n")
    found = computed("evidence-located", asked(launch))
    assert (found.status, "D.1" in found.detail) == ("pending", True)


@pytest.mark.clause("RC-J")
def test_a_packet_is_archived_once_its_evidence_is_in_the_ledger():
    launch = Launch.approved()
    id_ = show(launch, "D.1", "restore.log", b"restored\n")
    held = replace(asked(launch), shown={"D.1": made.PASSES})
    assert status("packet-archived", held) == "pending"
    logged = replace(held, context=replace(held.context, order={id_: 3}))
    assert status("packet-archived", logged) == "pass"
    changed = replace(logged, shown={"D.1": Outcome("fail", "other bytes")})
    assert status("packet-archived", changed) == "fail"


SCORING = {
    "scoring-p0": (item("D.1", "P0", "pass"), item("D.1", "P0", "fail")),
    "scoring-p1": (made.warning("D.2"), made.warning("D.2", mitigation_owner=None)),
    "scoring-p2": (item("D.3", "P2", "fail"), None),
}


@pytest.mark.clause("RC-G.scoring")
@pytest.mark.parametrize("name", SCORING)
def test_the_score_of_the_decision_kept_the_rule(name, base):
    good, bad = SCORING[name]
    held = replace(base, window=decided(minutes(score=card(good))))
    assert status(name, held) == "pass"
    if bad is not None:
        no_go = decided(minutes(score=card(bad)), "NO_GO")
        assert status(name, replace(base, window=no_go)) == "fail"
    assert status(name, replace(base, window=made.BASE)) == "pending"
    assert status(name, replace(base, window=decided(minutes(score=None)))) == "fail"


@pytest.mark.clause("RC-G.decision")
def test_a_scorecard_is_compiled_for_the_checklist_of_the_policy():
    table = f'[checklist]\ndigest = "{checklists.DIGEST}"\n'
    held = replace(asked(Launch.approved(verdicts=table)), window=decided(minutes()))
    assert status("scorecard-compiled", held) == "pass"
    other = Launch.approved(verdicts=table.replace(checklists.DIGEST, "sha256:" + "8" * 64))
    assert status("scorecard-compiled", replace(asked(other), window=held.window)) == "fail"
    without = replace(held, window=decided(minutes(score=None)))
    assert status("scorecard-compiled", without) == "fail"


@pytest.mark.clause("RC-A", "RC-G.decision")
@pytest.mark.parametrize("name", ["sign-offs-recorded", "quorum-met"])
def test_every_area_is_signed_off_by_a_holder_of_its_own(name, base):
    held = replace(base, areas=made.SIGNED)
    assert status(name, held) == "pass"
    conditional = (area("operations", "conditional"), area("security"))
    assert status(name, replace(base, areas=conditional)) == "pass"
    wanted = {"pending": "pending", "stale": "fail", "reject": "fail", "same-holder": "fail"}
    for state, outcome in wanted.items():
        areas = (area("operations", state), area("security"))
        assert status(name, replace(base, areas=areas)) == outcome, state


@pytest.mark.clause("RC-G.decision", "RC-I")
def test_a_decision_and_its_meeting_are_recorded(base):
    held = replace(base, window=decided(minutes()))
    for name in ("decision-recorded", "meeting-recorded", "attendees-complete"):
        assert status(name, replace(base, window=made.BASE)) == "pending", name
    assert status("meeting-recorded", held) == "pass"
    assert status("meeting-recorded", replace(base, window=decided(None))) == "fail"
    assert status("attendees-complete", held) == "pass"
    absent = decided(minutes({"dan": "ops-lead"}))
    found = computed("attendees-complete", replace(base, window=absent))
    assert (found.status, "security-lead" in found.detail) == ("fail", True)


@pytest.mark.clause("RC-G.decision", "RC-J")
def test_a_decision_is_indexed_by_the_ledger_and_signed_until_it_is_taken_back(base):
    held = replace(base, window=decided(minutes()), areas=made.SIGNED)
    record = held.decision
    assert record is not None
    effective = held.context.records.effective
    whole = replace(effective, verified=(*effective.verified, record))
    counted = replace(held.context, records=replace(held.context.records, effective=whole))
    held = replace(held, context=counted)
    assert status("decision-recorded", held) == "pass"
    assert status("checklist-signed", held) == "pass"
    unsigned = replace(held, areas=(area("operations", "pending"), area("security")))
    assert status("checklist-signed", unsigned) == "pending"
    assert status("decision-indexed", held) == "pending"
    logged = replace(held, context=replace(counted, order={record.record_id: 7}))
    assert status("decision-indexed", logged) == "pass"
    revoking = replace(whole, revoked_keys={record.key.fingerprint: (_compromised(record),)})
    gone = replace(counted, records=replace(counted.records, effective=revoking))
    for name in ("decision-recorded", "checklist-signed", "decision-indexed"):
        assert status(name, replace(logged, context=gone)) == "fail", name


def _compromised(record: Any) -> Any:
    from aztrust.core.records.records import KINDS

    body = KINDS["revocation"].model.model_validate(
        {
            "policy_digest": "sha256:" + "1" * 64,
            "reason": "compromised",
            "revoked_at_unix_ms": NOW,
            "stands": (),
            "target": record.key.fingerprint,
            "target_kind": "key",
        }
    )
    return replace(record, record_id="sha256:" + "2" * 64, kind="revocation", body=body)


def test_a_computation_without_a_function_is_unknown_and_never_a_pass(base):
    text = checklists.TEXT.replace(b'computed = "genesis-checksum"', b'computed = "moon-phase"')
    found = scored_items(asked(checklist=parse_checklist(text)), "decision")
    assert (found["S.1"].status, "moon-phase" in found["S.1"].detail) == ("unknown", True)
    assert scored_items(base, "decision")["S.1"].status == "pass"


@pytest.mark.clause("RC-pre")
def test_an_item_does_not_pass_while_one_that_it_requires_does_not():
    text = checklists.TEXT.replace(
        b'computed = "genesis-checksum"', b'computed = "genesis-checksum"\nrequires = ["D.2"]'
    )
    checklist = parse_checklist(text)

    def found(said: str | None) -> str:
        launch = Launch.approved()
        if said is not None:
            answer(launch, "D.2", said, by="rita")
        return scored_items(asked(launch, checklist), "decision")["S.1"].status

    assert found("pass") == "pass"
    assert found("not-applicable") == "pass"
    assert [found(said) for said in (None, "fail", "warning")] == ["pending"] * 3


def test_the_computations_are_those_that_definitions_may_name():
    assert set(COMPUTATIONS) == NAMES


def test_every_computation_has_a_test_here():
    named: set[str] = {*WINDOWS, *DRILLS, *SCORING, *(f"rollback-{name}" for name in ROLLBACK)}
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    assert [name for name in COMPUTATIONS if name not in named and f'"{name}"' not in text] == []
