"""The answers of CometBFT's RPC interface: JSON-RPC 2.0 over GET, read strictly."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Reply, Unreachable
from aztrust.core.chain.facts import Reach
from aztrust.core.chain.session import HTTP_OK, NotServed, Questions
from aztrust.core.linkage.jsondoc import JsonValue, get, parse_json, string

_SHOWN: Final = 120


class Session(Questions):
    """Questions to a CometBFT node."""

    def ask(self, path: str) -> JsonValue:
        """The `result` of an answer, an object.

        Raises:
            Unreachable: there is no answer, or an error of HTTP without one.
            NotServed: the answer is an error of the interface.
            Malformed: the answer is not one of JSON-RPC.
        """
        return result(self.fetch(path), path)


def result(reply: Reply, path: str) -> JsonValue:
    """The `result` of a response; see `Session.ask`."""
    try:
        document = parse_json(reply.body, what=path, code="")
    except Malformed as error:
        if reply.status != HTTP_OK:
            raise Unreachable(
                Reach.HTTP, f"HTTP status {reply.status}", reply.at_ms, reply.latency_ms
            ) from None
        raise Malformed(
            f"the answer to {path} is {error.message}", subject=path, mend=typed.MEND
        ) from None
    failure = get(document, "error")
    if failure is not None:
        reason = string(get(failure, "data")) or string(get(failure, "message")) or "an error"
        raise NotServed(
            f"the node has no answer to {path}: {escape(cut(reason, _SHOWN))}",
            subject=path,
            mend="read a height that the node has",
        )
    if reply.status != HTTP_OK:
        text = f"HTTP status {reply.status}"
        raise Unreachable(Reach.HTTP, text, reply.at_ms, reply.latency_ms)
    found = get(document, "result")
    if not isinstance(found, dict):
        typed.refuse(f"the answer to {path}", "has no object `result`")
    return found
