"""The addresses of a node's name: looked up at each connection, and never moved inwards.

Anyone who controls a name can lead it elsewhere later: to this machine, or into the network behind
it (DNS rebinding). The first look-up settles how far inside its addresses are: public, private,
or of this machine and link. Later only addresses at least as far out are connected to, and
the connection goes to the very address that was checked.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from aztrust.core.chain.adapter import Unreachable
from aztrust.core.chain.facts import Reach

MOST: Final = 4
"""As many addresses of one name are tried."""
_KINDS: Final = ("an address of this machine or link", "a private address", "a public address")
_TEXTS: Final = {
    socket.EAI_AGAIN: "its name cannot be looked up now",
    socket.EAI_NONAME: "there is no host of that name, as far as this machine knows",
}

Target: TypeAlias = tuple[int, tuple[Any, ...]]
"""The family, and the address as a socket takes it."""
LookUp: TypeAlias = Callable[[str, int], Sequence[tuple[Any, ...]]]
"""As `socket.getaddrinfo`, for streams."""


def inwards(address: str) -> int:
    """0 of this machine or link, 1 private, 2 public."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped if mapped is not None else found
    if found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast:
        return 0
    return 2 if found.is_global else 1


def look_up(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    """The addresses of a host, for TCP."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class NodeName:
    """One name, over the life of a run.

    Args:
        host: a name or an address.
        port: of TCP.
        find: looks it up.
    """

    def __init__(self, host: str, port: int, find: LookUp | None = None) -> None:
        self.host = host
        self.port = port
        self._find = find if find is not None else look_up
        self._kind: int | None = None
        self._asking: threading.Thread | None = None
        self._answer: list[Sequence[tuple[Any, ...]] | OSError | UnicodeError] = []

    def targets(self, seconds: float) -> tuple[Target, ...]:
        """The addresses that may be connected to, at most `MOST`.

        Args:
            seconds: how long a look-up is waited for. One that lasts longer goes on, and no second
                one is begun meanwhile.

        Raises:
            Unreachable: `DNS`, the name has no address, or has moved inwards; `TIMEOUT`, the
                look-up lasts too long.
        """
        found = self._looked_up(seconds)
        kinds = [(inwards(str(row[4][0])), row) for row in found]
        if self._kind is None and kinds:
            self._kind = max(kind for kind, _ in kinds)
        least = self._kind or 0
        fit = [(row[0], tuple(row[4])) for kind, row in kinds if kind >= least]
        if kinds and not fit:
            now = _KINDS[max(kind for kind, _ in kinds)]
            raise Unreachable(
                Reach.DNS, f"its name leads to {now} now, and led to {_KINDS[least]} before"
            )
        if not fit:
            raise Unreachable(Reach.DNS, "its name has no address")
        return tuple(fit[:MOST])

    def _looked_up(self, seconds: float) -> Sequence[tuple[Any, ...]]:
        if self._asking is None:
            self._answer = []
            self._asking = threading.Thread(target=self._ask, args=(self._answer,), daemon=True)
            self._asking.start()
        self._asking.join(max(0.0, seconds))
        if self._asking.is_alive():
            raise Unreachable(Reach.TIMEOUT, "its name cannot be looked up in time")
        self._asking = None
        answer = self._answer[0]
        if isinstance(answer, socket.gaierror):
            raise Unreachable(
                Reach.DNS, _TEXTS.get(answer.errno or 0, "its name cannot be looked up")
            )
        if isinstance(answer, OSError | UnicodeError):
            raise Unreachable(Reach.DNS, "its name cannot be looked up")
        return answer

    def _ask(self, answer: list[Sequence[tuple[Any, ...]] | OSError | UnicodeError]) -> None:
        try:
            answer.append(self._find(self.host, self.port))
        except (OSError, UnicodeError) as error:
            answer.append(error)
