"""`aztrust exec` by records that do not count: of an earlier window, of no ledger, of no head."""

from __future__ import annotations

import sys

import pytest

from aztrust.core.records.checkpoint import FINAL
from tests.cli_launch import ticking_clock
from tests.starts import AUTHORIZED, Way, host_at, ran, stages_of_a_window, stopped

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")

clock = pytest.fixture(ticking_clock)
stages = pytest.fixture(scope="module")(stages_of_a_window)
at = pytest.fixture(host_at)


@pytest.mark.clause("AZ-8.4", "AZ-30.2")
def test_the_authorization_of_an_earlier_window_starts_nothing(at):
    host = at("authorized")
    host.desk.launch.records.clear()
    host.desk.done("window", "defer", "--reason", "two operators are not ready", by="luca")
    host.way.pack(host.kit)
    stopped(host.start(), "bootstrap-not-authorized")
    host.clock.forward(60_000)
    host.desk.freeze()
    host.way.pack(host.kit)
    stopped(host.start(), "bootstrap-not-authorized")
    again = Way(host.desk, host.clock)
    assert again.window != host.way.window
    again.go(*AUTHORIZED)
    again.pack(host.kit)
    assert ran(host.start())


@pytest.mark.clause("AZ-8.4")
def test_what_only_the_folder_has_starts_nothing(at):
    """The last confirmation of the scope is signed, and the ledger does not have it."""
    host = at("frozen")
    host.way.go(*AUTHORIZED[:-1])
    made = {"at": host.clock.read(), "checkpoint_class": FINAL}
    host.desk.launch.freeze(**made, launch_window_id=host.way.window)
    host.way.pack(host.kit)
    stopped(host.start(), "bootstrap-not-authorized")
    host.desk.keep()
    host.way.pack(host.kit)
    assert ran(host.start())


@pytest.mark.clause("AZ-8.4")
def test_what_no_head_covers_starts_nothing(at):
    host = at("frozen")
    host.way.go(*AUTHORIZED[:-1])
    made = {"at": host.clock.read(), "checkpoint_class": FINAL}
    host.desk.launch.freeze(**made, launch_window_id=host.way.window)
    done = host.desk.run("ledger", "append", "--ledger", host.desk.ledger)
    assert done.exit_code == 0, done.err
    host.way.pack(host.kit)
    stopped(host.start(), "bootstrap-not-authorized")
    done = host.desk.run("ledger", "head", "--ledger", host.desk.ledger, by="luca")
    assert done.exit_code == 0, done.err
    host.way.pack(host.kit)
    assert ran(host.start())


@pytest.mark.clause("AZ-7.2", "AZ-30.2")
def test_a_decision_not_to_go_after_the_instruction_starts_nothing(at):
    host = at("authorized")
    host.way.put(host.way.records().decision("NO_GO"))
    host.way.pack(host.kit)
    stopped(host.start(), "bootstrap-not-authorized")
