"""The documents of archives, and of what is kept for them."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.archive.logs import Around
from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.report.model import Milliseconds
from tools.documents.answers import Count, Document, ExitCode


class ArchiveItem(Model):
    """Something that a launch leaves behind; `missing` is why it is not there, "" where it is."""

    clause: str
    item: str
    says: str
    found: Items[str]
    missing: str
    mend: str


class Archived(Document):
    """An archive; `written` is false where --strict refused it, and then there is no digest.

    `manifest_sha256` is the digest of `manifest-sha256.txt`, `left_out` the number of links and
    empty directories of the packages, which no bag has.
    """

    schema_: Annotated[Literal["aztrust/archived"], Field(alias="schema")]
    exit_code: ExitCode
    path: str
    written: bool
    form: Literal["directory", "tar"]
    files: Count
    size: Count
    manifest_sha256: Sha256 | None
    chain_id: str
    policy_digest: Sha256
    scope_hash: Sha256 | None
    date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    packages: bool
    left_out: Count
    items: Items[ArchiveItem]


class ArchiveMissing(Document):
    """What of a launch is in its archive, and what is not; `packages` is whether they are."""

    schema_: Annotated[Literal["aztrust/archive-missing"], Field(alias="schema")]
    packages: bool
    missing: Items[ArchiveItem]
    present: Items[ArchiveItem]


class EvidenceLog(Model):
    """A log that is kept; `written` is false where these bytes were kept before."""

    path: str
    name: str
    node: str
    around: Items[Around]
    size: Count
    sha256: Sha256
    blake3: Blake3
    taken_at_unix_ms: Milliseconds
    written: bool


class EvidenceLogs(Document):
    """Logs of nodes that were kept with a launch."""

    schema_: Annotated[Literal["aztrust/evidence-logs"], Field(alias="schema")]
    command: Literal["evidence log"]
    logs: Items[EvidenceLog]
