"""The events of the board: each change once for all pages, and a heartbeat.

    async for event in feed.events(): ...

One task renders, at most four times a second, and only while a page is open. A page that reads
slowly misses versions in between and gets the whole board instead. Each event has the server's
clocks: by them the page knows how old the event is, also where a proxy kept it back.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final

from aztrust.acts.seen_chain import present_chain
from aztrust.core.base.value import frozen
from aztrust.core.judge.board import make_board
from aztrust.report.board.document import board_document
from aztrust.report.board.markup import Html
from aztrust.report.board.model import BoardDocument
from aztrust.report.board.sections import changed, headline, parts
from aztrust.report.text import utc
from aztrust.server.answers import cause_of
from aztrust.server.service import Service
from aztrust.server.state import State

COMMAND: Final = "serve"
OVERDUE_MS: Final = 30_000
"""How long ago the last reading may be. The service reads at an interval of a third of that."""
LATE: Final = 10.0
"""Seconds for which a board may be in the making."""


@frozen
class Pace:
    """Times in seconds: between two changes that are pushed, between two heartbeats, and until the
    board is made again because a time in it may have passed.
    """

    push: float = 0.25
    beat: float = 1.0
    age: float = 1.0


@frozen
class Shown:
    """One version of the board.

    Args:
        version: counts what was pushed; the first one is 1.
        document: what was rendered.
        parts: each part by its id.
        whole: the event's fields for a page that has no version, or an older one.
        change: likewise for a page that has the version before.
    """

    version: int
    document: BoardDocument
    parts: dict[str, Html]
    whole: str
    change: str


Make = Callable[[State], BoardDocument]


def board_of(state: State, now_unix_ms: int | None = None) -> BoardDocument:
    """The board of one reading of the launch.

    Args:
        state: the reading.
        now_unix_ms: the present, by which what an observer saw has its age; by default the time of
            the reading.
    """
    now = state.read_at_unix_ms if now_unix_ms is None else now_unix_ms
    chain = present_chain(state.context, now, is_now=True)
    return board_document(make_board(state.context, state.todo), command=COMMAND, chain=chain)


class Feed:
    """The board of a service, for any number of pages.

    Args:
        service: the launch as it is now, and its changes.
        assets: the version of the page's files.
        make: the board of one reading.
        pace: how often.
        monotonic: seconds that only go forward.
    """

    def __init__(
        self,
        service: Service,
        assets: str,
        make: Make,
        pace: Pace = Pace(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._assets = assets
        self._make = make
        self._pace = pace
        self._monotonic = monotonic
        self._boot = secrets.token_hex(8)
        self._shown: Shown | None = None
        self._version = 0
        self._made = 0.0
        self._beats = 0
        self._moved = asyncio.Event()
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def events(self) -> AsyncIterator[bytes]:
        """The events of one page: the whole board, then changes and heartbeats, until the end."""
        self._service.streams += 1
        self._run()
        version, beats = 0, self._beats
        try:
            yield b"retry: 1000\n\n"
            while not self._service.stopping:
                shown = self._shown
                if shown is not None and shown.version != version:
                    next_one = version and shown.version == version + 1
                    fields = shown.change if next_one else shown.whole
                    version, beats = shown.version, self._beats
                    yield _event("board", f'{{"beat":{self._beat(version)},{fields}}}')
                elif beats != self._beats:
                    beats = self._beats
                    yield _event("heartbeat", self._beat(version))
                else:
                    await self._moved.wait()
        finally:
            self._service.streams -= 1
            if not self._service.streams:
                self._rest()

    def _run(self) -> None:
        if not self._tasks:
            self._made = self._monotonic()
            self._tasks = (
                asyncio.create_task(self._render()),
                asyncio.create_task(self._pulse()),
            )

    def _rest(self) -> None:
        """Stop where no page is open; what was shown gets old, so that no later page has it."""
        for task in self._tasks:
            task.cancel()
        self._tasks, self._shown = (), None

    async def _render(self) -> None:
        service = self._service
        while not service.stopping:
            state = service.state
            document = await asyncio.to_thread(self._make, state)
            self._made = self._monotonic()
            if self._show(document):
                await asyncio.sleep(self._pace.push)
            with suppress(TimeoutError):
                await asyncio.wait_for(service.changed(state.number), self._pace.age)
        self._wake()

    async def _pulse(self) -> None:
        while not self._service.stopping:
            self._beats += 1
            self._wake()
            await asyncio.sleep(self._pace.beat)

    def _show(self, document: BoardDocument) -> bool:
        """Make this the version that is shown; False where nothing in it differs."""
        last, made = self._shown, parts(document)
        differ = changed(last.parts, made) if last is not None else made
        if not differ:
            return False
        self._version = version = self._version + 1
        self._shown = Shown(
            version,
            document,
            made,
            _fields(document, made, version, None),
            _fields(document, differ, version, version - 1),
        )
        self._wake()
        return True

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _beat(self, version: int) -> str:
        service, made = self._service, self._monotonic() - self._made
        now = service.clock()
        fault = fault_of(service.state, now)
        if fault is None and made > LATE:
            # The task that makes it has failed, or does not come to its end.
            fault = f"the board could not be made for {int(made)} s"
        return _json(
            {
                "boot": self._boot,
                "up_ms": int(self._monotonic() * 1000),
                "now_unix_ms": now,
                "version": version,
                "assets": self._assets,
                "fault": fault,
            }
        )


def fault_of(state: State, now_unix_ms: int) -> str | None:
    """Why what is shown may not be the present launch; None where it is."""
    if state.fault is not None:
        return cause_of(state.fault)
    if now_unix_ms - state.read_at_unix_ms > OVERDUE_MS:
        return f"it was last read at {utc(state.read_at_unix_ms)}"
    return None


def _fields(
    document: BoardDocument, made: dict[str, Html], version: int, before: int | None
) -> str:
    """The fields of an event as JSON without its braces: the clocks are added when it is sent."""
    fields = {
        "version": version,
        "before": before,
        "at_unix_ms": document.at_unix_ms,
        "headline": headline(document),
        "parts": {name: part.text for name, part in made.items()},
    }
    return _json(fields)[1:-1]


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
