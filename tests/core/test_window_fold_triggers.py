"""What stops a launch window, and the records that a step has to name."""

from __future__ import annotations

import itertools

import pytest

from aztrust.core.base.value import replace
from tests.core.window_ledger import (
    REACHED,
    WAY,
    WindowLedger,
    reasons,
    walked,
)
from tests.window_records import digest


class TestTriggers:
    @pytest.mark.parametrize("kind", ["anomaly", "blocker"])
    @pytest.mark.parametrize("step", [s for s in WAY[1:-1] if s != "first-epoch-finalized"])
    @pytest.mark.clause("AZ-28", "AZ-29.1")
    def test_an_open_trigger_stops_the_next_step_until_it_is_closed(self, kind, step):
        following = WAY[WAY.index(step) + 1]
        ledger = walked(step)
        before = ledger.state()
        opened = ledger.add(ledger.records.anomaly()) if kind == "anomaly" else ledger.blocker()
        ledger.made[following] = ledger.take(following)  # type: ignore[assignment]
        state = ledger.state()
        assert (state.status, state.phase) == (before.status, before.phase)
        assert state.facts - {f"{kind}-open"} == before.facts
        if kind == "anomaly":
            ledger.add(ledger.records.resolution(opened.record_id))
        else:
            ledger.blocker(closes=opened)
        ledger.take(following)
        assert (ledger.state().status, ledger.state().phase) == REACHED[following]

    @pytest.mark.parametrize("kind", ["anomaly", "blocker"])
    def test_two_are_closed_one_by_one(self, kind):
        ledger = walked("decide-go")
        opened = []
        for _ in range(2):
            opened.append(
                ledger.add(ledger.records.anomaly()) if kind == "anomaly" else ledger.blocker()
            )
            ledger.wait(1)
        for one in opened:
            assert f"{kind}-open" in ledger.state().facts
            if kind == "anomaly":
                ledger.add(ledger.records.resolution(one.record_id))
            else:
                ledger.blocker(closes=one)
        assert f"{kind}-open" not in ledger.state().facts

    def test_a_blocker_is_closed_once(self):
        ledger = walked("decide-go")
        opening = ledger.blocker()
        first = ledger.blocker(closes=opening)
        ledger.wait(1)
        ledger.blocker(closes=opening)
        (step,) = [step for step in ledger.state().steps if step.row.id == "close-blocker"]
        assert step.source.records == (first,)

    @pytest.mark.parametrize(
        ("fields", "stops"),
        [
            ({"severity": "critical"}, True),
            ({"severity": "major"}, False),
            ({"severity": None, "guidance": "HOLD"}, True),
            ({"severity": None, "guidance": "CONTINUE"}, False),
        ],
    )
    def test_which_anomalies_stop_a_launch(self, fields, stops):
        ledger = walked("decide-go")
        ledger.add(ledger.records.anomaly(**fields))
        assert ("anomaly-open" in ledger.state().facts) is stops

    def test_a_resolution_of_another_anomaly_closes_none(self):
        ledger = walked("decide-go")
        ledger.add(ledger.records.anomaly())
        ledger.add(ledger.records.resolution(digest("another")))
        assert "anomaly-open" in ledger.state().facts
        assert reasons(ledger.state()) == {"names-present-records"}

    def test_a_broken_final_check_leaves_only_defer_and_abort(self):
        ledger = walked("reconfirm")
        ledger.verdict("final_checks_completed", verdict="fail", guidance="ABORT")
        for step in ("reconfirm", "activate-first", "instruct", "final-check"):
            ledger.take(step)
        state = ledger.state()
        assert state.status == "BOOTSTRAP_AUTHORIZED"
        assert {"final-checks-passed", "scope-reconfirmed"}.isdisjoint(state.facts)
        ledger.add(ledger.records.abort())
        assert ledger.state().status == "ABORTED"

    @pytest.mark.clause("AZ-8.2")
    def test_what_rests_on_a_pass_that_was_taken_back_is_decided_again(self):
        ledger = walked("proceed")
        ledger.verdict("final_checks_completed", verdict="hold")
        ledger.take("final-check")
        ledger.take("go-hold-reviewed")
        assert "go-hold-reviewed" not in ledger.state().facts
        ledger.take("proceed")
        assert {"proceed", "go-hold-reviewed"} <= ledger.state().facts

    @pytest.mark.clause("AZ-8.2")
    def test_a_go_that_waits_does_not_outlive_its_final_check(self):
        ledger = walked("final-check")
        ledger.take("decide-go")
        assert [act.trigger for act in ledger.state().waiting] == ["decide-go"]
        ledger.verdict("final_checks_completed", verdict="hold")
        for step in ("final-check", "proceed", "go-hold-reviewed"):
            ledger.take(step)
        assert "go" not in ledger.state().facts
        ledger.take("decide-go")
        assert "go" in ledger.state().facts

    @pytest.mark.parametrize("verdict", ["hold", "fail", "conditional"])
    @pytest.mark.clause("AZ-6.2")
    def test_a_final_check_that_does_not_pass_takes_the_pass_back(self, verdict):
        ledger = walked("reconfirm")
        ledger.verdict("final_checks_completed", verdict=verdict)
        ledger.take("activate-first")
        assert ledger.state().status == "BOOTSTRAP_AUTHORIZED"
        assert reasons(ledger.state()) == {"scope-reconfirmed", "final-checks-passed"}
        ledger.take("reconfirm")
        ledger.wait(1)
        ledger.take("activate-first")
        assert ledger.state().status == "NETWORK_STARTED"

    @pytest.mark.parametrize(("by", "counts"), [("luca", True), ("rita", False)])
    def test_a_final_check_is_signed_by_one_who_may_sign_verdicts(self, by, counts):
        ledger = walked("reconfirm")
        ledger.verdict("final_checks_completed", by, verdict="fail", guidance="ABORT")
        assert ("scope-invalidated" in ledger.state().facts) is counts
        assert ("final-checks-passed" in ledger.state().facts) is not counts

    def test_a_final_check_that_is_conditional_enters_no_go_hold_point(self):
        ledger = walked("freeze")
        ledger.verdict("final_checks_completed", verdict="conditional")
        assert (ledger.state().status, ledger.state().phase) == ("IN_FINAL_CHECKS", 1)

    @pytest.mark.clause("AZ-7.2", "AZ-8.2")
    def test_a_review_that_does_not_pass_takes_back_what_rests_on_it(self):
        ledger = walked("authorize")
        ledger.verdict("go_hold_review_completed", verdict="hold")
        ledger.take("bootstrap-authorized")
        state = ledger.state()
        assert (state.status, state.phase) == ("AT_GO_HOLD_POINT", 2)
        assert {"proceed", "go", "authorized"}.isdisjoint(state.facts)

    @pytest.mark.parametrize("decision", ["NO_GO", "DEFER"])
    @pytest.mark.clause("AZ-8.2", "AZ-28")
    def test_an_adverse_decision_leads_only_to_a_defer_or_an_abort(self, decision):
        ledger = walked("go-hold-reviewed")
        ledger.add(ledger.records.decision(decision))
        ledger.walk("activate-first")
        state = ledger.state()
        assert (state.status, state.phase) == ("AT_GO_HOLD_POINT", 3)
        assert {"go", "authorized"}.isdisjoint(state.facts)
        ledger.add(ledger.records.defer())
        assert ledger.state().status == "DEFERRED"

    @pytest.mark.parametrize("first", ["GO", "NO_GO"])
    @pytest.mark.clause("AZ-8.2")
    def test_of_two_decisions_at_one_moment_the_negative_one_counts(self, first):
        ledger = walked("go-hold-reviewed")
        other = "GO" if first == "NO_GO" else "NO_GO"
        ledger.made["decide-go"] = ledger.add(ledger.records.decision(first), "luca")
        ledger.add(ledger.records.decision(other), "luca")
        ledger.walk("bootstrap-authorized")
        assert ledger.state().status == "AT_GO_HOLD_POINT"
        assert "no-go" in ledger.state().facts

    @pytest.mark.parametrize("places", list(itertools.permutations(range(3))))
    def test_a_hold_a_defer_and_an_abort_at_one_moment_end_the_scope(self, places):
        ledger = walked("decide-go")
        drafts = [ledger.records.hold(), ledger.records.defer(), ledger.records.abort()]
        for place in places:
            ledger.add(drafts[place], ("luca", "sonia", "luca")[place])
        assert ledger.state().status == "ABORTED"


class TestNames:
    @pytest.mark.parametrize("field", ["scope_hash", "launch_window_id"])
    @pytest.mark.parametrize("step", ["proceed", "decide-go", "authorize", "instruct"])
    def test_a_record_for_another_window_or_scope_is_nothing_to_this_one(self, step, field):
        ledger = walked(WAY[WAY.index(step) - 1])
        before = ledger.state()
        here = ledger.records
        ledger.records = replace(here, **{field: digest("another")})
        ledger.take(step)
        ledger.records = here
        assert ledger.state().steps == before.steps
        assert not ledger.state().waiting
        ledger.walk(step)
        assert len(ledger.state().steps) == len(before.steps) + 1

    @pytest.mark.parametrize("field", ["launch_window_id", "checkpoint_scope_hash"])
    def test_a_verdict_for_another_window_or_scope_is_nothing_to_this_one(self, field):
        ledger = walked("freeze")
        ledger.verdict("final_checks_completed", **{field: digest("another")})
        assert ledger.state().status == "OPEN"

    @pytest.mark.parametrize("field", ["decision_id", "proceed_id"])
    @pytest.mark.clause("AZ-8.2")
    def test_an_authorization_names_its_decision_and_its_proceed(self, field):
        ledger = walked("decide-go")
        named = {"decision_id": ledger.made["decide-go"], "proceed_id": ledger.made["proceed"]}
        ids = {name: record.record_id for name, record in named.items()}
        ledger.add(ledger.records.authorization(**{**ids, field: digest("another")}))
        assert "authorized" not in ledger.state().facts
        (act,) = ledger.state().waiting
        assert [finding.subject for finding in act.missing] == ["names-present-records"]

    @pytest.mark.parametrize(
        "field", ["target_network_class", "target_chain_id", "target_genesis_hash"]
    )
    @pytest.mark.clause("AZ-30.2")
    def test_an_instruction_is_for_the_chain_that_was_authorized(self, field):
        ledger = walked("bootstrap-authorized")
        other = {"target_network_class": "mainnet", "target_chain_id": "test-2"}
        named = ledger.made["authorize"].record_id
        changed = {field: other.get(field, digest("another genesis"))}
        ledger.add(ledger.records.instruction(named, **changed))
        assert "instructed" not in ledger.state().facts
        ledger.add(ledger.records.instruction(named))
        assert "instructed" in ledger.state().facts

    def test_an_authorization_is_for_the_chain_of_the_window(self):
        ledger = WindowLedger()
        window = ledger.records.launch_window()
        ledger.records = replace(ledger.records, launch_window_id=window.body.launch_window_id)  # type: ignore[attr-defined]
        ledger.add(window)
        ledger.walk("decide-go")
        assert ledger.state().window is not None
        ids = (ledger.made["decide-go"].record_id, ledger.made["proceed"].record_id)
        ledger.add(ledger.records.authorization(*ids, target_chain_id="test-2"))
        assert "authorized" not in ledger.state().facts
        ledger.walk("authorize")
        assert "authorized" in ledger.state().facts

    @pytest.mark.clause("AZ-30.1", "AZ-30.2")
    def test_an_instruction_names_the_authorization(self):
        ledger = walked("bootstrap-authorized")
        ledger.add(ledger.records.instruction(digest("another authorization")))
        assert "instructed" not in ledger.state().facts

    @pytest.mark.clause("AZ-9.2", "AZ-9.3")
    def test_roles_start_in_the_order_of_the_instruction(self):
        ledger = walked("reconfirm")
        named = ledger.made["instruct"].record_id
        ledger.add(ledger.records.activation(named, "proposers"))
        assert ledger.state().status == "BOOTSTRAP_AUTHORIZED"
        assert reasons(ledger.state()) == {"is-next-role"}
        ledger.add(ledger.records.activation(named, "validators"))
        assert ledger.state().status == "NETWORK_STARTED"

    @pytest.mark.clause("AZ-30.1")
    def test_an_activation_names_the_instruction(self):
        ledger = walked("reconfirm")
        ledger.add(ledger.records.activation(digest("another"), "validators"))
        assert ledger.state().status == "BOOTSTRAP_AUTHORIZED"
        assert reasons(ledger.state()) == {"names-present-records"}

    @pytest.mark.clause("AZ-9.2")
    def test_an_activation_says_what_was_seen_of_the_one_before(self):
        ledger = walked("activate-first")
        named = ledger.made["instruct"].record_id
        ledger.add(ledger.records.activation(named, "proposers", observed=" "))
        assert ledger.state().phase == 4
        assert reasons(ledger.state()) == {"previous-step-observed"}

    @pytest.mark.clause("AZ-34")
    def test_a_restart_names_an_anomaly(self):
        ledger = walked("activate-first")
        named = ledger.made["instruct"].record_id
        anomaly = ledger.add(ledger.records.anomaly())
        restart = {"action": "restart", "role": "validators"}
        ledger.add(ledger.records.activation(named, anomaly_id=digest("another"), **restart))
        assert not ledger.state().restarts
        ledger.add(ledger.records.activation(named, anomaly_id=anomaly.record_id, **restart))
        assert len(ledger.state().restarts) == 1
        # Also of one that is closed.
        ledger.add(ledger.records.resolution(anomaly.record_id))
        ledger.wait(1)
        assert "anomaly-open" not in ledger.state().facts
        ledger.add(ledger.records.activation(named, anomaly_id=anomaly.record_id, **restart))
        assert len(ledger.state().restarts) == 2

    @pytest.mark.clause("AZ-13.2", "AZ-35.2")
    def test_a_normalization_names_the_exit(self):
        ledger = walked("exit-posture")
        ledger.add(ledger.records.normalization(digest("another exit")))
        assert ledger.state().status == "RESTRICTED_POSTURE_ACTIVE"
        ledger.walk("normalize")
        assert ledger.state().status == "NORMALIZED"
