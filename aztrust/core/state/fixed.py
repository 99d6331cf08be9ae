"""What is fixed for an attempt before its final checks: the list of lessons, the plan.

The record that was made last counts, if that was before the first final check that passed: what was
checked cannot be changed afterwards. The order is that of the ledger; without one, of the claimed
times.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, ledger_places
from aztrust.core.state.freezes import passed_finals
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.ordering import Places


@frozen
class Fixed:
    """The record that counts, None where there is none, and those that came too late."""

    last: VerifiedRecord | None = None
    late: tuple[VerifiedRecord, ...] = ()


def fixed_for(context: Context, records: Iterable[VerifiedRecord], attempt: Attempt) -> Fixed:
    """The record of one kind that counts for an attempt.

    Args:
        context: the launch.
        records: all of that kind; those of other attempts, and those that do not count, are left
            out here.
        attempt: the window.
    """
    places = ledger_places(context)
    finals = passed_finals(context, attempt)
    found = [
        u
        for u in records
        if u.scope_hash == attempt.scope_hash
        and u.launch_window_id == attempt.launch_window_id
        and context.records.effective.counts(u)
    ]
    late = tuple(u for u in found if not all(_is_before(u, v, places) for v in finals))
    in_time = [u for u in found if u not in late]
    if not in_time:
        return Fixed(late=late)
    last = max(in_time, key=lambda u: (places.get(u.identity, -1), *_claimed(u)))
    return Fixed(last, late)


def is_after_the_final_checks(context: Context, attempt: Attempt) -> bool:
    """Whether a final check of an attempt has passed, so that nothing more can be fixed."""
    return bool(passed_finals(context, attempt))


def _claimed(record: VerifiedRecord) -> tuple[int, str]:
    return record.claimed_unix_ms, record.record_id


def _is_before(record: VerifiedRecord, final: HeldVerdict, places: Places) -> bool:
    mine = places.get(record.identity)
    its = places.get((final.record_id, final.key.fingerprint))
    if mine is not None and its is not None:
        return mine < its
    return record.claimed_unix_ms < final.statement.checkpoint.timestamp_unix_ms
