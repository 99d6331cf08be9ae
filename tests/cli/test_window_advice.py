"""Every command that a state of a launch window prints can be typed."""

import re
import shlex

import click
import pytest

from aztrust.core.base.advice import commands, is_placeholder, name_of
from aztrust.core.base.value import replace
from aztrust.core.judge.window_commands import GO, command_of, countersign_command
from aztrust.core.judge.window_next import steps_from
from aztrust.core.judge.window_script import script_text
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.window.row import PLACE
from aztrust.core.state.window.state import Limits, WindowState
from tests.cli.test_advice_in_the_code import LEAVES
from tests.cli.test_option_given_twice import program_context
from tests.core.test_window_next import script
from tests.memory_launch import NOW, policy_text
from tests.people import signer
from tests.verdicts import TWO
from tests.window_records import WindowRecords

POLICY = parse_policy(policy_text(more=TWO).encode())
HOUR = 3_600_000
REFUSED = "aztrust window decide go"
RECORDS = WindowRecords()


def signed(draft) -> VerifiedRecord:
    key = signer("luca").public
    return VerifiedRecord(draft.record_id, draft.kind, "luca", key, draft.body, draft.preimages)


def states():
    hold, anomaly = signed(RECORDS.hold()), signed(RECORDS.anomaly())
    instruction = signed(RECORDS.instruction("sha256:" + "7" * 64))
    for status in PLACE:
        plain = WindowState("sha256:1", "sha256:2", Limits(HOUR, HOUR), status=status)
        yield plain
        yield replace(
            plain,
            holds=(hold,),
            anomalies=(anomaly,),
            every_anomaly=(anomaly,),
            facts=frozenset({"hold-open", "anomaly-open"}),
        )
        yield replace(plain, records={"instruct": instruction}, activated=("validators",))


def printed() -> set[str]:
    found = {
        command_of("decide-go", by_checklist=True),
        command_of(GO),
        command_of("note"),
        command_of("snapshot"),
    }
    found.add(countersign_command("sha256:" + "a" * 64))
    for state in states():
        for step in steps_from(POLICY, state, state, NOW):
            found.add(step.command)
            for finding in step.missing:
                found.update(commands(finding.mend))
    found.update(re.findall(r"`(aztrust [^`]+)`", script_text(script())))
    return found - {""}


@pytest.mark.parametrize("typed", sorted(printed()))
def test_the_command_line_takes_it(typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").touch()
    words = shlex.split(typed)[1:]
    name = name_of(typed)
    command = LEAVES[name]
    taken = words[len(name.split()) :]
    command.make_context(name, taken, parent=program_context())
    for word in words:
        if word.isupper() and word.isalpha():
            assert is_placeholder(word)


def test_every_step_that_a_person_takes_has_a_command():
    without = {
        step.row.id
        for state in states()
        for step in steps_from(POLICY, state, state, NOW)
        if not step.command
    }
    # What a final check or checkpoint concludes is not chosen.
    concluded = {"scope-invalidated", "final-checks-not-passed", "go-hold-not-reviewed"}
    concluded |= {"broken-after-start", "decision-undone"}
    assert without == {*concluded, "exit-not-ready", "observe-objection"}


def test_a_command_names_what_the_window_knows():
    hold, anomaly = signed(RECORDS.hold()), signed(RECORDS.anomaly())
    plain = WindowState("sha256:1", "sha256:2", Limits(HOUR, HOUR))
    held = replace(plain, holds=(hold,), anomalies=(anomaly,))
    assert f" {hold.body.hold_id[7:23]} " in command_of("proceed-after-hold", held)
    assert f" {anomaly.record_id[7:23]} " in command_of("resolve-anomaly", held)
    instruction = signed(RECORDS.instruction("sha256:" + "7" * 64, order=("seed", "sentry")))
    started = replace(plain, records={"instruct": instruction}, activated=("seed",))
    assert " sentry " in command_of("activate-last", started)


def test_with_a_checklist_every_advice_to_decide_is_the_command_of_the_checklist():
    decides = "aztrust checklist decide go --reason T --chair HOLDER --attendee HOLDER"
    for state in (replace(found, by_checklist=True) for found in states()):
        for step in steps_from(POLICY, state, state, NOW):
            typed = [step.command, *(t for f in step.missing for t in commands(f.mend))]
            assert not any(t.startswith(("aztrust window go", REFUSED)) for t in typed)
    assert command_of("decide-go", by_checklist=True) == decides
    assert command_of(GO, by_checklist=True) == ""
    assert command_of("decide-go").startswith(REFUSED)
    # What stops the launch is as it is without a checklist.
    assert command_of("decide-no-go", by_checklist=True) == command_of("decide-no-go")


def test_the_script_of_a_launch_with_a_checklist_decides_by_it():
    table = f'{TWO}[checklist]\ndigest = "sha256:{"7" * 64}"\n'
    assert "`aztrust checklist decide go " in script_text(script(table))
    assert REFUSED not in script_text(script(table))
    assert f"`{REFUSED}" in script_text(script())


def test_a_command_line_without_such_a_command_is_found():
    with pytest.raises(click.UsageError):
        LEAVES["window proceed"].make_context("window proceed", [], parent=program_context())
