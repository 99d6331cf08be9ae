"""What becomes of a launch window: the whole way, its ends, its holds, what stops it."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.policy.quorum import count_votes
from aztrust.core.state.window import fold
from tests.core.window_ledger import (
    AFTER_START,
    BEFORE_START,
    EITHER_HOLDS,
    HOUR,
    REACHED,
    SINCE_START,
    TWO_EACH,
    WAY,
    WindowLedger,
    reasons,
    unused,
    walked,
)
from tests.window_records import MINUTE, digest


class TestTheWholeWay:
    @pytest.mark.parametrize("step", WAY)
    @pytest.mark.clause("AZ-4.1", "AZ-4.2", "AZ-16.2")
    def test_each_step_enters_its_status_and_phase(self, step):
        state = walked(step).state()
        assert (state.status, state.phase) == REACHED[step]
        assert not state.unused
        assert not state.waiting

    @pytest.mark.parametrize("step", WAY)
    @pytest.mark.clause("AZ-4.2", "AZ-13.3")
    def test_passing_time_enters_no_status(self, step):
        ledger = walked(step)
        then = ledger.state()
        for later in (1, 30 * MINUTE, 25 * HOUR, 1000 * HOUR):
            state = ledger.state(ledger.records.at + later)
            assert (state.status, state.phase, state.facts, state.steps) == (
                *(then.status, then.phase, then.facts, then.steps),
            )

    @pytest.mark.parametrize("step", WAY[1:])
    @pytest.mark.clause("AZ-4.2")
    def test_no_step_can_be_left_out(self, step):
        left_out = WAY[WAY.index(step) - 1]
        ledger = walked("normalize")
        ledger.entries.remove(ledger.made[left_out])
        assert ledger.state().status != "NORMALIZED"

    def test_one_role_is_the_first_and_the_last(self):
        ledger = WindowLedger()
        ledger.walk("activate-first", order=["validators"])
        state = ledger.state()
        assert (state.status, state.phase) == ("NETWORK_STARTED", 5)
        assert "all-roles-active" in state.facts
        ledger.take("first-blocks-healthy")
        assert ledger.state().status == "EARLY_EPOCHS_ACTIVE"

    def test_three_roles_start_one_after_the_other(self):
        order = ("validators", "proposers", "verifiers")
        ledger = WindowLedger()
        ledger.walk("activate-first", order=order)
        named = ledger.made["instruct"].record_id
        ledger.add(ledger.records.activation(named, "proposers"))
        assert ledger.state().phase == 4
        ledger.add(ledger.records.activation(named, "verifiers"))
        assert (ledger.state().phase, ledger.state().activated) == (5, order)


class TestDeferAndAbort:
    @pytest.mark.parametrize("step", BEFORE_START)
    @pytest.mark.parametrize(("what", "status"), [("defer", "DEFERRED"), ("abort", "ABORTED")])
    @pytest.mark.clause("AZ-2.3", "AZ-28")
    def test_before_the_start_both_are_open(self, step, what, status):
        ledger = walked(step)
        ended = ledger.add(getattr(ledger.records, what)())
        assert ledger.state().status == status
        assert ledger.state().ended_by == ended

    @pytest.mark.parametrize("what", ["defer", "abort"])
    def test_what_only_the_folder_has_comes_after_the_start_that_the_ledger_has(self, what):
        ledger = walked("reconfirm")
        ledger.add(getattr(ledger.records, what)(), to_folder=True)
        ledger.walk("activate-first")
        assert ledger.state().status == "NETWORK_STARTED"
        assert unused(ledger.state()) == [what]

    @pytest.mark.parametrize("what", ["defer", "abort"])
    def test_both_count_from_the_folder_at_once(self, what):
        ledger = walked("reconfirm")
        ledger.add(getattr(ledger.records, what)(), to_folder=True)
        assert ledger.state().status == {"defer": "DEFERRED", "abort": "ABORTED"}[what]

    @pytest.mark.parametrize("step", SINCE_START)
    def test_after_the_start_a_defer_has_no_effect(self, step):
        ledger = walked(step)
        before = ledger.state()
        ledger.add(ledger.records.defer())
        assert ledger.state().status == before.status
        assert unused(ledger.state()) == ["defer"]
        assert reasons(ledger.state()) == {"step-not-possible"}

    @pytest.mark.parametrize("step", SINCE_START)
    @pytest.mark.clause("AZ-28")
    def test_after_the_start_an_abort_names_its_criterion(self, step):
        ledger = walked(step)
        before = ledger.state().status
        ledger.add(ledger.records.abort())
        assert ledger.state().status == before
        assert reasons(ledger.state()) == {"criterion-named"}
        ledger.add(ledger.records.abort(after_start=AFTER_START))
        assert ledger.state().status == "ABORTED"

    def test_after_the_start_an_abort_takes_whom_a_decision_takes(self):
        two = "[authority.decide]\ndistinct_holders = 2\nroles = { security-lead = 1 }\n"
        three = two.replace("security-lead = 1", "security-lead = 1, launch-coordinator = 1")
        ledger = WindowLedger(authority=three)
        ledger.walk("proceed")
        ledger.take("go-hold-reviewed")
        ledger.made["go-hold-reviewed"] = ledger.made["proceed"]
        ledger.made["decide-go"] = ledger.add(ledger.records.decision())
        ledger.add(ledger.records.decision(), "sonia")
        ledger.walk("activate-first")
        assert ledger.state().status == "NETWORK_STARTED"
        abort = ledger.records.abort(after_start=AFTER_START)
        ledger.add(abort, "luca")
        assert ledger.state().status == "NETWORK_STARTED"
        ledger.add(abort, "sonia")
        assert ledger.state().status == "ABORTED"

    @pytest.mark.clause("AZ-28")
    def test_a_deferred_window_can_be_aborted_and_does_nothing_else(self):
        ledger = walked("authorize")
        ledger.add(ledger.records.defer())
        for step in ("bootstrap-authorized", "freeze", "final-check", "instruct"):
            ledger.take(step)
        ledger.add(ledger.records.hold())
        assert ledger.state().status == "DEFERRED"
        ledger.add(ledger.records.abort())
        assert ledger.state().status == "ABORTED"

    def test_nothing_follows_an_abort(self):
        ledger = walked("authorize")
        ledger.add(ledger.records.abort())
        ledger.take("bootstrap-authorized")
        ledger.add(ledger.records.defer())
        ledger.add(ledger.records.abort(reason="again"))
        assert ledger.state().status == "ABORTED"
        assert sorted(unused(ledger.state())) == ["abort", "bootstrap-authorized", "defer"]

    def test_what_waited_when_the_window_ended_waits_no_longer(self):
        ledger = WindowLedger(authority=TWO_EACH)
        ledger.walk("final-check")
        ledger.add(ledger.records.proceed())
        assert [act.trigger for act in ledger.state().waiting] == ["proceed"]
        defer = ledger.records.defer()
        ledger.add(defer)
        ledger.add(defer, "sonia")
        assert ledger.state().status == "DEFERRED"
        assert not ledger.state().waiting
        assert unused(ledger.state()) == ["proceed"]


class TestHolds:
    @pytest.mark.parametrize("step", [step for step in WAY[:-1] if step != "first-epoch-finalized"])
    @pytest.mark.clause("AZ-7.3", "AZ-18.3", "AZ-19.3")
    def test_a_hold_stops_the_next_step_until_a_proceed_names_it(self, step):
        following = WAY[WAY.index(step) + 1]
        ledger = walked(step)
        before = ledger.state()
        hold = ledger.add(ledger.records.hold())
        ledger.made[following] = ledger.take(following)  # type: ignore[assignment]
        state = ledger.state()
        if following != "observe":
            assert (state.status, state.phase) == (before.status, before.phase)
            waits = {act.trigger for act in state.waiting}
            named = {"activate-first": "activate-next", "activate-last": "activate-next"}
            of_checks = {"final-check": "final-check-passed", "reconfirm": "final-check-passed"}
            assert {**named, **of_checks}.get(following, following) in waits | {*unused(state)}
        ledger.add(ledger.records.proceed(prior_hold_id=hold.body.hold_id))  # type: ignore[attr-defined]
        ledger.take(following)
        assert (ledger.state().status, ledger.state().phase) == REACHED[following]

    @pytest.mark.clause("AZ-19.3")
    def test_two_holds_end_one_by_one(self):
        ledger = walked("decide-go")
        first = ledger.add(ledger.records.hold())
        second = ledger.add(ledger.records.hold({"reason": "another peer"}))
        ledger.take("authorize")
        ledger.add(ledger.records.proceed(prior_hold_id=first.body.hold_id))  # type: ignore[attr-defined]
        state = ledger.state()
        assert state.holds == (second,)
        assert "hold-open" in state.facts
        assert "authorized" not in state.facts
        ledger.add(ledger.records.proceed(prior_hold_id=second.body.hold_id))  # type: ignore[attr-defined]
        assert {"hold-open", "authorized"} & ledger.state().facts == {"authorized"}

    @pytest.mark.clause("AZ-7.4", "AZ-18.3", "AZ-19.3")
    def test_a_hold_past_its_boundary_still_holds(self):
        ledger = walked("reconfirm")
        ledger.add(ledger.records.hold({"ends_at_unix_ms": ledger.records.at + MINUTE}))
        ledger.wait(3)
        ledger.take("activate-first")
        assert ledger.state(ledger.records.at + HOUR).status == "BOOTSTRAP_AUTHORIZED"
        assert reasons(ledger.state()) == {"no-open-hold"}

    def test_a_verdict_under_another_policy_counts_nowhere(self):
        ledger = WindowLedger()
        ledger.take("freeze")
        held = ledger.verdict("final_checks_completed")
        foreign = replace(held.statement, policy_digest=digest("another policy"))
        ledger.entries[-1] = replace(held, statement=foreign)
        assert ledger.state().status == "OPEN"
        ledger.take("final-check")
        assert ledger.state().status == "AT_GO_HOLD_POINT"

    def test_many_proposals_are_each_looked_at_once(self):
        """A holder may propose without end; what waits is judged again only after a step."""
        ledger = WindowLedger(authority=TWO_EACH)
        ledger.take("freeze")
        ledger.take("final-check")
        for number in range(300):
            made = replace(ledger.records, at=ledger.records.at + number)
            ledger.add(made.proceed())
        seen = 0

        def counted(*words):
            nonlocal seen
            seen += 1
            return count_votes(*words)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fold, "count_votes", counted)
            state = ledger.state()
        assert len(state.waiting) == 300
        assert seen < 1200

    def test_a_hold_that_no_ledger_takes_is_ended_by_a_proceed_that_names_it(self):
        """Its signer's clock is a day ahead, so that the keeper's ledger refuses it."""
        ledger = walked("final-check")
        ahead = replace(ledger.records, at=ledger.records.at + 24 * HOUR)
        held = ledger.add(ahead.hold(), to_folder=True)
        ledger.add(ahead.hold(severity="minor"), to_folder=True)
        assert len(ledger.state().holds) == 2
        ledger.add(ledger.records.proceed(prior_hold_id=held.body.hold_id))
        (left,) = ledger.state().holds
        assert left.body.severity == "minor"
        assert not ledger.state().unused

    @pytest.mark.parametrize("which", ["unknown", "other-window", "closed"])
    @pytest.mark.clause("AZ-19.3")
    def test_a_proceed_for_a_hold_that_is_not_open_has_no_effect(self, which):
        ledger = walked("decide-go")
        ledger.add(ledger.records.hold())
        other = replace(ledger.records, launch_window_id=digest("another window")).hold()
        named = {"unknown": digest("no hold"), "other-window": other.body.hold_id}  # type: ignore[attr-defined]
        if which == "other-window":
            ledger.add(other)
        if which == "closed":
            closed = ledger.add(ledger.records.hold({"reason": "an earlier one"}))
            named["closed"] = closed.body.hold_id  # type: ignore[attr-defined]
            ledger.add(ledger.records.proceed(prior_hold_id=named["closed"]))
        ledger.wait(1)
        ledger.add(ledger.records.proceed(prior_hold_id=named[which]))
        assert "hold-open" in ledger.state().facts
        assert unused(ledger.state()) == ["proceed-after-hold"]
        assert reasons(ledger.state()) == {"names-present-records"}

    def test_a_late_signature_opens_no_hold_again(self):
        ledger = WindowLedger(authority=EITHER_HOLDS)
        ledger.walk("decide-go")
        hold = ledger.records.hold()
        first = ledger.add(hold)
        ledger.add(ledger.records.proceed(prior_hold_id=first.body.hold_id))  # type: ignore[attr-defined]
        ledger.add(hold, "sonia")
        state = ledger.state()
        assert "hold-open" not in state.facts
        (step,) = [step for step in state.steps if step.row.id == "hold"]
        assert step.source.holders == ("luca", "sonia")
        # Another hold by the same holder is one.
        ledger.wait(1)
        ledger.add(ledger.records.hold(), "sonia")
        assert "hold-open" in ledger.state().facts
