"""From enrolments to the roster, and from what its keys signed to confirmations.

The roster is a fold over the effective enrolments that does not depend on the order of files: the
entries of an operator in a later enrolment replace all its earlier ones, also where that enrolment
was revoked: a revocation makes nothing valid again (law 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from aztrust.core.base.advice import command
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.operators import (
    NO_ROSTER,
    Confirmation,
    NodeReport,
    Roster,
    Seat,
    enrolled_key,
    not_a_confirmation,
)
from aztrust.core.policy.authority import keys_listed
from aztrust.core.records.administration import Revocation
from aztrust.core.records.enrolment import (
    Enrolled,
    Enrolment,
    OperatorConfirmation,
)
from aztrust.core.records.node_facts import OF_OPERATORS, NodeFactsRecord

if TYPE_CHECKING:
    from aztrust.core.formats.statement import Statement
    from aztrust.core.history.leaf import LedgerRecord
    from aztrust.core.history.opening import Signers
    from aztrust.core.history.revocations import EffectiveRecords
    from aztrust.core.policy.model import Policy
    from aztrust.core.records.records import VerifiedRecord

CONFLICT: Final = "enrolment-conflict"
Places = Mapping[tuple[str, str], int]
"""(record id, fingerprint) to the index of an entry; empty where no ledger is in use."""


def read_roster(policy: Policy, effective: EffectiveRecords, places: Places) -> Roster:
    """The operators that effective enrolments list.

    Args:
        policy: names the holders, whose keys are not enrolled.
        effective: the records, folded; an enrolment by another role is not among them. Of a
            revoked one no key is enrolled, and those that it replaced do not come back.
        places: which of two enrolments is the later one; without a ledger their times say it.
    """
    enrolments = [r for r in effective.verified if isinstance(r.body, Enrolment)]
    if not enrolments:
        return NO_ROSTER
    enrolments.sort(key=lambda r: (places.get(r.identity, -1), r.claimed_unix_ms, r.identity))
    findings: list[Finding] = []
    seats = list(_seats(_last_entries(enrolments), policy, effective, findings))
    owners: dict[str, set[str]] = {}
    for seat in seats:
        owners.setdefault(seat.key.fingerprint, set()).add(seat.operator)
    findings += [_shared_key(key, names) for key, names in owners.items() if len(names) > 1]
    seats = [seat for seat in seats if len(owners[seat.key.fingerprint]) == 1]
    claims: dict[str, set[str]] = {}
    for seat in seats:
        # The validators of a revoked key are free for the next one.
        for validator in seat.validators if not seat.revoked else ():
            claims.setdefault(validator, set()).add(seat.operator)
    contested = {validator: names for validator, names in claims.items() if len(names) > 1}
    findings += [_contested(validator, names) for validator, names in contested.items()]
    return Roster(
        tuple(sorted(seats, key=lambda seat: (seat.operator, seat.key.fingerprint))),
        frozenset(contested),
        tuple(sorted(findings, key=lambda f: (f.subject, f.message))),
        tuple(record.record_id for record in enrolments if effective.is_effective(record)),
    )


def listed_keys(effective: EffectiveRecords) -> dict[str, str]:
    """Fingerprint to operator, of every key that an effective enrolment lists, in force or not."""
    return {
        entry.key: entry.operator
        for record in effective.verified
        if isinstance(record.body, Enrolment) and effective.is_effective(record)
        for entry in record.body.operators
    }


def _last_entries(
    enrolments: Iterable[VerifiedRecord],
) -> Iterator[tuple[VerifiedRecord, Enrolled]]:
    """The entries of each operator in the last enrolment that names it."""
    last: dict[str, VerifiedRecord] = {}
    entries: dict[str, list[Enrolled]] = {}
    for record in enrolments:
        for entry in record.body.operators if isinstance(record.body, Enrolment) else ():
            if last.get(entry.operator) is not record:
                last[entry.operator], entries[entry.operator] = record, []
            entries[entry.operator].append(entry)
    for operator, listed in entries.items():
        for entry in listed:
            yield last[operator], entry


def _seats(
    last: Iterable[tuple[VerifiedRecord, Enrolled]],
    policy: Policy,
    effective: EffectiveRecords,
    findings: list[Finding],
) -> Iterator[Seat]:
    listed = keys_listed(policy)
    counts: dict[tuple[str, str], bool] = {}
    for record, entry in last:
        if record.identity not in counts:
            counts[record.identity] = effective.is_effective(record)
        if not counts[record.identity]:
            continue
        holder = listed.get(entry.key)
        key = enrolled_key(entry)
        if holder is not None:
            findings.append(_key_of_a_holder(record, entry, holder))
        elif key is None:
            findings.append(_no_key(record, entry))
        else:
            yield Seat(
                entry.operator,
                key,
                tuple(entry.roles),
                tuple(entry.validators),
                record.record_id,
                record.holder,
                _revoked(effective, entry.key),
            )


def _revoked(effective: EffectiveRecords, fingerprint: str) -> str:
    for revocation in effective.revoked_keys.get(fingerprint, ()):
        if isinstance(revocation.body, Revocation):
            return f"{revocation.holder} revoked its key: {revocation.body.reason}"
    return ""


@frozen
class Unknown:
    """Something signed by a key that no holder has.

    Args:
        what: it is called.
        data: the file, or the entry of the ledger.
        notice: that it counts nowhere, where its key is not an operator's.
    """

    what: str
    data: bytes | LedgerRecord
    notice: Finding


def open_confirmation(
    unknown: Unknown, roster: Roster, signers: Signers, places: Places
) -> Confirmation | NodeReport | Finding:
    """What the key of an operator signed, or the notice why something counts nowhere.

    It stops no check: anyone who may write into the folder can name the key of an operator.
    """
    what, data = unknown.what, unknown.data
    fingerprint = unknown.notice.actual
    seat = roster.by_key(fingerprint)
    if seat is None:
        return unknown.notice
    try:
        statement = _statement(data, seat, signers, what)
        if statement.kind not in OF_OPERATORS:
            raise not_a_confirmation(statement.kind, seat.operator, what)
        body = signers.opener.body(statement, what=what)
    except Malformed as error:
        why = f"by the key of {seat.title}, and counts nowhere: {error.message}"
        return replace(unknown.notice, message=why, mend=error.mend)
    if not isinstance(body, OperatorConfirmation | NodeFactsRecord):
        return unknown.notice
    if body.policy_digest != signers.policy_digest:
        return Finding(
            "approval-other-scope",
            what,
            f"{statement.kind} by {seat.title} under another policy; it counts nowhere",
            expected=signers.policy_digest,
            actual=body.policy_digest,
            mend=f"sign it again under this policy: {command('confirm', seat.operator)}",
        )
    place = places.get((statement.record_id, fingerprint))
    if isinstance(body, NodeFactsRecord):
        return NodeReport(statement.record_id, seat, body, place)
    return Confirmation(statement.record_id, seat, body, place)


def _statement(data: bytes | LedgerRecord, seat: Seat, signers: Signers, what: str) -> Statement:
    opener = signers.opener
    if isinstance(data, bytes):
        return opener.statement(opener.payload(opener.envelope(data, name=what), seat.key))
    # Its replay verified the signature, by the key with this fingerprint.
    return data.statement or opener.statement(data.verified)


def seated_reports(reports: Iterable[NodeReport], roster: Roster) -> tuple[NodeReport, ...]:
    """The reports under another roster, as `seated`."""
    seats = ((each, roster.by_key(each.seat.key.fingerprint)) for each in reports)
    return tuple(replace(each, seat=seat) for each, seat in seats if seat is not None)


def seated(confirmations: Iterable[Confirmation], roster: Roster) -> tuple[Confirmation, ...]:
    """The confirmations under another roster: those by keys that are in it."""
    seats = ((each, roster.by_key(each.seat.key.fingerprint)) for each in confirmations)
    return tuple(replace(each, seat=seat) for each, seat in seats if seat is not None)


def _key_of_a_holder(record: VerifiedRecord, entry: Enrolled, holder: str) -> Finding:
    return Finding(
        CONFLICT,
        record.record_id,
        f"it enrols a key of the holder {holder} for the operator {entry.operator}: that entry does"
        " not count",
        actual=entry.key,
        mend=f"{entry.operator} makes a key of its own: aztrust key generate; then enrol that one",
    )


def _no_key(record: VerifiedRecord, entry: Enrolled) -> Finding:
    return Finding(
        CONFLICT,
        record.record_id,
        f"the public key that it enrols for {entry.operator} cannot be used: that entry"
        " does not count",
        actual=entry.key,
        mend=f"ask {entry.operator} for the public key again, and enrol it",
    )


def _shared_key(fingerprint: str, names: Iterable[str]) -> Finding:
    return Finding(
        CONFLICT,
        fingerprint,
        f"is the key of several operators, {' and '.join(sorted(names))}: it counts for none",
        mend="enrol those operators again, each with a key of its own",
    )


def _contested(validator: str, names: Iterable[str]) -> Finding:
    return Finding(
        CONFLICT,
        validator,
        f"several operators claim this validator, {' and '.join(sorted(names))}: its voting power"
        " counts for none",
        mend="enrol those operators again; only the one that runs it lists it",
    )
