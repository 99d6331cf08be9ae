"""What a record of a sign-off says, for those who know already that it is one."""

from __future__ import annotations

from aztrust.core.records.checklist import AreaState, ChecklistSignOff
from aztrust.core.records.records import VerifiedRecord


def sign_off_of(record: VerifiedRecord) -> ChecklistSignOff:
    """The sign-off in a record of that kind."""
    if not isinstance(record.body, ChecklistSignOff):
        raise AssertionError(record.kind)
    return record.body


def signed_state(record: VerifiedRecord) -> AreaState:
    """What a sign-off is over; its kind checked it."""
    return record.preimage("state", AreaState)
