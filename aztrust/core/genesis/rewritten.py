"""Whether a file is the sealed JSON document written differently: jq, an editor, another tool.

The sealed bytes are not available where this is asked, only their digest, so the document is
written again in the ways tools write it, until one of them has that digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from json import JSONEncoder
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.linkage.jsondoc import looks_like_json, parse_json

LIMIT: Final = 8 * 1024 * 1024
"""Larger documents are not tried: the answer only helps to mend, and must not be waited for."""

_STYLES: Final[tuple[tuple[str, int | None, bool], ...]] = (
    ("on one line", None, False),
    ("on one line, keys sorted", None, True),
    ("indented by 2", 2, False),
    ("indented by 2, keys sorted", 2, True),
    ("indented by 4", 4, False),
)
_GO_ESCAPES: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))


def rewritten(data: bytes, sha256: str) -> str:
    """How the document with this digest (`sha256:<64 hex>`) is written, "" if it is not known.

    Says nothing about `data` being right: other bytes are another genesis to the node (AZ-6.2).
    """
    if len(data) > LIMIT or not looks_like_json(data):
        return ""
    try:
        document = parse_json(data, what="genesis")
    except Malformed:
        return ""
    return written_like(document, sha256)


def written_like(document: object, sha256: str) -> str:
    """How a parsed document with this digest is written, "" if it is not known."""
    for style, text in _written(document):
        for candidate in _variants(text):
            if f"sha256:{hashlib.sha256(candidate).hexdigest()}" == sha256:
                return style
    return ""


def _written(document: object) -> Iterator[tuple[str, bytes]]:
    for style, indent, ordered in _STYLES:
        separators = (",", ":") if indent is None else (",", ": ")
        encoder = JSONEncoder(
            ensure_ascii=False, indent=indent, sort_keys=ordered, separators=separators
        )
        try:
            yield style, encoder.encode(document).encode()
        except (TypeError, ValueError, RecursionError):
            # A number that keeps its own spelling, a lone surrogate: nothing is known then.
            return


def _variants(text: bytes) -> Iterator[bytes]:
    escaped = text
    for plain, escape in _GO_ESCAPES:
        escaped = escaped.replace(plain, escape)
    for form in dict.fromkeys((text, escaped)):
        yield form
        yield form + b"\n"
