"""Several answers to the final checks, as a document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.records.readiness import CheckAttestation, EvidenceFile


class AttestedRecord(Model):
    """One answer as it was signed; `ledger_entry` is null where no ledger here has it."""

    record_id: Sha256
    path: str
    check: str
    status: Literal["pass", "fail"]
    role: str
    ledger_entry: Annotated[int, Field(ge=0)] | None


class Attested(Model):
    """What `aztrust attest` of several rows gives with `--format json`."""

    schema_: Annotated[Literal["aztrust/attested"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    holder: str
    scope_hash: Sha256
    evidence: Items[EvidenceFile]
    records: Items[AttestedRecord]


def attested_document(
    body: CheckAttestation, holder: str, records: Iterable[AttestedRecord], *, command: str
) -> dict[str, Any]:
    """The document.

    Args:
        body: any one of the answers: scope and evidence are the same in all.
        holder: who answered.
        records: one for each row.
        command: whose result it is.
    """
    return Attested(
        schema_="aztrust/attested",
        version_major=1,
        version_minor=0,
        command=command,
        holder=holder,
        scope_hash=body.scope_hash,
        evidence=body.evidence,
        records=tuple(records),
    ).model_dump(mode="json")
