"""Time and order in a launch window: expiry, clocks, sittings, prefixes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aztrust.core.base.value import replace
from aztrust.core.records.administration import Note
from aztrust.core.records.records import VerifiedRecord
from tests.core.window_ledger import (
    TWO_EACH,
    WAY,
    WindowLedger,
    reasons,
    triggers,
    walked,
)
from tests.people import signer
from tests.verdicts import TWO
from tests.window_records import MINUTE, Draft, digest


def note_at(ledger: WindowLedger) -> Draft:
    """A note of this moment: nothing to a window."""
    records = ledger.records
    body = Note(policy_digest=records.policy_digest, said_at_unix_ms=records.at, text="heartbeat")
    return Draft("note", body, {})


class TestTime:
    @pytest.mark.parametrize(("lasts", "effect"), [(5, True), (1, False)])
    def test_an_act_that_waits_expires(self, lasts, effect):
        ledger = WindowLedger(authority=TWO_EACH)
        ledger.walk("final-check")
        draft = replace(ledger.records, lasts=lasts * MINUTE).proceed()
        ledger.add(draft, "luca")
        ledger.wait(3)
        ledger.take("final-check")
        ledger.add(draft, "sonia")
        assert ("proceed" in ledger.state().facts) is effect
        if not effect:
            assert reasons(ledger.state()) == {"act-expired"}

    def test_an_act_that_lacks_a_condition_expires_too(self):
        ledger = walked("final-check")
        ledger.add(replace(ledger.records, lasts=2 * MINUTE).decision())
        at = ledger.records.at
        assert [act.trigger for act in ledger.state(at + MINUTE).waiting] == ["decide-go"]
        assert not ledger.state(at + 3 * MINUTE).waiting
        assert reasons(ledger.state(at + 3 * MINUTE)) == {"act-expired"}
        ledger.wait(5)
        ledger.walk("go-hold-reviewed")
        assert "go" not in ledger.state().facts

    @pytest.mark.clause("AZ-2.2")
    def test_final_checks_of_yesterday_do_not_do(self):
        ledger = walked("final-check")
        ledger.wait(61)
        ledger.walk("proceed")
        assert "proceed" not in ledger.state().facts
        ledger.take("final-check")
        assert "proceed" in ledger.state().facts

    def test_a_clock_that_runs_backwards_makes_nothing_younger(self):
        ledger = walked("final-check")
        ledger.wait(61)
        ledger.add(ledger.records.observation({"governance": "not-ok"}))
        ledger.add(ledger.records.decision("NO_GO", scope_hash=digest("another")))
        ledger.add(ledger.records.resolution(digest("none")))
        ledger.wait(-61)
        ledger.walk("proceed")
        assert "proceed" not in ledger.state().facts

    @pytest.mark.parametrize(("minutes", "starts"), [(-30, False), (1, True), (40, False)])
    @pytest.mark.clause("AZ-30.1", "AZ-30.2")
    def test_the_network_starts_within_its_start_window(self, minutes, starts):
        ledger = walked("reconfirm")
        ledger.wait(minutes)
        ledger.walk("activate-first")
        assert ledger.state().has_started is starts

    @pytest.mark.parametrize(("past_the_end", "starts"), [(1, True), (2, True), (3, False)])
    @pytest.mark.clause("AZ-30.1", "AZ-30.2")
    def test_an_activation_dated_back_counts_by_what_the_ledger_had_before(
        self, past_the_end, starts
    ):
        ledger = walked("reconfirm")
        opened = ledger.records.at
        _, closes = ledger.state().start_window
        ledger.wait((closes - opened) // MINUTE + past_the_end)
        # Nothing to the window; a ledger takes no entry that is over two minutes ahead.
        ledger.add(note_at(ledger), "dan")
        ledger.wait(-((closes - opened) // MINUTE + past_the_end) + 1)
        ledger.walk("activate-first")
        assert ledger.state().has_started is starts

    def test_what_is_only_in_the_folder_is_dated_by_its_signer(self):
        ledger = walked("reconfirm")
        opened = ledger.records.at
        _, closes = ledger.state().start_window
        ledger.wait((closes - opened) // MINUTE + 3)
        ledger.add(note_at(ledger), "dan", to_folder=True)
        ledger.wait(-((closes - opened) // MINUTE + 3) + 1)
        ledger.walk("activate-first")
        assert ledger.state().has_started

    def test_a_claim_of_another_holder_opens_no_start_window(self):
        ledger = WindowLedger()
        ledger.walk("bootstrap-authorized")
        opens = {"opens_at_unix_ms": ledger.records.at + 10 * MINUTE}
        draft = ledger.records.instruction(ledger.made["authorize"].record_id, opens)
        ledger.made["instruct"] = ledger.add(draft)
        ledger.walk("reconfirm")
        ledger.wait(12)
        ledger.add(ledger.records.resolution(digest("none")))
        ledger.wait(-11)
        ledger.walk("activate-first")
        assert not ledger.state().has_started
        assert reasons(ledger.state()) == {"names-present-records", "start-window-open"}
        ledger.wait(11)
        ledger.take("activate-first")
        assert ledger.state().has_started

    def test_a_proposal_that_is_older_than_the_start_window_starts_nothing_in_it(self):
        two = "[authority.activate]\ndistinct_holders = 2\n"
        roles = "roles = { launch-coordinator = 1, security-lead = 1 }\n"
        ledger = WindowLedger(authority=two + roles)
        ledger.walk("bootstrap-authorized")
        opens = {"opens_at_unix_ms": ledger.records.at + 10 * MINUTE}
        named = ledger.made["authorize"].record_id
        ledger.made["instruct"] = ledger.add(ledger.records.instruction(named, opens))
        ledger.walk("reconfirm")
        early = ledger.draft("activate-first")
        ledger.add(early, "luca")
        late = replace(ledger.records, at=ledger.records.at + 11 * MINUTE)
        ledger.records = late
        on_time = ledger.draft("activate-first")
        ledger.add(early, "sonia")
        # A payload has one time, so all its signatures claim it.
        assert reasons(ledger.state()) == {"start-window-open"}
        for by in ("luca", "sonia"):
            assert not ledger.state().has_started
            ledger.add(on_time, by)
        assert ledger.state().has_started

    @pytest.mark.clause("AZ-2.2")
    @pytest.mark.parametrize(("minutes", "counts"), [(5, True), (20, False)])
    def test_a_final_check_that_waited_is_as_old_as_its_signature(self, minutes, counts):
        ledger = walked("freeze")
        hold = ledger.add(ledger.records.hold())
        ledger.take("final-check")
        ledger.wait(45)
        assert ledger.state().status == "OPEN"
        ledger.add(ledger.records.proceed(prior_hold_id=hold.body.hold_id))  # type: ignore[attr-defined]
        assert ledger.state().status == "AT_GO_HOLD_POINT"
        ledger.wait(minutes)
        ledger.add(ledger.records.proceed())
        assert ("proceed" in ledger.state().facts) is counts

    @pytest.mark.clause("AZ-12.3", "AZ-35.1")
    def test_every_verdict_on_the_exit_is_made_after_the_least_time(self):
        ledger = WindowLedger(verdicts=TWO)
        for step in WAY[: WAY.index("posture-entered") + 1]:
            ledger.made[step] = ledger.take(step)  # type: ignore[assignment]
            made = ledger.entries[-1]
            if isinstance(made, VerifiedRecord):
                key = signer("sonia").public
                ledger.entries.append(replace(made, holder="sonia", key=key))
            else:
                ledger.take(step, "sonia")
            ledger.wait(1)
        assert ledger.state().status == "RESTRICTED_POSTURE_ACTIVE"
        ledger.verdict("restricted_posture_exit_ready", "luca")
        ledger.take("exit-ready", "sonia")
        assert "exit-ready" not in ledger.state().facts
        for by in ("luca", "sonia"):
            ledger.verdict("restricted_posture_exit_ready", by)
        assert "exit-ready" in ledger.state().facts

    @pytest.mark.clause("AZ-12.3")
    def test_a_claim_of_another_holder_ends_no_restricted_posture(self):
        ledger = walked("posture-entered")
        ledger.wait(25 * 60)
        ledger.add(ledger.records.resolution(digest("none")))
        ledger.wait(-25 * 60)
        ledger.verdict("restricted_posture_exit_ready")
        assert "exit-ready" not in ledger.state().facts
        ledger.take("exit-ready")
        assert "exit-ready" in ledger.state().facts


SITTING = ("proceed", "decide-go", "authorize", "instruct")


def in_one_sitting(order: tuple[str, ...], **options: str) -> WindowLedger:
    """The four records of one sitting, made before any of them counts, and two verdicts."""
    ledger = WindowLedger(**options)  # type: ignore[arg-type]
    ledger.walk("final-check")
    drafts = {}
    for step in SITTING:
        drafts[step] = ledger.draft(step)
        ledger.made[step] = ledger.add(drafts[step])
        ledger.entries.pop()
    for step in order:
        if step in drafts:
            ledger.add(drafts[step])
        else:
            ledger.take(step)
    return ledger


def allowed(order: tuple[str, ...]) -> bool:
    """Whether the ledger takes these in this order: each after what it names."""
    place = {step: order.index(step) for step in SITTING}
    return max(place["proceed"], place["decide-go"]) < place["authorize"] < place["instruct"]


SHORT = {
    "proceed": "P",
    "decide-go": "D",
    "authorize": "A",
    "instruct": "I",
    "go-hold-reviewed": "R",
    "bootstrap-authorized": "B",
}
ORDERS = [order for order in itertools.permutations(SHORT) if allowed(order)]


class TestOrder:
    @pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(SHORT[s] for s in order))
    def test_the_acts_of_one_sitting_end_the_same_in_every_order(self, order):
        ledger = in_one_sitting(order)
        state = ledger.state()
        assert (state.status, state.phase) == ("BOOTSTRAP_AUTHORIZED", 3)
        effects = ("proceed", "go-hold-reviewed", "decide-go", "authorize", "bootstrap-authorized")
        assert triggers(state)[-6:] == [*effects, "instruct"]
        assert not state.unused
        assert not state.waiting
        for step in ("reconfirm", "activate-first"):
            ledger.wait(1)
            ledger.take(step)
        assert ledger.state().status == "NETWORK_STARTED"

    @settings(max_examples=40)
    @given(st.permutations([(step, by) for step in SITTING for by in ("luca", "sonia")]))
    def test_so_do_the_signatures_of_two_holders_in_every_order(self, signatures):
        ledger = in_one_sitting((), authority=TWO_EACH)
        ledger.take("go-hold-reviewed")
        drafts = {step: ledger.made[step] for step in SITTING}
        for step, by in signatures:
            ledger.entries.append(replace(drafts[step], holder=by, key=signer(by).public))
        ledger.take("bootstrap-authorized")
        assert "instructed" in ledger.state().facts
        assert ledger.state().status == "BOOTSTRAP_AUTHORIZED"

    @settings(max_examples=40)
    @given(st.data())
    def test_a_longer_ledger_adds_steps_and_changes_none(self, data):
        ledger = walked("activate-first")
        more = [
            lambda: ledger.add(ledger.records.hold()),
            lambda: ledger.add(ledger.records.anomaly()),
            lambda: ledger.add(ledger.records.decision("NO_GO")),
            lambda: ledger.add(ledger.records.defer()),
            lambda: ledger.verdict("final_checks_completed", verdict="hold"),
            lambda: ledger.verdict("go_hold_review_completed", verdict="hold"),
            ledger.blocker,
        ]
        for add in data.draw(st.lists(st.sampled_from(more), max_size=3, unique=True)):
            add()
            entry = ledger.entries.pop()
            ledger.entries.insert(data.draw(st.integers(0, len(ledger.entries))), entry)
        before: tuple[object, ...] = ()
        for count in range(len(ledger.entries) + 1):
            prefix = ledger.state(count=count)
            assert prefix.steps[: len(before)] == before
            before = prefix.steps
        assert ledger.state().steps == before

    @settings(max_examples=40)
    @given(st.lists(st.integers(0, 30), max_size=3))
    def test_until_a_start_a_revocation_never_leads_further(self, places):
        ledger = walked("reconfirm")
        for place in places:
            target = ledger.entries[place % len(ledger.entries)]
            if getattr(target, "kind", "") != "revocation":
                ledger.revoke(target)
            ledger.wait(1)
        last = len(WAY[: WAY.index("reconfirm") + 1])
        phases = [ledger.state(count=n).phase for n in range(last, len(ledger.entries) + 1)]
        assert phases == sorted(phases, reverse=True)

    def test_without_a_ledger_the_claimed_times_decide(self):
        ledger = WindowLedger(has_ledger=False)
        ledger.walk("normalize")
        ledger.entries.reverse()
        assert ledger.state().status == "NORMALIZED"
