"""The answers of the beacon API: JSON over GET, read strictly."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.value import frozen
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Reply, Unreachable
from aztrust.core.chain.beacon.expected import hexadecimal
from aztrust.core.chain.beacon.state import HEADER, header_root
from aztrust.core.chain.facts import Reach
from aztrust.core.chain.session import HTTP_OK, NotServed, Questions
from aztrust.core.linkage.jsondoc import JsonValue, get, parse_json, string

_EMPTY: Final = 204
_SHOWN: Final = 120
HEADERS: Final = "/eth/v1/beacon/headers"


class Session(Questions):
    """Questions to a beacon node."""

    def ask(self, path: str) -> JsonValue:
        """The `data` of an answer, an object or a list.

        Raises:
            Unreachable: there is no answer, or an error of HTTP without one.
            NotServed: the answer is an error of the interface.
            Malformed: the answer is not one of the beacon API.
        """
        return data_of(self.fetch(path), path)

    def header(self, block: str) -> Header:
        """The header of a block, whose root is computed and must be the served one.

        Args:
            block: `head`, a slot, or a root.

        Raises:
            Unreachable, NotServed, Malformed: as `ask`.
        """
        place = f"headers/{block}"
        answer = self.ask(f"{HEADERS}/{block}")
        message = HEADER.from_json(get(answer, "header", "message"), f"{place}.message")
        root = header_root(message)
        if typed.prefixed(get(answer, "root"), f"{place}.root", 32) != root:
            typed.refuse(place, "has another root than its fields")
        if block.startswith("0x") and hexadecimal(root) != block:
            typed.refuse(place, "is another block than the one that was asked for")
        if block.isdecimal() and message["slot"] != int(block):
            typed.refuse(place, f"is the block of slot {message['slot']}")
        return Header(
            slot=message["slot"],
            id=hexadecimal(root),
            parent=hexadecimal(message["parent_root"]),
            state=hexadecimal(message["state_root"]),
        )


@frozen
class Header:
    """A block's header: its slot, its root, and the roots of its parent and of its state."""

    slot: int
    id: str
    parent: str
    state: str


def data_of(reply: Reply, path: str) -> JsonValue:
    """The `data` of a response; see `Session.ask`."""
    if reply.status == _EMPTY:
        raise NotServed(f"the node has no answer to {path} yet", subject=path, mend=_MEND)
    try:
        document = parse_json(reply.body, what=path, code="")
    except Malformed as error:
        if reply.status != HTTP_OK:
            raise _failed(reply) from None
        raise Malformed(
            f"the answer to {path} is {error.message}", subject=path, mend=typed.MEND
        ) from None
    if reply.status != HTTP_OK:
        reason = string(get(document, "message"))
        if not reason:
            raise _failed(reply)
        raise NotServed(
            f"the node has no answer to {path}: {escape(cut(reason, _SHOWN))}",
            subject=path,
            mend=_MEND,
        )
    found = get(document, "data")
    if not isinstance(found, (dict, list)):
        typed.refuse(f"the answer to {path}", "has no `data`")
    return found


_MEND: Final = "read a block or a state that the node has"


def _failed(reply: Reply) -> Unreachable:
    text = f"HTTP status {reply.status}"
    return Unreachable(Reach.HTTP, text, reply.at_ms, reply.latency_ms)
