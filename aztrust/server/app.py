"""The application: every route of the server, and what is done before and after each."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aztrust.server.answers import refusal
from aztrust.server.board.routes import routes as board_routes
from aztrust.server.health import health_routes
from aztrust.server.observed import Observed
from aztrust.server.reading import Reading
from aztrust.server.service import Service
from aztrust.server.submitting import Submitting


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

    routes = [
        *health_routes(service),
        *Reading(service).routes(),
        *Submitting(service).routes(),
        *board_routes(service),
    ]
    names = {route.path for route in routes if isinstance(route, Route)}
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Observed, service=service, paths=names)],
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )
    # A redirect would repeat the host that a client names.
    app.router.redirect_slashes = False
    return app


async def _refused(request: Request, error: Exception) -> Response:
    """What no route takes: another path, or another method."""
    del request
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == 404:
        return refusal(404, "there is nothing at this path", "docs/serve.md lists the paths")
    if status == 405:
        mend = f"this path takes {headers.get('Allow', 'another method')}"
        return refusal(405, "this path does not take this method", mend, headers=headers)
    return refusal(status, "the request is not valid", "docs/serve.md shows the requests")


async def _failed(request: Request, error: Exception) -> Response:
    """A fault of the server itself. What it was is for its operator, and not for a client."""
    del request, error
    return refusal(500, "the server failed", "ask again later, and report it to the operator")
