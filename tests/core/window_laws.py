"""The laws of the launch window, each from its clause of AZ-028, without a look at the table.

A law is asked of one step: whether it may be. `everywhere` says that it holds in every state that
can be written down; the other laws hold in the states that can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.state.window.facts import Fact
from aztrust.core.state.window.row import STARTED, SignedBy, Trigger
from tests.core.window_model import BAD, COUNTED, Step

ENDS: Final = ("DEFERRED", "ABORTED")
_TO_START: Final[tuple[Trigger, ...]] = (
    *("proceed", "go-hold-reviewed", "decide-go", "authorize", "bootstrap-authorized"),
    *("instruct", "activate-first"),
)
_FORWARD: Final[frozenset[Trigger]] = frozenset(
    (
        *_TO_START,
        *("final-check-passed", "activate-next", "activate-last", "first-blocks-healthy"),
        *("first-epoch-finalized", "enter-posture", "posture-entered", "exit-ready"),
        *("exit-posture", "normalize"),
    )
)
"""What brings a launch nearer to normal operation."""
_STOPS: Final[frozenset[Trigger]] = frozenset(
    (
        *("hold", "anomaly", "resolve-anomaly", "blocker", "close-blocker", "decide-no-go"),
        *("scope-invalidated", "final-check-not-passed", "go-hold-not-reviewed"),
        *("exit-not-ready", "observe-objection", "defer", "abort"),
    )
)
"""What is recorded of a scope that is invalid: more that is wrong, and its end."""
_SIGNED: Final[dict[Trigger, SignedBy]] = {
    "hold": "hold",
    "proceed-after-hold": "proceed",
    "proceed": "proceed",
    "decide-go": "decide",
    "decide-no-go": "decide",
    "authorize": "authorize",
    "instruct": "instruct",
    "activate-first": "activate",
    "activate-next": "activate",
    "activate-last": "activate",
    "restart": "activate",
    "observe": "observe",
    "resolve-anomaly": "resolve-anomaly",
    "enter-posture": "enter-posture",
    "exit-posture": "exit-posture",
    "normalize": "normalize",
    "amend": "amend",
    "defer": "defer",
}
_ALONE: Final[frozenset[Trigger]] = frozenset(
    (
        *("final-check", "scope-invalidated", "final-check-not-passed", "go-hold-not-reviewed"),
        *("exit-not-ready", "observe-objection", "anomaly", "blocker", "close-blocker"),
    )
)
_IN_ORDER: Final = {
    "IN_FINAL_CHECKS": "OPEN",
    "AT_GO_HOLD_POINT": "IN_FINAL_CHECKS",
    "BOOTSTRAP_AUTHORIZED": "AT_GO_HOLD_POINT",
    "NETWORK_STARTED": "BOOTSTRAP_AUTHORIZED",
    "EARLY_EPOCHS_ACTIVE": "NETWORK_STARTED",
    "RESTRICTED_POSTURE_ACTIVE": "EARLY_EPOCHS_ACTIVE",
    "NORMALIZED": "RESTRICTED_POSTURE_ACTIVE",
}


@frozen
class Law:
    """One law: whether a step may be, and where it holds."""

    name: str
    allows: Callable[[Step], bool]
    everywhere: bool

    def broken(self, steps: Iterable[Step]) -> list[Step]:
        """The steps that it forbids."""
        return [step for step in steps if not self.allows(step)]


LAWS: Final[dict[str, Law]] = {}


def law(allows: Callable[[Step], bool]) -> Callable[[Step], bool]:
    """A law that holds in every state that can be written down."""
    LAWS[allows.__name__] = Law(allows.__name__, allows, everywhere=True)
    return allows


def law_of_what_is_reached(allows: Callable[[Step], bool]) -> Callable[[Step], bool]:
    """A law that rests on how a state came about."""
    LAWS[allows.__name__] = Law(allows.__name__, allows, everywhere=False)
    return allows


def _has(step: Step, *facts: Fact) -> bool:
    return step.before.facts | step.moment >= set(facts)


def _lacks(step: Step, *facts: Fact) -> bool:
    return step.before.facts.isdisjoint(facts)


@law
def statuses_follow_in_order(step: Step) -> bool:
    """AZ-4.2, AZ-16.2: a status is entered from the one before it, or it ends the window."""
    return step.enters in ("", *ENDS) or _IN_ORDER[step.enters] == step.before.status


@law
def no_final_checks_before_the_freeze(step: Step) -> bool:
    """AZ-5.3."""
    return step.enters != "IN_FINAL_CHECKS" or _has(step, "frozen")


@law
def a_hold_is_left_by_proceed_defer_or_abort(step: Step) -> bool:
    """AZ-7.3, AZ-18.3: it stops every other step; no status or phase is entered."""
    if _lacks(step, "hold-open") or step.trigger in ("proceed-after-hold", "defer", "abort"):
        return True
    goes_on = step.enters or step.after.phase > step.before.phase
    return not goes_on and step.trigger not in _FORWARD


@law
def a_hold_ends_by_a_proceed_that_names_it(step: Step) -> bool:
    """AZ-19.3: silence is not proceed."""
    closes = step.after.open[0] < step.before.open[0] or step.trigger == "proceed-after-hold"
    return not closes or (step.trigger == "proceed-after-hold" and _names(step))


def _names(step: Step) -> bool:
    return "names-present-records" in step.moment


@law
def a_critical_blocker_stops_every_step(step: Step) -> bool:
    """AZ-29.1: all but a defer and an abort; a final check may still be begun and recorded."""
    return _lacks(step, "blocker-open") or not _goes_on(step)


@law
def an_anomaly_stops_every_step(step: Step) -> bool:
    """AZ-29.1."""
    return _lacks(step, "anomaly-open") or not _goes_on(step)


def _goes_on(step: Step) -> bool:
    enters = step.enters not in ("", "IN_FINAL_CHECKS", *ENDS)
    return enters or step.trigger in _FORWARD or step.trigger == "proceed-after-hold"


@law
def an_anomaly_is_closed_by_a_resolution_that_names_it(step: Step) -> bool:
    """AZ-38."""
    closes = step.after.open[1] < step.before.open[1] or step.trigger == "resolve-anomaly"
    return not closes or (step.trigger == "resolve-anomaly" and _names(step))


@law
def a_blocker_is_closed_by_its_closing(step: Step) -> bool:
    """AZ-8.2."""
    return step.after.open[2] >= step.before.open[2] or step.trigger == "close-blocker"


@law
def an_invalid_scope_allows_only_defer_and_abort(step: Step) -> bool:
    """AZ-28: besides, only more that is wrong is recorded; and it stays invalid.

    With an invalid scope nothing starts, so this is about the time before.
    """
    if _lacks(step, "scope-invalidated") or step.before.status in STARTED:
        return True
    return (
        step.trigger in _STOPS
        and step.enters in ("", *ENDS)
        and "scope-invalidated" in step.after.facts
    )


@law
def an_adverse_decision_leads_only_to_defer_or_abort(step: Step) -> bool:
    """AZ-28: no status is entered, nothing is decided, authorized, instructed or started."""
    if _lacks(step, "no-go") or step.before.status in STARTED:
        return True
    stays = "no-go" in step.after.facts
    return stays and step.enters in ("", *ENDS) and step.trigger not in _TO_START


@law
def what_leads_to_the_start_rests_on_fresh_final_checks(step: Step) -> bool:
    """AZ-2.2, AZ-6.2: checks that passed, and not yesterday; the instruction alone needs none."""
    if step.trigger == "instruct" or step.trigger not in _TO_START:
        return True
    return _has(step, "final-checks-passed", "final-checks-recent")


@law
def a_review_rests_on_a_proceed_and_a_decision_on_the_review(step: Step) -> bool:
    """AZ-7.2."""
    needed: dict[Trigger, Fact] = {"go-hold-reviewed": "proceed", "decide-go": "go-hold-reviewed"}
    return step.trigger not in needed or _has(step, needed[step.trigger])


@law
def a_go_rests_on_the_checklist_of_the_policy(step: Step) -> bool:
    """RC-G.decision."""
    return step.trigger != "decide-go" or "checklist-decided" in step.moment


@law
def an_authorization_rests_on_a_go_that_it_names(step: Step) -> bool:
    """AZ-8.2."""
    return step.trigger != "authorize" or _has(step, "go", "names-present-records")


@law
def bootstrap_is_authorized_under_every_condition(step: Step) -> bool:
    """AZ-8.2: a valid GO, no blocker, no mismatch, readiness, signers aligned with the scope."""
    if step.enters != "BOOTSTRAP_AUTHORIZED":
        return True
    there = _has(step, "go", "authorized", "final-checks-passed", "final-checks-recent")
    return there and _lacks(step, *BAD)


@law_of_what_is_reached
def bootstrap_is_authorized_after_the_whole_review(step: Step) -> bool:
    """AZ-7.2, AZ-8.2: freeze, proceed and review are in force, too."""
    return step.enters != "BOOTSTRAP_AUTHORIZED" or _has(
        step, "frozen", "proceed", "go-hold-reviewed"
    )


@law
def an_instruction_names_the_authorization(step: Step) -> bool:
    """AZ-30.2."""
    return step.trigger != "instruct" or _names(step)


@law
def the_scope_is_confirmed_after_the_instruction(step: Step) -> bool:
    """AZ-30.1: one final time; another instruction asks for it again."""
    if step.trigger == "instruct":
        return "scope-reconfirmed" not in step.after.facts
    if "scope-reconfirmed" not in step.new:
        return True
    return step.trigger == "final-check-passed" and _has(step, "instructed")


@law
def the_network_starts_under_all_six_conditions(step: Step) -> bool:
    """AZ-30.1: authorized, instructed, order understood, ready, no blocker, scope confirmed."""
    if step.enters != "NETWORK_STARTED":
        return True
    there = _has(
        step,
        *("authorized", "instructed", "final-checks-passed", "final-checks-recent"),
        "scope-reconfirmed",
    )
    return there and _lacks(step, *BAD)


@law
def the_network_starts_within_its_window(step: Step) -> bool:
    """AZ-30.2."""
    return step.enters != "NETWORK_STARTED" or "start-window-open" in step.moment


@law_of_what_is_reached
def nothing_starts_before_an_authorization_is_recorded(step: Step) -> bool:
    """AZ-8.4: no instruction, no role, no status after it."""
    of_start = step.trigger in ("instruct", "activate-first", "activate-next", "activate-last")
    is_after = step.after.status in (*STARTED, "NORMALIZED")
    return not (of_start or is_after) or _has(step, "authorized", "go")


@law
def roles_start_one_by_one_in_their_order(step: Step) -> bool:
    """AZ-9.2, AZ-9.3: by the instruction, the next one, with what was seen of the one before."""
    if step.trigger == "activate-first":
        return _has(step, "names-present-records", "is-next-role")
    if step.trigger in ("activate-next", "activate-last"):
        needed = ("names-present-records", "is-next-role", "previous-step-observed")
        return step.moment >= set(needed)
    return True


@law
def a_restart_names_its_anomaly(step: Step) -> bool:
    """AZ-34."""
    return step.trigger != "restart" or _names(step)


@law
def the_first_blocks_are_judged_with_all_roles(step: Step) -> bool:
    """AZ-9.2."""
    return step.enters != "EARLY_EPOCHS_ACTIVE" or _has(step, "all-roles-active")


@law
def the_posture_follows_a_finalized_epoch_and_an_observation(step: Step) -> bool:
    """AZ-11.3, AZ-32.3."""
    if step.trigger == "enter-posture":
        return _has(step, "first-epoch-finalized", "observed")
    return step.enters != "RESTRICTED_POSTURE_ACTIVE" or _has(step, "posture-entry", "observed")


@law
def the_exit_is_ready_after_the_least_time_and_an_observation(step: Step) -> bool:
    """AZ-12.3, AZ-35.1."""
    return step.trigger != "exit-ready" or _has(step, "posture-interval-over", "observed")


@law
def an_exit_follows_its_readiness(step: Step) -> bool:
    """AZ-35.1."""
    return step.trigger != "exit-posture" or _has(step, "exit-ready")


@law
def nothing_leaves_the_posture_without_the_exit_record(step: Step) -> bool:
    """AZ-13.2, AZ-35.2: besides an abort, only a normalization that names the exit in force."""
    if step.before.status != "RESTRICTED_POSTURE_ACTIVE" or step.enters in ("", "ABORTED"):
        return True
    there = _has(step, "exit-recorded", "names-present-records", "observed")
    return step.trigger == "normalize" and there and _lacks(step, *COUNTED)


@law
def the_last_phase_is_entered_by_the_exit_record(step: Step) -> bool:
    """AZ-4.2, AZ-35.2: and left when the exit is taken back."""
    if step.after.phase != 8:
        return True
    if step.before.phase != 8:
        return step.trigger in ("exit-posture", "normalize")
    return step.trigger != "exit-not-ready"


@law
def after_the_start_only_an_abort_with_its_criterion_ends(step: Step) -> bool:
    """AZ-28: and whom it takes is another rule than before the start."""
    if step.before.status not in STARTED or step.enters not in ENDS:
        return step.enters != "ABORTED" or step.signed_by == "abort"
    named = "criterion-named" in step.moment
    return step.enters == "ABORTED" and named and step.signed_by == "abort-started"


@law
def a_window_that_ended_stays_so(step: Step) -> bool:
    """AZ-28, AZ-16.3: only a deferred one can still be aborted."""
    if step.before.status in ("ABORTED", "NORMALIZED"):
        return False
    return step.before.status != "DEFERRED" or step.enters == "ABORTED"


@law
def a_defer_leaves_the_scope_as_it_is(step: Step) -> bool:
    """AZ-28."""
    return step.trigger != "defer" or step.after.facts == step.before.facts


@law
def what_does_not_pass_takes_back(step: Step) -> bool:
    """AZ-6.3, AZ-7.2, AZ-35.1."""
    gone: dict[Trigger, tuple[Fact, ...]] = {
        "final-check-not-passed": ("final-checks-passed", "scope-reconfirmed"),
        "scope-invalidated": ("final-checks-passed", "scope-reconfirmed"),
        "go-hold-not-reviewed": ("proceed", "go-hold-reviewed", "go", "authorized"),
        "decide-no-go": ("go",),
        "observe-objection": ("observed", "exit-ready"),
        "exit-not-ready": ("exit-ready", "exit-recorded"),
    }
    return step.after.facts.isdisjoint(gone.get(step.trigger, ()))


@law
def after_the_start_broken_truth_stops_and_ends_nothing(step: Step) -> bool:
    """AZ-28, law 10: the network runs; its go/no-go signers may end it."""
    if step.trigger != "scope-invalidated" or step.before.status not in STARTED:
        return True
    new = step.after.facts - step.before.facts
    return step.after.open[1] > 0 and "scope-invalidated" not in new and not step.enters


@law
def each_act_is_signed_by_those_who_may(step: Step) -> bool:
    """AZ-7.2, AZ-8.2: the rule of its own name, else that of verdicts."""
    if step.trigger == "abort":
        started = step.before.status in STARTED
        return step.signed_by == ("abort-started" if started else "abort")
    if step.trigger in _ALONE:
        return step.signed_by in ("anyone", "a-verdict")
    return step.signed_by == _SIGNED.get(step.trigger, "verdict")


@law
def one_holder_alone_leads_nowhere(step: Step) -> bool:
    """AZ-7.2: a single signature begins the final checks, and otherwise only stops."""
    if step.signed_by not in ("anyone", "a-verdict"):
        return True
    return step.enters in ("", "IN_FINAL_CHECKS") and step.new <= BAD


@law
def an_amendment_is_of_the_restricted_posture(step: Step) -> bool:
    """AZ-25.1: nothing changes before it, and it changes no status."""
    is_amend = step.trigger == "amend"
    return not is_amend or step.before.status == "RESTRICTED_POSTURE_ACTIVE"
