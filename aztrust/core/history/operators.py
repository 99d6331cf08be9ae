"""The operators of a launch: whose keys the registrar enrolled, and what those keys confirmed.

An enrolled key is not a holder's. What it signed is a `Confirmation`, which nothing that counts
holders can take: it has no role and is part of no threshold.
"""

from __future__ import annotations

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.records.enrolment import OperatorConfirmation


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


@frozen
class Roster:
    """Every seat that is in force, sorted by operator and key.

    Args:
        seats: a key is among them once.
        contested: validators that seats of several operators claim: their power counts for none.
        findings: what is wrong with the enrolments.
        enrolments: the ids of the records that it is made of; () where no one was enrolled.
    """

    seats: tuple[Seat, ...] = ()
    contested: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    enrolments: tuple[str, ...] = ()

    def by_key(self, fingerprint: str) -> Seat | None:
        """The seat of a key; None where it is not enrolled."""
        return next((s for s in self.seats if s.key.fingerprint == fingerprint), None)


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
