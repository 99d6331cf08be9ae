"""What a package directory holds: entries, and the faults met while reading it (laws 3, 5, 6).

A tree read from disk and the entry list of a manifest are the same type, so that comparing them
is an equality. Paths are relative, `/`-separated, valid UTF-8, and sorted by their UTF-8 bytes
(which is the order of Python's `sorted` on str).

The entry list of a manifest is read and written for packages of a million entries. Reading takes
the list apart with one expression that matches nothing but canonical text; whatever it does not
match is left to the general parser, which then finds what is wrong or, for names that need JSON
escapes, reads it.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise, repeat
from json.encoder import encode_basestring
from operator import attrgetter, lt
from typing import Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.paths import (
    MAX_PATH_BYTES,
    escape,
    find_collisions,
    find_escaping_links,
    path_flaw,
)
from aztrust.core.base.value import frozen


@frozen
class FileEntry:
    """A regular file: size in bytes, the owner's execute bit, both digests with their prefix."""

    path: str
    size: int
    executable: bool
    sha256: Sha256
    blake3: Blake3
    kind: Literal["file"] = "file"


@frozen
class SymlinkEntry:
    """A symbolic link, compared by its target text and never followed."""

    path: str
    target: str
    kind: Literal["symlink"] = "symlink"


@frozen
class DirectoryEntry:
    """An empty directory. One with something in it is implied by the paths below it."""

    path: str
    kind: Literal["directory"] = "directory"


Entry = FileEntry | SymlinkEntry | DirectoryEntry


@frozen
class Fault:
    """Something in a tree that is not an entry: a device, an unsafe name, a file that moved.

    `code` is a finding code; `path` is already escaped for display (`paths.escape`); `path` may
    be the path of an entry too (a file with a set-id bit is hashed all the same).
    """

    code: str
    path: str
    detail: str


@frozen
class Tree:
    """Everything found below a package root, sorted by path; `total_bytes` over all files."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...] = ()
    total_bytes: int = 0

    def file_digests(self) -> dict[str, str]:
        """Path to SHA-256, with its prefix, of each file."""
        return {e.path: e.sha256 for e in self.entries if isinstance(e, FileEntry)}


@frozen
class MemberDigest:
    """A file inside an archive, hashed as a stream from the archive bytes of the same reading."""

    size: int
    sha256: str
    blake3: str


LARGEST_INTEGER = 2**53 - 1
PIECE = 1 << 20
"""Bytes of a list that are taken apart at a time."""

# Members in canonical order. What is between the quotes is looked at afterwards, all at once.
_ENTRY = re.compile(
    r'\{(?:"blake3":"(blake3:.{64})","executable":(true|false),"kind":"file","path":"([^"]*+)",'
    r'"sha256":"(sha256:.{64})","size":(0|[1-9][0-9]{0,15})'
    r'|"kind":"symlink","path":"([^"]*+)","target":"([^"]*+)"'
    r'|"kind":"directory","path":"([^"]*+)")\}(?:,(?=\{)|\Z)'
)
_HEX = b"0123456789abcdef"
_FILE_SLOTS = tuple(vars(FileEntry)[name].__set__ for name in FileEntry.__match_args__)

# Everything that makes a path unsafe, once a slash is put around each path.
_UNSAFE = ("//", "/./", "/../")


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """Canonical JSON of an entry list; a property test holds it equal to `canonical.dumps`."""
    return f"[{','.join(map(_encode_entry, entries))}]".encode()


def _encode_entry(entry: Entry) -> str:
    path = encode_basestring(entry.path)
    if isinstance(entry, FileEntry):
        executable = "true" if entry.executable else "false"
        return (
            f'{{"blake3":"{entry.blake3}","executable":{executable},"kind":"file","path":{path},'
            f'"sha256":"{entry.sha256}","size":{entry.size}}}'
        )
    if isinstance(entry, SymlinkEntry):
        return f'{{"kind":"symlink","path":{path},"target":{encode_basestring(entry.target)}}}'
    return f'{{"kind":"directory","path":{path}}}'


def read_entries(data: bytes, start: int, end: int) -> tuple[Entry, ...] | None:
    """The entries in the canonical bytes between `[` and `]`, as `scan_entries`.

    They are cut where one entry ends and the next begins, so that a scan's many short strings are
    gone before the next piece. A name that looks like such a place leaves a piece that is not a
    list.

    Raises:
        UnicodeDecodeError: not UTF-8.
    """
    entries: list[Entry] = []
    while start < end:
        cut = data.find(b'},{"', start + PIECE, end)
        stop = end if cut < 0 else cut + 1
        found = scan_entries(data[start:stop].decode())
        if not found:
            return None
        entries += found
        start = stop + 1
    return tuple(entries)


def scan_entries(text: str) -> tuple[Entry, ...] | None:
    """The entries in the canonical text between `[` and `]`; None for anything else.

    None is not a verdict: a name with an escaped or unprintable character is left to others too.
    """
    # Gap, eight groups, gap, eight groups, ..., gap: canonical text leaves every gap empty.
    parts = _ENTRY.split(text)
    if any(parts[::9]):
        return None
    columns = [parts[n::9] for n in range(1, 9)]
    files = [[value for value in column if value is not None] for column in columns[:5]]
    blake3, executable, paths, sha256, size = files
    names = "".join([*paths, *(value for c in columns[5:] for value in c if value is not None)])
    if "\\" in names or not names.isprintable():
        return None
    if not (_are_digests("blake3:", blake3) and _are_digests("sha256:", sha256)):
        return None
    found = iter(
        _file_entries(paths, map(int, size), map("true".__eq__, executable), sha256, blake3)
    )
    others = zip(columns[0], *columns[5:], strict=True)
    return tuple(
        [
            next(found)
            if file is not None
            else DirectoryEntry(directory)
            if target is None
            else SymlinkEntry(link, target)
            for file, link, target, directory in others
        ]
    )


def _are_digests(prefix: str, values: list[str]) -> bool:
    digits = "".join(values).replace(prefix, "")
    return len(digits) == 64 * len(values) and not digits.encode().translate(None, _HEX)


def _file_entries(
    paths: Sequence[str],
    sizes: Iterable[int],
    executables: Iterable[bool],
    sha256s: Iterable[str],
    blake3s: Iterable[str],
) -> list[FileEntry]:
    # A frozen dataclass pays for each attribute of each instance; filled by column, 50,000 files
    # take 40 ms instead of 100.
    entries = list(map(FileEntry.__new__, repeat(FileEntry, len(paths))))
    columns = (paths, sizes, executables, sha256s, blake3s, repeat("file"))
    for assign, column in zip(_FILE_SLOTS, columns, strict=True):
        deque(map(assign, entries, column), maxlen=0)
    return entries


def content_root(entries: Sequence[Entry]) -> str:
    """SHA-256 of canonical `{schema: "aztrust/content", entries}`: the content without its name."""
    return content_root_of(encode_entries(entries))


def content_root_of(encoded: bytes | memoryview) -> str:
    """The content root from the canonical text of the entries, brackets included."""
    digest = hashlib.sha256(b'{"entries":')
    digest.update(encoded)
    digest.update(b',"schema":"aztrust/content"}')
    return f"sha256:{digest.hexdigest()}"


def entry_problems(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry list by itself, as (finding code, sentence) pairs (law 6)."""
    paths = list(map(_path, entries))
    if not _all_safe(paths):
        for path in paths:
            if flaw := path_flaw(path):
                yield "path-unsafe", f"the path {escape(path) or '(empty)'} {flaw}"
    elif not all(map(lt, paths, paths[1:])):
        at = next(b for a, b in pairwise(paths) if not a < b)
        yield "manifest-malformed", f"entries are not sorted and unique at {escape(at)}"
    else:
        yield from _value_problems(entries)
        yield from _relation_problems(entries, paths)


def _value_problems(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    links: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, FileEntry):
            if not 0 <= entry.size <= LARGEST_INTEGER:
                yield "manifest-malformed", f"the size of {escape(entry.path)} is out of range"
        elif isinstance(entry, SymlinkEntry):
            links[entry.path] = entry.target
            if not entry.target or "\0" in entry.target:
                yield "manifest-malformed", f"the link {escape(entry.path)} has no possible target"
    for path in find_escaping_links(links):
        target = escape(links[path])
        yield "link-escapes", f"the link {escape(path)} leaves the package: {target}"


def _relation_problems(entries: Sequence[Entry], paths: list[str]) -> Iterator[tuple[str, str]]:
    directories = _directories(paths)
    if not directories.isdisjoint(paths):
        for entry in entries:
            if entry.path in directories:
                yield (
                    "manifest-malformed",
                    f"entries are below {escape(entry.path)}, which is listed as a {entry.kind}",
                )
    if not _all_distinct(paths, directories):
        for names in find_collisions(paths):
            same = " and ".join(map(escape, names))
            yield "path-collision", f"{same} are one name on some systems"


_path = attrgetter("path")


def _all_safe(paths: list[str]) -> bool:
    """Whether no path has a flaw, by searching all of them at once."""
    text = "\0".join(("", *paths, ""))
    # 4 bytes are the most that one character takes in UTF-8.
    if text.count("\0") != len(paths) + 1 or max(map(len, paths), default=0) > MAX_PATH_BYTES // 4:
        return not any(map(path_flaw, paths))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    slashed = text.replace("\0", "/")
    return not paths or not any(flaw in slashed for flaw in _UNSAFE)


def _directories(paths: Iterable[str]) -> set[str]:
    """Every directory that the paths imply."""
    found: set[str] = set()
    for parent in {path.rpartition("/")[0] for path in paths}:
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


def _all_distinct(paths: list[str], directories: set[str]) -> bool:
    """Whether certainly nothing collides; False only means that a closer look is needed."""
    if not all(map(str.isascii, paths)):
        return False
    # Of two names that differ in case only, one has a capital: there are few of these.
    capital = [name for name in chain(paths, directories) if name != name.lower()]
    lowered = set(map(str.lower, capital))
    return (
        len(lowered) == len(capital)
        and lowered.isdisjoint(paths)
        and lowered.isdisjoint(directories)
    )
