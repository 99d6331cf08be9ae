"""Killed at any moment, the server loses nothing that it acknowledged."""

from __future__ import annotations

import http.client
import json
import signal
import threading

import pytest

from aztrust.core.formats.dsse import canonical_form
from tests.server.launches import made, records
from tests.server.processes import Running, running

STEPS = [
    *(("fsync", 0), ("link", 0), ("unlink", 0), ("fsync", 1)),
    *(("http.response.start", 0), ("http.response.body", 0)),
]
"""Every step between the request and its answer: before the file is synced, before it has its
name, before the other name is removed, before its directory is synced, and while it is answered.
"""


def held(launch) -> set[bytes]:
    return set(map(canonical_form, records(launch).values()))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step[0]}-{step[1]}")
def test_a_server_killed_at_a_step_leaves_a_whole_record_or_none(launch, step):
    data = made(launch, 1)
    before = records(launch)
    with running(launch.path, kill=step) as server:
        with pytest.raises((http.client.HTTPException, OSError)):
            server.ask("POST", "/records", data)
        assert server.process.wait() == -signal.SIGKILL
    new = {n: d for n, d in records(launch).items() if n not in before}
    # What is there under a name that counts is the whole record; readers pass over dot files.
    assert all(canonical_form(d) == canonical_form(data) for n, d in new.items() if n[0] != ".")
    with running(launch.path) as server:
        status, _ = server.ask("POST", "/records", data)
        assert status in (200, 202)
    assert canonical_form(data) in held(launch)


def test_every_record_that_was_acknowledged_before_a_kill_is_there(launch):
    bodies = [made(launch, number) for number in range(40)]
    acknowledged: list[bytes] = []
    enough = threading.Event()

    def send(server: Running, own: list[bytes]) -> None:
        for body in own:
            try:
                status, _ = server.ask("POST", "/records", body)
            except (http.client.HTTPException, OSError):
                return
            if status in (200, 202):
                acknowledged.append(body)
            if len(acknowledged) >= 10:
                enough.set()

    with running(launch.path) as server:
        threads = [
            threading.Thread(target=send, args=(server, bodies[start::4])) for start in range(4)
        ]
        for thread in threads:
            thread.start()
        assert enough.wait(600)
        server.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
        assert server.process.wait() == -signal.SIGKILL
    assert len(acknowledged) >= 10
    assert {canonical_form(body) for body in acknowledged} <= held(launch)
    assert all(json.loads(data) for data in records(launch).values())
