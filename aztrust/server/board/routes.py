"""The routes of the board: the page, its own files, its events, and the board as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from aztrust.report.board.model import BoardDocument
from aztrust.report.board.page import POLICY, TYPES, Asset, asset, assets_version, served_page
from aztrust.server.answers import refusal
from aztrust.server.board.feed import Feed, Make, Pace, board_of
from aztrust.server.service import Service
from aztrust.server.state import State

ROOT: Final = "board/"
"""Where the page's files are, relative to the page: a proxy may put them below a path."""
_SAFE: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LATER: Final = {"Connection": "close", "Retry-After": "5"}
_NEVER_KEPT: Final = {"Cache-Control": "no-store"}
_ASSETS: Final[tuple[Asset, ...]] = ("board.css", "board.js")


def routes(
    service: Service,
    make: Make | None = None,
    pace: Pace = Pace(),
) -> list[BaseRoute]:
    """The routes; `serve` adds them to its own.

    Args:
        service: the launch as it is now, and its changes.
        make: the board of one reading; by default `board_of` by the clock of the service.
        pace: how often its pages hear of a change.
    """
    version = assets_version()

    def now(state: State) -> BoardDocument:
        return board_of(state, service.clock())

    made = now if make is None else make
    feed = Feed(service, version, made, pace)

    async def page(request: Request) -> Response:
        del request
        document = await asyncio.to_thread(made, service.state)
        headers = {
            **_SAFE,
            **_NEVER_KEPT,
            "Content-Security-Policy": POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        text = served_page(document, root=ROOT, version=version)
        return Response(text, media_type="text/html", headers=headers)

    async def document(request: Request) -> Response:
        del request
        found = await asyncio.to_thread(made, service.state)
        return JSONResponse(found.model_dump(mode="json"), headers={**_SAFE, **_NEVER_KEPT})

    async def events(request: Request) -> Response:
        del request
        # A page that is open is never idle: without a bound, pages could take every connection.
        if service.streams >= service.limits.streams:
            mend = "close pages that no one looks at; /board.json and /kit answer as ever"
            cause = f"{service.streams:,} boards are open already"
            return refusal(503, cause, mend, headers=_LATER)
        # A proxy that collects an answer, or compresses it, would keep events back.
        headers = {**_SAFE, "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
        return StreamingResponse(feed.events(), media_type="text/event-stream", headers=headers)

    return [
        Route("/", page),
        Route("/board.json", document),
        Route(f"/{ROOT}events", events),
        *(Route(f"/{ROOT}{name}", _file(name)) for name in _ASSETS),
    ]


def _file(name: Asset) -> Callable[[Request], Awaitable[Response]]:
    text = asset(name)
    headers = {**_SAFE, "Cache-Control": "public, max-age=31536000, immutable"}

    async def endpoint(request: Request) -> Response:
        # A page of another version of the server must not keep this file under its own name.
        kept = headers if request.url.query else {**_SAFE, **_NEVER_KEPT}
        return Response(text, headers={**kept, "Content-Type": TYPES[name]})

    return endpoint
