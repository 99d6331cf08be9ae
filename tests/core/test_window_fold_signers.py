"""Whose signatures make a step of a launch window, and what a revocation takes back."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.records.records import VerifiedRecord
from tests.core.window_ledger import (
    BEFORE_START,
    TWO_EACH,
    WAY,
    WindowLedger,
    reasons,
    unused,
    walked,
)
from tests.people import signer
from tests.verdicts import TWO


class TestThresholds:
    @pytest.mark.parametrize("count", [2, 3])
    @pytest.mark.clause("AZ-8.2")
    def test_an_act_takes_effect_with_its_last_holder(self, count):
        rule = f"[authority.proceed]\ndistinct_holders = {count}\n"
        roles = "roles = { launch-coordinator = 1, security-lead = 1, consensus-lead = 1 }\n"
        if count == 2:
            roles = roles.replace(", consensus-lead = 1", "")
        ledger = WindowLedger(authority=rule + roles)
        ledger.walk("final-check")
        draft = ledger.records.proceed()
        for holder in ("luca", "sonia", "cosmin")[:count]:
            assert "proceed" not in ledger.state().facts
            ledger.add(draft, holder)
        assert "proceed" in ledger.state().facts

    def test_one_holder_twice_is_one(self):
        ledger = WindowLedger(authority=TWO_EACH)
        ledger.walk("final-check")
        draft = ledger.records.proceed()
        for _ in range(3):
            ledger.add(draft, "luca")
        # With another key of the same holder, too.
        entry = ledger.add(draft, "mallory")
        ledger.entries[-1] = replace(entry, holder="luca")
        state = ledger.state()
        assert "proceed" not in state.facts
        (act,) = state.waiting
        assert act.quorum is not None
        assert (act.quorum.holders, act.quorum.missing_roles) == ({"luca"}, ("security-lead",))
        ledger.add(draft, "sonia")
        assert "proceed" in ledger.state().facts

    def test_a_role_that_no_rule_names_does_not_count(self):
        ledger = WindowLedger(authority=TWO_EACH)
        ledger.walk("final-check")
        draft = ledger.records.proceed()
        for holder in ("luca", "rita", "gabi"):
            ledger.add(draft, holder)
        assert "proceed" not in ledger.state().facts

    def test_two_payloads_with_one_signature_each_make_nothing_effective(self):
        ledger = WindowLedger(authority=TWO_EACH)
        ledger.walk("final-check")
        ledger.add(ledger.records.proceed(), "luca")
        ledger.add(ledger.records.proceed({"reason": "other"}), "sonia")
        assert "proceed" not in ledger.state().facts

    def test_a_late_signature_does_nothing_again(self):
        one = "[authority.instruct]\ndistinct_holders = 1\nroles = { launch-coordinator = 1 }\n"
        ledger = WindowLedger(authority=one)
        ledger.walk("instruct")
        instruction = ledger.entries[-1]
        ledger.walk("reconfirm")
        ledger.entries.append(
            replace(
                instruction,
                holder="sonia",
                key=signer("sonia").public,
            )
        )
        assert "scope-reconfirmed" in ledger.state().facts
        ledger.walk("activate-first")
        assert ledger.state().status == "NETWORK_STARTED"

    @pytest.mark.clause("AZ-30.1")
    def test_every_final_check_that_confirms_the_scope_follows_the_instruction(self):
        ledger = WindowLedger(verdicts=TWO)
        for step in WAY[: WAY.index("instruct") + 1]:
            if step == "instruct":
                ledger.take("reconfirm", "luca")
            ledger.made[step] = ledger.take(step)  # type: ignore[assignment]
            self._by_sonia(ledger, step)
        assert "instructed" in ledger.state().facts
        ledger.take("reconfirm", "sonia")
        assert "scope-reconfirmed" not in ledger.state().facts
        ledger.take("reconfirm", "luca")
        assert "scope-reconfirmed" in ledger.state().facts

    @staticmethod
    def _by_sonia(ledger: WindowLedger, step: str) -> None:
        made = ledger.made[step]
        if hasattr(made, "statement"):
            ledger.take(step, "sonia")
        else:
            ledger.entries.append(replace(made, holder="sonia", key=signer("sonia").public))


class TestRevocations:
    @pytest.mark.parametrize("step", ["freeze", *BEFORE_START[2:]])
    @pytest.mark.parametrize("to_folder", [False, True])
    @pytest.mark.clause("AZ-30.1")
    def test_before_the_start_a_revocation_takes_the_signature_back(self, step, to_folder):
        ledger = walked("reconfirm")
        assert "scope-reconfirmed" in ledger.state().facts
        ledger.revoke(ledger.made[step], to_folder=to_folder)
        if not to_folder:
            ledger.take("activate-first")
        state = ledger.state()
        assert not state.has_started
        assert step == "reconfirm" or "scope-reconfirmed" not in state.facts

    @pytest.mark.parametrize("step", BEFORE_START)
    def test_after_the_start_the_history_stays(self, step):
        ledger = walked("activate-first")
        before = ledger.state()
        ledger.revoke(ledger.made[step])
        state = ledger.state()
        assert (state.status, state.steps) == (before.status, before.steps)

    @pytest.mark.parametrize("has_ledger", [True, False])
    def test_what_was_revoked_before_a_start_starts_nothing(self, has_ledger):
        ledger = WindowLedger(has_ledger=has_ledger)
        ledger.walk("reconfirm")
        ledger.revoke(ledger.made["authorize"])
        ledger.wait(1)
        ledger.walk("activate-first")
        assert not ledger.state().has_started

    def test_a_revoked_instruction_activates_no_further_role(self):
        ledger = walked("activate-first")
        ledger.revoke(ledger.made["instruct"])
        ledger.walk("activate-last")
        assert ledger.state().phase == 4
        assert reasons(ledger.state()) == {"names-present-records"}

    @pytest.mark.clause("AZ-35.2")
    def test_a_revoked_exit_leaves_no_restricted_posture(self):
        ledger = walked("exit-posture")
        ledger.revoke(ledger.made["exit-posture"])
        ledger.walk("normalize")
        assert ledger.state().status == "RESTRICTED_POSTURE_ACTIVE"

    def test_a_revocation_of_a_newer_instruction_starts_nothing(self):
        ledger = walked("reconfirm")
        named = ledger.made["authorize"].record_id
        newer = ledger.add(ledger.records.instruction(named, order=["observers"]))
        ledger.walk("activate-first")
        assert not ledger.state().has_started
        ledger.revoke(newer)
        state = ledger.state()
        assert not state.has_started
        assert unused(state) == ["activate-next"]
        # A new activation by the instruction that is in force again starts it.
        ledger.wait(1)
        ledger.take("activate-first")
        assert ledger.state().has_started

    def test_a_revocation_brings_back_no_review_that_was_objected_to(self):
        ledger = walked("freeze")
        ledger.take("go-hold-reviewed")
        ledger.verdict("go_hold_review_completed", verdict="hold")
        late = ledger.add(ledger.records.amendment())
        ledger.walk("proceed")
        assert "go-hold-reviewed" not in ledger.state().facts
        ledger.revoke(late)
        assert "go-hold-reviewed" not in ledger.state().facts
        ledger.take("go-hold-reviewed")
        assert "go-hold-reviewed" in ledger.state().facts

    def test_after_the_start_a_revoked_closing_of_a_blocker_changes_no_history(self):
        ledger = walked("decide-go")
        closing = ledger.blocker(closes=ledger.blocker())
        ledger.walk("activate-first")
        before = ledger.state()
        assert before.has_started
        ledger.revoke(closing)
        assert ledger.state().steps == before.steps

    def test_before_the_start_a_revoked_closing_opens_the_blocker_again(self):
        ledger = walked("decide-go")
        closing = ledger.blocker(closes=ledger.blocker())
        assert "blocker-open" not in ledger.state().facts
        ledger.revoke(closing)
        assert "blocker-open" in ledger.state().facts

    @pytest.mark.parametrize("what", ["hold", "defer", "abort", "anomaly"])
    def test_what_stops_is_not_taken_back(self, what):
        ledger = walked("decide-go")
        record = ledger.add(getattr(ledger.records, what)())
        before = ledger.state()
        ledger.revoke(record)
        assert (ledger.state().status, ledger.state().facts) == (before.status, before.facts)

    def test_a_compromised_key_takes_back_what_it_permitted_and_nothing_that_it_stopped(self):
        ledger = WindowLedger(authority=TWO_EACH.partition("[authority.hold]")[0])
        ledger.walk("final-check")
        draft = ledger.records.proceed()
        ledger.add(draft, "luca")
        ledger.add(draft, "sonia")
        ledger.add(ledger.records.hold(), "sonia")
        ledger.add(ledger.records.anomaly(), "sonia")
        assert {"proceed", "hold-open"} <= ledger.state().facts
        hold = ledger.entries[-2]
        assert isinstance(hold, VerifiedRecord)
        ledger.revoke_key("sonia", "sonia")
        state = ledger.state()
        assert {"hold-open", "anomaly-open"} <= state.facts
        assert "proceed" not in state.facts
        assert state.status == "AT_GO_HOLD_POINT"

    def test_after_the_start_a_revoked_key_signs_nothing_more(self):
        ledger = walked("first-epoch-finalized")
        before = ledger.state()
        ledger.revoke_key("luca")
        ledger.add(ledger.records.observation())
        assert "observed" not in ledger.state().facts
        assert ledger.state().steps == before.steps
        # What stops the launch counts by whatever key.
        ledger.add(ledger.records.hold())
        assert "hold-open" in ledger.state().facts

    def test_after_the_start_a_revoked_signature_leaves_the_act_that_waits_for_another(self):
        two = "[authority.observe]\ndistinct_holders = 2\n"
        ledger = WindowLedger(
            authority=f"{two}roles = {{ launch-coordinator = 1, security-lead = 1 }}\n"
        )
        ledger.walk("first-epoch-finalized")
        draft = ledger.records.observation()
        first = ledger.add(draft, "luca")
        ledger.revoke(first)
        ledger.add(draft, "sonia")
        assert "observed" not in ledger.state().facts
        (act,) = ledger.state().waiting
        assert act.source.holders == ("sonia",)

    def test_after_the_start_two_signatures_of_three_do_not_do_when_one_was_revoked(self):
        three = "[authority.observe]\ndistinct_holders = 3\nroles = { launch-coordinator = 1,"
        ledger = WindowLedger(authority=f"{three} security-lead = 1, consensus-lead = 1 }}\n")
        ledger.walk("first-epoch-finalized")
        draft = ledger.records.observation()
        first = ledger.add(draft, "luca")
        ledger.add(draft, "cosmin")
        ledger.revoke(first)
        ledger.add(draft, "sonia")
        assert "observed" not in ledger.state().facts
        ledger.entries.remove(ledger.entries[-2])
        assert "observed" in ledger.state().facts

    def test_a_signature_that_is_revoked_no_longer_counts_for_its_act(self):
        ledger = WindowLedger(authority=TWO_EACH)
        ledger.walk("final-check")
        draft = ledger.records.proceed()
        first = ledger.add(draft, "luca")
        ledger.revoke(first)
        ledger.add(draft, "sonia")
        assert "proceed" not in ledger.state().facts
