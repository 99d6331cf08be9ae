"""Boards for tests of the page: a document with something in every part, and a server.

    document = sample()                           # a launch under a hold, some power not ready
    with serving(document) as board:              # a real server on a port of its own
        board.show(sample(launch="another"))      # what every open page hears of

`Shown` is the part of `aztrust.server.service.Service` that the board's routes use.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

from aztrust.core.base.errors import AztrustError
from aztrust.core.base.value import frozen
from aztrust.report.board.model import BoardDocument
from aztrust.server.board.feed import Pace
from aztrust.server.board.routes import routes
from aztrust.server.limits import Limits
from tests.patience import PATIENCE

NOW = 1_780_315_200_000  # 2026-06-01 12:00 UTC
MINUTE = 60_000
QUICK = Pace(push=0.0, beat=0.05, age=PATIENCE)
"""Heartbeats that a test need not wait for."""


def digest(digit: str) -> str:
    return f"sha256:{digit * 64}"


def seat(operator: str | None, state: str, power: int, why: str | None = None) -> dict[str, Any]:
    return {
        "operator": operator,
        "roles": ["node"] if operator else [],
        "platforms": ["linux/amd64"] if operator and state != "silent" else [],
        "state": state,
        "power": str(power),
        "why": why,
        "at_unix_ms": NOW - 4 * MINUTE if operator and state != "silent" else None,
    }


def readiness(**changes: Any) -> dict[str, Any]:
    """A roll-call of sixty: 64 % of the power is ready, 66.7% are needed."""
    seats = [seat(f"operator-{n:02d}", "ready", 64) for n in range(40)]
    seats += [seat(f"late-{n:02d}", "silent", 60 - 2 * n) for n in range(15)]
    seats += [
        seat("kiln", "not-ready", 400, "another genesis: 8f3a91c2…, as 3 others report"),
        seat("orbit", "stale", 90, "confirmed 72 min ago, 60 min are allowed"),
        seat(None, "unconfirmed", 260, "validators that no operator is enrolled for"),
    ]
    states = ("ready", "not-ready", "stale", "silent", "unconfirmed")
    numbers = {s: sum(int(x["power"]) for x in seats if x["state"] == s) for s in states}
    return {
        "met": False,
        "total": str(sum(numbers.values())),
        "powers": {state: str(power) for state, power in numbers.items()},
        "need_millionths": 666_667,
        "collapse_millionths": 500_000,
        "thresholds": [
            {"text": "voting power 64.0% of 66.7%", "met": False},
            {"text": "notaries 3 of 3", "met": True},
        ],
        "operators": seats,
        "findings": ["4 operators report the same other genesis 8f3a91c2…"],
        **changes,
    }


def window(**changes: Any) -> dict[str, Any]:
    """A window at its go/hold point, with a hold and an act that lacks a signature."""
    return {
        "scope_hash": digest("5"),
        "launch_window_id": digest("6"),
        "status": "AT_GO_HOLD_POINT",
        "phase": 2,
        "start_at_unix_ms": NOW + 118 * MINUTE,
        "start_from": "genesis time",
        "decided": "A pause with a boundary.",
        "times": [
            {
                "id": "decide-by",
                "text": "answers due",
                "at_unix_ms": NOW + 30 * MINUTE,
                "after": "what is open leads to a defer",
                "over": False,
            },
            {
                "id": "change-cutoff",
                "text": "last change",
                "at_unix_ms": NOW - 30 * MINUTE,
                "after": "a changed package is for another window",
                "over": False,
            },
        ],
        "holds": [
            {
                "record_id": digest("a"),
                "holder": "luca",
                "severity": "major",
                "text": "peers of one operator are not seen",
                "ends_at_unix_ms": NOW + 29 * MINUTE,
                "update_at_unix_ms": NOW + 9 * MINUTE,
            }
        ],
        "acts": [
            {
                "act": "proceed",
                "record_id": digest("b"),
                "signed_by": ["luca"],
                "need": 2,
                "missing": [{"role": "security-lead", "holders": ["sonia"]}],
                "waits_for": ["no-open-hold"],
                "expires_at_unix_ms": NOW + 118 * MINUTE,
            }
        ],
        **changes,
    }


def chain(**changes: Any) -> dict[str, Any]:
    """A network of which one node of four does not answer, as an observer saw it a second ago."""
    return {
        "state": "observed",
        "why": None,
        "good": False,
        "at_unix_ms": NOW - 1000,
        "age_ms": 1000,
        "phase": "early",
        "genesis_time_unix_ms": NOW + 118 * MINUTE,
        "picture": {
            "height": 20,
            "finalized": 19,
            "finalized_at_unix_ms": NOW - 3000,
            "participation": "3/4",
            "block_time_ms": 2010,
            "halted_blocks": 0,
            "round": 1,
            "voted": "2/3",
            "lowest_head": 18,
            "highest_head": 20,
            "spread": 2,
            "answered_at_unix_ms": NOW - 1500,
            "answer_age_ms": 500,
            "blind_power": "1/4",
            "unlisted_power": "0/1",
            "nodes": 4,
            "answering": 3,
        },
        "proven": ["306 of 406 signed block 1"],
        "signals": [
            {
                "code": "node-unseen",
                "locus": "host",
                "subject": "node-d",
                "anomaly": "telemetry-blindness-anomaly",
                "guidance": "CONTINUE",
                "clause": "AZ-26.2",
                "power": "1/4",
                "since_unix_ms": NOW - 20_000,
                "detail": "it has not answered for 20 s",
                "evidence": [],
            }
        ],
        "criteria": [
            {"criterion": "halt", "state": "not-met", "detail": None},
            {"criterion": "errors", "state": "unknown", "detail": "no series is named"},
        ],
        "unknown": ["node-d does not answer: refused"],
        **changes,
    }


def unobserved() -> dict[str, Any]:
    """Where nothing is known of the chain on this machine."""
    empty = dict.fromkeys(("at_unix_ms", "age_ms", "phase", "genesis_time_unix_ms", "picture"))
    nothing = {"proven": [], "signals": [], "criteria": [], "unknown": []}
    why = "no observer ran here"
    return {"state": "not-observed", "why": why, "good": False, **empty, **nothing}


def check(name: str, status: str, source: str = "records", **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "owner": "ops-lead",
        "status": status,
        "detail": None,
        "at_unix_ms": NOW - 15 * MINUTE,
        "source": source,
        **changes,
    }


def entry(number: int | None, statement: str, **changes: Any) -> dict[str, Any]:
    return {
        "record_id": digest("c"),
        "kind": "note",
        "holder": "dan",
        "entry": number,
        "at_unix_ms": NOW - 2 * MINUTE,
        "statement": statement,
        "text": None,
        "revoked": False,
        **changes,
    }


def sample(**changes: Any) -> BoardDocument:
    """A board with something in every part.

    Args:
        changes: fields of the document instead of these.
    """
    return BoardDocument.model_validate(
        {
            "schema": "aztrust/board",
            "version_major": 1,
            "version_minor": 0,
            "command": "serve",
            "aztrust_version": "1.0.0",
            "at_unix_ms": NOW,
            "launch": "Atlas genesis",
            "chain_id": "atlas-1",
            "network_class": "mainnet",
            "anchor": "given",
            "policy_digest": digest("1"),
            "scope_hash": digest("5"),
            "stage": "checked",
            "window": window(),
            "readiness": readiness(),
            "chain": chain(),
            "stops": [{"kind": "blocker", "text": "9e44aa01 by rita: a disk is full"}],
            "checks": [
                check("release-integrity", "pass", "final-check", detail="by luca"),
                check("operator-readiness", "not_run", detail="64.0% of 66.7%"),
                check("monitoring-live", "fail"),
                check("chain-id", "not_run", "not-looked-at", at_unix_ms=None),
                check("incident-path", "not_applicable", owner=None),
            ],
            "tasks": [
                {
                    "act": "countersign",
                    "subject": digest("b"),
                    "urgency": "waited-for",
                    "why": "luca signed proceed; others have to sign it",
                    "command": "aztrust countersign bbbbbbbb",
                    "asks": False,
                    "holders": [{"holder": "sonia", "role": "security-lead", "keys": []}],
                }
            ],
            "records": [
                entry(None, "launch hold issued", text="peers of one operator are not seen"),
                entry(21, "check attestation recorded"),
                entry(20, "check attestation recorded", revoked=True),
            ],
            "ledger_size": 22,
            "waiting": 1,
            "unseen": [],
            **changes,
        }
    )


@frozen
class State:
    """One reading, as `aztrust.server.state.State`."""

    number: int
    document: BoardDocument
    fault: AztrustError | None
    read_at_unix_ms: int


class Shown:
    """What the routes of the board answer from: a document that a test changes."""

    def __init__(self, document: BoardDocument) -> None:
        self.document = document
        self.fault: AztrustError | None = None
        self.number = 1
        self.stopping = False
        self.limits = Limits()
        self.streams = 0
        self.now = document.at_unix_ms
        self.read_at: int | None = None
        self._began = time.monotonic()
        self._changed = asyncio.Event()

    @property
    def state(self) -> Any:
        read_at = self.clock() if self.read_at is None else self.read_at
        return State(self.number, self.document, self.fault, read_at)

    def clock(self) -> int:
        return self.now + int((time.monotonic() - self._began) * 1000)

    async def changed(self, number: int) -> Any:
        while self.number == number and not self.stopping:
            await self._changed.wait()
        return self.state

    def wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Served:
    """A running server.

    Args:
        service: what it shows.
        loop: its event loop.
        port: where it listens, on 127.0.0.1.
    """

    def __init__(self, service: Any, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self.service = service
        self.loop = loop
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def show(self, document: BoardDocument) -> None:
        """Show another document from now on."""

        def change() -> None:
            self.service.document = document
            self.service.number += 1
            self.service.wake()

        self.loop.call_soon_threadsafe(change)

    def end(self) -> None:
        """End every stream of events; a page that asks again gets an empty one."""
        self.loop.call_soon_threadsafe(_end, self.service)

    def fail(self, fault: AztrustError | None) -> None:
        """Let the launch not be readable, or be readable again."""
        self.service.fault = fault


@contextmanager
def serving(document: BoardDocument, pace: Pace = QUICK) -> Iterator[Served]:
    """A server of the board alone, with a document that a test changes."""
    service: Any = Shown(document)
    app = Starlette(routes=routes(service, lambda state: state.document, pace))
    with running(app, lambda: _end(service)) as (loop, port):
        yield Served(service, loop, port)


def _end(service: Shown) -> None:
    service.stopping = True
    service.wake()


@contextmanager
def running(
    app: Any, stop: Callable[[], object]
) -> Iterator[tuple[asyncio.AbstractEventLoop, int]]:
    """An application on a port of this machine: its event loop, and the port.

    Args:
        app: the application.
        stop: lets its streams end; called in the loop.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="auto"))
    loops: list[asyncio.AbstractEventLoop] = []
    began = threading.Event()

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        began.set()
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        assert began.wait(PATIENCE)
        yield loops[0], listener.getsockname()[1]
    finally:
        server.should_exit = True
        loops[0].call_soon_threadsafe(stop)
        thread.join(PATIENCE)
        listener.close()
        assert not thread.is_alive()
