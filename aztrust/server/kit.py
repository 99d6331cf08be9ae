"""The kit of the launch as it is now: packed again after a change, at most once in a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from anyio.to_thread import run_sync

from aztrust.acts.pack import build_kit, kit_path
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import frozen
from aztrust.core.state.context import require_policy
from aztrust.server.state import Place, State

PACK_SECONDS: Final = 5.0
"""How old a kit may become while the launch changes all the time."""


@frozen
class ServedKit:
    """A kit as it is sent.

    Args:
        data: its bytes.
        sha256: `sha256:` and the digest of them.
        name: the name of the file.
        number: of the state that it was packed from, or of an earlier one.
    """

    data: bytes
    sha256: str
    name: str
    number: int


class Kits:
    """The kit of a launch, packed when it is asked for.

    Args:
        place: where the launch is.
        clock: seconds that only go forward.
    """

    def __init__(self, place: Place, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._clock = clock
        self._lock = asyncio.Lock()
        self._kit: ServedKit | None = None
        self._packed_at = 0.0

    async def now(self, state: State) -> ServedKit:
        """The kit of a state, or of an earlier one that was packed a moment ago.

        Raises:
            NothingToVerify, Malformed, CouldNotCheck, Refused: as `build_kit`.
        """
        async with self._lock:
            kit = self._kit
            is_young = self._clock() < self._packed_at + PACK_SECONDS
            if kit is None or (kit.number != state.number and not is_young):
                kit = await run_sync(self._pack, state)
                self._kit, self._packed_at = kit, self._clock()
            return kit

    def _pack(self, state: State) -> ServedKit:
        built = build_kit(self._place.launch, self._place.ledger, state.context)
        if built.context.policy_digest != state.context.policy_digest:
            raise CouldNotCheck(
                "the policy changed while the kit was packed", mend="ask again in a moment"
            )
        chain = require_policy(built.context).launch.chain_id
        return ServedKit(built.data, sha256_id(built.data), kit_path(chain).name, state.number)
