"""Each signed verdict as a decision: who signed, on what, what was known then, what came later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.audit.known import named_by
from aztrust.core.judge.audit.recompute import Outcome, Stored, recompute
from aztrust.core.judge.audit.saying import Signed, says
from aztrust.core.records.administration import Revocation
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, ledger_places


@frozen
class Named:
    """A record that a decision names, or that came after it.

    Args:
        record_id, kind, holder: of the record; the last two are "" for one that is not here.
        text: its statement, in one line.
        place: its index in the ledger; None where no ledger has it.
        at_unix_ms: when its signer says that it was made; 0 of one that is not here.
        why: what it is to the decision, "" for what the decision rests on.
    """

    record_id: str
    kind: str = ""
    holder: str = ""
    text: str = ""
    place: int | None = None
    at_unix_ms: int = 0
    why: str = ""


@frozen
class Decision:
    """One verdict and what the audit found.

    Args:
        verdict: what was signed.
        place: its index in the ledger; None where no ledger has it.
        outcome: whether it was recomputed; None where the audit ended before it.
        rests_on: the records that it considered, in the order of the ledger.
        later: what came after it and is about it, in that order.
        in_force: whether it counts now.
        waiting: it is in the folder only, so that it does not count.
    """

    verdict: HeldVerdict
    place: int | None
    outcome: Outcome | None
    rests_on: tuple[Named, ...]
    later: tuple[Named, ...]
    in_force: bool
    waiting: bool = False


def decisions(
    whole: Context, stored: Stored, *, every: bool = False, stopped: bool = False
) -> Iterator[Decision]:
    """Every verdict under one policy, in the order of the ledger, then of their times.

    Args:
        whole: everything that is known, under that policy.
        stored: what is kept next to the records.
        every: whether it goes on after the first one that differs.
        stopped: whether one differed before, under another policy.
    """
    places = whole.order
    for verdict in verdicts_under(whole):
        outcome = None if stopped else recompute(whole, verdict, stored)
        if outcome is not None and outcome.status == "differs":
            stopped = not every
        yield Decision(
            verdict,
            places.get(verdict.record_id),
            outcome,
            named_ids(verdict.statement.rests_on, whole),
            tuple(_later(verdict, whole, places)),
            whole.verdicts.is_effective(verdict) and verdict not in whole.verdicts.waiting,
            verdict in whole.verdicts.waiting,
        )


def verdicts_under(whole: Context) -> tuple[HeldVerdict, ...]:
    """The verdicts that name the policy of a context, in order."""
    places = whole.order
    found = (*whole.verdicts.verdicts, *whole.verdicts.waiting)
    mine = (v for v in found if v.statement.policy_digest == whole.policy_digest)
    end = len(places)
    return tuple(
        sorted(
            mine,
            key=lambda v: (
                places.get(v.record_id, end),
                v.statement.checkpoint.timestamp_unix_ms,
                v.record_id,
            ),
        )
    )


def _records(whole: Context) -> Mapping[str, Signed]:
    opener = whole.evidence.opener
    return opener.last(lambda: _by_id(whole), _records, whole)


def _by_id(whole: Context) -> Mapping[str, Signed]:
    found: dict[str, Signed] = {r.record_id: r for r in whole.records.effective.verified}
    found.update((v.record_id, v) for v in whole.verdicts.verdicts)
    return found


def named_ids(ids: Iterable[str], whole: Context) -> tuple[Named, ...]:
    """The records of these ids, in the order of the ledger; of one not here its id alone."""
    places, records = whole.order, _records(whole)
    found = sorted(ids, key=lambda id_: (places.get(id_, len(places)), id_))
    return tuple(
        Named(id_) if (record := records.get(id_)) is None else named(record, whole)
        for id_ in found
    )


def named(record: Signed, whole: Context, why: str = "") -> Named:
    """A record or verdict for a list."""
    window = whole.state.windows.get(record.launch_window_id)
    return Named(
        record.record_id,
        "verdict" if isinstance(record, HeldVerdict) else record.kind,
        record.holder,
        says(record, window),
        whole.order.get(record.record_id),
        record.statement.checkpoint.timestamp_unix_ms
        if isinstance(record, HeldVerdict)
        else record.claimed_unix_ms,
        why,
    )


def _later(verdict: HeldVerdict, whole: Context, places: Mapping[str, int]) -> Iterator[Named]:
    """What came after a verdict and touches it, or stops what it is about."""
    statement = verdict.statement
    considered = named_by(statement)
    place = ledger_places(whole).get((verdict.record_id, verdict.key.fingerprint))
    signed_at = statement.checkpoint.timestamp_unix_ms
    found: list[Named] = []
    for record in whole.records.effective.verified:
        if record.record_id in considered:
            continue
        where = places.get(record.record_id)
        size = statement.ledger.size if statement.ledger is not None else place
        known = where < size if where is not None and size is not None else False
        if known or (where is None and record.claimed_unix_ms <= signed_at):
            continue
        why = _touches(record, verdict, considered, whole)
        if why:
            found.append(named(record, whole, why))
    yield from sorted(found, key=lambda n: (n.place is None, n.place or 0, n.at_unix_ms))


def _touches(
    record: VerifiedRecord, verdict: HeldVerdict, considered: frozenset[str], whole: Context
) -> str:
    body = record.body
    if isinstance(body, Revocation):
        return _revokes(record, verdict, considered, whole)
    same = verdict.statement.scope_hash == record.scope_hash
    if not record.is_negative:
        return ""
    if same or record.launch_window_id == verdict.launch_window_id:
        return "it is against the same scope or window"
    if getattr(body, "package_id", None) in considered:
        return "it is against a package of this scope"
    if record.kind == "blocker":
        return "it blocks the launch"
    return ""


def _revokes(
    revocation: VerifiedRecord, verdict: HeldVerdict, considered: frozenset[str], whole: Context
) -> str:
    effective = whole.records.effective
    if revocation in effective.record_revocations(verdict):
        return "it revokes this verdict"
    if any(revocation in found for found in effective.revoked_keys.values()):
        keys = {k for k, found in effective.revoked_keys.items() if revocation in found}
        if verdict.key.fingerprint in keys:
            return "it revokes the key that signed this verdict"
        if any(r.record_id in considered and r.key.fingerprint in keys for r in effective.verified):
            return "it revokes a key that signed what this verdict rests on"
    named_ids = {id_ for id_, found in effective.revocations.items() if revocation in found}
    return "it revokes what this verdict rests on" if named_ids & considered else ""
