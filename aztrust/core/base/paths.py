"""Names inside a package: which are safe, how they are shown, which collide (law 6).

A path here is a `str` with `/` between its parts, relative to a package root. It never touches a
file system: everything is decided from the text. All checks are lexical except
`find_escaping_links`, which also sees through the package's own links.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from aztrust.core.base.errors import Malformed

MAX_PATH_BYTES = 4096
"""Longest path in UTF-8 bytes: Linux's PATH_MAX, and far above what an archive needs."""

MAX_LINK_EXPANSIONS = 40
"""Links followed while one target is resolved; the number at which Linux answers ELOOP."""

_SHORT_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Printable by general category, yet drawn as nothing: fillers, variation selectors, joiners.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def check_path(path: str) -> str:
    """Returns `path` unchanged if it is safe to join to a package root (law 6).

    Safe is: relative, no empty, `.` or `..` part, no NUL, valid Unicode (no surrogate), at most
    `MAX_PATH_BYTES` bytes of UTF-8. Control characters and backslashes are content and pass.

    Raises:
        Malformed: code `path-unsafe`; the message says which rule, the subject is escaped.
    """
    flaw = path_flaw(path)
    if flaw:
        raise Malformed(
            f"the path {flaw}",
            subject=escape(path),
            mend="rename it to a relative path without empty, '.' or '..' parts",
            code="path-unsafe",
        )
    return path


def path_flaw(path: str) -> str:
    """What makes `path` unsafe, as the end of the sentence "the path …"; "" when it is safe."""
    if not path:
        return "is empty"
    if "\0" in path:
        return "contains a NUL"
    if not path.isascii():
        try:
            size = len(path.encode("utf-8"))
        except UnicodeEncodeError:
            return "is not valid UTF-8"
    else:
        size = len(path)
    if size > MAX_PATH_BYTES:
        return f"is longer than {MAX_PATH_BYTES} bytes"
    if path[0] == "/":
        return "is absolute"
    for part in path.split("/"):
        if part == "":
            return "has an empty part"
        if part in (".", ".."):
            return f"has the part '{part}'"
    return ""


def escape(text: str | bytes) -> str:
    r"""The display form: one line, printable, and different for different input.

    Backslash doubles; newline, return and tab become `\n`, `\r`, `\t`; other C0 controls and
    DEL `\xNN`; bytes that are not UTF-8 (in `bytes`, or as `surrogateescape` in `str`) `\xNN`
    with NN >= 80; everything else that is invisible or changes direction `\uNNNN` or
    `\UNNNNNNNN`. A display form contains no backslash that is not part of an escape.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if text.isprintable() and "\\" not in text and (text.isascii() or not _hides(text)):
        return text
    return "".join(map(_escape_character, text))


def _hides(text: str) -> bool:
    # Variation selectors are the one invisible range that is too long for the set.
    return not _INVISIBLE.isdisjoint(text) or any(map(_is_variation_selector, text))


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _escape_character(character: str) -> str:
    short = _SHORT_ESCAPES.get(character)
    if short is not None:
        return short
    if character.isprintable() and not _hides(character):
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def collision_key(path: str) -> str:
    """What a file system that ignores case and Unicode form sees: canonical caseless form.

    Two different names with one key cannot both exist on macOS or Windows. Source: the Unicode
    Standard 3.13, D145, composed at the end so that keys stay short.
    """
    if path.isascii():
        return path.lower()
    folded = unicodedata.normalize("NFD", path).casefold()
    return unicodedata.normalize("NFC", folded)


def find_collisions(paths: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of different sibling paths, at any depth, that share a `collision_key`.

    Directories that are only implied by the paths below them take part. A collision of two
    directories is reported once, as their paths, and not again for everything below them. Each
    group is sorted, and the groups by their first path. A path given twice is not a collision.
    """
    found: list[tuple[str, ...]] = []
    # One level per directory on the way to the current path: sorted input visits each once.
    levels: list[tuple[str, dict[str, list[str]]]] = [("", {})]

    def leave(depth: int) -> None:
        while len(levels) > depth:
            _, siblings = levels.pop()
            found.extend(tuple(group) for group in siblings.values() if len(group) > 1)

    for path in sorted(paths):
        while levels[-1][0] and not path.startswith(levels[-1][0]):
            leave(len(levels) - 1)
        parent = levels[-1][0]
        while True:
            cut = path.find("/", len(parent))
            sibling = path if cut < 0 else path[:cut]
            group = levels[-1][1].setdefault(collision_key(sibling[len(parent) :]), [])
            if sibling not in group:
                group.append(sibling)
            if cut < 0:
                break
            parent = path[: cut + 1]
            levels.append((parent, {}))
    leave(0)
    return tuple(sorted(found))


def link_escapes(path: str, target: str) -> bool:
    """Whether the link at `path`, read lexically, leaves the root: absolute, or too many `..`."""
    if target.startswith("/"):
        return True
    depth = path.count("/")
    for part in target.split("/"):
        if part == "..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in ("", "."):
            depth += 1
    return False


def find_escaping_links(links: Mapping[str, str]) -> tuple[str, ...]:
    """Paths of the links (path -> target) that lead out of the root, through each other too.

    `x -> d/l/../..` stays inside lexically, but leaves once `d/l -> ..` is followed; both ways
    of reading count. Loops and dangling links stay inside: nothing is ever reached.
    """
    return tuple(
        sorted(p for p, t in links.items() if link_escapes(p, t) or _leaves_when_followed(p, links))
    )


def _leaves_when_followed(path: str, links: Mapping[str, str]) -> bool:
    here: list[str] = []
    pending = path.split("/")[::-1]
    expansions = 0
    while pending:
        part = pending.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not here:
                return True
            here.pop()
            continue
        here.append(part)
        target = links.get("/".join(here))
        if target is None:
            continue
        expansions += 1
        if target.startswith("/"):
            return True
        if expansions > MAX_LINK_EXPANSIONS:
            return False
        here.pop()
        pending.extend(target.split("/")[::-1])
    return False
