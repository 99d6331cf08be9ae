"""The board's events: each change once, at most four a second, never an old board as a new one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from aztrust.core.base.errors import CouldNotCheck
from aztrust.server.board.feed import OVERDUE_MS, Feed, Pace
from tests.boards import MINUTE, NOW, QUICK, Shown, sample, window
from tests.patience import PATIENCE

PAUSE = Pace(push=0.0, beat=PATIENCE, age=PATIENCE)
"""Without heartbeats but the first."""


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def feed_of(service: Any, pace: Pace = PAUSE, **more: Any) -> Feed:
    return Feed(service, "v1", lambda state: state.document, pace, **more)


def show(service: Shown, **changes: Any) -> None:
    service.document = sample(**changes)
    service.number += 1
    service.wake()


async def next_of(events: AsyncIterator[bytes], name: str = "board") -> dict[str, Any]:
    """The data of the next event of this name."""
    async for event in events:
        first, _, rest = event.decode().partition("\n")
        if first == f"event: {name}":
            assert rest.endswith("\n\n")
            return dict(json.loads(rest.removeprefix("data: ")))
    raise AssertionError("the events ended")


def run(test: Any) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), PATIENCE)

    asyncio.run(bounded())


def test_a_page_gets_the_whole_board_and_then_what_changed():
    async def test() -> None:
        service = Shown(sample())
        events = feed_of(service).events()
        whole = await next_of(events)
        assert whole["before"] is None
        assert {"phase", "power", "matrix"} < set(whole["parts"])
        show(service, window=window(status="BOOTSTRAP_AUTHORIZED"))
        change = await next_of(events)
        assert (change["before"], change["version"]) == (whole["version"], whole["version"] + 1)
        assert set(change["parts"]) == {"phase"}
        assert "BOOTSTRAP AUTHORIZED" in change["parts"]["phase"]
        assert change["headline"].startswith("atlas-1, BOOTSTRAP_AUTHORIZED")
        await events.aclose()

    run(test)


def test_a_slow_page_gets_the_whole_board_once_it_reads_again():
    async def test() -> None:
        service = Shown(sample())
        feed = feed_of(service)
        slow, quick = feed.events(), feed.events()
        version = (await next_of(slow))["version"]
        await next_of(quick)
        for phase in (3, 4, 5):
            show(service, window=window(phase=phase))
            assert (await next_of(quick))["before"] is not None
        late = await next_of(slow)
        assert late["before"] is None
        assert late["version"] == version + 3
        assert "Phase 5 of 8" in late["parts"]["phase"]
        await slow.aclose()
        await quick.aclose()

    run(test)


def test_no_more_than_four_changes_a_second_are_sent():
    async def test() -> None:
        service = Shown(sample())
        feed = feed_of(service, Pace(beat=PATIENCE, age=PATIENCE))
        events = feed.events()
        first = await next_of(events)
        began, seen = time.monotonic(), 0
        task = asyncio.create_task(changing(service))
        while seen < 6:
            change = await next_of(events)
            seen += 1
        task.cancel()
        # A sleep is never shorter than it was asked to be, however busy the machine is.
        assert time.monotonic() - began >= 0.25 * (seen - 1)
        assert change["version"] == first["version"] + seen
        await events.aclose()

    run(test)


async def changing(service: Shown) -> None:
    number = 0
    while True:
        number += 1
        show(service, waiting=number)
        await asyncio.sleep(0)


def test_a_heartbeat_names_the_version_that_the_page_has_and_the_servers_clocks():
    async def test() -> None:
        service, clock = Shown(sample()), Clock()
        service.clock = lambda: NOW + 7
        events = feed_of(service, QUICK, monotonic=clock).events()
        version = (await next_of(events))["version"]
        beat = await next_of(events, "heartbeat")
        assert beat["version"] == version
        assert beat["now_unix_ms"] == NOW + 7
        assert beat["up_ms"] == 100_000
        assert beat["assets"] == "v1"
        assert beat["fault"] is None
        await events.aclose()

    run(test)


def test_a_launch_that_cannot_be_read_or_was_not_read_for_long_is_a_fault():
    async def test() -> None:
        service = Shown(sample())
        events = feed_of(service, QUICK).events()
        await next_of(events)
        service.fault = CouldNotCheck("the disk\nis gone", subject="x")
        assert (await next_of(events, "heartbeat"))["fault"] == "x: the disk\\nis gone"
        service.fault = None
        assert (await next_of(events, "heartbeat"))["fault"] is None
        service.read_at = NOW
        service.clock = lambda: NOW + OVERDUE_MS
        assert (await next_of(events, "heartbeat"))["fault"] is None
        service.clock = lambda: NOW + OVERDUE_MS + 1
        fault = (await next_of(events, "heartbeat"))["fault"]
        assert fault == "it was last read at 2026-06-01 12:00:00 UTC"
        await events.aclose()

    run(test)


def test_a_board_that_cannot_be_made_is_a_fault():
    async def test() -> None:
        service, clock = Shown(sample()), Clock()

        def make(state: Any) -> Any:
            if state.document.waiting == 9:
                raise RuntimeError("cannot be made")
            return state.document

        feed = Feed(service, "v1", make, QUICK, clock)  # type: ignore[arg-type]
        events = feed.events()
        await next_of(events)
        show(service, waiting=9)
        clock.seconds += 10
        assert (await next_of(events, "heartbeat"))["fault"] is None
        clock.seconds += 1
        beat = await next_of(events, "heartbeat")
        assert beat["fault"] == "the board could not be made for 11 s"
        await events.aclose()

    run(test)


def test_what_was_shown_before_the_last_page_closed_is_not_shown_as_new():
    async def test() -> None:
        service = Shown(sample())
        feed = feed_of(service)
        events = feed.events()
        first = await next_of(events)
        await events.aclose()
        assert service.streams == 0
        show(service, window=window(status="BOOTSTRAP_AUTHORIZED"))
        events = feed.events()
        assert service.streams == 0
        again = await next_of(events)
        assert service.streams == 1
        assert "BOOTSTRAP AUTHORIZED" in again["parts"]["phase"]
        assert again["version"] > first["version"]
        await events.aclose()

    run(test)


def test_events_end_with_the_server():
    async def test() -> None:
        service = Shown(sample())
        events = feed_of(service).events()
        await next_of(events)
        service.stopping = True
        service.wake()
        assert [event async for event in events if b"event: board" in event] == []

    run(test)


def test_a_time_that_passes_changes_nothing_but_its_part():
    async def test() -> None:
        service = Shown(sample())
        events = feed_of(service).events()
        await next_of(events)
        show(service, at_unix_ms=NOW + MINUTE)
        show(service, at_unix_ms=NOW + 31 * MINUTE)
        assert set((await next_of(events))["parts"]) == {"times"}
        await events.aclose()

    run(test)
