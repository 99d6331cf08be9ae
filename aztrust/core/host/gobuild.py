"""What the Go toolchain wrote into a program it built: the text that `go version -m` prints.

The linker leaves a block in the writable data, aligned to 16 bytes: fourteen bytes of magic, the
size of a pointer, flags, and two pointers; since Go 1.18 two texts follow in place of the pointers'
targets, each behind its length as an unsigned LEB128 number. The first is the toolchain's version,
the second the module information between two marks of 16 bytes. Source: package `debug/buildinfo`
of Go and `runtime/debug.ParseBuildInfo`, which read exactly this.

Anyone who builds a program can write there what they like: it is a claim, shown to a person, and
decides nothing but what a policy lets it decide. Nothing is executed (law 11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from aztrust.core.host.describe import HEAD_BYTES
from aztrust.core.host.executable import read_executable
from aztrust.core.host.reading import GoBuild

MAGIC: Final = b"\xff Go buildinf:"
ALIGNMENT: Final = 16
HEADER: Final = 32
VERSION_LIMIT: Final = 200
MODULES_LIMIT: Final = 1 << 20
SETTING_LIMIT: Final = 16 * 1024
"""Characters of one build setting's value."""
BLOB_LIMIT: Final = HEADER + VERSION_LIMIT + MODULES_LIMIT + 20
"""Bytes from the magic on that `parse_build_info` may look at; real blocks have some 20 kB."""

BEFORE_1_18: Final = "before go1.18"
"""The version given for the older form, whose pointers lead through the program's memory map."""

_MOST_BLOCKS = 1000
_BIG_ENDIAN, _INLINE = 1, 2
_MARK = 16


def find_build_info(chunks: Iterable[bytes]) -> GoBuild | None:
    """The build information in a program; None where there is none, or it was not built by Go.

    Only writable data is looked at, as Go itself does: a Go program that another one carries
    inside it is not taken for the carrier. Where the first `HEAD_BYTES` do not say where that data
    is (a universal Mach-O file, program headers further down), nothing is looked at. The first
    block decides, even one that is refused: Go would read no other. At most one chunk and
    `BLOB_LIMIT` bytes are held.

    Args:
        chunks: the file's bytes from its start. No more of them are taken than needed.
    """
    source = iter(chunks)
    window = b""
    while len(window) < HEAD_BYTES and (chunk := next(source, None)) is not None:
        window += chunk
    program = read_executable(window)
    if program is None or program.data is None:
        return None
    offset = at = blocks = 0
    while blocks < _MOST_BLOCKS:
        at = window.find(MAGIC, at)
        if at < 0:
            chunk = next(source, None)
            if chunk is None:
                return None
            tail = window[1 - len(MAGIC) :]
            offset += len(window) - len(tail)
            window, at = tail + chunk, 0
            continue
        place = offset + at
        if place % ALIGNMENT or not any(place in part for part in program.data):
            at += 1
            continue
        while len(window) - at < BLOB_LIMIT and (chunk := next(source, None)) is not None:
            window += chunk
        found = _split(window[at : at + BLOB_LIMIT])
        if found is not None:
            return _build(*found)
        at += 1
        blocks += 1
    return None


def parse_build_info(blob: bytes) -> GoBuild | None:
    """The build information in a block; what follows it in `blob` is not looked at.

    Texts are handed out unescaped; the caller escapes them for display. Where Go would refuse the
    module information, only the version is read.

    None where this is not such a block, and where what it says cannot be relied on for a
    decision: a version that no Go toolchain has; more than one `path` or `mod`, of which two
    readers could take different ones; a main module with a replacement (`=>`), since the code is
    then not that of the module it names; a value of more than `SETTING_LIMIT` characters; a
    character that cannot be shown in a path, a module, its version, the name of a setting or the
    value of one in `DECISIVE`. Another setting with such a value (`-ldflags` may have a newline)
    is left out.
    """
    found = _split(blob)
    return None if found is None else _build(*found)


DECISIVE: Final = frozenset(("vcs.revision", "vcs.modified", "GOOS", "GOARCH"))
"""The settings by which a policy decides about a program."""

# Experiments and vendors follow a space ("go1.22.1 X:boringcrypto"), a vendor or a commit also a
# hyphen ("go1.27-devel_0a1b2c3"); older development versions begin with "devel".
_GO_VERSION = re.compile(
    r"(?:go1(?:\.[0-9]+)*(?:(?:rc|beta)[0-9]+)?(?:-[0-9A-Za-z._+-]+)?(?: [ -~]+)?|devel [ -~]+)"
)


def _split(blob: bytes) -> tuple[str, bytes] | None:
    """(the toolchain's version, the framed modules) of a block; None where this is not one.

    The version is "" in the older form, and not yet known to be one in the newer.
    """
    if len(blob) < HEADER or not blob.startswith(MAGIC):
        return None
    pointer, flags = blob[14], blob[15]
    if not flags & _INLINE:
        older = flags <= _BIG_ENDIAN and pointer in (4, 8) and any(blob[16 : 16 + pointer])
        return ("", b"") if older else None
    version, at = _text(blob, HEADER, VERSION_LIMIT)
    modules, _ = _text(blob, at, MODULES_LIMIT)
    if not version or modules is None:
        return None
    return version.decode("utf-8", "surrogateescape"), modules


def _build(version: str, modules: bytes) -> GoBuild | None:
    if not version:
        return GoBuild(BEFORE_1_18)
    if not _GO_VERSION.fullmatch(version):
        return None
    if len(modules) <= 2 * _MARK or modules[-_MARK - 1] != ord("\n"):
        return GoBuild(version)
    return _parse_modules(version, modules[_MARK:-_MARK].decode("utf-8", "surrogateescape"))


def _text(blob: bytes, at: int, limit: int) -> tuple[bytes | None, int]:
    """(the text at an offset, the offset behind it); None where it is cut off or over the limit."""
    length = 0
    for shift in range(0, 70, 7):
        if at >= len(blob):
            return None, at
        length |= (blob[at] & 0x7F) << shift
        at += 1
        if blob[at - 1] < 0x80:
            break
    else:
        return None, at
    if length > min(limit, len(blob) - at):
        return None, at
    return blob[at : at + length], at + length


def _parse_modules(version: str, text: str) -> GoBuild | None:
    # There is nothing after the last newline; kinds of lines that are not known are Go's future.
    parts = (line.partition("\t") for line in text.split("\n")[:-1])
    lines = [(kind, rest) for kind, tab, rest in parts if tab]
    paths = [rest for kind, rest in lines if kind == "path"]
    modules = [rest.split("\t") for kind, rest in lines if kind == "mod"]
    named = [kind for kind, _ in lines if kind in _COLUMNS]
    if len(paths) > 1 or len(modules) > 1 or ("mod", "=>") in pairwise(named):
        return None
    settings = _parse_settings(rest for kind, rest in lines if kind == "build")
    orphaned = ("=>", "=>") in pairwise(["=>", *named])
    counted = all(rest.count("\t") + 1 in _COLUMNS.get(kind, _ANY) for kind, rest in lines)
    if settings is None or orphaned or not counted:
        return GoBuild(version)
    path = paths[0] if paths else ""
    module, module_version = modules[0][:2] if modules else ("", "")
    decisive = (value for key, value in settings.items() if key in DECISIVE)
    shown = (path, module, module_version, *settings, *decisive)
    if not all(part.isprintable() for part in shown):
        return None
    if any(len(value) > SETTING_LIMIT for value in settings.values()):
        return None
    settings = {key: value for key, value in settings.items() if value.isprintable()}
    return GoBuild(version, path, module, module_version, settings)


# How many columns a line about a module has.
_COLUMNS = {"mod": range(2, 4), "dep": range(2, 4), "=>": range(3, 4)}
_ANY = range(1, MODULES_LIMIT)


def _parse_settings(lines: Iterable[str]) -> dict[str, str] | None:
    settings: dict[str, str] = {}
    for line in lines:
        setting = _parse_setting(line)
        # One key with two values would let two readers see two builds.
        if setting is None or setting[0] in settings:
            return None
        settings[setting[0]] = setting[1]
    return settings


# strconv.Quote's notation: "..." with escapes, or `...` without any. No surrogates, nothing beyond
# U+10FFFF.
_ESCAPED = re.compile(
    r"""\\(?:(?P<letter>[abfnrtv\\"])|x(?P<byte>[0-9A-Fa-f]{2})|(?P<octal>[0-3][0-7]{2})
    |u(?P<short>(?![dD][89A-Fa-f])[0-9A-Fa-f]{4})
    |U(?P<long>(?!0000[dD][89A-Fa-f])00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4}))""",
    re.VERBOSE,
)
_QUOTED = re.compile(
    rf"""\"(?:[^"\\]|{re.sub(r"[?]P<.*?>", "?:", _ESCAPED.pattern)})*\"|`[^`]*`""", re.VERBOSE
)
_LETTERS = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))
_MUST_QUOTE = frozenset(' \t\r\n"`')


def _parse_setting(text: str) -> tuple[str, str] | None:
    """(key, value) of a `build` line, each quoted where it has to be; None where Go refuses it."""
    quoted = _QUOTED.match(text)
    key: str | None
    if quoted:
        key, equals, rest = _unquote(quoted[0]), text[quoted.end() :][:1], text[quoted.end() + 1 :]
    else:
        bare, equals, rest = text.partition("=")
        key = bare if bare and _MUST_QUOTE.isdisjoint(bare) else None
    value: str | None = rest if _MUST_QUOTE.isdisjoint(rest) else None
    if _QUOTED.fullmatch(rest):
        value = _unquote(rest)
    if key is None or value is None or equals != "=":
        return None
    return key, value


def _unquote(text: str) -> str:
    if text.startswith("`"):
        return text[1:-1].replace("\r", "")
    # Bytes that are not UTF-8 stay visible as such: both sides keep them as surrogates.
    whole = _ESCAPED.sub(_unescape, text[1:-1])
    return whole.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _unescape(match: re.Match[str]) -> str:
    if match["letter"]:
        return _LETTERS[match["letter"]]
    if match["byte"] or match["octal"]:
        byte = int(match["byte"], 16) if match["byte"] else int(match["octal"], 8)
        return bytes((byte,)).decode("utf-8", "surrogateescape")
    return chr(int(match["short"] or match["long"], 16))
