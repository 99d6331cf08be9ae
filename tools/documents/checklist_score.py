"""The document of `aztrust checklist score`."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.records.scorecard import Result, Scorecard
from tools.documents.answers import Count, Document


class ExplainedLine(Model):
    """A line of the explanation: the result that it alone leads to, and why."""

    result: Result
    subject: str
    text: str


class ComputedItems(Model):
    """How many items of some sections are computed from bytes, clock or ledger."""

    computed: Count
    of: Count
    percent: Count
    sections: Items[str]


class ChecklistScore(Document):
    """The score of the checklist, its digests, and what its result follows from."""

    schema_: Annotated[Literal["aztrust/checklist-score"], Field(alias="schema")]
    command: Literal["checklist score"]
    result: Result
    lines: Items[ExplainedLine]
    computed: ComputedItems
    score: Scorecard
    score_digest: Sha256
    comparable_digest: Sha256
    evidence_digest: Sha256
