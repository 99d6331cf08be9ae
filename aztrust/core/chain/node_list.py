"""The list of nodes that are observed: `nodes.toml`, or addresses on a command line.

Names are for people and for records. Addresses stay in the list: nothing that is signed has them
unless that is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.base.model import NAME_PATTERN, Model, Name, SomeItems, validate
from aztrust.core.base.paths import escape
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.policy.tomldoc import read_toml

MAX_NODES: Final = 1000
"""More are refused: each has a connection and a thread."""
MAX_LIST_BYTES: Final = 1024 * 1024
_MEND: Final = "write a table [[node]] with name and rpc for each node (docs/observe.md)"
_ADDRESS_MEND: Final = "write http://HOST:PORT or https://HOST:PORT, without a user or a query"
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_ADDRESS: Final = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?:(?P<user>[^/?#@]*)@)?"
    r"(?P<host>\[[^\]/?#@]*\]|[^/?#@:\[\]]*)(?::(?P<port>[0-9]{0,5}))?(?P<path>(?:/[^?#]*)?)(?P<more>(?:[?#].*)?)"
)
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
_CANNOT_NAME: Final = frozenset(":/@?#")
_PORTS: Final = {"http": 80, "https": 443}
_LONGEST: Final = 300
_SHOWN: Final = 80
_SCHEME_AND_HOST: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?[A-Za-z0-9.-]*")


class _Entry(Model):
    """One `[[node]]`."""

    name: Name
    rpc: str
    operator: Name | None = None
    metrics: str | None = None
    validator: Annotated[str, Field(pattern=r"^[0-9A-Za-z+/=_-]{1,200}$")] | None = None


class _File(Model):
    """The whole file."""

    node: SomeItems[_Entry]


@frozen
class Address:
    """Where something answers.

    Args:
        secure: whether by TLS.
        host: a name or an IP address, without brackets.
        port: of TCP.
        path: that every path begins with, "" for none; never with a slash at its end.
    """

    secure: bool
    host: str
    port: int
    path: str = ""

    @property
    def text(self) -> str:
        """As a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"


@frozen
class ListedNode:
    """One node of the list.

    Args:
        name: for people and records.
        rpc: where its interface answers.
        operator: who runs it, None where the list does not say it.
        metrics: where its Prometheus metrics are, None where they are not offered.
        validator: the validator that it belongs to, as the chain names it, None where not listed.
    """

    name: str
    rpc: Address
    operator: str | None = None
    metrics: Address | None = None
    validator: str | None = None


def parse_node_list(data: bytes, *, what: str) -> tuple[ListedNode, ...]:
    """The nodes of a file, in its order.

    Args:
        data: TOML.
        what: the file's name, for messages.

    Raises:
        Malformed: it is not a list of 1 to `MAX_NODES` nodes, each with a name of its own.
    """
    if len(data) > MAX_LIST_BYTES:
        raise Malformed(
            f"it has {len(data):,} bytes, and may have {MAX_LIST_BYTES:,}", subject=what, mend=_MEND
        )
    try:
        document = read_toml(data, what=what, code="")
    except Malformed as error:
        raise Malformed(error.message, subject=what, mend=_MEND) from None
    file = validate(_File, document, what=what, code="", mend=_MEND)
    nodes = []
    for entry in file.node:
        try:
            metrics = parse_address(entry.metrics) if entry.metrics is not None else None
            rpc = parse_address(entry.rpc)
        except UsageError as error:
            raise Malformed(
                f"the node {entry.name}: {error.message}", subject=what, mend=error.mend
            ) from None
        nodes.append(ListedNode(entry.name, rpc, entry.operator, metrics, entry.validator))
    _require_few(nodes, what)
    return tuple(nodes)


def nodes_of(words: Sequence[str]) -> tuple[ListedNode, ...]:
    """The nodes that a command line names: `http://HOST:PORT`, or `NAME=http://HOST:PORT`.

    One without a name is `node-1`, by its place in the line.

    Raises:
        UsageError: a word is neither, or two have one name.
        Malformed: there are more than `MAX_NODES`.
    """
    nodes = []
    for number, word in enumerate(words, 1):
        name, equals, address = word.partition("=")
        if not equals or not _CANNOT_NAME.isdisjoint(name):
            # It is a part of an address: it may have a password in it, and is not shown.
            name, address = f"node-{number}", word
        if not re.fullmatch(NAME_PATTERN, name):
            raise UsageError(
                f"{escape(name)[:80]} is not a name",
                subject="NODE",
                mend="write NAME=http://HOST:PORT with small letters, digits, dots and hyphens",
            )
        nodes.append(ListedNode(name, parse_address(address)))
    _require_few(nodes, "NODE")
    return tuple(nodes)


def parse_address(text: str) -> Address:
    """Where a node answers.

    Raises:
        UsageError: it is not a plain URL of http or https. A user or a query in it would be
            written into logs.
    """
    flaw = _flaw(text)
    if flaw:
        raise _refused(text, flaw)
    parts = _parts(text)
    scheme = parts["scheme"].lower()
    return Address(
        scheme == "https",
        parts["host"].strip("[]").lower(),
        int(parts["port"] or _PORTS[scheme]),
        parts["path"].rstrip("/"),
    )


def _parts(text: str) -> re.Match[str]:
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise _refused(text, "is not an address")
    return found


def _refused(text: str, flaw: str) -> UsageError:
    return UsageError(f"{_shown(text)} {flaw}", subject="NODE", mend=_ADDRESS_MEND)


def _shown(text: str) -> str:
    """Scheme and host alone: what is wrong with an address may be the password in it."""
    found = _SCHEME_AND_HOST.match(text)
    plain = found[0] if found is not None else ""
    if "@" in text:
        scheme, colon, _ = plain.partition("://")
        plain = f"{scheme}{colon}" if colon else ""
    more = "…" if plain != text or len(plain) > _SHOWN else ""
    return f"{plain[:_SHOWN]}{more}"


def _flaw(text: str) -> str:
    if len(text) > _LONGEST:
        return f"has more than {_LONGEST} characters"
    if not text.isascii() or not text.isprintable() or " " in text:
        return "has characters that no address has"
    parts = _parts(text)
    if (parts["scheme"] or "").lower() not in _PORTS:
        return "is not an address of http or https"
    if parts["user"] is not None:
        return "has a user or a password in it, which logs would keep"
    if parts["more"]:
        return "has a query or a fragment, which is not sent"
    if not _HOST.fullmatch(parts["host"].strip("[]")):
        return "names no host"
    if parts["port"] and int(parts["port"]) >= 2**16:
        return "is not an address: no port is that large"
    if parts["port"] and int(parts["port"]) == 0:
        return "has the port 0"
    if not _PATH.fullmatch(parts["path"]) or ".." in parts["path"]:
        return "has a path that is not plain"
    return ""


def _require_few(nodes: Sequence[ListedNode], what: str) -> None:
    if len(nodes) > MAX_NODES:
        raise Malformed(
            f"it lists {len(nodes):,} nodes, and at most {MAX_NODES:,} are observed by one process",
            subject=what,
            mend="divide the list, and observe each part from a machine of its own",
        )
    names = [node.name for node in nodes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Malformed(
            f"two nodes have the name {twice[0]}",
            subject=what,
            mend="give each node a name of its own: facts are kept by name",
        )
    by_address: dict[tuple[str, int, str], str] = {}
    for node in nodes:
        place = (node.rpc.host.lower(), node.rpc.port, node.rpc.path)
        first = by_address.setdefault(place, node.name)
        if first != node.name:
            raise Malformed(
                f"{first} and {node.name} have one address, and would count as two nodes",
                subject=what,
                mend="list each node once",
            )
