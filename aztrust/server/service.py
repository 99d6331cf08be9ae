"""The running service: the launch as it is now, and a signal for each change."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

from aztrust.acts.follow import FollowPace, follow
from aztrust.server.accesslog import AccessLog
from aztrust.server.limits import Limits, Rate, Uploads, client_of
from aztrust.server.metrics import Metrics
from aztrust.server.state import Place, State, read_state
from aztrust.storage.fswatch import Watch
from aztrust.storage.keptfiles import KeptFiles
from aztrust.storage.launch import KEYS

PACE: Final = FollowPace(interval=10.0, quiet=0.1, tick=0.25, grace=0.4)
"""How soon a change is read. Answers age, so that everything is read again at an interval, too."""

LATE_MS: Final = 60_000
"""Without a reading for so long, what is served is not the launch as it is now."""


class Service:
    """What every route answers from.

    Args:
        place: the launch, which is read at once.
        clock: the time in milliseconds since the epoch.
        limits: what clients may ask.
        read_only: whether no record is taken.
        proxies: addresses whose `X-Forwarded-For` is believed.
        access_log: a file, `-` for standard error, None for no log.

    Raises:
        Malformed, Refused, UsageError, CouldNotCheck: the launch or the log cannot be opened.
    """

    def __init__(
        self,
        place: Place,
        clock: Callable[[], int],
        limits: Limits = Limits(),
        *,
        read_only: bool = False,
        proxies: Collection[str] = (),
        access_log: Path | None = None,
    ) -> None:
        self.place = place
        self.clock = clock
        self.limits = limits
        self.read_only = read_only
        self.metrics = Metrics()
        self.rate = Rate(limits)
        self.uploads = Uploads(limits)
        self.connections = 0
        self.streams = 0
        self.access_log = AccessLog(access_log, lambda: self.metrics.count("log_failures"))
        self._proxies = frozenset(map(client_of, proxies))
        self._kept = KeptFiles()
        self._state = read_state(place, clock(), kept=self._kept)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()

    @property
    def state(self) -> State:
        """The launch as it was last read."""
        return self._state

    @property
    def stopping(self) -> bool:
        """Whether the server is ending: a stream of events closes then."""
        return self._stop.is_set()

    @property
    def is_current(self) -> bool:
        """Whether the launch could be read, a moment ago."""
        late = self.clock() - self._state.read_at_unix_ms > LATE_MS
        return self._state.fault is None and not late

    def client(self, scope: Mapping[str, Any]) -> str:
        """Whose limits a request counts against.

        Args:
            scope: of the request, as ASGI has it.
        """
        peer = client_of((scope.get("client") or ("",))[0])
        if peer not in self._proxies:
            return peer
        fields = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        # The last one is what our own proxy saw; the others a client can write.
        for text in reversed(b",".join(fields).decode("latin-1").split(",")):
            named = client_of(text.strip())
            if not named:
                break
            if named not in self._proxies:
                return named
        return peer

    async def changed(self, number: int) -> State:
        """The state, once its number is another one or the server is ending.

        Args:
            number: that of the state which the caller knows; 0 for none.
        """
        while self._state.number == number and not self.stopping:
            await self._changed.wait()
        return self._state

    def start(self) -> None:
        """Begin to follow the launch, once; to be called in the running event loop.

        Raises:
            CouldNotCheck: the system has no watches left.
        """
        if self._thread is not None:
            return
        self._loop = asyncio.get_running_loop()
        watch = Watch((self.place.launch / "manifests", self.place.launch / KEYS))
        watch.__enter__()
        self._thread = threading.Thread(target=self._follow, args=(watch,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following, and let every stream of events end; to be called in the event loop."""
        self._stop.set()
        self._wake()

    def join(self) -> None:
        """Wait until nothing is read any more."""
        if self._thread is not None:
            self._thread.join()

    def _follow(self, watch: Watch) -> None:
        changes = _UntilStopped(watch, self._stop)
        try:
            for _ in follow(changes, self._read, lambda state: state.number, PACE, time.monotonic):
                if self._loop is not None and not self.stopping:
                    self._loop.call_soon_threadsafe(self._wake)
        except _Stopped:
            pass
        finally:
            watch.__exit__(None, None, None)

    def _read(self) -> State:
        self._state = read_state(self.place, self.clock(), self._state, self._kept)
        return self._state

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class _Stopped(Exception):
    """The following ends."""


class _UntilStopped:
    """Changes, until the service stops: following never ends by itself."""

    def __init__(self, watch: Watch, stop: threading.Event) -> None:
        self._watch = watch
        self._stop = stop

    def next(self, seconds: float) -> str | None:
        if self._stop.is_set():
            raise _Stopped
        return self._watch.next(seconds)

    def rearm(self) -> tuple[str, ...]:
        return self._watch.rearm()
