"""Tar members from a stream, strictly: what two unpackers could read differently is refused.

The standard library's reader keeps every header, skips damaged ones and stops where it likes; a
second entry of the same name could hide behind that. This one reads header by header, knows only
what release archives use (ustar, pax, GNU long names), keeps nothing, and accepts nothing but
zeros after the end marker. Each thing about an entry has one source: readers differ in which of
two they believe, and small ones (busybox) do not read pax at all.
"""

from __future__ import annotations

from aztrust.core.base.paths import escape
from aztrust.storage.archives import tarheader
from aztrust.storage.archives.bytestream import ByteStream, RawReader
from aztrust.storage.archives.compression import Decompress
from aztrust.storage.archives.members import Wanted, ambiguous, unreadable
from aztrust.storage.archives.paxheader import PaxHeader, parse_pax
from aztrust.storage.archives.tarheader import RECORD, TarHeader

MAX_EXTENSION = 1 << 20
"""Bytes of one pax header or long name: they are held in memory."""

MAX_EXTENSIONS = 64 << 20
"""Bytes of all of them, each with its own header and `PER_LINE` for every line."""

PER_LINE = 64
"""What a record of a pax header costs in addition to its text: many short ones take time."""

_NOTHING = PaxHeader(None, None, None)


def is_tar(head: bytes) -> bool:
    """Whether the first 512 bytes are a tar header: ustar, pax and GNU write the same magic."""
    return head[257:262] == b"ustar"


def read_tar(raw: RawReader, wanted: Wanted, decompress: Decompress) -> None:
    """Hashes the wanted members of a tar compressed in this way.

    Raises:
        CouldNotCheck: code `artifact-unreadable` or `artifact-ambiguous`.
    """
    stream = ByteStream(decompress(raw), wanted.limits.total)
    reader = _TarReader(stream, wanted)
    while header := stream.take(RECORD):
        if header.count(0) == RECORD:
            break
        reader.read(_parse_header(header))
    reader.finish()
    # After its end marker some readers stop and others look for more entries.
    for block in stream.upto(wanted.limits.total + 1):
        if bytes(block).count(0) != len(block):
            raise unreadable("there is data after its end marker")


def _parse_header(header: bytes) -> TarHeader:
    try:
        head = tarheader.parse_header(header)
    except ValueError as error:
        raise unreadable(f"one of its headers is damaged: {escape(str(error))}") from None
    if flaw := tarheader.disputed(header):
        raise ambiguous(f"the header of the entry '{escape(head.name)}' has {flaw}")
    return head


class _TarReader:
    """Takes an archive header by header; what an extension says waits for the next entry."""

    __slots__ = ("_extensions", "_long", "_pax", "_stream", "_wanted")

    def __init__(self, stream: ByteStream, wanted: Wanted) -> None:
        self._stream = stream
        self._wanted = wanted
        self._extensions = 0
        self._pax: PaxHeader | None = None
        self._long: dict[bytes, str] = {}

    def read(self, head: TarHeader) -> None:
        """Takes one header and what belongs to it from the stream."""
        if head.kind in tarheader.EXTENSIONS:
            self._extension(head)
        else:
            self._entry(head)
            self._pax, self._long = None, {}

    def finish(self) -> None:
        """Says that no entry follows."""
        if self._pax or self._long:
            raise unreadable("it ends after a header about an entry that is not there")

    def _extension(self, head: TarHeader) -> None:
        if not 0 <= head.size <= MAX_EXTENSION:
            raise unreadable(f"one of its headers is longer than {MAX_EXTENSION} bytes")
        self._wanted.header_named(head.name)
        payload = self._stream.take(head.size)
        self._extensions += RECORD + len(payload) + PER_LINE * payload.count(b"\n")
        if self._extensions > MAX_EXTENSIONS:
            raise unreadable(f"its extended headers are more than {MAX_EXTENSIONS} bytes")
        self._stream.skip(-head.size % RECORD)
        if head.kind in (tarheader.LONG_NAME, tarheader.LONG_LINK):
            if head.kind in self._long:
                raise ambiguous("an entry has two long names")
            self._long[head.kind] = _long_name(payload)
            return
        pax = parse_pax(payload)
        if head.kind == tarheader.GLOBAL:
            if pax != _NOTHING or self._pax or self._long:
                raise ambiguous("a global header renames or resizes an entry, or parts it in two")
        elif self._pax:
            raise ambiguous("an entry has two pax headers")
        else:
            self._pax = pax

    def _entry(self, head: TarHeader) -> None:
        pax = self._pax or _NOTHING
        long_name, long_link = (self._long.get(k) for k in (b"L", b"K"))
        if (pax.name and long_name) or (pax.link and long_link):
            raise ambiguous("an entry has both a pax and a GNU name")
        name = pax.name or long_name or head.name
        kind, size, stream, wanted = head.kind, head.size, self._stream, self._wanted
        if pax.size not in (None, size):
            raise ambiguous(
                f"the entry '{escape(name)}' has its size in a pax header alone; pack it with"
                " --format=gnu"
            )
        _check_kind(name, kind, size)
        link = kind in (tarheader.HARD_LINK, tarheader.SYMBOLIC_LINK)
        normal = wanted.wants(name, link=link)
        if pax.name:
            wanted.also_named(name, head.name, link=link)
        elif long_name:
            wanted.once_named(name, head.name)
        if kind == tarheader.HARD_LINK:
            for target in {head.link, pax.link or long_link or head.link}:
                wanted.hard_link(name, target)
        if normal is None:
            stream.skip(size)
        elif kind not in tarheader.REGULAR:
            wanted.no_file(normal, "a directory, a link or a device")
        else:
            wanted.hash(normal, size, stream.exactly(size))
        stream.skip(-size % RECORD)


def _check_kind(name: str, kind: bytes, size: int) -> None:
    if kind == tarheader.SPARSE:
        raise unreadable("it stores sparse files; pack it without --sparse")
    regular = kind in tarheader.REGULAR
    if not regular and kind not in tarheader.WITHOUT_CONTENTS:
        raise ambiguous(f"the entry '{escape(name)}' is of a kind that not all unpackers know")
    if size < 0 or (size and not regular):
        raise unreadable(f"the entry '{escape(name)}' is not a file but declares contents")
    if regular and name.endswith("/"):
        raise ambiguous(
            f"the entry '{escape(name)}' is a file to some unpackers, a directory to others"
        )


def _long_name(payload: bytes) -> str:
    text = payload.removesuffix(b"\0")
    if not text or b"\0" in text:
        raise ambiguous("one of its long names is empty or cut")
    return text.decode("utf-8", "surrogateescape")
