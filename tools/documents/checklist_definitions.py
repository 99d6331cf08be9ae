"""The documents of `aztrust checklist` about its definitions, packets, plan and notices."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.checklist.definitions import Area, Item, Line
from aztrust.core.checklist.packet import State
from aztrust.core.records.checklist_plan import Plan
from aztrust.report.model import Milliseconds
from tools.documents.answers import Count, Document, ExitCode, PolicyRemark


class Written(Document):
    """The definitions that were written, and the digest that the policy is to name."""

    schema_: Annotated[Literal["aztrust/checklist-written"], Field(alias="schema")]
    file: str
    checklist_digest: Sha256
    items: Count
    computed: Count
    counted: Count
    roles_without_holder: Items[str]


class Lint(Document):
    """What is wrong with definitions; errors first."""

    schema_: Annotated[Literal["aztrust/checklist-lint"], Field(alias="schema")]
    exit_code: ExitCode
    remarks: Items[PolicyRemark]


class DefinitionsPart(Model):
    """Areas and items, as manifests/checklist.toml has them."""

    title: Line
    area: Items[Area]
    item: Items[Item]


class Definitions(Document):
    """The definitions of a checklist. `computed` of `counted` items are computed."""

    schema_: Annotated[Literal["aztrust/checklist-definitions"], Field(alias="schema")]
    file: str
    checklist_digest: Sha256
    computed: Count
    counted: Count
    definitions: DefinitionsPart


class CountedRows(Model):
    """How many rows of a packet have each state."""

    recomputed: Count
    wrong: Count
    refused: Count
    missing: Count
    unreadable: Count
    pending: Count
    unclear: Count


class PacketRow(Model):
    """A row of an evidence table; null where the table, or the file, has no digest."""

    line: Count
    id: str
    location: str
    state: State
    stated_sha256: Sha256 | None
    sha256: Sha256 | None
    detail: str


class Import(Document):
    """What a Markdown document gave: definitions, or rows of evidence that were recomputed."""

    schema_: Annotated[Literal["aztrust/checklist-import"], Field(alias="schema")]
    exit_code: ExitCode
    file: str
    sha256: Sha256
    root: str | None
    definitions: DefinitionsPart | None
    ticked: Items[str]
    count: CountedRows
    rows: Items[PacketRow]


class PlanShown(Document):
    """The plan that is fixed for a window; null where none is."""

    schema_: Annotated[Literal["aztrust/checklist-plan"], Field(alias="schema")]
    policy_digest: Sha256
    record_id: Sha256 | None
    fixed_by: str | None
    fixed_at_unix_ms: Milliseconds | None
    plan: Plan | None
    late: Items[Sha256]


class Notice(Document):
    """A notice as it is published, and what each place of its template became."""

    schema_: Annotated[Literal["aztrust/checklist-notice"], Field(alias="schema")]
    name: str
    text: str
    plan: Sha256
    values: dict[str, str]
