"""The board: one page for the war room, which the server keeps up to date while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from aztrust.server.service import Service


def board_routes(service: Service) -> list[BaseRoute]:
    """The routes of the board; the application adds them to its own.

    Args:
        service: the launch as it is now, and its changes.
    """
    from aztrust.server.board.routes import routes

    return routes(service)
