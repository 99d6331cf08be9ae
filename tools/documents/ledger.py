"""The documents of the ledger's commands."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.report.model import Milliseconds
from tools.documents.answers import Count, Document


class Head(Model):
    """A head that a keeper signed; `note` is the signed note itself."""

    origin: str
    size: Count
    root: Sha256
    keeper: Sha256
    note: str


class LedgerFinding(Model):
    """Why a record was not taken."""

    code: str
    subject: str
    message: str
    expected: str | None
    actual: str | None
    mend: str | None


class LedgerMade(Document):
    """A new ledger; `signed` says whether it has a head."""

    schema_: Annotated[Literal["aztrust/ledger-made"], Field(alias="schema")]
    path: str
    origin: str
    keeper: str
    signed: bool


class LedgerMigrated(Document):
    """A kit of the earlier form that was converted; `sha256` is that of the new file."""

    schema_: Annotated[Literal["aztrust/ledger-migrated"], Field(alias="schema")]
    path: str
    size: Count
    sha256: Sha256


class TakenRecord(Model):
    """A record and its place in the ledger; `new` is false where it was there before."""

    file: str
    record_id: Sha256
    kind: str
    holder: str
    index: Count
    new: bool


class LedgerAppended(Document):
    """What was taken, what was refused, and what is not of this ledger.

    `unsigned` says why no head was signed.
    """

    schema_: Annotated[Literal["aztrust/ledger-appended"], Field(alias="schema")]
    size: Count
    records: Items[TakenRecord]
    refused: Items[LedgerFinding]
    left: Items[LedgerFinding]
    head: Head | None
    unsigned: str | None


class LedgerHead(Head):
    """The last head, or a new one."""

    schema_: Annotated[Literal["aztrust/ledger-head"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]


class LedgerEntry(Model):
    """An entry. `answer` is what it states: a verdict, a status, an outcome.

    Where it cannot be read, `fault` says why and the rest is null.
    """

    index: Count
    record_id: Sha256
    kind: str | None
    holder: str | None
    at_unix_ms: Milliseconds | None
    subject: str | None
    answer: str | None
    fault: str | None


class LedgerList(Document):
    """The entries of a ledger; `size` counts those before the first that is listed, too."""

    schema_: Annotated[Literal["aztrust/ledger-list"], Field(alias="schema")]
    size: Count
    entries: Items[LedgerEntry]


class LedgerProof(Document):
    """That an entry is in the log under a head (RFC 9162, 2.1.3); it needs no ledger."""

    schema_: Annotated[Literal["aztrust/ledger-proof"], Field(alias="schema")]
    origin: str
    keeper: Sha256
    index: Count
    record_id: Sha256
    key: Sha256
    leaf: str
    leaf_hash: str
    size: Count
    root: Sha256
    hashes: Items[str]
    head: str


class LedgerKept(Document):
    """A keeper's round: what was taken, and the files of manifests/ that were written for it."""

    schema_: Annotated[Literal["aztrust/ledger-kept"], Field(alias="schema")]
    appended: LedgerAppended
    written: Items[str]
    removed: Items[str]


class LedgerRebuilt(Document):
    """A store that was made again; `heads` counts those found, `source` had the most entries."""

    schema_: Annotated[Literal["aztrust/ledger-rebuilt"], Field(alias="schema")]
    path: str
    size: Count
    source: str
    heads: Count
    head: Head


class LedgerTakenOver(Document):
    """The entry by which a deputy keeps the ledger, and the head over it."""

    schema_: Annotated[Literal["aztrust/ledger-taken-over"], Field(alias="schema")]
    index: Count
    record_id: Sha256
    head: Head


class LedgerClosed(Document):
    """The last record of a ledger, and the head over it."""

    schema_: Annotated[Literal["aztrust/ledger-closed"], Field(alias="schema")]
    index: Count
    record_id: Sha256
    head: Head
