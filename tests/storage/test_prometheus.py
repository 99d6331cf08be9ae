"""What a Prometheus is asked, against servers of this machine that are none."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler

import pytest

from aztrust.storage.prometheus import ANSWER_LIMIT, read_prometheus
from tests.patience import PATIENCE
from tests.servers import answer, closed, serving, silent

LONG = int(PATIENCE * 1000)
"""A timeout that no test reaches, in milliseconds."""
SHORT = 100
RULES, ALERTS = "/api/v1/rules", "/api/v1/alerts"


def test_both_answers_are_kept_as_they_came() -> None:
    answers = {"/p" + RULES: answer(200, b"r"), "/p" + ALERTS: answer(200, b"a")}
    with serving(answers) as (at, asked):
        reading = read_prometheus(f"{at}/p/", LONG)
    assert (reading.rules, reading.alerts, reading.fault) == (b"r", b"a", "")
    assert reading.url == f"{at}/p/"
    assert asked == ["/p" + RULES, "/p" + ALERTS]


def test_a_redirect_is_not_followed() -> None:
    with serving({"/": answer(200, b"{}")}) as (other, asked_there):
        with serving({RULES: answer(302, Location=f"{other}/")}) as (at, asked):
            reading = read_prometheus(at, LONG)
        assert reading.fault == "/api/v1/rules: its status is 302, and must be 200"
        assert (asked, asked_there) == ([RULES], [])


@pytest.mark.parametrize("status", [204, 401, 404, 500])
def test_another_status_is_a_fault(status: int) -> None:
    with serving({RULES: answer(200, b"{}"), ALERTS: answer(status)}) as (at, _):
        reading = read_prometheus(at, LONG)
    assert reading.fault == f"/api/v1/alerts: its status is {status}, and must be 200"
    assert (reading.rules, reading.alerts) == (b"{}", b"")


@pytest.mark.parametrize("size", [ANSWER_LIMIT, ANSWER_LIMIT + 1])
def test_an_answer_is_bounded(size: int) -> None:
    with serving({RULES: answer(200, b"x" * size), ALERTS: answer(200)}) as (at, _):
        reading = read_prometheus(at, LONG)
    assert bool(reading.fault) == (size > ANSWER_LIMIT)
    assert len(reading.rules) == (size if size <= ANSWER_LIMIT else 0)


def test_a_prometheus_that_does_not_run() -> None:
    with closed() as port:
        reading = read_prometheus(f"http://127.0.0.1:{port}", LONG)
    assert reading.fault.startswith("/api/v1/rules: no answer: ")


def test_one_that_never_answers_is_not_waited_for() -> None:
    with silent() as at:
        reading = read_prometheus(at, SHORT)
    assert reading.fault == "/api/v1/rules: no whole answer within 0.1 s"


def test_the_second_answer_has_no_time_of_its_own() -> None:
    stop = threading.Event()

    def late(handler: BaseHTTPRequestHandler) -> None:
        stop.wait(PATIENCE)
        handler.close_connection = True

    with serving({RULES: answer(200, b"r"), ALERTS: late}) as (at, _):
        try:
            # On a busy machine the first answer may be late, too.
            reading = read_prometheus(at, 500)
        finally:
            stop.set()
    assert "no whole answer within" in reading.fault
    assert "within 0.5 s" not in reading.fault or reading.fault.startswith(RULES)


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with serving({RULES: answer(200, b"r"), ALERTS: answer(200, b"a")}) as (at, _):
        assert read_prometheus(at, LONG).fault == ""
