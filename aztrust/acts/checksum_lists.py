"""Checksum lists inside a package, held against the package that they are in.

Operators check a download by the list next to it. A list that gives another digest for a file of
the same package sends them away from the sealed file, or is the list of another release.

A list is known by its name, or by its lines: one that names a file of the package is enough. Texts
about a release (`NOTES.md`) may quote the digests of an earlier one. What theirs contradict is a
warning, and not a reason to refuse.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from aztrust.acts.hash import matching_algorithm, modified_finding
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.findings import Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.base.remark import Remark
from aztrust.core.base.value import frozen
from aztrust.core.package.entries import Entry, FileEntry
from aztrust.storage.checksums import ChecksumLine, algorithm_of, is_pgp_signed, parse_list
from aztrust.storage.peek import peek

CODE = "checksum-list"
LIST_LIMIT = 1 << 20
"""Bytes of a list that is read; each is held in memory."""
MOST_LISTS = 100
"""Lists of one package that are read."""
CONTENT_LIMIT = 64 << 20
"""Bytes of all files that are read because a list may be in them, the smallest first."""
MOST_CONTENTS = 5000
"""Such files of one package."""
_SHORTEST = 65
"""Bytes of a digest and a separator."""
MOST_FINDINGS = 20
"""Contradictions of one list that are named; its sentence counts all of them."""

_LIST = re.compile(
    r"[^/]*sha-?(?:2-?)?(?:1|224|256|384|512)sums?[^/]*"
    r"|[^/]*(?:sha(?:2-)?sums?|shasums?(?:256|512)?|checksums?|(?:b2|b3|blake3|md5)sums?)"
    r"(?:[^/A-Za-z][^/]*)?"
    r"|(?:[^/]*[ ._-])?(?:sums|integrity)\.txt"
    r"|(?:[^/]*[ ._-])?(?:hashes|digests?|sha-?(?:2-?)?(?:1|224|256|384|512))"
    r"(?:\.(?:txt|asc|signed|csv))?"
    r"|[^/]+\.(?:sha(?:1|224|256|384|512)|b3|blake3|md5|hash)(?:\.txt)?",
    re.IGNORECASE,
)


_TEXTS = (".md", ".rst", ".py", ".go", ".rs", ".sh", ".html", ".pem")
"""Files about lists, and programs that make them."""
_SIGNATURE = ".sig"
"""The signature of a list, or the list in a signed message, or a list."""
_STREAM = ("", "-", "stdin")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{64}")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


@frozen
class ListAnswer:
    """One list: what contradicts the package, and one sentence about the whole list."""

    findings: tuple[Finding, ...]
    remark: Remark


def looks_like_list(path: str) -> bool:
    """Whether a file is a checksum list by its name: `SHA256SUMS`, `checksums.txt`, `x.sha256`."""
    name = path.rpartition("/")[2]
    return not name.lower().endswith(_TEXTS) and _LIST.fullmatch(name) is not None


def check_lists(
    launch: Path, package: str, package_class: str, entries: Iterable[Entry]
) -> tuple[ListAnswer, ...]:
    """Every list of a package that was read in this run, against what the package has.

    Args:
        launch: the launch directory.
        package: the package's path in it.
        package_class: for the subjects of findings.
        entries: what the reading found.

    Raises:
        CouldNotCheck: a list is no longer the one that was hashed.
    """
    files = {e.path: e for e in entries if isinstance(e, FileEntry)}
    lists = [e for path, e in files.items() if looks_like_list(path)]
    read = [e for e in lists if e.size <= LIST_LIMIT][:MOST_LISTS]
    answers = [
        _answer(path, data, package_class, files)
        for path, data in (peek(launch, package, read) if read else ())
        if not path.lower().endswith(_SIGNATURE) or is_pgp_signed(data) or _lists(path, data, files)
    ]
    left = len(lists) - len(read)
    if left:
        text = f"{left:,} lists were not looked at: too large, or more than {MOST_LISTS}"
        answers.append(ListAnswer((), Remark(CODE, text)))
    return (*answers, *_by_content(launch, package, package_class, files))


def _by_content(
    launch: Path, package: str, package_class: str, files: dict[str, FileEntry]
) -> Iterator[ListAnswer]:
    """The lists that no name shows."""
    small = (e for p, e in files.items() if not looks_like_list(p) and e.size <= LIST_LIMIT)
    candidates = sorted((e for e in small if e.size > _SHORTEST), key=lambda e: (e.size, e.path))
    sums = accumulate(entry.size for entry in candidates[:MOST_CONTENTS])
    read = candidates[: sum(1 for size in sums if size <= CONTENT_LIMIT)]
    found = 0
    for path, data in peek(launch, package, read) if read else ():
        if not _lists(path, data, files):
            continue
        if (found := found + 1) > MOST_LISTS:
            continue
        answer = _answer(path, data, package_class, files)
        yield ListAnswer((), answer.remark) if path.lower().endswith(_TEXTS) else answer
    left = len(candidates) - len(read) + max(0, found - MOST_LISTS)
    if left:
        text = f"{left:,} files whose names are not those of lists were not looked at for lines"
        yield ListAnswer((), Remark(CODE, f"{text} of a checksum list: too many"))


def _lists(path: str, data: bytes, files: dict[str, FileEntry]) -> bool:
    """Whether a file has a line with a checksum of a file of the package that it names."""
    if not data.startswith(_BYTE_ORDER_MARKS) and _DIGITS.search(data) is None:
        return False
    try:
        read = list(parse_list(data, algorithm_of(path)))
    except CouldNotCheck:
        # It begins as UTF-16 and is something else.
        return False
    lines = [line for line in read if isinstance(line, ChecksumLine) and line.name not in _STREAM]
    namesakes = _namesakes(lines, files)
    return any(_entry(line, path, files) or namesakes.get(_base(line.name)) for line in lines)


def _answer(path: str, data: bytes, package_class: str, files: dict[str, FileEntry]) -> ListAnswer:
    findings: list[Finding] = []
    agree = other = absent = 0
    read = list(parse_list(data, algorithm_of(path)))
    lines = [line for line in read if isinstance(line, ChecksumLine)]
    unread = len(read) - len(lines)
    namesakes = _namesakes(lines, files)
    for line in lines:
        entry = _entry(line, path, files) or namesakes.get(_base(line.name))
        if entry is None:
            absent += 1
        elif matching_algorithm(line, entry) is not None:
            agree += 1
        elif (other := other + 1) <= MOST_FINDINGS:
            subject = f"{package_class}:{escape(entry.path)}"
            findings.append(modified_finding(line, entry, path, subject, Locus.LAUNCH))
    here = agree + other
    parts = [f"{escape(path)} lists {here + absent:,} files, {here:,} of them here"]
    if here:
        parts.append(f"{other:,} of them have other digests" if other else "all of these agree")
    if unread:
        parts.append(f"{unread:,} lines were not checked: no SHA-256 or BLAKE3 line")
    return ListAnswer(tuple(findings), Remark(CODE, "; ".join(parts)))


def _entry(line: ChecksumLine, path: str, files: dict[str, FileEntry]) -> FileEntry | None:
    """The file that a line is about: next to the list, or below the package's root."""
    if line.name in _STREAM:
        # A digest alone, or of a stream, in NAME.sha256 or NAME.sha256.txt is of NAME.
        return files.get(posixpath.splitext(path.removesuffix(".txt"))[0])
    folder = posixpath.dirname(path)
    for name in (line.name, line.name.strip()):
        for place in (posixpath.join(folder, name), name):
            found = files.get(posixpath.normpath(place))
            if found is not None:
                return found
    return None


def _namesakes(lines: Sequence[ChecksumLine], files: dict[str, FileEntry]) -> dict[str, FileEntry]:
    """Base name to the file of that name, where a list made in another directory means no other:
    one line and one file have it.
    """
    asked = Counter(_base(line.name) for line in lines)
    found: dict[str, list[FileEntry]] = {}
    for path, entry in files.items():
        base = _base(path)
        if asked[base] == 1:
            found.setdefault(base, []).append(entry)
    return {base: entries[0] for base, entries in found.items() if len(entries) == 1}


def _base(path: str) -> str:
    return path.strip().replace("\\", "/").rpartition("/")[2]


def contradictions(answers: Iterable[ListAnswer]) -> Iterator[Finding]:
    """What all lists contradict, in their order."""
    for answer in answers:
        yield from answer.findings
