"""Which of two statements came later, and what that resolves.

Claimed time alone can be set back, and a ledger's order alone can be made with an old record that
was kept and entered late. So one statement is later than another only if both show it; where there
is no ledger, only the times can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, ledger_places

Places = Mapping[tuple[str, str], int]


def unresolved_objections(
    context: Context, answers: Iterable[VerifiedRecord]
) -> tuple[VerifiedRecord, ...]:
    """The negative ones among the answers to a question that their holder did not take back.

    An answer takes back an earlier one of the same holder if it is not negative.
    """
    answers, places = tuple(answers), ledger_places(context)
    return tuple(
        no
        for no in answers
        if no.is_negative
        and not any(
            not yes.is_negative and yes.holder == no.holder and happened_after(yes, no, places)
            for yes in answers
        )
    )


def answers_in_force(
    context: Context, answers: Iterable[VerifiedRecord]
) -> tuple[VerifiedRecord, ...]:
    """The answers to a question that no later one of the same holder replaces, the oldest first.

    A holder has several in force where nothing shows which is the last: then each of them counts,
    so that an objection is never replaced by what may be older. It is in here exactly while it, or
    a later one of its holder, is in `unresolved_objections`.
    """
    answers, places = tuple(answers), ledger_places(context)
    kept = (
        one
        for one in answers
        if not any(u.holder == one.holder and happened_after(u, one, places) for u in answers)
    )
    return tuple(sorted(kept, key=lambda u: (u.claimed_unix_ms, *_identity(u))))


def happened_after(one: VerifiedRecord, other: VerifiedRecord, places: Places) -> bool:
    """Whether one statement was made after the other: by its time, and by its place.

    What the ledger does not hold has no place yet, so that nothing is later than it, and it is
    later than nothing.
    """
    if one.claimed_unix_ms <= other.claimed_unix_ms:
        return False
    if not places:
        return True
    first, second = places.get(_identity(other)), places.get(_identity(one))
    return first is not None and second is not None and second > first


def _identity(record: VerifiedRecord) -> tuple[str, str]:
    return record.record_id, record.key.fingerprint
