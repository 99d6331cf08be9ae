"""The application: every route of the server, and what is done before and after each."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aztrust.server.board import board_routes
from aztrust.server.service import Service


def make_app(service: Service) -> Starlette:
    """The application over a launch; it follows the launch while it runs.

    Args:
        service: the launch as it is now, and its changes.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        service.start()
        try:
            yield
        finally:
            service.stop()
            service.join()

    async def health(request: Request) -> Response:
        del request
        return JSONResponse({"ok": service.state.fault is None})

    routes = [Route("/healthz", health), *board_routes(service)]
    return Starlette(routes=routes, lifespan=lifespan)
