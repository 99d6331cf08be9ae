r"""Checksum lists: the lines of `sha256sum` (coreutils 9.1), `b3sum`, and the BSD form of both.

    <64 hex> <space> <space or *> NAME         plain; the list's name may say which algorithm
    SHA256 (NAME) = <64 hex>                   tagged; BLAKE3 likewise

A name with a backslash or a newline is escaped (`\\`, `\n`), and a backslash begins the
line; coreutils escapes a carriage return (`\r`) too, b3sum does not. Names are bytes, kept here
as `str` with `surrogateescape`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from aztrust.core.base.value import frozen

Algorithm = Literal["sha256", "blake3"]

_TAGS: dict[Algorithm, str] = {"sha256": "SHA256", "blake3": "BLAKE3"}
_ALGORITHMS: dict[str, Algorithm] = {"SHA256": "sha256", "BLAKE3": "blake3"}
_PLAIN = re.compile(r"[ \t]*(\\?)([0-9A-Fa-f]{64}) [ *](.+)", re.DOTALL)
_TAGGED = re.compile(r"[ \t]*(\\?)(SHA256|BLAKE3) \((.+)\) = ([0-9A-Fa-f]{64})", re.DOTALL)
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_UNESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}


@frozen
class ChecksumLine:
    """One line: its number from 1, the name, 64 lowercase digits, and the algorithm if known."""

    number: int
    name: str
    digest: str
    algorithm: Algorithm | None


@frozen
class BadLine:
    """A line that is neither a checksum, nor a comment (`#`), nor empty."""

    number: int
    text: str


def format_line(algorithm: Algorithm, digest: str, name: str, *, tagged: bool = False) -> bytes:
    """The line, with its newline, byte for byte as the algorithm's own tool writes it.

    Args:
        digest: with or without its `sha256:` or `blake3:` prefix.
        tagged: the BSD form, which says the algorithm.

    b3sum replaces bytes that are not UTF-8 and then refuses its own line; here they are kept, as
    coreutils keeps them.
    """
    digits = digest.rpartition(":")[2]
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
    if algorithm == "sha256" or tagged:
        escaped = escaped.replace("\r", "\\r")
    mark = "" if escaped == name else "\\"
    if tagged:
        line = f"{mark}{_TAGS[algorithm]} ({escaped}) = {digits}\n"
    else:
        line = f"{mark}{digits}  {escaped}\n"
    return line.encode("utf-8", "surrogateescape")


def parse_list(data: bytes, algorithm: Algorithm | None) -> Iterator[ChecksumLine | BadLine]:
    """Every line that says something, in order; comments and empty lines say nothing.

    Args:
        algorithm: what plain lines are; None if it is not known.
    """
    text = data.decode("utf-8", "surrogateescape")
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        if line and not line.startswith("#"):
            yield _parse_line(number, line, algorithm)


def _parse_line(number: int, line: str, algorithm: Algorithm | None) -> ChecksumLine | BadLine:
    if plain := _PLAIN.fullmatch(line):
        mark, digits, name = plain.groups()
        kind = algorithm
    elif tagged := _TAGGED.fullmatch(line):
        mark, tag, name, digits = tagged.groups()
        kind = _ALGORITHMS[tag]
    else:
        return BadLine(number, line)
    if mark:
        unescaped = _unescape(name)
        if unescaped is None:
            return BadLine(number, line)
        name = unescaped
    if "\0" in name:
        return BadLine(number, line)
    return ChecksumLine(number, name, digits.lower(), kind)


def _unescape(name: str) -> str | None:
    if any(found not in _UNESCAPED for found in _ESCAPE.findall(name)):
        return None
    return _ESCAPE.sub(lambda match: _UNESCAPED[match[1]], name)


def algorithm_of(list_name: str) -> Algorithm | None:
    """What the name of a list says about its plain lines: `SHA256SUMS`, `atlasd.b3`; else None."""
    name = list_name.rpartition("/")[2].lower()
    if "sha256" in name:
        return "sha256"
    if "b3sum" in name or "blake3" in name or name.endswith(".b3"):
        return "blake3"
    return None
