"""Each law of the launch window in every state that the transition table can reach."""

from __future__ import annotations

import pytest

from aztrust.core.state.window.facts import OF_THE_RECORD, STORED, TIMED
from aztrust.core.state.window.row import BEFORE_START, STARTED
from aztrust.core.state.window.table import TABLE
from tests.core.window_examples import ALWAYS_OPEN, EXAMPLES, breaking
from tests.core.window_laws import LAWS
from tests.core.window_model import (
    COUNTED,
    EVERY_SIGNER,
    MOMENT,
    MOST,
    STATUSES,
    Machine,
    State,
    Step,
    altered,
    worlds,
)

MACHINE = Machine(TABLE)
GUARDS = [(row, need) for row in TABLE for need in row.needs]
SECOND_LINE = {
    *("proceed/scope-valid", "go-hold-reviewed/scope-valid", "decide-go/scope-valid"),
    *("authorize/scope-valid", "bootstrap-authorized/scope-valid", "activate-first/scope-valid"),
    *("authorize/no-adverse-decision", "bootstrap-authorized/no-adverse-decision"),
    *("bootstrap-authorized/go-decision", "activate-first/authorized"),
    *("activate-first/instructed", "activate-first/final-checks-passed"),
    *("go-hold-reviewed/final-checks-passed", "decide-go/final-checks-passed"),
    *("authorize/final-checks-passed", "bootstrap-authorized/final-checks-passed"),
}
"""Conditions that another one of the same row implies in every state that can be reached: what
invalidates a scope takes its final check back, a final check that does not pass takes back what was
decided on the one before, and a NO_GO takes back the GO. They stay, because
AZ-8.2 and AZ-30.1 list them and because a refusal names the first one that is missing."""


@pytest.fixture(scope="module")
def reached() -> dict[State, tuple[Step, ...]]:
    return MACHINE.reachable()


@pytest.fixture
def holds(reached):
    """Asserts that no step breaks a law: none from a state that can be reached, and where the law
    holds everywhere, none from any state with one thing wrong."""

    def of(name):
        law = LAWS[name]
        for steps in reached.values():
            assert not law.broken(steps)
        if law.everywhere:
            for row in TABLE:
                assert not law.broken(steps_of(MACHINE, row))

    return of


def steps_of(machine, row):
    """What a row does in each state with at most one thing wrong."""
    found = (
        machine.take(state, row.trigger, moment, EVERY_SIGNER) for state, moment in worlds(row)
    )
    return [step for step in found if step is not None]


def broken_by(laws, steps):
    """The names of the laws that some of these steps break."""
    return {one.name for one in laws if one.broken(steps)}


def not_open(reached, machine=MACHINE):
    """The states before the start in which a defer or an abort has no effect."""
    return [
        state
        for state in reached
        if state.status in BEFORE_START
        for what, status in (("defer", "DEFERRED"), ("abort", "ABORTED"))
        if (step := machine.take(state, what, frozenset(), {what})) is None
        or step.after.status != status
    ]


def test_every_state_is_explored(reached, record_property):
    steps = sum(map(len, reached.values()))
    line = (
        f"{len(reached)} states, {steps} steps; {len(TABLE)} rows, {len(STORED)} stored facts,"
        f" {len(TIMED)} of the time, {len(OF_THE_RECORD)} of a record; at most {MOST} holds,"
        f" {MOST} anomalies and {MOST} blockers open"
    )
    print(line)
    record_property("explored", line)
    assert {state.status for state in reached} == set(STATUSES)
    assert {state.phase for state in reached} == set(range(9))
    assert all(
        (number > 0) is (fact in state.facts)
        for state in reached
        for fact, number in zip(COUNTED, state.open, strict=True)
    )
    assert {step.trigger for steps in reached.values() for step in steps} == {
        row.trigger for row in TABLE
    }


@pytest.mark.clause("AZ-2.3", "AZ-28")
def test_defer_and_abort_are_open_until_the_start(reached):
    assert not not_open(reached)


@pytest.mark.clause("AZ-2.3")
def test_an_abort_can_be_reached_from_every_state_that_has_not_ended(reached):
    for state in reached:
        if state.status in STARTED:
            criterion = frozenset({"criterion-named"})
            step = MACHINE.take(state, "abort", criterion, {"abort-started"})
            assert step is not None
            assert step.after.status == "ABORTED"


@pytest.mark.clause("AZ-8.2")
def test_an_act_without_its_signers_has_no_effect(reached):
    for state, steps in reached.items():
        for step in steps:
            others = EVERY_SIGNER - {step.signed_by}
            assert MACHINE.take(state, step.trigger, step.moment, others) is None


@pytest.mark.clause("AZ-4.2", "AZ-13.3")
def test_passing_time_is_not_an_event(reached):
    # What depends on the time is not part of a state, and what happens is always signed.
    assert not {*TIMED} & {fact for row in TABLE for fact in (*row.sets, *row.clears)}
    assert all(not {*TIMED} & state.facts for state in reached)
    assert all(row.act in EVERY_SIGNER for row in TABLE)


@pytest.mark.clause("AZ-4.2", "AZ-16.2")
def test_statuses_follow_in_order(holds):
    holds("statuses_follow_in_order")


@pytest.mark.clause("AZ-5.3")
def test_no_final_checks_before_the_freeze(holds):
    holds("no_final_checks_before_the_freeze")


@pytest.mark.clause("AZ-7.3", "AZ-18.3")
def test_a_hold_is_left_by_proceed_defer_or_abort(holds):
    holds("a_hold_is_left_by_proceed_defer_or_abort")


@pytest.mark.clause("AZ-19.3")
def test_a_hold_ends_by_a_proceed_that_names_it(holds):
    holds("a_hold_ends_by_a_proceed_that_names_it")


@pytest.mark.clause("AZ-29.1")
def test_a_critical_blocker_stops_every_step(holds):
    holds("a_critical_blocker_stops_every_step")


@pytest.mark.clause("AZ-29.1")
def test_an_anomaly_stops_every_step(holds):
    holds("an_anomaly_stops_every_step")


@pytest.mark.clause("AZ-38")
def test_an_anomaly_is_closed_by_a_resolution_that_names_it(holds):
    holds("an_anomaly_is_closed_by_a_resolution_that_names_it")


@pytest.mark.clause("AZ-8.2")
def test_a_blocker_is_closed_by_its_closing(holds):
    holds("a_blocker_is_closed_by_its_closing")


@pytest.mark.clause("AZ-28")
def test_an_invalid_scope_allows_only_defer_and_abort(holds):
    holds("an_invalid_scope_allows_only_defer_and_abort")


@pytest.mark.clause("AZ-28")
def test_an_adverse_decision_leads_only_to_defer_or_abort(holds):
    holds("an_adverse_decision_leads_only_to_defer_or_abort")


@pytest.mark.clause("AZ-2.2", "AZ-6.2")
def test_what_leads_to_the_start_rests_on_fresh_final_checks(holds):
    holds("what_leads_to_the_start_rests_on_fresh_final_checks")


@pytest.mark.clause("AZ-7.2")
def test_a_review_rests_on_a_proceed_and_a_decision_on_the_review(holds):
    holds("a_review_rests_on_a_proceed_and_a_decision_on_the_review")


@pytest.mark.clause("RC-G.decision")
def test_a_go_rests_on_the_checklist_of_the_policy(holds):
    holds("a_go_rests_on_the_checklist_of_the_policy")


@pytest.mark.clause("AZ-8.2")
def test_an_authorization_rests_on_a_go_that_it_names(holds):
    holds("an_authorization_rests_on_a_go_that_it_names")


@pytest.mark.clause("AZ-8.2")
def test_bootstrap_is_authorized_under_every_condition(holds):
    holds("bootstrap_is_authorized_under_every_condition")


@pytest.mark.clause("AZ-7.2", "AZ-8.2")
def test_bootstrap_is_authorized_after_the_whole_review(holds):
    holds("bootstrap_is_authorized_after_the_whole_review")


@pytest.mark.clause("AZ-30.2")
def test_an_instruction_names_the_authorization(holds):
    holds("an_instruction_names_the_authorization")


@pytest.mark.clause("AZ-30.1")
def test_the_scope_is_confirmed_after_the_instruction(holds):
    holds("the_scope_is_confirmed_after_the_instruction")


@pytest.mark.clause("AZ-30.1")
def test_the_network_starts_under_all_six_conditions(holds):
    holds("the_network_starts_under_all_six_conditions")


@pytest.mark.clause("AZ-30.2")
def test_the_network_starts_within_its_window(holds):
    holds("the_network_starts_within_its_window")


@pytest.mark.clause("AZ-8.4")
def test_nothing_starts_before_an_authorization_is_recorded(holds):
    holds("nothing_starts_before_an_authorization_is_recorded")


@pytest.mark.clause("AZ-9.2", "AZ-9.3")
def test_roles_start_one_by_one_in_their_order(holds):
    holds("roles_start_one_by_one_in_their_order")


@pytest.mark.clause("AZ-34")
def test_a_restart_names_its_anomaly(holds):
    holds("a_restart_names_its_anomaly")


@pytest.mark.clause("AZ-9.2")
def test_the_first_blocks_are_judged_with_all_roles(holds):
    holds("the_first_blocks_are_judged_with_all_roles")


@pytest.mark.clause("AZ-11.3", "AZ-32.3")
def test_the_posture_follows_a_finalized_epoch_and_an_observation(holds):
    holds("the_posture_follows_a_finalized_epoch_and_an_observation")


@pytest.mark.clause("AZ-12.3", "AZ-35.1")
def test_the_exit_is_ready_after_the_least_time_and_an_observation(holds):
    holds("the_exit_is_ready_after_the_least_time_and_an_observation")


@pytest.mark.clause("AZ-35.1")
def test_an_exit_follows_its_readiness(holds):
    holds("an_exit_follows_its_readiness")


@pytest.mark.clause("AZ-2.5", "AZ-13.2", "AZ-35.2")
def test_nothing_leaves_the_posture_without_the_exit_record(holds):
    holds("nothing_leaves_the_posture_without_the_exit_record")


@pytest.mark.clause("AZ-4.2", "AZ-35.2")
def test_the_last_phase_is_entered_by_the_exit_record(holds):
    holds("the_last_phase_is_entered_by_the_exit_record")


@pytest.mark.clause("AZ-28")
def test_after_the_start_only_an_abort_with_its_criterion_ends(holds):
    holds("after_the_start_only_an_abort_with_its_criterion_ends")


@pytest.mark.clause("AZ-28", "AZ-16.3")
def test_a_window_that_ended_stays_so(holds):
    holds("a_window_that_ended_stays_so")


@pytest.mark.clause("AZ-28")
def test_a_defer_leaves_the_scope_as_it_is(holds):
    holds("a_defer_leaves_the_scope_as_it_is")


@pytest.mark.clause("AZ-28")
def test_after_the_start_broken_truth_stops_and_ends_nothing(holds):
    holds("after_the_start_broken_truth_stops_and_ends_nothing")


@pytest.mark.clause("AZ-6.3", "AZ-7.2", "AZ-35.1")
def test_what_does_not_pass_takes_back(holds):
    holds("what_does_not_pass_takes_back")


@pytest.mark.clause("AZ-7.2", "AZ-8.2")
def test_each_act_is_signed_by_those_who_may(holds):
    holds("each_act_is_signed_by_those_who_may")


@pytest.mark.clause("AZ-7.2")
def test_one_holder_alone_leads_nowhere(holds):
    holds("one_holder_alone_leads_nowhere")


@pytest.mark.clause("AZ-25.1")
def test_an_amendment_is_of_the_restricted_posture(holds):
    holds("an_amendment_is_of_the_restricted_posture")


@pytest.mark.parametrize(
    ("row", "need"), GUARDS, ids=[f"{row.id}/{need.id}" for row, need in GUARDS]
)
def test_a_table_without_one_condition_breaks_a_law(reached, row, need):
    machine = Machine(altered(TABLE, row.id, need.id))
    (other,) = [one for one in machine.table if one.id == row.id]
    everywhere = [law for law in LAWS.values() if law.everywhere]
    assert broken_by(everywhere, steps_of(machine, other))
    # And by what can be reached, unless another condition implies this one.
    moments = (MOMENT, MOMENT - {need.fact})
    new = [
        step
        for state in reached
        if state.status in row.possible_in
        for moment in moments
        if (step := machine.take(state, row.trigger, moment, EVERY_SIGNER)) is not None
        and step != MACHINE.take(state, row.trigger, moment, EVERY_SIGNER)
    ]
    is_second = f"{row.id}/{need.id}" in SECOND_LINE
    assert bool(broken_by(LAWS.values(), new)) is not is_second


def test_the_second_line_is_of_the_table():
    assert {f"{row.id}/{need.id}" for row, need in GUARDS} >= SECOND_LINE


@pytest.mark.slow  # explores a table for each law
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_law_is_broken_by_a_table(name):
    machine = Machine(breaking(name), most=1)
    reached = machine.reachable()
    if name == ALWAYS_OPEN:
        assert not_open(reached, machine)
    else:
        assert any(LAWS[name].broken(steps) for steps in reached.values())
