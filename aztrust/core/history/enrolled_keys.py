"""The keys of operators that a log enrols, entry by entry.

A ledger takes the confirmation of an operator after the enrolment of its key, and by that key takes
nothing else. Which enrolments are in force, and what a confirmation is worth, is not asked here: an
entry stays valid after the enrolment of its key was revoked.
"""

from __future__ import annotations

import binascii
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from aztrust.core.base.errors import Malformed
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.operators import EnrolledKey, enrolled_key
from aztrust.core.records.enrolment import ENROLMENT, Enrolled, Enrolment

if TYPE_CHECKING:
    from aztrust.core.formats.keys import VerificationMaterial
    from aztrust.core.history.opener import Opener


class EnrolledKeys(dict[str, EnrolledKey]):
    """Fingerprint to key, of every operator that the entries so far enrol.

    Args:
        registrars: the fingerprints of the keys whose holders enrol operators.
        holders: the keys of the holders: none of them is an operator's.
        opener: opens each content once in a run.
    """

    def __init__(
        self, registrars: Collection[str], holders: Collection[str], opener: Opener
    ) -> None:
        super().__init__()
        self._registrars = registrars
        self._holders = holders
        self._opener = opener

    def take(self, record: LedgerRecord) -> None:
        """Fold the next entry: what it enrols, where a registrar signed it."""
        listed = enrolled_by(record, self._registrars, self._opener)
        if not listed:
            return
        key = (_usable_keys, record.record_id)
        for fingerprint, enrolled in self._opener.result(lambda: _usable_keys(listed), *key):
            if fingerprint not in self._holders:
                self[fingerprint] = enrolled


def _usable_keys(listed: Iterable[Enrolled]) -> tuple[tuple[str, EnrolledKey], ...]:
    """The entries whose public key can be used, by its fingerprint."""
    keys = ((entry, enrolled_key(entry)) for entry in listed)
    return tuple((e.key, EnrolledKey(e.operator, key)) for e, key in keys if key is not None)


def enrolled_by(
    record: LedgerRecord, registrars: Collection[str], opener: Opener
) -> tuple[Enrolled, ...]:
    """What an enrolment lists; () of any other record, and of one by any other key."""
    statement = record.statement
    if statement is None or record.kind != ENROLMENT.name or record.fingerprint not in registrars:
        return ()
    try:
        body = opener.body(statement, what=record.record_id)
    except Malformed:
        return ()
    return tuple(body.operators) if isinstance(body, Enrolment) else ()


def enrolled_in(
    envelopes: Iterable[bytes],
    keys: Mapping[str, VerificationMaterial],
    registrars: Collection[str],
    opener: Opener,
) -> EnrolledKeys:
    """Every key that these envelopes of a log enrol.

    Args:
        envelopes: in their one canonical form.
        keys: fingerprint to key, of the holders.
        registrars: as of `EnrolledKeys`.
        opener: opens each content once in a run.
    """
    found = EnrolledKeys(registrars, keys.keys(), opener)
    for data in envelopes if registrars else ():
        if not any(mark in data for mark in _MARKS):
            continue
        try:
            found.take(read_record(data, keys, opener, name="an enrolment"))
        except Malformed:
            continue  # an entry that cannot be read enrols no one; an audit says what it is
    return found


def _in_base64(text: bytes) -> tuple[bytes, ...]:
    """What a text anywhere in base64 looks like: its three alignments, without the ends."""
    found = []
    for before in range(3):
        encoded = binascii.b2a_base64(b"\0" * before + text, newline=False).rstrip(b"=")
        end = len(encoded) - 1 if (before + len(text)) % 3 else len(encoded)
        found.append(encoded[(0, 2, 3)[before] : end])
    return tuple(found)


# A log has thousands of entries and a few enrolments: the others are not even decoded.
_MARKS: Final = _in_base64(f'"urn:aztrust:{ENROLMENT.name}:v1"'.encode())
