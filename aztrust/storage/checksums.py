r"""Checksum lists: the lines of `sha256sum` (coreutils 9.1), `b3sum`, and the BSD form of both.

    <64 hex> <space> <space or *> NAME         plain; the list's name may say which algorithm
    <64 hex> <space or tab> NAME               as scripts write it, and coreutils reads it
    SHA256 (NAME) = <64 hex>                   tagged; BLAKE3 likewise
    SHA2-256(NAME)= <64 hex>                   tagged as `openssl dgst` writes it
    <64 hex>                                   alone in the list: of the one file that is named

A list in UTF-16, or with a byte order mark, is read as what it is (PowerShell writes both). Of a
list inside a PGP-signed message only the lines between its marks count; its signature is not
checked here.

A name with a backslash or a newline is escaped (`\\`, `\n`), and a backslash begins the
line; coreutils escapes a carriage return (`\r`) too, b3sum does not. Names are bytes, kept here
as `str` with `surrogateescape`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Literal

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import frozen

Algorithm = Literal["sha256", "blake3"]

_TAGS: dict[Algorithm, str] = {"sha256": "SHA256", "blake3": "BLAKE3"}
_ALGORITHMS: dict[str, Algorithm] = {"SHA256": "sha256", "BLAKE3": "blake3"}
_PLAIN = re.compile(
    r"[ \t]*(\\?)(?:sha256:)?([0-9A-Fa-f]{64})(?: [ *]|[ \t](?=[^ \t]))(.+)", re.DOTALL
)
_TAGGED = re.compile(
    r"[ \t]*(\\?)(SHA256|SHA2-256|BLAKE3) ?\((.+)\) ?= ([0-9A-Fa-f]{64})", re.DOTALL
)
_ALONE = re.compile(r"[ \t]*(?:sha256:)?([0-9A-Fa-f]{64})[ \t]*")
_OTHER = re.compile(
    r"[ \t]*\\?(?:[A-Z0-9-]{3,11} ?\(.+\) ?= )?([0-9A-Fa-f]{32,128})(?: .+)?", re.DOTALL
)
_OTHER_TOOLS = {32: "md5sum", 40: "sha1sum", 56: "sha224sum", 96: "sha384sum", 128: "sha512sum"}
_PGP_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_PGP_END = "-----END PGP SIGNATURE-----"
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_UNESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}


@frozen
class ChecksumLine:
    """One line: its number from 1, the name, 64 lowercase digits, and the algorithm if known.

    The name is "" for a digest that is alone in its list.
    """

    number: int
    name: str
    digest: str
    algorithm: Algorithm | None


@frozen
class BadLine:
    """A line that is neither a checksum, nor a comment (`#`), nor empty.

    Attributes:
        tool: what reads it, where it is a checksum that aztrust does not compute; "" otherwise.
        outside: it is before or after the signed part of a PGP-signed list.
    """

    number: int
    text: str
    tool: str = ""
    outside: bool = False


def is_pgp_signed(data: bytes) -> bool:
    """Whether a list has a PGP-signed message in it, by the mark at the start of a line."""
    return any(line.rstrip() == _PGP_BEGIN for line in decode_list(data).split("\n"))


def decode_list(data: bytes) -> str:
    """The text of a list: UTF-8 with `surrogateescape`, or what its byte order mark says.

    Raises:
        CouldNotCheck: it begins as UTF-16 and is not.
    """
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError:
        raise CouldNotCheck(
            "the checksum list begins as UTF-16 and cannot be decoded",
            mend="get the list again, as text",
        ) from None


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
    lines = [line.removesuffix("\r") for line in decode_list(data).split("\n")]
    stated = [line for line in lines if line and not line.startswith("#")]
    if len(stated) == 1 and (alone := _ALONE.fullmatch(stated[0])):
        yield ChecksumLine(lines.index(stated[0]) + 1, "", alone[1].lower(), algorithm)
        return
    for number, line, outside in _signed_part(lines):
        if outside:
            yield BadLine(number, line, outside=True)
        elif line and not line.startswith("#"):
            yield _parse_line(number, line, algorithm)


def _signed_part(lines: list[str]) -> Iterator[tuple[int, str, bool]]:
    """The lines that count, with their numbers, and those around a PGP-signed message."""
    marks = [line.rstrip() for line in lines]
    if _PGP_BEGIN not in marks:
        yield from ((number, line, False) for number, line in enumerate(lines, start=1))
        return
    begin = marks.index(_PGP_BEGIN)
    # Headers (Hash: SHA256) end with an empty line.
    start = marks.index("", begin) + 1 if "" in marks[begin:] else len(marks)
    stop = marks.index(_PGP_SIGNATURE, start) if _PGP_SIGNATURE in marks[start:] else len(marks)
    end = marks.index(_PGP_END, stop) if _PGP_END in marks[stop:] else len(marks) - 1
    for index, line in enumerate(lines):
        if start <= index < stop:
            yield index + 1, line.removeprefix("- "), False
        elif marks[index] and not begin <= index <= end:
            yield index + 1, line, True


def _parse_line(number: int, line: str, algorithm: Algorithm | None) -> ChecksumLine | BadLine:
    if plain := _PLAIN.fullmatch(line):
        mark, digits, name = plain.groups()
        kind = algorithm
    elif tagged := _TAGGED.fullmatch(line):
        mark, tag, name, digits = tagged.groups()
        kind = _ALGORITHMS.get(tag, "sha256")
    else:
        other = _OTHER.fullmatch(line)
        return BadLine(number, line, _OTHER_TOOLS.get(len(other[1]), "") if other else "")
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
