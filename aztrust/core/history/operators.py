"""The operators of a launch: whose keys the registrar enrolled, and what those keys confirmed.

An enrolled key is not a holder's. What it signed is a `Confirmation`, which nothing that counts
holders can take: it has no role and is part of no threshold.
"""

from __future__ import annotations

import binascii
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial, listed_key
from aztrust.core.records.enrolment import Enrolled, OperatorConfirmation
from aztrust.core.records.node_facts import NodeFactsRecord


@frozen
class Seat:
    """One enrolled key.

    Args:
        operator: whose it is; one operator may have several.
        key: the public key.
        roles: what the operator starts with it.
        validators: those that belong to it, as the enrolment names them.
        enrolment: the id of the record that enrolled it.
        registrar: the holder who signed that.
        revoked: why its statements do not count any more, "" while they do.
    """

    operator: str
    key: VerificationMaterial
    roles: tuple[str, ...]
    validators: tuple[str, ...]
    enrolment: str
    registrar: str
    revoked: str = ""

    @property
    def title(self) -> str:
        """How it is named to a person: an operator may have the name of a holder."""
        return operator_title(self.operator)


def operator_title(operator: str) -> str:
    """How an operator is named where a holder could be named, too."""
    return f"operator {operator}"


class Roster:
    """Every enrolled key, sorted by operator and key. A value: equal where its parts are.

    Args:
        seats: a key is among them once. One whose key was revoked has `revoked`: what it confirmed
            counts nowhere, and its validators are free for another operator.
        contested: validators that seats of several operators claim: their power counts for none.
        findings: what is wrong with the enrolments.
        enrolments: the ids of the records that it is made of; () where no one was enrolled.
    """

    __slots__ = ("_of_key", "contested", "enrolments", "findings", "seats")
    __match_args__ = ("seats", "contested", "findings", "enrolments")

    def __init__(
        self,
        seats: tuple[Seat, ...] = (),
        contested: frozenset[str] = frozenset(),
        findings: tuple[Finding, ...] = (),
        enrolments: tuple[str, ...] = (),
    ) -> None:
        self.seats = seats
        self.contested = contested
        self.findings = findings
        self.enrolments = enrolments
        self._of_key = {seat.key.fingerprint: seat for seat in seats}

    def by_key(self, fingerprint: str) -> Seat | None:
        """The seat of a key; None where it is not enrolled."""
        return self._of_key.get(fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Roster) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __repr__(self) -> str:
        return f"Roster{self._parts!r}"

    @property
    def _parts(self) -> tuple[object, ...]:
        return self.seats, self.contested, self.findings, self.enrolments


NO_ROSTER: Final = Roster()
"""Where no operator was enrolled."""


@frozen
class Confirmation:
    """A confirmation whose signature holds, by the key of a seat.

    Args:
        record_id: the digest of what was signed.
        seat: whose it is.
        body: what it says.
        place: its index in the ledger; None where no ledger has it.
    """

    record_id: str
    seat: Seat
    body: OperatorConfirmation
    place: int | None

    @property
    def identity(self) -> tuple[str, str]:
        """(record id, key fingerprint): two operators may sign the same words."""
        return self.record_id, self.seat.key.fingerprint

    @property
    def is_negative(self) -> bool:
        """Whether the host is not ready: that counts at once."""
        return self.body.status == "not-ready"


@frozen
class NodeReport:
    """What an operator saw of its own nodes, whose signature holds, by the key of a seat.

    It is a claim, never an answer of a node, and nothing that counts operators takes it.

    Args:
        record_id: the digest of what was signed.
        seat: whose it is.
        body: what it says.
        place: its index in the ledger; None where no ledger has it.
    """

    record_id: str
    seat: Seat
    body: NodeFactsRecord
    place: int | None

    @property
    def identity(self) -> tuple[str, str]:
        """(record id, key fingerprint): two operators may sign the same words."""
        return self.record_id, self.seat.key.fingerprint


@frozen
class EnrolledKey:
    """A key that some enrolment lists, in force or not: whose it is, and how it is checked."""

    operator: str
    key: VerificationMaterial


def enrolled_key(entry: Enrolled) -> VerificationMaterial | None:
    """The public key of an entry; None where its bytes are not a usable key."""
    try:
        return listed_key(binascii.a2b_base64(entry.public_key), name=entry.operator)
    except Malformed:
        return None


def not_a_confirmation(kind: str, operator: str, name: str) -> Malformed:
    """The refusal of what the key of an operator may not sign."""
    return Malformed(
        f"is a {kind} by the key of {operator_title(operator)}, which signs confirmations and"
        " facts only",
        subject=name,
        code="signer-unknown",
        mend="a holder of the policy signs it, with a key that the policy lists",
    )
