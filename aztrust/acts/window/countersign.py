"""Signing the record of another holder: the same payload, by its id, from folder, ledger or file.

What a proposal rests on is looked at again: it must still be there and in force, and the ledger
that the proposer knew must be the beginning of the one here. That other records were appended since
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from aztrust.acts.ids import SHORTEST_ID, that_begin, typed_digits
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.sitting import Draft, Sitting, is_expired, prepare
from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.records import KINDS, Unsigned, VerifiedRecord
from aztrust.core.state.context import require_signers
from aztrust.core.state.ledger.as_appended import roots_of
from aztrust.core.state.window.events import trigger_of
from aztrust.core.state.window.inputs import signed_act
from aztrust.storage.folders import read_bounded
from aztrust.storage.presence import is_present

_ALONE: Final = frozenset({"launch-anomaly", "exception", "correction", "note"})
"""Kinds of a window that one holder signs."""


def find_records(basis: Basis, texts: Iterable[str]) -> tuple[VerifiedRecord, ...]:
    """The records that ids, beginnings of ids, or files name, in the order in which they were made.

    Raises:
        UsageError: a text names none, or several; or a record that is not signed by several.
        Refused: a file holds a record of another window.
        Malformed, CouldNotCheck: a file cannot be read, or is not a record.
    """
    found = {record.record_id: record for record in (_find(basis, text) for text in texts)}
    return tuple(sorted(found.values(), key=lambda r: (r.claimed_unix_ms, _rank(r), r.record_id)))


def plan_countersignature(
    basis: Basis, records: tuple[VerifiedRecord, ...], key: VerificationMaterial | None
) -> Sitting:
    """What one person signs of records that others proposed.

    Raises:
        Refused: `act-expired`: a proposal has expired; `precondition-unmet`: what it rests on is
            no longer in force; and as `prepare`.
        CouldNotCheck: the ledger that the proposer knew is not here; and as `prepare`.
    """
    for record in records:
        if not signed_act(basis.state, record.record_id).in_effect:
            _refuse_expired(basis, record)
            require_inputs(basis, record)
    unsigned = tuple(Unsigned(r.kind, r.body, r.preimages) for r in records)
    pending = tuple(
        (record, draft)
        for record, draft in zip(records, unsigned, strict=True)
        if not signed_act(basis.state, record.record_id).in_effect
    )
    prepared = {
        draft.record_id: draft
        for draft in prepare(
            basis, tuple(draft for _, draft in pending), key, _others(basis, records)
        ).drafts
    }
    drafts = tuple(prepared.get(r.record_id) or _done(basis, r) for r in records)
    holder = "" if key is None else basis.act.policy.key_holders()[key.fingerprint]
    return Sitting(basis, drafts, holder)


def require_inputs(basis: Basis, record: VerifiedRecord) -> None:
    """Refuse where something that a proposal rests on is gone, or its ledger is not this one.

    Raises:
        Refused: `precondition-unmet`, or `ledger-inconsistent`.
        CouldNotCheck: there is no ledger here to compare.
    """
    for named in _proposals(record):
        gone = [id_ for id_ in named.get("rests_on", ()) if not _is_in_force(basis, id_)]
        if gone:
            raise Refused(
                f"the proposal rests on {gone[0][7:23]}, which is not in force here",
                subject=record.record_id,
                code="precondition-unmet",
                mend="pull and look again; if it was taken back, a new proposal is needed:"
                " aztrust window next",
                details=tuple(gone[1:]),
            )
        if named.get("head") is not None:
            _require_head(basis, record, LedgerHead.model_validate(named["head"]))


def _require_head(basis: Basis, record: VerifiedRecord, head: LedgerHead) -> None:
    reading = basis.act.context.evidence.ledger
    if reading is not None and not reading.holds:
        found = next((finding.message for finding in reading.findings), "")
        why = reading.fault or reading.behind or found or "no one with authority names it"
        raise CouldNotCheck(
            f"the ledger here cannot be compared with the proposal's: {why}",
            subject=record.record_id,
            mend="get the ledger again: git pull",
        )
    if reading is None or reading.size < head.size:
        size = reading.size if reading is not None else 0
        raise CouldNotCheck(
            f"the proposal was made over a ledger of {head.size} entries, and {size} are here",
            subject=record.record_id,
            mend="get the ledger again: git pull",
        )
    root = f"sha256:{roots_of(reading.entries, (head.size,))[head.size].hex()}"
    if (reading.origin, root) != (head.origin, head.root):
        finding = Finding(
            "ledger-inconsistent",
            record.record_id,
            f"the ledger that {record.holder} knew is not the beginning of the one here",
            expected=head.root,
            actual=root,
        )
        raise Refused(
            finding.message,
            subject=finding.subject,
            code=finding.code,
            mend="keep both as evidence, and compare: aztrust ledger verify",
            details=(f"proposed over: {head.root}", f"here: {root}"),
        )


def _proposals(record: VerifiedRecord) -> Iterator[dict[str, Any]]:
    """Whatever of a record names inputs: the record itself, and its preimages."""
    yield record.body.model_dump(mode="json", exclude_none=True)
    yield from (dict(held) for held in record.preimages.values() if isinstance(held, dict))


def _is_in_force(basis: Basis, record_id: str) -> bool:
    context = basis.context
    effective, verdicts = context.records.effective, context.verdicts
    if any(r.record_id == record_id and effective.counts(r) for r in effective.verified):
        return True
    return any(v.record_id == record_id and verdicts.is_effective(v) for v in verdicts.verdicts)


def _refuse_expired(basis: Basis, record: VerifiedRecord) -> None:
    if is_expired(basis, record):
        when = format_minute(record.expires_at_unix_ms or 0)
        raise Refused(
            f"this proposal by {record.holder} expired {when}",
            subject=record.record_id,
            code="act-expired",
            mend="propose it again: aztrust window next",
        )


def _others(basis: Basis, records: tuple[VerifiedRecord, ...]) -> tuple[Unsigned, ...]:
    """The other records of the same sitting: each of them is also signed alone, before they are."""
    ids = {record.record_id for record in records}
    made = {record.claimed_unix_ms for record in records}
    found = (act.source.first for act in basis.state.waiting)
    return tuple(
        Unsigned(record.kind, record.body, record.preimages)
        for record in found
        if isinstance(record, VerifiedRecord)
        and not record.is_negative
        and record.record_id not in ids
        and record.claimed_unix_ms in made
        and not is_expired(basis, record)
    )


def _done(basis: Basis, record: VerifiedRecord) -> Draft:
    """A record that needs no more signatures."""
    holders = signed_act(basis.state, record.record_id).holders
    unsigned = Unsigned(record.kind, record.body, record.preimages)
    return Draft(unsigned, record.record_id, holders, record)


def _find(basis: Basis, text: str) -> VerifiedRecord:
    path, digits = Path(text), typed_digits(text)
    if is_present(path) and not path.is_dir():
        return _of_window(basis, _from_file(basis, path), text)
    if not digits:
        raise UsageError(
            f"{escape(text)[:80]} is neither a record id nor a file",
            subject="ID",
            mend=f"give at least {SHORTEST_ID} hex digits of an id, or the file of a record",
        )
    # What its keeper will not append is found, too: the reason is in what follows.
    waiting = basis.act.context.records.waiting
    known = {r.record_id: r for r in (*basis.context.records.effective.verified, *waiting)}
    matching = {id_: known[id_] for id_ in that_begin(known, digits)}
    of_window = {
        id_: r for id_, r in matching.items() if r.launch_window_id == _window(basis)
    } or matching
    if len(of_window) == 1:
        return _of_window(basis, next(iter(of_window.values())), text)
    raise UsageError(
        f"{digits} fits {len(of_window)} records"
        if of_window
        else f"no record begins with {digits}",
        subject="ID",
        mend="give more of its digits" if of_window else "git pull; what is open: aztrust todo",
        details=tuple(f"{id_[7:]}  {r.title} by {r.holder}" for id_, r in of_window.items()),
    )


def _from_file(basis: Basis, path: Path) -> VerifiedRecord:
    """The record in a file, its signature checked.

    Raises:
        UsageError: its signer is not a holder of the policy, or the record is of another policy.
        Malformed, CouldNotCheck: it is not a record, or cannot be read.
    """
    signers = require_signers(basis.context)
    what = escape(path.name)
    opened = signers.open_file(read_bounded(path, RECORD_LIMIT), what)
    if isinstance(opened, Finding):
        raise UsageError(opened.message, subject=what, mend=opened.mend)
    payload, holder = opened
    record = signers.opener.record(signers.opener.statement(payload), holder, what=what)
    if not record.counts_under(basis.context.policy_digest):
        raise UsageError(
            f"this {record.kind} by {holder} is made under another policy",
            subject=what,
            mend="get the record of this launch",
        )
    return record


def _of_window(basis: Basis, record: VerifiedRecord, text: str) -> VerifiedRecord:
    if trigger_of(record) is None or record.kind in _ALONE:
        raise UsageError(
            f"a {record.kind} is not signed by several holders",
            subject=escape(text)[:80],
            mend="what waits for your signature: aztrust todo",
        )
    # A resolution names its anomaly and no window.
    of_window = record.launch_window_id in ("", _window(basis))
    if record.scope_hash != basis.attempt.scope_hash or not of_window:
        raise Refused(
            f"this {record.kind} is of another window or scope",
            subject=record.record_id,
            code="approval-other-scope",
            mend="a new proposal for this window is needed: aztrust window next",
            details=(
                f"the record: window {record.launch_window_id}",
                f"here: window {_window(basis)}",
            ),
        )
    return record


def _window(basis: Basis) -> str:
    return basis.attempt.launch_window_id


def _rank(record: VerifiedRecord) -> int:
    """The place of a kind in the order of a launch, for records of one moment."""
    kinds = list(KINDS)
    return kinds.index(record.kind)
