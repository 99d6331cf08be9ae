"""What everyone may read: the kit, the ledger's head and tiles, single records, and proofs.

A path is looked up among what was read of the launch. No path of a request is ever opened.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from aztrust.acts.ledger.published_proof import PublishedProofs
from aztrust.core.base.errors import AztrustError, NothingToVerify
from aztrust.core.formats.tiles import CHECKPOINT, WIDTH, parse_path
from aztrust.core.history.published import PublishedLedger
from aztrust.core.history.replay import LedgerReading
from aztrust.server.answers import JSON, json_line, refusal, unavailable
from aztrust.server.kit import Kits
from aztrust.server.service import Service

_ID: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_LINES: Final = "application/jsonl"
_FOREVER: Final = "public, max-age=31536000, immutable"
_FRESH: Final = {"Cache-Control": "no-cache"}
_CHUNK: Final = 64 * 1024


class Reading:
    """The routes that only read.

    Args:
        service: the launch as it is now.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kits = Kits(service.place)
        self._proofs: tuple[int, PublishedProofs] | None = None

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            Route("/kit", self.kit),
            Route("/head", self.head),
            Route("/ledger/{path:path}", self.tile),
            Route("/records/{record_id}", self.record),
            Route("/proof/{record_id}", self.proof),
        ]

    async def kit(self, request: Request) -> Response:
        """The launch in one file; 304 where the client has this very one."""
        state = self._service.state
        if state.fault is not None:
            return unavailable(state.fault)
        try:
            kit = await self._kits.now(state)
        except AztrustError as error:
            return unavailable(error)
        tag = f'"{kit.sha256[7:]}"'
        headers = {
            **_FRESH,
            "ETag": tag,
            "Content-Length": str(len(kit.data)),
            "Content-Disposition": f'attachment; filename="{kit.name}"',
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={**_FRESH, "ETag": tag})
        if request.method == "HEAD":
            return Response(headers=headers, media_type=_BYTES)
        return StreamingResponse(_chunks(kit.data), headers=headers, media_type=_BYTES)

    async def head(self, request: Request) -> Response:
        """The newest head that the keeper published, a signed note."""
        del request
        return self._file(CHECKPOINT)

    async def tile(self, request: Request) -> Response:
        """One file of the published ledger, by its path in C2SP tlog-tiles."""
        return self._file(request.path_params["path"])

    async def record(self, request: Request) -> Response:
        """The envelope of a record; where several holders signed it, one on each line."""
        record_id = _record_id(request)
        held = self._service.state.held.get(record_id, ())
        if not held:
            return _no_record(request)
        data = b"".join(each.record.envelope + b"\n" for each in held)
        return Response(data, headers=_FRESH, media_type=JSON if len(held) == 1 else _LINES)

    async def proof(self, request: Request) -> Response:
        """The proof that the ledger has a record, as `aztrust ledger prove` gives it."""
        record_id = _record_id(request)
        if not record_id:
            return _no_record(request)
        state = self._service.state
        if state.fault is not None:
            return unavailable(state.fault)
        reading, part = state.context.evidence.ledger, state.published
        if reading is None or part is None:
            return _no_ledger()
        try:
            proofs = await self._tree(state.number, reading, part)
            return json_line(proofs.prove(record_id).document(), headers=_FRESH)
        except NothingToVerify as error:
            return refusal(404, error.message, error.mend)
        except AztrustError as error:
            return unavailable(error)

    async def _tree(
        self, number: int, reading: LedgerReading, part: PublishedLedger
    ) -> PublishedProofs:
        if self._proofs is None or self._proofs[0] != number:
            self._proofs = (number, await run_sync(PublishedProofs, reading, part))
        return self._proofs[1]

    def _file(self, path: str) -> Response:
        part = self._service.state.published
        if part is None:
            return _no_ledger()
        data = part.files.get(path)
        if data is None:
            return refusal(
                404,
                "the published ledger has no such file",
                "its files are checkpoint and tile/..., as docs/formats/ledger.md has them",
            )
        tile = parse_path(path)
        whole = tile is not None and tile.width == WIDTH
        headers = {"Cache-Control": _FOREVER} if whole else _FRESH
        return Response(data, headers=headers, media_type=_TEXT if tile is None else _BYTES)


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    """The bytes in parts, each of which waits until the client took the one before."""
    view = memoryview(data)
    for start in range(0, len(view), _CHUNK):
        yield bytes(view[start : start + _CHUNK])


def _record_id(request: Request) -> str:
    found = _ID.fullmatch(request.path_params["record_id"])
    return f"sha256:{found[1]}" if found is not None else ""


def _no_record(request: Request) -> Response:
    if not _record_id(request):
        return refusal(404, "this is not a record id", "write its 64 digits, in lower case")
    return refusal(
        404, "this launch has no such record", "hand it in with POST /records, or ask again later"
    )


def _no_ledger() -> Response:
    return refusal(404, "no ledger is published for this launch", "its keeper publishes it")
