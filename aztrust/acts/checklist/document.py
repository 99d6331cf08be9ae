"""Reading a Markdown checklist, or the evidence table of a launch packet, and judging the latter.

Each file of the table is hashed where it is, below a root that a person names.
"""

from __future__ import annotations

from pathlib import Path

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.checklist.imported import Imported, import_page
from aztrust.core.checklist.markdown import LIMIT, read_markdown
from aztrust.core.checklist.packet import JudgedRow, PacketRow, packet_rows
from aztrust.storage.evidencefiles import NoSuchEvidence, linked_below, read_below


@frozen
class ReadDocument:
    """What a document is: definitions, or rows of evidence that were judged.

    Args:
        name: the file, escaped.
        sha256: of the document itself.
        root: the folder that the rows are below, escaped; "" for definitions.
        imported: the definitions; None for a packet.
        rows: in the order of the document; () for definitions.
    """

    name: str
    sha256: str
    root: str = ""
    imported: Imported | None = None
    rows: tuple[JudgedRow, ...] = ()


def read_document(file: Path, root: Path) -> ReadDocument:
    """Read a document, and hash the files that it names.

    Args:
        file: the Markdown document.
        root: the folder that its paths are relative to.

    Raises:
        CouldNotCheck: it cannot be read, or markdown-it-py is not installed.
        Malformed: `markdown-malformed`.
        NothingToVerify: it has neither a checklist nor an evidence table.
    """
    name = escape(str(file))
    try:
        with open(file, "rb") as opened:
            data = opened.read(LIMIT + 1)
    except OSError as failure:
        raise CouldNotCheck(
            f"cannot read {name}: {failure.strerror or failure}",
            subject=name,
            mend="name a Markdown document",
        ) from None
    page = read_markdown(data, name)
    digest = sha256_id(data)
    rows = packet_rows(page)
    if not rows:
        return ReadDocument(name, digest, imported=import_page(page, name))
    judged = tuple(judge_row(root, row) for row in rows)
    return ReadDocument(name, digest, escape(str(root)), rows=judged)


def judge_row(root: Path, row: PacketRow) -> JudgedRow:
    """What the file of a row is now. Without a digest it is not looked at."""
    if row.stated == "pending":
        return JudgedRow(row, "pending", detail="no digest was recorded")
    if row.stated == "unclear":
        return JudgedRow(row, "unclear", detail="what is in the place of the digest is not one")
    try:
        digests = read_below(root, linked_below(root, row.location)).digests
    except Refused as refused:
        return JudgedRow(row, "refused", detail=refused.message)
    except NoSuchEvidence:
        return JudgedRow(row, "missing", detail="the file is not below the root")
    except CouldNotCheck as error:
        return JudgedRow(row, "unreadable", detail=error.message)
    if digests.sha256 == row.sha256:
        return JudgedRow(row, "recomputed", digests.sha256)
    return JudgedRow(row, "wrong", digests.sha256, "the file has another digest")
