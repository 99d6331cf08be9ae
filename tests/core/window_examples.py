"""For each law of the launch window a table that breaks it: one row is another one."""

from __future__ import annotations

from typing import Any, Final

from aztrust.core.state.window.row import BEFORE_START, RUNNING, Row
from aztrust.core.state.window.table import TABLE
from tests.core.window_laws import LAWS
from tests.core.window_model import altered

ALWAYS_OPEN: Final = "defer_and_abort_are_open_until_the_start"
"""The one law that is about states and not about steps."""

EXAMPLES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "statuses_follow_in_order": ("freeze", {"enters": "AT_GO_HOLD_POINT"}),
    "no_final_checks_before_the_freeze": ("first-final-check", {"without": "frozen"}),
    "a_hold_is_left_by_proceed_defer_or_abort": ("decide-go", {"without": "no-open-hold"}),
    "a_hold_ends_by_a_proceed_that_names_it": (
        "proceed-after-hold",
        {"without": "names-present-records"},
    ),
    "a_critical_blocker_stops_every_step": ("authorize", {"without": "no-critical-blocker"}),
    "an_anomaly_stops_every_step": ("exit-posture", {"without": "no-open-anomaly"}),
    "an_anomaly_is_closed_by_a_resolution_that_names_it": (
        "resolve-anomaly",
        {"without": "names-present-records"},
    ),
    "a_blocker_is_closed_by_its_closing": ("observe", {"clears": ("blocker-open",)}),
    "an_invalid_scope_allows_only_defer_and_abort": ("instruct", {"without": "scope-valid"}),
    "an_adverse_decision_leads_only_to_defer_or_abort": (
        "instruct",
        {"without": "no-adverse-decision"},
    ),
    "what_leads_to_the_start_rests_on_fresh_final_checks": (
        "proceed",
        {"without": "final-checks-recent"},
    ),
    "a_review_rests_on_a_proceed_and_a_decision_on_the_review": (
        "go-hold-reviewed",
        {"without": "proceed-recorded"},
    ),
    "a_go_rests_on_the_checklist_of_the_policy": ("decide-go", {"without": "checklist-decided"}),
    "an_authorization_rests_on_a_go_that_it_names": ("authorize", {"without": "go-decision"}),
    "bootstrap_is_authorized_under_every_condition": (
        "bootstrap-authorized",
        {"without": "final-checks-recent"},
    ),
    "bootstrap_is_authorized_after_the_whole_review": (
        "decide-go",
        {"without": "go-hold-reviewed"},
    ),
    "an_instruction_names_the_authorization": ("instruct", {"without": "names-present-records"}),
    "the_scope_is_confirmed_after_the_instruction": (
        "scope-reconfirmed",
        {"without": "instructed"},
    ),
    "the_network_starts_under_all_six_conditions": (
        "activate-first",
        {"without": "scope-reconfirmed"},
    ),
    "the_network_starts_within_its_window": ("activate-first", {"without": "start-window-open"}),
    "nothing_starts_before_an_authorization_is_recorded": (
        "final-checks-passed",
        {"enters": "BOOTSTRAP_AUTHORIZED"},
    ),
    "roles_start_one_by_one_in_their_order": ("activate-last", {"without": "is-next-role"}),
    "a_restart_names_its_anomaly": ("restart", {"without": "names-present-records"}),
    "the_first_blocks_are_judged_with_all_roles": (
        "first-blocks-healthy",
        {"without": "all-roles-active"},
    ),
    "the_posture_follows_a_finalized_epoch_and_an_observation": (
        "posture-entered",
        {"without": "posture-entry-recorded"},
    ),
    "the_exit_is_ready_after_the_least_time_and_an_observation": (
        "exit-ready",
        {"without": "posture-interval-over"},
    ),
    "an_exit_follows_its_readiness": ("exit-posture", {"without": "exit-ready"}),
    "nothing_leaves_the_posture_without_the_exit_record": (
        "normalize",
        {"without": "exit-recorded"},
    ),
    "the_last_phase_is_entered_by_the_exit_record": ("exit-not-ready", {"phase": -1}),
    "after_the_start_only_an_abort_with_its_criterion_ends": (
        "abort-started",
        {"without": "criterion-named"},
    ),
    "after_the_start_broken_truth_stops_and_ends_nothing": ("broken-after-start", {"sets": ()}),
    "a_window_that_ended_stays_so": ("hold", {"possible_in": (*RUNNING, "NORMALIZED")}),
    "a_defer_leaves_the_scope_as_it_is": ("defer", {"sets": ("scope-invalidated",)}),
    "what_does_not_pass_takes_back": ("final-checks-not-passed", {"clears": ()}),
    "each_act_is_signed_by_those_who_may": ("decide-go", {"act": "verdict"}),
    "one_holder_alone_leads_nowhere": ("authorize", {"act": "anyone"}),
    "an_amendment_is_of_the_restricted_posture": ("amend", {"possible_in": RUNNING}),
    ALWAYS_OPEN: ("abort", {"possible_in": BEFORE_START[1:]}),
}
"""Law to a row, and what is other in it: a condition that it lacks, or fields."""

assert set(EXAMPLES) == {*LAWS, ALWAYS_OPEN}


def breaking(law: str) -> list[Row]:
    """The table that breaks a law."""
    row, changes = EXAMPLES[law]
    return altered(TABLE, row, **changes)
