"""May a host start in its role? By the state of its launch window alone (AZ-8.4, AZ-30.2)."""

from __future__ import annotations

from typing import get_args

import pytest

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Answer
from aztrust.core.checks.host.bootstrap import CHECK, may_start
from aztrust.core.host.program import programs_to_start, role_to_start
from aztrust.core.host.reading import HostFile, HostItem, HostReading
from aztrust.core.package.entries import Fault
from aztrust.core.records.window import WindowStatus
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.starting import Starting
from aztrust.core.state.window.row import STARTED as RUNS
from tests.disk_launch import policy_text

HOST = HostReading("linux/amd64")
ORDER = ("node", "proposer", "verifier")
READY = Starting("BOOTSTRAP_AUTHORIZED", ORDER)
RUNNING = Starting("NETWORK_STARTED", ORDER, activated=("node", "proposer"))
EARLY = Finding("precondition-unmet", "start-window-open", "the start window is later", mend="wait")
ID = "sha256:" + "5" * 64


def codes(starting: Starting, role: str = "node") -> list[str]:
    return [finding.code for finding in may_start(starting, role)]


@pytest.mark.clause("AZ-8.4", "AZ-30.2")
@pytest.mark.parametrize("status", get_args(WindowStatus))
@pytest.mark.parametrize("order", [(), ORDER])
def test_the_first_role_starts_only_once_it_is_authorized_and_instructed(status, order):
    """Every status: without an order nothing is instructed."""
    starting = Starting(status, order)
    may = status == "NORMALIZED" or (status == "BOOTSTRAP_AUTHORIZED" and bool(order))
    assert (not codes(starting)) is may
    if status in RUNS and order:
        assert codes(starting) == ["role-not-activated"]
    elif not may:
        assert codes(starting) == ["bootstrap-not-authorized"]


@pytest.mark.clause("AZ-30.2")
def test_every_condition_of_the_start_is_asked():
    assert codes(READY) == []
    other = replace(EARLY, subject="no-open-hold", message="a hold is open")
    found = may_start(replace(READY, missing=(EARLY, other)), "node")
    assert [f.code for f in found] == ["bootstrap-not-authorized"] * 2
    assert [f.message for f in found] == ["the start window is later", "a hold is open"]
    assert all("--wait" in f.mend for f in found)


def test_a_later_role_waits_for_its_activation():
    assert codes(READY, "proposer") == ["role-not-activated"]
    assert codes(RUNNING, "proposer") == []
    assert codes(RUNNING, "verifier") == ["role-not-activated"]


@pytest.mark.parametrize("starting", [READY, RUNNING])
@pytest.mark.parametrize("role", ["sentry", ""])
def test_a_role_that_the_instruction_does_not_name_does_not_start(starting, role):
    (found,) = may_start(starting, role)
    assert found.code == "role-not-in-order"
    assert "node, proposer, verifier" in found.message


@pytest.mark.parametrize("status", sorted(RUNS))
def test_what_was_a_condition_of_the_start_is_not_asked_of_a_restart(status):
    assert codes(replace(RUNNING, status=status, missing=(EARLY,))) == []


@pytest.mark.parametrize("status", sorted(RUNS))
@pytest.mark.parametrize(("of", "stops"), [("node", True), ("proposer", False)])
def test_after_an_anomaly_on_its_role_a_restart_needs_an_approval(status, of, stops):
    starting = replace(RUNNING, status=status, unapproved=((of, ID),))
    assert codes(starting) == (["restart-not-approved"] if stops else [])
    if stops:
        assert may_start(starting, "node")[0].subject == ID


@pytest.mark.parametrize("status", ["ABORTED", "DEFERRED"])
def test_a_window_that_ended_starts_nothing_whatever_was_activated(status):
    (found,) = may_start(replace(RUNNING, status=status), "node")
    assert found.code == "bootstrap-not-authorized"
    assert status in found.message


def test_in_normal_operation_nothing_is_asked():
    starting = replace(RUNNING, status="NORMALIZED", unapproved=(("node", ID),))
    assert codes(starting, "sentry") == []


# ---- what is not asked of a window ---------------------------------------------------------------


def answer(policy: str = "", host: HostReading | None = HOST, **evidence: object) -> Answer:
    text = policy_text(extra=policy)
    found = Evidence(policy=text.encode(), host=host, **evidence)  # type: ignore[arg-type]
    return CHECK.ask(read_context(Request(0), found), "release")


def test_a_policy_without_a_freeze_authorizes_no_start():
    (found,) = answer('[freeze]\nnot_applicable = "one person"\n').findings
    assert found.code == "bootstrap-not-authorized"
    assert "no freeze, so no start is authorized: one person" in found.message
    assert "aztrust preflight" in found.mend
    (found,) = answer().findings
    assert found.message == "no launch window of this scope is here"


def test_what_was_not_read_or_looked_at_leaves_the_question_open():
    assert answer(host=None).not_run == "no host was looked at"
    unread = (Fault("unreadable", "manifests/records/a.json", "it cannot be read"),)
    assert "manifests/records/a.json" in answer(unreadable=unread).not_run


# ---- which program -------------------------------------------------------------------------------


def item(role: str, *sources: str, kind: str = "program") -> HostItem:
    files = tuple(HostFile(f"/{role}/{n}", source) for n, source in enumerate(sources))
    return HostItem(kind, role, f"{role}d", files)


def test_the_program_is_the_named_one_else_the_first_that_was_found():
    host = HostReading(
        "linux/amd64",
        (
            item("node", "cosmovisor", "PATH"),
            item("signer", "PATH"),
            item("library", "node home", kind="library"),
            item("absent"),
        ),
    )
    assert [p.file.path for p in programs_to_start(host)] == ["/node/0", "/signer/0"]
    assert role_to_start(host) == ""
    named = replace(host, artifacts=(host.artifacts[0], item("signer", "PATH", "--binary")))
    assert [p.file.path for p in programs_to_start(named)] == ["/signer/1"]
    assert role_to_start(named) == "signer"
    assert role_to_start(replace(named, start_role="proposer")) == "proposer"
    assert programs_to_start(replace(host, artifacts=())) == ()
