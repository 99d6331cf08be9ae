"""The probe of the monitoring, against real servers of this machine."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.base.digest import both
from aztrust.storage import probe as probing
from aztrust.storage.probe import BODY_LIMIT, ProbeRequest, probe
from tests.patience import PATIENCE
from tests.servers import answer, closed, serving, silent
from tests.standins import stand_in

LONG = int(PATIENCE * 1000)
"""A timeout that no test reaches, in milliseconds."""
SHORT = 100
"""A timeout that is always reached: what is asked for does not come before the test ends."""


def test_an_answer_is_reported_with_its_status_and_digests() -> None:
    with serving({"/health": answer(200, b"all well")}) as (base, asked):
        reading = probe(ProbeRequest(f"{base}/health", LONG, r"all\s+well"))
    digests = both(b"all well")
    assert (reading.status, reading.matched, reading.fault) == (200, True, "")
    assert (reading.sha256, reading.blake3, reading.size) == (digests.sha256, digests.blake3, 8)
    assert asked == ["/health"]


def test_without_an_expression_nothing_is_searched() -> None:
    with serving({"/": answer(204)}) as (base, _):
        reading = probe(ProbeRequest(base + "/", LONG))
    assert (reading.status, reading.matched, reading.size) == (204, None, 0)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_error_status_is_an_answer(status: int) -> None:
    with serving({"/": answer(status, b"no")}) as (base, _):
        reading = probe(ProbeRequest(base + "/", LONG))
    assert (reading.status, reading.fault) == (status, "")


def test_an_expression_that_does_not_occur() -> None:
    with serving({"/": answer(200, b"firing")}) as (base, _):
        assert probe(ProbeRequest(base + "/", LONG, "well")).matched is False


def test_bytes_that_are_not_text_are_searched_too() -> None:
    with serving({"/": answer(200, b"\xff\xfe up \x80")}) as (base, _):
        assert probe(ProbeRequest(base + "/", LONG, " up ")).matched is True


def test_a_redirect_is_not_followed() -> None:
    with serving({"/secret": answer(200, b"all well")}) as (other, asked_there):
        with serving({"/": answer(302, Location=f"{other}/secret")}) as (base, asked):
            reading = probe(ProbeRequest(base + "/", LONG, "all well"))
        assert (reading.status, reading.matched) == (302, False)
        assert (asked, asked_there) == (["/"], [])


def test_an_answer_that_ends_early_is_none() -> None:
    def cut_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"all well")
        handler.close_connection = True

    with serving({"/": cut_off}) as (base, _):
        reading = probe(ProbeRequest(base + "/", LONG, "all well"))
    assert (reading.fault, reading.matched) == ("its answer ended 992 bytes early", None)


def test_no_server_listens() -> None:
    with closed() as port:
        reading = probe(ProbeRequest(f"http://127.0.0.1:{port}/", LONG))
    assert reading.status is None
    assert reading.fault.startswith("no answer: ")


def test_who_never_answers_is_not_waited_for() -> None:
    with silent() as base:
        reading = probe(ProbeRequest(base + "/", SHORT))
    assert reading.fault == "no whole answer within 0.1 s"


def test_who_answers_a_byte_at_a_time_is_not_waited_for() -> None:
    """Each byte comes in time, and the whole answer does not come before the probe gives up."""
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
        for _ in range(6_000):  # a minute, after which a probe that waits is red and does not hang
            if stop.wait(0.01):
                return
            handler.wfile.write(b"x")
        handler.wfile.write(b"\r\n\r\n")

    with serving({"/": drip}) as (base, _):
        try:
            reading = probe(ProbeRequest(base + "/", SHORT))
        finally:
            stop.set()
    assert reading.fault == "no whole answer within 0.1 s"


@pytest.mark.parametrize("size", [BODY_LIMIT, BODY_LIMIT + 1])
def test_a_body_is_bounded(size: int) -> None:
    with serving({"/": answer(200, b"x" * size)}) as (base, _):
        reading = probe(ProbeRequest(base + "/", LONG))
    assert bool(reading.fault) == (size > BODY_LIMIT)


def test_an_expression_that_would_take_years_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def search(words: object, *, timeout: float, **options: Any) -> object:
        # The answer has all the time that it needs; the search has little, and needs years.
        given.append(timeout)
        return subprocess.run(words, timeout=SHORT / 1000, **options)

    stand_in(monkeypatch, probing, "subprocess", run=search)
    with serving({"/": answer(200, b"a" * 60 + b"!")}) as (base, _):
        reading = probe(ProbeRequest(base + "/", LONG, r"(a+)+$"))
    assert given == [PATIENCE]
    assert reading.matched is None
    assert reading.fault == f"searching its answer took longer than {PATIENCE:g} s"


def test_what_is_not_http_is_an_error_and_not_a_crash() -> None:
    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
        handler.close_connection = True

    with serving({"/": nonsense}) as (base, _):
        reading = probe(ProbeRequest(base + "/", LONG))
    assert reading.fault.startswith("no answer: ")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,all", ""])
def test_only_http(url: str) -> None:
    assert probe(ProbeRequest(url, LONG)).fault == "the address is neither http nor https"


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://127.0.0.1:none/", "http://a b/"])
def test_an_impossible_address_is_not_a_crash(url: str) -> None:
    assert probe(ProbeRequest(url, LONG)).fault.startswith("no answer: ")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with closed() as port, serving({"/": answer(200)}) as (base, _):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        assert probe(ProbeRequest(base + "/", LONG)).status == 200


@pytest.mark.parametrize(("code", "matched"), [(20, True), (21, False)])
def test_the_single_executable_searches_by_its_own_word(
    code: int, matched: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "aztrust"
    program.write_text(f'#!/bin/sh\n[ "$*" = "--search-an-answer 8" ] && exit {code}\nexit 2\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with serving({"/": answer(200, b"all well")}) as (base, _):
        assert probe(ProbeRequest(base + "/", LONG, "all well")).matched is matched
