"""The documents about operators: the roster, and a confirmation."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.records.enrolment import OperatorConfirmation
from aztrust.core.records.node_facts import NodeFactsRecord
from tools.documents.answers import Document

Power = Annotated[str, Field(pattern=r"^[0-9]+$")]


class RosterSeat(Model):
    """One enrolled key. `power` is a whole number in the unit of the genesis, null where that is
    not known; `revoked` says why the key counts no longer.
    """

    operator: str
    key: Sha256
    roles: Items[str]
    validators: Items[str]
    contested: Items[str]
    power: Power | None
    enrolment: Sha256
    registrar: str
    revoked: str | None


class RosterFinding(Model):
    """What is wrong with the enrolments."""

    code: str
    subject: str
    message: str


class Roster(Document):
    """The operators that are enrolled; `power_unknown` says why there is no `total_power`."""

    schema_: Annotated[Literal["aztrust/roster"], Field(alias="schema")]
    operators: Items[RosterSeat]
    total_power: Power | None
    power_unknown: str | None
    findings: Items[RosterFinding]


class NodeFactsSigned(Document):
    """What an operator's own nodes answered, signed: the file, and what it states."""

    schema_: Annotated[Literal["aztrust/node-facts-signed"], Field(alias="schema")]
    record_id: Sha256
    path: str
    operator: str
    key: Sha256
    submitted: bool
    facts: NodeFactsRecord


class Confirmed(Document):
    """A confirmation that was signed: the file, and what it states.

    `line` is its printed form, null where that was not asked for.
    """

    schema_: Annotated[Literal["aztrust/confirmed"], Field(alias="schema")]
    record_id: Sha256
    path: str
    operator: str
    key: Sha256
    line: str | None
    submitted: bool
    confirmation: OperatorConfirmation
