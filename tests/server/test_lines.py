"""Text of a chat that is handed in: the confirmations in it are queued like files."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.acts.sign import sign_record
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.line.rebuild import line_of
from aztrust.core.state.known_scopes import present_scope
from aztrust.server.limits import Limits
from tests.cli_launch import home_at
from tests.disk_launch import Launch, make_launch, policy_text
from tests.operators import enrol, operator
from tests.server.asgi import Site
from tests.server.launches import records
from tests.verdicts import ONE

REGISTRAR = '[readiness]\nregistrar = "launch-coordinator"\n'


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    home_at(monkeypatch, tmp_path / "home")
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE + REGISTRAR))
    launch.freeze()
    enrol(launch._builder(), "acme", "bora")
    return launch


def line(launch: Launch, site: Site, by: str, reason: str) -> tuple[str, bytes]:
    """The line of a host that is not ready, and its file."""
    context = site.service.state.context
    scope = present_scope(context)
    (freeze,) = context.state.freezes
    fields = {
        **scope.contents("linux/amd64", ("node",), ready=False),
        "aztrust_version": "0.1.0",
        "confirmed_at_unix_ms": launch.now() // 1000 * 1000,
        "launch_window_id": freeze.launch_window_id,
        "reason": reason,
        "status": "not-ready",
    }
    who = operator(by)
    body = OPERATOR_CONFIRMATION.model.model_validate(fields)
    file = sign_record(OPERATOR_CONFIRMATION.name, body, {}, who).data
    return line_of(file, who.public, scope), file


def test_the_lines_of_a_chat_are_queued_as_the_files_that_were_signed(launch):
    site = Site(launch.path)
    acme, acme_file = line(launch, site, "acme", "disk")
    bora, bora_file = line(launch, site, "bora", "clock")
    before = records(launch)
    answer = site.post(f"[18:01] Acme: {acme.lower()}\n> {bora[:80]}\n> {bora[80:]}\n".encode())
    assert answer.status == 202, answer.body
    assert {each["holder"] for each in answer.json["records"]} == {"operator acme", "operator bora"}
    new = {data for name, data in records(launch).items() if name not in before}
    assert new == {acme_file, bora_file}
    assert {Path(each["place"]).name for each in answer.json["records"]} <= set(records(launch))
    assert site.post(acme.encode()).status == 200


def test_a_line_that_cannot_be_used_is_listed_with_those_that_can(launch):
    site = Site(launch.path)
    acme, _ = line(launch, site, "acme", "disk")
    cato, _ = line(launch, site, "cato", "disk")
    answer = site.post(f"{acme[:70]}\n{cato}\n{acme}\n".encode())
    assert (answer.status, len(answer.json["records"])) == (202, 1)
    causes = [each["cause"] for each in answer.json["refused"]]
    assert causes[0] == "it is cut: 70 of 156 characters"
    assert causes[1].startswith("this kit is too old: the key ")
    assert answer.json["refused"][1]["at"].startswith("the request, line 2, ")


def test_more_lines_than_one_request_may_have_are_refused_before_any_is_verified(launch):
    site = Site(launch.path, limits=Limits(records=2))
    acme, _ = line(launch, site, "acme", "disk")
    before = records(launch)
    refused = site.post(f"{acme}\n{acme[:70]}\n{acme}".encode())
    assert (refused.status, "3 records in one request" in refused.json["cause"]) == (400, True)
    assert records(launch) == before
    assert site.post(f"{acme}\n{acme}".encode()).status == 202
