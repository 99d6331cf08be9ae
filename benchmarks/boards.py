"""The board with many pages open, many records a second, and an outage: how late, how stale.

    python -m benchmarks.boards                       100 pages, 50 records a second for 30 s,
                                                      then an outage of 30 s
    python -m benchmarks.boards --pages 20 --seconds 5 --outage 5

A server of its own process reads a real launch directory into which confirmations of operators are
put. The pages are connections that read events as `board.js` does, through a proxy that answers 502
in the outage; `--tabs` of them are tabs of a real Chromium. An update is late by the time from the
file's appearance in the directory to the first event that has it, at the slowest page.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proxy import Proxy

STALE = 2.5
RETRY = 0.75
_SILENT = re.compile(r"Silent: ([0-9]+)")


def write_launch(path: Path, operators: int) -> tuple[str, list[tuple[str, bytes]]]:
    """A frozen launch with so many enrolled operators: its anchor, and a confirmation of each."""
    from tests.final_check_builders import CHECKED
    from tests.operators import confirm
    from tests.readiness import bound, ready, staffed, written

    launch = staffed({f"op-{n:05d}": 1 for n in range(operators)})
    before = set(launch.records)
    ready(launch, "op-00000", at=CHECKED - 1)
    (name,) = set(launch.records) - before
    from aztrust.core.formats.dsse import parse_envelope

    body = json.loads(parse_envelope(launch.records.pop(name), name=name).payload)
    fields = {**_record_of(body), **bound(launch)}
    written(launch, path)
    made = []
    for n in range(operators):
        before = set(launch.records)
        confirm(launch, f"op-{n:05d}", at=CHECKED - 1_000 + n % 1_000, **fields)
        (name,) = set(launch.records) - before
        made.append((f"confirmed-{n:05d}.dsse.json", launch.records.pop(name)))
    return launch.anchor, made


def _record_of(statement: dict[str, Any]) -> dict[str, Any]:
    record = statement["predicate"]["record"]
    return {name: value for name, value in record.items() if name != "confirmed_at_unix_ms"}


def serve(path: str, anchor: str) -> None:
    """Serve the board of a launch on a free port, which is printed."""
    import socket

    import uvicorn
    from starlette.applications import Starlette

    from aztrust.server.board.routes import routes
    from aztrust.server.service import Service
    from aztrust.server.state import Place
    from tests.final_check_builders import CHECKED

    began = time.monotonic()

    def clock() -> int:
        return CHECKED + int((time.monotonic() - began) * 1000)

    service = Service(Place(Path(path), anchor), clock)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette):  # noqa: ANN202
        service.start()
        yield
        service.stop()
        service.join()

    app = Starlette(routes=routes(service), lifespan=lifespan)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


@dataclass
class Page:
    """One page: what it has seen, and when it was live."""

    total: int
    seen: int = 0
    at: list[float] = field(default_factory=list)
    beat: float = 0.0
    stale_since: float = 0.0
    stale: list[tuple[float, float]] = field(default_factory=list)

    async def watch(self, port: int) -> None:
        """Read events, and connect again after a failure or a silence, as the page does."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await self._read(port)
            await asyncio.sleep(RETRY)

    async def _read(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        try:
            writer.write(b"GET /board/events HTTP/1.1\r\nHost: board\r\n\r\n")
            while line := await asyncio.wait_for(reader.readline(), STALE):
                now = time.perf_counter()
                if line.startswith(b"data: "):
                    self._take(line[6:].decode(), now)
        finally:
            writer.close()

    def _take(self, data: str, now: float) -> None:
        if self.beat and now - self.beat > STALE:
            self.stale.append((self.beat + STALE, now))
        self.beat = now
        silent = _SILENT.search(data)
        if silent is not None:
            self.at += [now] * (self.total - int(silent[1]) - len(self.at))


async def put(folder: Path, records: list[tuple[str, bytes]], rate: int) -> list[float]:
    """Put the records into a folder at a rate; when each of them appeared."""
    began, times = time.perf_counter(), []
    for n, (name, data) in enumerate(records):
        await asyncio.sleep(max(began + n / rate - time.perf_counter(), 0))
        draft = folder.parent / f".{name}"
        draft.write_bytes(data)
        draft.rename(folder / name)
        times.append(time.perf_counter())
    return times


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


@contextlib.contextmanager
def tabs(proxy: Proxy, count: int) -> Iterator[list[Any]]:
    """Tabs of a real Chromium in a process of their own.

    The list has the states of each tab, and when they began, once the context is left.
    """
    found: list[Any] = []
    if not count or shutil.which("chromium") is None:
        yield found
        return
    with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
        words = ("-m", "benchmarks.boards", "tabs", proxy.url, str(count), out.name)
        process = subprocess.Popen((sys.executable, *words), stdin=subprocess.PIPE)
        try:
            yield found
        finally:
            process.communicate()
        found += json.loads(out.read())


def watch_tabs(url: str, count: int, out: str) -> None:
    """Open the board in tabs until standard input ends; write each tab's states and their times."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        pages = []
        for _ in range(count):
            page = browser.new_context().new_page()
            page.add_init_script(
                "window.states = []; new MutationObserver(() => { const s ="
                " document.documentElement.dataset.state; if (s && (!states.length ||"
                " states.at(-1)[0] !== s)) states.push([s, Date.now()]) }).observe(document,"
                " {subtree: true, childList: true, attributes: true,"
                " attributeFilter: ['data-state']})"
            )
            page.goto(url)
            pages.append(page)
        sys.stdin.read()
        Path(out).write_text(json.dumps([page.evaluate("states") for page in pages]))


async def measure(given: argparse.Namespace) -> list[str]:
    """The rows of the table."""
    from tests.proxy import Proxy

    count = given.seconds * given.rate
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "launch"
        anchor, records = write_launch(root, count)
        words = (sys.executable, "-m", "benchmarks.boards", "serve", str(root), anchor)
        server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = int(await asyncio.to_thread(server.stdout.readline))
            with Proxy(port) as proxy, tabs(proxy, given.tabs) as found:
                pages = [Page(count) for _ in range(given.pages)]
                tasks = [asyncio.create_task(page.watch(proxy.port)) for page in pages]
                while not all(page.beat for page in pages):
                    await asyncio.sleep(0.1)
                await asyncio.sleep(3 + 2 * given.tabs)
                for page in pages:
                    page.stale.clear()
                began = _cpu(server.pid)
                first = time.perf_counter()
                times = await put(root / "manifests" / "records", records, given.rate)
                while any(len(page.at) < count for page in pages):
                    await asyncio.sleep(0.1)
                    if time.perf_counter() - times[-1] > 60:
                        break
                took, used = time.perf_counter() - first, _cpu(server.pid) - began
                false_stale = sum(len(page.stale) for page in pages)
                late = [
                    max(page.at[n] if n < len(page.at) else float("inf") for page in pages) - at
                    for n, at in enumerate(times)
                ]
                for page in pages:
                    page.stale.clear()
                down = time.time()
                proxy.fail("bad-gateway")
                await asyncio.sleep(given.outage)
                up, healed = time.time(), time.perf_counter()
                proxy.heal()
                await asyncio.sleep(6)
                for task in tasks:
                    task.cancel()
        finally:
            server.terminate()
            server.wait()
    back = [page.stale[-1][1] - healed for page in pages if page.stale]
    rows = [
        f"| {len(records)} records at {given.rate} a second, {given.pages} pages | latest update"
        f" {max(late):.2f} s, 99 of 100 within {quantile(late, 0.99):.2f} s, median"
        f" {quantile(late, 0.5):.2f} s | at most 2 s: {_met(max(late) <= 2)} |",
        f"| the server meanwhile | {used / took:.2f} processors, {false_stale} times that a page"
        " was stale | |",
        f"| an outage of {given.outage} s, {given.pages} pages | {len(back)} were stale and are"
        f" back, the last {max(back, default=float('inf')):.2f} s after its end |"
        f" all, within 5 s: {_met(len(back) == given.pages and max(back) <= 5)} |",
    ]
    if found:
        went = [
            min((at for s, at in tab if s == "stale" and at > down * 1000), default=0)
            for tab in found
        ]
        came = [
            min((at for s, at in tab if s == "live" and at > up * 1000), default=0) for tab in found
        ]
        stale = max(at / 1000 - down if at else float("inf") for at in went)
        live = max(at / 1000 - up if at else float("inf") for at in came)
        rows.append(
            f"| the same, {len(found)} tabs of Chromium | STALE after {stale:.2f} s, LIVE again"
            f" {live:.2f} s after the end | 3 s and 5 s: {_met(stale <= 3 and live <= 5)} |"
        )
    return rows


def _met(good: bool) -> str:
    return "met" if good else "missed"


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print the table."""
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:4])
        return 0
    if sys.argv[1:2] == ["tabs"]:
        watch_tabs(sys.argv[2], int(sys.argv[3]), sys.argv[4])
        return 0
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    for name, default in (("pages", 100), ("rate", 50), ("seconds", 30), ("outage", 30)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--tabs", type=int, default=3)
    given = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    print("| case | found | goal |\n| --- | --- | --- |")
    for row in asyncio.run(measure(given)):
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
