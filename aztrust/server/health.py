"""`/healthz` for the machine that runs the server, `/metrics` for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aztrust.core.base.version import __version__ as VERSION
from aztrust.report.exposition import CONTENT_TYPE
from aztrust.server.answers import cause_of, json_line
from aztrust.server.chain import chain_lines
from aztrust.server.metrics import Gauge
from aztrust.server.service import Service

_FRESH = {"Cache-Control": "no-store"}


def health_routes(service: Service) -> list[BaseRoute]:
    """Both routes.

    Args:
        service: the launch as it is now.
    """

    async def healthz(request: Request) -> Response:
        """200 while the launch is read, 503 while it is not, with the cause."""
        del request
        state, good = service.state, service.is_current
        cause = "" if good else "the launch was not read for a while"
        if state.fault is not None:
            cause = cause_of(state.fault)
        value = {"ok": good, "cause": cause, "read_at_unix_ms": state.read_at_unix_ms}
        return json_line(value, 200 if good else 503, _FRESH)

    async def metrics(request: Request) -> Response:
        del request
        text = service.metrics.text(_gauges(service))
        lines = await run_sync(chain_lines, service.state.context, service.clock())
        text += "".join(f"{line}\n" for line in lines)
        return Response(text, headers={**_FRESH, "Content-Type": CONTENT_TYPE})

    return [Route("/healthz", healthz), Route("/metrics", metrics)]


def _gauges(service: Service) -> Iterator[Gauge]:
    state, context = service.state, service.state.context
    ledger = context.evidence.ledger
    head = ledger.head if ledger is not None else None
    read, entries = state.read_at_unix_ms // 1000, ledger.size if ledger is not None else 0
    covered = head.verified.head.size if head is not None else 0
    yield Gauge("aztrust_build_info", "The version.", 1, {"version": VERSION})
    yield Gauge("aztrust_up", "1 while the launch is read.", int(service.is_current))
    yield Gauge("aztrust_read_timestamp_seconds", "When it was last read.", read)
    yield Gauge("aztrust_changes", "Readings that differed.", state.number)
    yield Gauge("aztrust_ledger_entries", "Entries of the ledger.", entries)
    yield Gauge("aztrust_ledger_head_entries", "Entries under its newest head.", covered)
    waiting = len(context.pending)
    yield Gauge("aztrust_pending_records", "Records that wait for the keeper.", waiting)
    yield Gauge("aztrust_connections", "Open connections.", service.connections)
    yield Gauge("aztrust_streams", "Open event streams of the board.", service.streams)
