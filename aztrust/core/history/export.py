r"""A ledger outside its database: lines of text, the same ones wherever they are written.

    {"entries":2,"heads":1,"origin":"ledger.example","schema":"aztrust/ledger-export","start":0,…}
    {"payload":"…","payloadType":"application/vnd.in-toto+json","signatures":[…]}
    {"payload":"…","payloadType":"application/vnd.in-toto+json","signatures":[…]}
    {"note":"ledger.example\n2\nujqR…\n\n— ledger.example 8Urs…\n"}

The first line has the number of each that follows, so that nothing is cut off unseen. An entry is
the very envelope that the ledger holds. An export is not trusted: an import verifies everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal, NoReturn

from aztrust.core.base import canonical
from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model, VersionOne, validate
from aztrust.core.base.paths import escape
from aztrust.core.base.schema import Field
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT, ORIGIN_LIMIT

SCHEMA: Final = "aztrust/ledger-export"
LINE_LIMIT: Final = RECORD_LIMIT + 1
"""The longest line there can be, its line feed included."""

_CODE: Final = "ledger-inconsistent"
_MEND: Final = "export it again: aztrust ledger export FILE; an export is never edited by hand"
_Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Header(Model):
    """The first line: which log, from which entry on, and how many lines of each kind follow."""

    schema_: Annotated[Literal["aztrust/ledger-export"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0, le=0)]
    origin: Annotated[str, Field(min_length=1, max_length=ORIGIN_LIMIT)]
    start: _Count
    entries: _Count
    heads: _Count


class NoteLine(Model):
    """A signed head."""

    note: Annotated[str, Field(min_length=1, max_length=NOTE_LIMIT)]


def export_lines(
    origin: str, start: int, entries: int, envelopes: Iterable[bytes], notes: Iterable[bytes]
) -> Iterator[bytes]:
    """An export, line by line, each with its line feed.

    Args:
        origin: the log's.
        start: the index of the first entry.
        entries: how many envelopes there are.
        envelopes: in the ledger's order.
        notes: signed heads, the smallest first.
    """
    notes = list(notes)
    header = {
        "schema": SCHEMA,
        "version_major": 1,
        "version_minor": 0,
        "origin": origin,
        "start": start,
        "entries": entries,
        "heads": len(notes),
    }
    yield canonical.dumps(header) + b"\n"
    for envelope in envelopes:
        yield envelope + b"\n"
    for note in notes:
        yield canonical.dumps({"note": note.decode("utf-8")}) + b"\n"


class ExportReader:
    """Reads the lines of an export strictly and in their order: header, entries, heads.

    Args:
        lines: each with its line feed; one over the limit is cut just above it.
        name: the file, for messages.

    Raises:
        Malformed: `ledger-inconsistent`, here and from every method: not of this form, cut short,
            longer than its header says. Envelopes and notes are not looked at.
    """

    def __init__(self, lines: Iterable[bytes], *, name: str) -> None:
        self._lines = iter(lines)
        self._name = escape(name)
        document = self._document(self._line("its first line"))
        self.header = validate(Header, document, what=self._name, code=_CODE, mend=_MEND)

    def entries(self) -> Iterator[bytes]:
        """The envelopes; to be read to their end before `notes`."""
        for number in range(self.header.entries):
            yield self._line(f"entry {self.header.start + number}")

    def notes(self) -> Iterator[bytes]:
        """The signed heads; nothing may follow the last one."""
        for number in range(self.header.heads):
            document = self._document(self._line(f"head {number + 1} of {self.header.heads}"))
            line = validate(NoteLine, document, what=self._name, code=_CODE, mend=_MEND)
            yield line.note.encode("utf-8")
        if next(self._lines, b""):
            self._refuse("has more lines than its first one says")

    def _line(self, what: str) -> bytes:
        line = next(self._lines, b"")
        if len(line) > LINE_LIMIT:
            self._refuse(f"has a line of more than {RECORD_LIMIT:,} bytes at {what}")
        if not line.endswith(b"\n"):
            self._refuse(f"ends before {what} does")
        return line[:-1]

    def _document(self, line: bytes) -> object:
        try:
            return canonical.loads_canonical(line, what=self._name, code=_CODE)
        except Malformed as error:
            self._refuse(f"has a line that {error.message}")

    def _refuse(self, reason: str) -> NoReturn:
        raise Malformed(reason, subject=self._name, code=_CODE, mend=_MEND)
