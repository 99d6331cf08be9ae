"""Four records, one review: proceed, GO, authorization and bootstrap instruction (`window go`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aztrust.acts.window.basis import Basis
from aztrust.acts.window.records import authorization, decision, instruction, proceed
from aztrust.acts.window.sitting import is_expired, still_counts
from aztrust.core.base.advice import command
from aztrust.core.base.errors import UsageError
from aztrust.core.records.bootstrap import BootstrapStartInstruction, LaunchAuthorization
from aztrust.core.records.records import Unsigned, VerifiedRecord
from aztrust.core.state.window.inputs import signed_act

Four = tuple[VerifiedRecord, VerifiedRecord, VerifiedRecord, VerifiedRecord]


def propose_all(
    basis: Basis, reason: str, opens: int, closes: int, order: Sequence[str]
) -> tuple[Unsigned, ...]:
    """The four, each naming the ones before it. Arguments and errors as in `records`.

    Where the policy names a checklist, the GO is decided by it, in an act of its own; once that is
    in force, only authorization and instruction are left to propose.
    """
    if (decided := _decided(basis)) is not None:
        authorized = authorization(basis, decided[1].record_id, decided[0].record_id)
        instructed = instruction(basis, authorized.record_id, opens, closes, order)
        return authorized, instructed
    first = proceed(basis, reason)
    go = decision(basis, "GO", reason)
    authorized = authorization(basis, go.record_id, first.record_id)
    instructed = instruction(basis, authorized.record_id, opens, closes, order)
    return first, go, authorized, instructed


def _decided(basis: Basis) -> tuple[VerifiedRecord, VerifiedRecord] | None:
    """The proceed and the GO in force of a launch with a checklist; None without them."""
    state = basis.state
    first, go = state.records.get("proceed"), state.records.get("decide-go")
    if basis.act.policy.checklist is None or first is None or go is None:
        return None
    return (first, go) if {"proceed", "go"} <= state.facts else None


def open_four(basis: Basis) -> Four | None:
    """The four of one proposal that is open in this window; None where none is.

    Raises:
        UsageError: two are open; one has to be chosen.
    """
    records = basis.context.records.effective.verified
    found: dict[str, Four] = {}
    for record in records:
        four = _four(record, records)
        if four is None or record.launch_window_id != basis.attempt.launch_window_id:
            continue
        usable = all(still_counts(basis, each) for each in four)
        waits = (each for each in four if not signed_act(basis.state, each.record_id).in_effect)
        if usable and not any(is_expired(basis, each) for each in waits):
            found[record.record_id] = four
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} proposals to go are open",
            subject="window go",
            mend="agree on one, and sign its four records: "
            + command("countersign", *(r.record_id[7:23] for r in next(iter(found.values())))),
            details=tuple(
                f"by {four[3].holder}: "
                + command("countersign", *(each.record_id[7:23] for each in four))
                for four in found.values()
            ),
        )
    return next(iter(found.values()), None)


def _four(record: VerifiedRecord, records: Iterable[VerifiedRecord]) -> Four | None:
    """The records that an instruction names, in their order, with itself."""
    body = record.body
    if not isinstance(body, BootstrapStartInstruction):
        return None
    known = {each.record_id: each for each in records}
    authorized = known.get(body.launch_authorization_id)
    if authorized is None or not isinstance(authorized.body, LaunchAuthorization):
        return None
    first = known.get(authorized.body.proceed_id)
    go = known.get(authorized.body.decision_id)
    if first is None or go is None:
        return None
    return first, go, authorized, record
