"""Reading a list of digests in a bag: a manifest, a tag manifest, or `aztrust/B3SUMS`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from aztrust.core.archive.layout import encode_path
from aztrust.core.base.paths import escape, path_flaw
from aztrust.core.base.value import frozen

_LINE: Final = re.compile(r"([0-9a-f]+)  (.+)")
_ESCAPE: Final = re.compile(r"%(25|0A|0D)")
_SHOWN: Final = 20
"""Flaws of one list that are named; a file that is something else has one in every line."""


@frozen
class Listing:
    """A list as it was read.

    Attributes:
        digests: path, decoded, to the digest in hex.
        flaws: what is wrong with the list itself, each as the end of the sentence "NAME …".
    """

    digests: Mapping[str, str]
    flaws: tuple[str, ...]


def read_listing(data: bytes, digest_bytes: int) -> Listing:
    """The lines of a list, each `HEX  PATH` (RFC 8493 2.1.3, in the one spelling of a writer).

    Args:
        data: the list.
        digest_bytes: how long each digest is.
    """
    digests: dict[str, str] = {}
    flaws = list(_flaws(data, digest_bytes, digests))
    if len(flaws) > _SHOWN:
        flaws[_SHOWN:] = [f"has {len(flaws) - _SHOWN} more lines of this kind"]
    return Listing(digests, tuple(flaws))


def _flaws(data: bytes, digest_bytes: int, digests: dict[str, str]) -> Iterator[str]:
    if data and not data.endswith(b"\n"):
        yield "does not end with a line feed: it was cut"
    before = ""
    for number, raw in enumerate(data.split(b"\n")[: data.count(b"\n") or None], 1):
        line = raw.decode("utf-8", "surrogateescape")
        match = _LINE.fullmatch(line)
        if match is None or len(match[1]) != 2 * digest_bytes:
            yield f"has no digest and path in line {number}: {escape(line)[:100]}"
            continue
        path = decode_path(match[2])
        if path is None:
            yield f"has a path in line {number} that is not percent-encoded as RFC 8493 demands"
        elif flaw := path_flaw(path):
            yield f"has a path in line {number} that {flaw}: {escape(path)[:100]}"
        elif path in digests:
            yield f"lists {escape(path)} twice"
        else:
            if path < before:
                yield f"is not sorted: {escape(path)} is after {escape(before)}"
            before = path
            digests[path] = match[1]


def decode_path(text: str) -> str | None:
    """The path behind its form in a manifest; None where `encode_path` writes no such form.

    >>> decode_path("data/100%25.txt"), decode_path("data/100%.txt"), decode_path("data/%61")
    ('data/100%.txt', None, None)
    """
    if "%" not in text:
        return text if "\r" not in text else None
    path = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return path if encode_path(path) == text else None
