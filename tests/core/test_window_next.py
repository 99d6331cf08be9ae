"""What a launch window can do next: from the rows of its status, for the holders of a policy."""

import pytest

from aztrust.core.base.advice import commands, name_of
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import replace
from aztrust.core.judge.posture_rows import snapshot_due
from aztrust.core.judge.window_commands import command_of
from aztrust.core.judge.window_next import holders_of, kind_of, steps_from
from aztrust.core.judge.window_script import Script, script_text, signers_text
from aztrust.core.judge.window_times import PLANNED, boundaries, start_time
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import WindowMetadata
from aztrust.core.state.current import scope_of_window
from aztrust.core.state.window.facts import STORED
from aztrust.core.state.window.row import PHASES, PLACE
from aztrust.core.state.window.state import Limits, WindowState
from aztrust.core.state.window.table import TABLE
from tests.memory_launch import NOW, Launch, policy_text
from tests.people import signer
from tests.verdicts import ONE, TWO
from tests.window_records import WindowRecords

HOUR = 3_600_000
POLICY = parse_policy(policy_text(more=TWO).encode())


def state(status="OPEN", *facts, **more) -> WindowState:
    limits = Limits(HOUR, 24 * HOUR)
    return WindowState(
        "sha256:" + "1" * 64,
        "sha256:" + "2" * 64,
        limits,
        status=status,
        facts=frozenset(facts),
        **more,
    )


def steps(found: WindowState, now=NOW):
    return {step.row.id: step for step in steps_from(POLICY, found, found, now)}


@pytest.mark.clause("AZ-16.2")
@pytest.mark.parametrize("status", PLACE)
def test_a_status_offers_its_own_rows(status):
    offered = steps(state(status))
    for step in offered.values():
        assert status in step.row.possible_in
    if status in ("NORMALIZED", "ABORTED"):
        assert not offered
    elif status == "DEFERRED":
        assert list(offered) == ["abort"]
    else:
        assert {"hold", "anomaly"} <= set(offered)


def test_defer_and_the_abort_of_a_scope_are_offered_until_the_start():
    for status, place in PLACE.items():
        running = status not in ("NORMALIZED", "DEFERRED", "ABORTED")
        before = running and place < PLACE["NETWORK_STARTED"]
        assert ("defer" in steps(state(status))) is before
        assert ("abort-started" in steps(state(status))) is (running and not before)


def test_a_condition_that_is_lacking_says_what_is_there_what_is_needed_and_what_mends_it():
    found = steps(state("AT_GO_HOLD_POINT", "frozen", "proceed"))
    assert found["proceed"].done
    lacking = {finding.subject: finding for finding in found["go-hold-reviewed"].missing}
    assert set(lacking) == {"final-checks-passed", "final-checks-recent"}
    assert lacking["final-checks-passed"].actual == "no final check of this window passed"
    assert lacking["final-checks-passed"].expected
    assert commands(lacking["final-checks-passed"].mend) == ("aztrust final-check",)
    passed = state(
        "AT_GO_HOLD_POINT", "frozen", "proceed", "final-checks-passed", final_at_unix_ms=NOW
    )
    reviewed = steps(passed)["go-hold-reviewed"]
    assert (reviewed.missing, reviewed.possible) == ((), True)
    late = steps(passed, NOW + HOUR + 1)["go-hold-reviewed"]
    assert [finding.subject for finding in late.missing] == ["final-checks-recent"]


def test_who_signs_a_step_is_the_rule_of_its_act():
    found = steps(state("AT_GO_HOLD_POINT"))
    assert found["proceed"].holders == ("luca", "sonia")
    assert set(found["anomaly"].holders) == set(POLICY.holders)
    assert found["decision-undone"].holders == ("luca", "sonia")
    table = "[authority.proceed]\ndistinct_holders = 1\nroles = { ops-lead = 1 }\n"
    policy = parse_policy(policy_text(more=TWO + table).encode())
    other = state("AT_GO_HOLD_POINT")
    step = next(s for s in steps_from(policy, other, other, NOW) if s.row.id == "proceed")
    assert step.holders == ("dan",)
    assert signers_text(policy, "proceed") == "ops-lead (dan)"


def test_a_holder_whose_keys_were_all_revoked_signs_no_step():
    found, keys = state("AT_GO_HOLD_POINT"), POLICY.holders
    one = frozenset(keys["luca"].keys)
    offered = {s.row.id: s for s in steps_from(POLICY, found, found, NOW, one)}
    assert offered["proceed"].holders == offered["decision-undone"].holders == ("sonia",)
    assert set(offered["anomaly"].holders) == set(keys) - {"luca"}
    both = one | frozenset(keys["sonia"].keys)
    assert holders_of(POLICY, "proceed", one) == ("sonia",)
    assert holders_of(POLICY, "proceed", both) == ()


def test_what_a_step_is_about_has_to_be_there():
    assert "proceed-after-hold" not in steps(state("OPEN", "hold-open"))
    assert "resolve-anomaly" not in steps(state("NETWORK_STARTED"))
    assert "activate-last" not in steps(state("NETWORK_STARTED"))
    assert "activate-first" in steps(state("BOOTSTRAP_AUTHORIZED"))


def test_every_row_is_offered_in_some_status():
    every = {row.id for row in TABLE if kind_of(row) == "forward"}
    # These depend on what was passed, and on a role that is left.
    every -= {"activate-next", "activate-last"}
    facts = (("instructed",), ())
    offered = {id_ for status in PLACE for f in facts for id_ in steps(state(status, *f))}
    assert every <= offered


def test_each_command_is_one_that_there_is():
    for row in TABLE:
        typed = command_of(row.id)
        assert not typed or name_of(typed), row.id


# ---- times ---------------------------------------------------------------------------------------


def test_the_start_is_what_the_genesis_says_where_nothing_else_does():
    assert start_time(state(), None) is None
    assert start_time(state(), NOW) == ("genesis time", NOW)


def test_a_snapshot_is_due_after_the_last_one_in_the_restricted_posture_alone():
    launch = Launch.approved(verdicts=TWO)
    context = launch.verify().context
    records = WindowRecords(launch.anchor, context.scope.hash)
    made = records.entry(snapshot_policy={"every_ms": 2 * HOUR, "text": ""})
    entry = VerifiedRecord(
        made.record_id, made.kind, "luca", signer("luca").public, made.body, made.preimages
    )
    entered = state(
        "RESTRICTED_POSTURE_ACTIVE", posture_since_unix_ms=NOW, records={"enter-posture": entry}
    )
    assert snapshot_due(context, entered) == NOW + 2 * HOUR
    names = [boundary.id for boundary in boundaries(context, entered)]
    assert {"snapshot", "posture-end"} <= set(names)
    assert snapshot_due(context, replace(entered, status="EARLY_EPOCHS_ACTIVE")) is None
    assert snapshot_due(context, replace(entered, records={})) is None


# ---- the script ----------------------------------------------------------------------------------


def script(more: str = TWO, **times) -> Script:
    launch = Launch.approved(verdicts=more)
    context = launch.verify().context
    metadata = WindowMetadata(
        policy_digest=context.policy_digest, scope_hash=context.scope.hash, **times
    )
    return Script(context.policy, context.scope, NOW, metadata)


@pytest.mark.clause("AZ-4.1")
def test_the_script_goes_through_the_nine_phases():
    text = script_text(script())
    headings = [line[3:] for line in text.splitlines() if line.startswith("## LW_")]
    assert headings == list(PHASES)


def test_every_step_that_leads_on_is_in_the_script():
    again = {"final-checks-again", "final-checks-authorized"}
    every = {row.id for row in TABLE if kind_of(row) == "forward"} - again
    assert {step.row.id for step in script().steps} == every


def test_the_script_has_a_step_for_each_role_of_the_policy():
    more = TWO + '[window]\nactivation_order = ["seed", "validator", "sentry"]\n'
    roles = [step.role for step in script(more).steps if step.role]
    assert roles == ["seed", "validator", "sentry"]
    single = TWO + '[window]\nactivation_order = ["validator"]\n'
    assert [step.role for step in script(single).steps if step.role] == ["validator"]


@pytest.mark.clause("AZ-3.2")
def test_the_script_changes_with_each_planned_time_and_with_nothing_else():
    times = (
        "bootstrap_authorization",
        "bootstrap_start",
        "early_epoch_observation_end",
        "restricted_posture_end",
    )
    plain = script()
    assert plain.digest == script().digest
    digests = {plain.digest}
    for number, name in enumerate(times):
        digests.add(script(**{f"{name}_time_unix_ms": NOW + number * HOUR}).digest)
    assert len(digests) == 1 + len(times)
    # Each is in the table at the head, by its name.
    planned = script(**{f"{name}_time_unix_ms": NOW + HOUR for name in times})
    head = script_text(planned).partition("## Roles")[0]
    for text in PLANNED.values():
        assert f"| {text} | {format_minute(NOW + HOUR)} |" in head
    # Its own digest is in the metadata that it is made for.
    fixed = replace(plain, metadata=plain.metadata.model_copy(update={"script_hash": plain.digest}))
    assert fixed.digest == plain.digest
    assert replace(plain, opened_at_unix_ms=NOW + HOUR).digest not in digests


def test_the_script_names_who_signs_and_what_is_needed():
    text = script_text(script())
    assert "launch-coordinator (luca), security-lead (sonia)" in text
    assert "* needs: " in text
    assert script(ONE).digest != script(TWO).digest


def test_a_name_in_a_policy_writes_no_markdown():
    found = script()
    launch = found.policy.launch.model_copy(update={"name": "a | b\n# c [d](https://e)"})
    bent = replace(found, policy=found.policy.model_copy(update={"launch": launch}))
    title = script_text(bent).splitlines()[0]
    assert title.startswith("# Script of the launch window: a \\| b")
    assert "\\[d\\](" in title


def test_a_fact_that_a_step_sets_is_one_that_there_is():
    assert {fact for row in TABLE for fact in row.sets} <= set(STORED)
    assert holders_of(POLICY, "verdict") == ("luca", "sonia")
    assert scope_of_window(Launch.approved(verdicts=TWO).verify().context, None) is None
