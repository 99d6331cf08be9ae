"""Files that are to be appended: named, from a folder, from a stream, or as they arrive.

A stream or a file may also be text of a chat, with confirmations as lines among it.

A folder that is watched is listed again and again, which works on every file system, a mounted
share included (ADR 6). What changed since the last look is read; a file that was still being
written is refused as it is, and read again once it is whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from aztrust.core.base.canonical import RECORD_LIMIT, loads
from aztrust.core.base.errors import CouldNotCheck, Malformed, UsageError
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.records.line.chat import TEXT_LIMIT, has_lines
from aztrust.core.state.ledger.append_rules import PASSED_OVER
from aztrust.storage.folders import FOLDER_LIMIT, list_folder, read_bounded
from aztrust.storage.launch import RECORDS, VERDICTS
from aztrust.storage.presence import is_directory

STREAM_LIMIT: Final = 1 << 30
_STREAM: Final = "standard input"
# What may be valid a minute later although the file has not changed.
_CURABLE: Final = frozenset({"cause-missing", "time-ahead"})


@frozen
class Files:
    """Files to append.

    `found` are the names of those that were in a folder: the user did not name them. `unread`
    are files of a folder that could not be read: they stop no other file, and are reported, since
    each may be a revocation. `texts` have confirmations as lines; `acts.chat_lines`
    expands them.
    """

    data: Mapping[str, bytes]
    found: frozenset[str] = frozenset()
    unread: tuple[Finding, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    def sorted_out(
        self, refused: tuple[Finding, ...]
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """Refusals, and files that are left in place: a stranger's file in a folder (law 15)."""
        left = tuple(f for f in refused if f.code in PASSED_OVER and f.subject in self.found)
        return self.explained(f for f in refused if f not in left), left

    def explained(self, refused: Iterable[Finding]) -> tuple[Finding, ...]:
        """The refusals; where a file is not JSON they say what it is, if that can be seen."""
        return tuple(_explained(f, self.data.get(f.subject, b"")) for f in refused)


def read_files(paths: tuple[str, ...], launch: Path, stream: bytes | None) -> Files:
    """What is to be appended.

    Args:
        paths: files and folders, `-` for the stream; none for the launch's own folders.
        launch: the launch directory.
        stream: what came by standard input, None where that was not asked for.

    Raises:
        CouldNotCheck: one of them cannot be read.
        UsageError: there is nothing to append.
    """
    data: dict[str, bytes] = {}
    found: set[str] = set()
    unread: list[Finding] = []
    texts: dict[str, str] = {}
    if not paths:
        for folder in (RECORDS, VERDICTS):
            if is_directory(launch / folder):
                listed = read_folder(launch / folder, unread, named=folder)
                data |= listed
                found |= listed.keys()
    for path in paths:
        if path == "-":
            given = split_delivery(stream or b"", _STREAM)
            data |= given.data
            texts |= given.texts
        elif is_directory(path):
            listed = read_folder(Path(path), unread, named=path)
            data |= listed
            found |= listed.keys()
        else:
            # A link that a person names is followed, as in every command.
            whole = read_bounded(Path(os.path.realpath(path)), TEXT_LIMIT)
            pasted = _split_text(whole, escape(path))
            data |= pasted.data if pasted.texts else {escape(path): whole[: RECORD_LIMIT + 1]}
            texts |= pasted.texts
    if not data and not unread and not texts:
        raise UsageError(
            "there is nothing to append",
            mend="name a file or a folder, or - for standard input",
        )
    return Files(data, frozenset(found), tuple(unread), texts)


def read_folder(folder: Path, unread: list[Finding], *, named: str) -> dict[str, bytes]:
    """Every record and verdict in a folder, by its path.

    Args:
        folder: where the files are.
        unread: what cannot be read is added there.
        named: what the folder is called in their paths.

    Raises:
        CouldNotCheck: the folder cannot be listed, or has more than may be held in memory.
    """
    data = {}
    size = 0
    for name in _listed(folder):
        path = escape(os.path.join(named, name))
        try:
            data[path] = read_bounded(folder / name, RECORD_LIMIT)
            size += len(data[path])
        except CouldNotCheck as error:
            mend = "make it readable, or move it out of the folder"
            unread.append(Finding("record-unreadable", path, error.message, mend=mend))
        if size > FOLDER_LIMIT:
            raise CouldNotCheck(
                f"the files of {escape(named)} have more than {FOLDER_LIMIT:,} bytes together",
                subject=escape(named),
                mend="move away all other files, or append the files in parts",
            )
    return data


def split_stream(data: bytes, name: str = _STREAM) -> dict[str, bytes]:
    """The envelopes of a stream: one in any layout, or one on each line, named by its number.

    Args:
        data: the whole stream.
        name: what it is called in messages.

    Raises:
        UsageError: it is empty, or larger than a stream may be.
    """
    if len(data) > STREAM_LIMIT:
        raise UsageError(f"{name} has more than {STREAM_LIMIT:,} bytes", subject=name)
    lines = {n: line for n, line in enumerate(data.splitlines(), 1) if line.strip()}
    if not lines:
        raise UsageError(f"{name} is empty", subject=name, mend="give it envelopes, or name files")
    own = sum(map(_is_object, lines.values()))
    # One that is laid out over many lines may have a line that looks like another one.
    if not own or (own < len(lines) and _is_json(data)):
        return {name: data}
    return {f"{name}, line {number}": line for number, line in lines.items()}


def split_delivery(data: bytes, name: str) -> Files:
    """What came by a stream: envelopes, and text of a chat with confirmations as lines.

    Raises:
        UsageError: as `split_stream`.
    """
    pasted = _split_text(data, name)
    return pasted if pasted.texts else Files(split_stream(data, name))


def _split_text(data: bytes, name: str) -> Files:
    """The envelopes of a text, each on a line of its own, and the rest with its lines in place.

    Nothing where no confirmation is in it as a line: then this is not text.
    """
    if len(data) > TEXT_LIMIT:
        return Files({})
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    lines = data.decode("utf-16" if utf16 else "utf-8", "replace").split("\n")
    objects = {n: line.encode() for n, line in enumerate(lines, 1) if _is_object(line.encode())}
    rest = "\n".join("" if n in objects else line for n, line in enumerate(lines, 1))
    # An envelope that is laid out over many lines may have anything in its base64.
    if rest.lstrip().startswith("{") or not has_lines(rest):
        return Files({})
    return Files({f"{name}, line {n}": line for n, line in objects.items()}, texts={name: rest})


def _explained(finding: Finding, data: bytes) -> Finding:
    if finding.code != "record-malformed" or len(data) > RECORD_LIMIT or _is_json(data):
        return finding
    text = data.decode("utf-8", "replace").strip()
    if text and not text.startswith(("{", "-----BEGIN")):
        return replace(
            finding,
            message="no record and no line of a confirmation was found in it",
            mend="paste the file of a record as it is, or the whole line that begins with AZ1",
        )
    end = _end_of_first(text)
    if end and text[end:].lstrip().startswith("{"):
        return replace(
            finding,
            message="several records follow one another in it, and not each on a line of its own",
            mend="write one on each line, or name each file",
        )
    return finding


def _end_of_first(text: str) -> int:
    """Where the first JSON value of a text ends, in characters; 0 where there is none."""
    try:
        return json.JSONDecoder().raw_decode(text)[1]
    except (ValueError, RecursionError):
        return 0


def _is_object(line: bytes) -> bool:
    return line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}")


def _is_json(data: bytes) -> bool:
    try:
        loads(data, limit=STREAM_LIMIT, what=_STREAM, code="")
    except Malformed:
        return False
    return True


class Watch:
    """A folder, and which of its files are still to be appended."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[int, ...]] = {}
        self._again: set[str] = set()

    def fresh(self) -> Files:
        """What arrived or changed since the last look, and what may be valid by now.

        Raises:
            CouldNotCheck: the folder cannot be listed. A file that cannot be read is tried
                again the next time.
        """
        data: dict[str, bytes] = {}
        seen: dict[str, tuple[int, ...]] = {}
        size = 0
        for name in _listed(Path(self._folder)):
            path = Path(self._folder, name)
            shown = escape(str(path))
            try:
                found = os.lstat(path)
                state = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                if self._seen.get(name) != state or shown in self._again:
                    if size > FOLDER_LIMIT:
                        # It is new again at the next look.
                        continue
                    data[shown] = read_bounded(path, RECORD_LIMIT)
                    size += len(data[shown])
                seen[name] = state
            except (OSError, CouldNotCheck):
                continue
        self._seen = seen
        return Files(data, frozenset(data))

    def newly_refused(self, refused: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Note what was refused; return what is to be reported, each only once."""
        curable = {finding.subject for finding in refused if finding.code in _CURABLE}
        new = tuple(f for f in refused if f.subject not in self._again or f.code not in _CURABLE)
        self._again = curable
        return new


def _listed(folder: Path) -> Iterator[str]:
    try:
        names = list_folder(folder)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot list {escape(str(folder))}: {error.strerror or error}",
            subject=escape(str(folder)),
            mend="name a folder that exists and can be read",
        ) from None
    # A dot file is an editor's; a bundle holds a verdict once more, in another form.
    for name in names:
        left_out = name.startswith(".") or name.endswith(".sigstore.json")
        # What cannot be looked at is read below, and reported there.
        if not left_out and not os.path.isdir(folder / name):  # noqa: TID251
            yield name
