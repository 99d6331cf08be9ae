"""`POST /records`: the body within its bounds, then the records in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aztrust.core.base.canonical import JSONValue
from aztrust.core.base.errors import AztrustError, CouldNotCheck
from aztrust.core.base.findings import Finding
from aztrust.report.escape import visible
from aztrust.server.answers import json_line, refusal, status_of, unavailable
from aztrust.server.intake import Delivery, Intake
from aztrust.server.service import Service

_CLOSE: Final = {"Connection": "close"}
_MEND: Final = "send signed records, as docs/formats/record.md has them"
_DISCARDED: Final = 8
"""How many bodies' worth of bytes are read and dropped, so that a client gets its refusal."""


class Submitting:
    """The route that takes records.

    Args:
        service: the launch as it is now, its limits and counters.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._intake = Intake(service.place.launch, service.limits)

    def routes(self) -> list[BaseRoute]:
        """The route."""
        return [Route("/records", self.records, methods=["POST"])]

    async def records(self, request: Request) -> Response:
        """Take records; 202 where at least one was queued, 200 where all were there before."""
        service = self._service
        if service.read_only:
            mend = "hand it to the launch's keeper, or to a server that takes records"
            return refusal(
                403, "this server takes no records: it is read-only", mend, headers=_CLOSE
            )
        client = service.client(request.scope)
        if wait := service.rate.wait(client):
            return self._limited("more requests than one client may make", wait)
        if problem := self._unfit(request):
            return problem
        with service.uploads.one(client) as may:
            if not may:
                return self._limited("more records at one time than one client may send", 1.0)
            return await self._taken(request)

    def _limited(self, cause: str, seconds: float) -> Response:
        self._service.metrics.count("limited")
        after = str(max(1, -int(-seconds // 1)))
        return refusal(
            429, cause, f"send it again in {after} s", headers={**_CLOSE, "Retry-After": after}
        )

    def _unfit(self, request: Request) -> Response | None:
        """A refusal by the header alone, None where the body may be read."""
        fields = request.headers
        if fields.get("content-encoding", "identity").strip().lower() != "identity":
            mend = "send the record itself, without Content-Encoding"
            return refusal(415, "a compressed body is not taken", mend, headers=_CLOSE)
        if "transfer-encoding" in fields and "content-length" in fields:
            mend = "give Content-Length alone"
            return refusal(400, "the length of the body is given twice", mend, headers=_CLOSE)
        return None

    async def _taken(self, request: Request) -> Response:
        service, body = self._service, bytearray()
        counted = 0
        try:
            async with asyncio.timeout(service.limits.body_seconds):
                # One iterator: a request refuses a second one once its last part was read.
                parts = request.stream()
                async for part in parts:
                    if len(body) + len(part) > service.limits.body:
                        return await self._too_large(parts, len(body) + len(part))
                    if not service.uploads.take(len(part)):
                        return unavailable(CouldNotCheck("the server receives too much now"), 5)
                    counted += len(part)
                    body += part
            return await self._judged(request, bytes(body))
        except TimeoutError:
            mend = "send it in one go"
            return refusal(408, "the body did not come in time", mend, headers=_CLOSE)
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            service.uploads.give_back(counted)

    async def _too_large(self, parts: AsyncIterator[bytes], size: int) -> Response:
        """Drop what still comes, within bounds: a client that is writing reads no refusal."""
        limit = self._service.limits.body
        async for part in parts:
            size += len(part)
            if size > limit * _DISCARDED:
                break
        return refusal(
            413,
            f"the body has more than {limit:,} bytes",
            "send fewer records at once; a larger record goes to the launch's keeper",
            headers=_CLOSE,
        )

    async def _judged(self, request: Request, body: bytes) -> Response:
        service = self._service
        state = service.state
        if state.fault is not None:
            return unavailable(state.fault)
        try:
            delivery = await run_sync(self._intake.take, state, body, service.clock())
        except CouldNotCheck as error:
            return unavailable(error)
        except AztrustError as error:
            service.metrics.count("records", "refused")
            return refusal(400, error.message, error.mend, error.code)
        self._count(delivery)
        request.scope["aztrust.records"] = tuple(r.record_id for r in delivery.received)
        return _answer(delivery)

    def _count(self, delivery: Delivery) -> None:
        metrics = self._service.metrics
        for received in delivery.received:
            metrics.count("records", received.outcome)
        for finding in delivery.refused:
            metrics.count("records", "refused")
            metrics.count("refused", finding.code)


def _answer(delivery: Delivery) -> Response:
    received: list[JSONValue] = [
        {
            "record_id": each.record_id,
            "kind": each.kind,
            "holder": each.holder,
            "outcome": each.outcome,
            "place": each.place,
        }
        for each in delivery.received
    ]
    refused: list[JSONValue] = [
        {
            "at": visible(finding.subject),
            "cause": visible(finding.message),
            "code": finding.code,
            "mend": visible(finding.mend or _MEND),
        }
        for finding in delivery.refused
    ]
    value: dict[str, JSONValue] = {"records": received, "refused": refused}
    if any(each.outcome == "queued" for each in delivery.received):
        return json_line(value, 202)
    if not delivery.refused:
        return json_line(value, 200)
    first: Finding = delivery.refused[0]
    mend = visible(first.mend or _MEND)
    value |= {"cause": visible(first.message), "code": first.code, "mend": mend}
    return json_line(value, status_of(first))
