"""What a genesis file is that is not the sealed one, as far as its own bytes prove it.

A genesis comes from a web page, a node's RPC or a chat, and what arrives is often the right
document in a wrong form. Only the sealed digest is available where this is asked: each answer is
either proved by it, or a fact about the bytes alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.genesis.rewritten import LIMIT, rewritten, written_like
from aztrust.core.linkage.jsondoc import looks_like_json, parse_json

_TIME: Final = re.compile(rb'("genesis_time"\s*:\s*")([^"\\]{1,64})(")')
_FRACTION: Final = re.compile(r"(?:\.\d+)?Z$")
_FRACTIONS: Final = ("Z", ".0Z", ".000Z", ".000000Z", ".000000000Z", "+00:00")


def received(data: bytes, sha256: str, size: int, genesis_time: str = "") -> str:
    """What the bytes are, as the end of "it is …"; "" where they do not show it.

    Args:
        data: the whole file as it is now.
        sha256: of the sealed file, `sha256:<64 hex>`.
        size: of the sealed file, in bytes.
        genesis_time: as the sealed manifest states it, in RFC 3339 and UTC; "" where it does not.
    """
    if len(data) > LIMIT or not looks_like_json(data):
        return ""
    style = rewritten(data, sha256)
    if style:
        return f"the sealed document re-serialised (the sealed one is {style})"
    return (
        _at_another_time(data, sha256, genesis_time)
        or _cut_short(data, size)
        or _answered(data, sha256)
    )


def _at_another_time(data: bytes, sha256: str, genesis_time: str) -> str:
    """The sealed bytes but for the time, which was written back to prove it."""
    found = _TIME.search(data)
    if found is None or not genesis_time or len(_TIME.findall(data)) != 1:
        return ""
    for written in _spellings(genesis_time):
        put_back = data[: found.start(2)] + written.encode() + data[found.end(2) :]
        if sha256_id(put_back) == sha256:
            other = found[2].decode("utf-8", "backslashreplace")
            return f"the sealed file with another genesis_time: {other}, sealed is {written}"
    return ""


def _spellings(genesis_time: str) -> Iterator[str]:
    yield genesis_time
    bare = _FRACTION.sub("", genesis_time)
    if bare != genesis_time:
        yield from (f"{bare}{fraction}" for fraction in _FRACTIONS)


def _cut_short(data: bytes, size: int) -> str:
    """Fewer bytes than were sealed, and a document that is not at its end."""
    if len(data) >= size:
        return ""
    text = data.decode("utf-8", "replace").rstrip()
    try:
        JSONDecoder().decode(text)
    except JSONDecodeError as error:
        stopped = error.pos >= len(text) or error.msg.startswith("Unterminated string")
        line = text.count("\n") + 1
        shown = f"a JSON document that is cut short: {len(data):,} of {size:,} bytes"
        return f"{shown}, it stops in line {line:,}" if stopped else ""
    except (ValueError, RecursionError):
        return ""
    return ""


def _answered(data: bytes, sha256: str) -> str:
    """A node's answer around a genesis."""
    try:
        document = parse_json(data, what="genesis")
    except Malformed:
        return ""
    if not isinstance(document, dict) or not {"jsonrpc", "result"} <= document.keys():
        return ""
    result = document["result"]
    if isinstance(result, dict) and isinstance(result.get("genesis"), dict):
        style = written_like(result["genesis"], sha256)
        inner = "the sealed genesis" if style else "a genesis"
        return f"a JSON-RPC answer around {inner}, not the file itself"
    if isinstance(result, dict) and {"chunk", "total", "data"} <= result.keys():
        return "a JSON-RPC answer with a part of a genesis (genesis_chunked), not the file itself"
    return "a JSON-RPC answer, not the file itself"
