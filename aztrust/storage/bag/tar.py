"""Reading an archive that is one file: header by header, each compared with the one spelling."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from aztrust.core.archive.check import BagContents
from aztrust.core.archive.layout import FILE_COUNT, PAYLOAD, TAG_FILE_LIMIT, TAG_FILES, BagFile
from aztrust.core.archive.tar import EXTENSION_LIMIT, member_header, order
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape, path_flaw
from aztrust.core.kit.ustar import BLOCK, END
from aztrust.storage.archives import tarheader
from aztrust.storage.archives.paxheader import parse_pax
from aztrust.storage.bag.hashing import BLOCK as READ
from aztrust.storage.bag.hashing import Hasher
from aztrust.storage.folders import open_regular

_SPELLING: Final = "is not as an archive writes it"


class _Member(NamedTuple):
    path: str
    size: int
    executable: bool


class _NotABag(Exception):
    """Why the rest of the file is not read: place, for display, and cause."""

    def __init__(self, place: str, cause: str) -> None:
        super().__init__(cause)
        self.place, self.cause = place, cause


def looks_like_bag(head: bytes) -> bool:
    """Whether the first bytes of a file are a tar that begins with a folder or a bag's payload."""
    try:
        first = _parse(head[:BLOCK])
    except ValueError:
        return False
    # A kit has no folders and no extensions: such a tar is a bag, perhaps packed by another one.
    if first.kind in (tarheader.DIRECTORY, tarheader.PAX):
        return True
    parts = first.name.split("/")
    return len(parts) > 2 and f"{parts[1]}/" == PAYLOAD


def read_tar(path: Path, into: Path | None) -> tuple[BagContents, str]:
    """The files of an archive in a tar, and the folder that all of them are in, "" for none.

    Args:
        path: the file; no link.
        into: an empty directory to which each member is written while it is hashed; None for none.

    Raises:
        CouldNotCheck: the file cannot be read, changed meanwhile, or a member cannot be written.
    """
    files: dict[str, BagFile] = {}
    texts: dict[str, bytes] = {}
    folder = ""
    with open_regular(path) as file:
        before = os.fstat(file.fileno())
        try:
            last: tuple[bool, str] = (False, "")
            for member in _members(file, before.st_size):
                root, _, inside = member.path.partition("/")
                folder = folder or root
                place = order(inside)
                if root != folder:
                    raise _NotABag(
                        escape(member.path), f"is outside of the folder {escape(folder)}"
                    )
                if files and place <= last:
                    raise _NotABag(escape(inside), "is there twice, or in another place of the tar")
                if len(files) >= FILE_COUNT:
                    raise _NotABag(escape(inside), f"is one of more than {FILE_COUNT:,} files")
                last = place
                _take(file, member, inside, into, files, texts)
            faults = {}
        except _NotABag as error:
            faults = {error.place: error.cause}
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
            *(after.st_size, after.st_mtime_ns, after.st_ctime_ns),
        ):
            raise CouldNotCheck(
                "the archive changed while it was read",
                subject=escape(str(path)),
                mend="let nothing write to it, and run again",
                code="changed-while-reading",
            )
    return BagContents(files, texts, faults), folder


def _members(file: BinaryIO, size: int) -> Iterator[_Member]:
    """Each member; the caller takes its contents and the padding before the next."""
    while True:
        head = file.read(BLOCK)
        if not any(head):
            if head + file.read(len(END) - len(head) + 1) != END:
                raise _NotABag("the tar", "does not end where its last member ends")
            return
        yield _member(head, file, size - file.tell())


def _member(head: bytes, file: BinaryIO, left: int) -> _Member:
    parsed, name, size = _parsed(head), None, None
    whole = head
    if parsed.kind == tarheader.PAX:
        if parsed.size > EXTENSION_LIMIT:
            raise _NotABag(escape(parsed.name), _SPELLING)
        payload = file.read(parsed.size + -parsed.size % BLOCK)
        try:
            pax = parse_pax(payload[: parsed.size])
        except CouldNotCheck as error:
            raise _NotABag(escape(parsed.name), error.message) from None
        name, size = pax.name, pax.size
        head = file.read(BLOCK)
        whole += payload + head
        parsed = _parsed(head)
    name = parsed.name if name is None else name
    size = parsed.size if size is None else size
    if parsed.kind != b"0":
        kinds = {b"1": "is a hard link", b"2": "is a symbolic link", b"5": "is a directory"}
        raise _NotABag(
            escape(name), f"{kinds.get(parsed.kind, 'is not a file')}, which no archive has"
        )
    if flaw := path_flaw(name):
        raise _NotABag(escape(name), f"has a name that {flaw}")
    if "/" not in name:
        raise _NotABag(escape(name), "is in no folder of the tar")
    for executable in (False, True):
        if member_header(name, size, executable=executable) == whole:
            return _Member(name, size, executable)
    raise _NotABag(escape(name), f"has a header that {_SPELLING}")


def _parsed(head: bytes) -> tarheader.TarHeader:
    try:
        return _parse(head)
    except ValueError as error:
        raise _NotABag("the tar", f"has a damaged header: {error}") from None


def _parse(head: bytes) -> tarheader.TarHeader:
    return tarheader.parse_header(head)


def _take(
    file: BinaryIO,
    member: _Member,
    inside: str,
    into: Path | None,
    files: dict[str, BagFile],
    texts: dict[str, bytes],
) -> None:
    keep = inside in TAG_FILES
    if keep and member.size > TAG_FILE_LIMIT:
        raise _NotABag(escape(inside), f"has more than {TAG_FILE_LIMIT:,} bytes")
    hasher = Hasher(keep=keep)
    blocks = hasher.passing(_blocks(file, member, inside))
    if into is None:
        for _ in blocks:
            pass
    else:
        _write(into / member.path, blocks, executable=member.executable)
    padding = file.read(-member.size % BLOCK)
    if any(padding) or len(padding) != -member.size % BLOCK:
        raise _NotABag(escape(inside), "is not followed by zeros up to the next member")
    files[inside] = hasher.file()
    if keep:
        texts[inside] = hasher.kept


def _blocks(file: BinaryIO, member: _Member, inside: str) -> Iterator[bytes]:
    left = member.size
    while left:
        block = file.read(min(READ, left))
        if not block:
            raise _NotABag(escape(inside), "is cut short: the file ends in it")
        left -= len(block)
        yield block


def _write(target: Path, blocks: Iterator[bytes], *, executable: bool) -> None:
    """A scratch copy, gone at the end of the run, so it need not outlive a power cut."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, flags, 0o700 if executable else 0o600)
        with open(descriptor, "wb") as copy:
            copy.writelines(blocks)
    except OSError as error:
        raise CouldNotCheck(
            f"the archive cannot be unpacked: {error.strerror}",
            subject=escape(str(target)),
            mend="set TMPDIR to a directory with room for the whole archive",
        ) from None
