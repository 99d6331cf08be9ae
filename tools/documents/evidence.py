"""The documents of `aztrust evidence` and `aztrust checklist answer`."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.records.checklist import Answer, ShownFile
from aztrust.core.state.checklist.files import State
from aztrust.core.state.checklist.records import Why
from tools.documents.answers import Count, Document
from tools.documents.records import Recorded


class EvidenceFileState(Model):
    """A file that is evidence for an item, or an item that lacks any: then only `detail` is there.

    `state` is null where no file was read; `command` is what wrote this very file.
    """

    item: str
    state: State | None
    detail: str
    record_id: Sha256 | None
    holder: str | None
    root: str | None
    path: str | None
    size: Count | None
    sha256: Sha256 | None
    blake3: Blake3 | None
    command: str | None
    command_exit_code: int | None


class EvidenceNotCounted(Model):
    """An evidence record that does not count."""

    record_id: Sha256
    holder: str
    item: str
    why: Why
    text: str


class EvidenceReport(Document):
    """What is shown for the items of the checklist; `exit_code` is null for a list."""

    schema_: Annotated[Literal["aztrust/evidence"], Field(alias="schema")]
    command: str
    checklist_digest: Sha256
    exit_code: Count | None
    unread: str
    files: Items[EvidenceFileState]
    not_counted: Items[EvidenceNotCounted]


class RecordedEvidence(Recorded):
    """Files that were shown for an item of the checklist."""

    command: Literal["evidence add"]
    item: str
    root: str
    files: Items[ShownFile]
    shell_command: str | None
    exit_code: int | None


class RecordedAnswer(Recorded):
    """An answer to an item of the checklist."""

    command: Literal["checklist answer"]
    item: str
    answer: Answer
    role: str
    reason: str
    rests_on: Items[Sha256]


class ChecklistDocument(Document):
    """The launch packet, or the record of the decision, with its whole text."""

    schema_: Annotated[Literal["aztrust/checklist-document"], Field(alias="schema")]
    command: str
    about: Literal["packet", "record"]
    result: str
    form: Literal["markdown", "html"]
    text: str
