"""From records and verdicts to the events of one window, in the order in which they count.

The order is the ledger's. What only the folder has, and counts at once, comes after it. Without a
ledger there are only the times that the signers claim. The time of an event is the largest time
that was claimed until then, so that no clock runs backwards.

When an entry was appended is signed nowhere: a head carries no time. But a ledger takes nothing
that is dated more than `AHEAD_MS` ahead of its keeper's clock, so what comes after an entry of time
T was appended at T - `AHEAD_MS` or later. What ends by a time has ended for an entry that was
appended after it, whatever its signer claims.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, Final

from aztrust.core.base.times import AHEAD_MS
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.history.verdictset import HeldVerdict, VerdictSet
from aztrust.core.records.checkpoint import FINAL, FREEZE, CheckpointClass
from aztrust.core.records.observation import (
    LAUNCH_OBSERVATION,
    LaunchAnomaly,
    LaunchObservation,
    unknown_answers,
)
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.blockers import Blockers, severity_of
from aztrust.core.state.window.facts import EventFact
from aztrust.core.state.window.row import Trigger
from aztrust.core.state.window.state import Signed

Identity = tuple[str, str]
Places = Mapping[Identity, int]

_LAST: Final = 2**62
"""After every entry of a ledger."""


@frozen
class Event:
    """One signed statement that is about a window, at its place.

    Args:
        triggers: what it is, in the order in which that counts.
        key: what its signatures are counted under: statements with one key make one act.
        record: the statement.
        place: its index in the ledger, None where no ledger has it.
        claimed_unix_ms: when its signer says that it was made.
        voided_at: where the first revocation comes that takes it back: its place and the time
            that it claims; None where none does.
        appended_unix_ms: it entered the ledger then or later, by what is before it there; 0 where
            nothing shows when.
        facts: what is so at its place besides what the record itself says.
    """

    triggers: tuple[Trigger, ...]
    key: str
    record: Signed
    place: int | None
    claimed_unix_ms: int
    voided_at: tuple[int, int] | None = None
    appended_unix_ms: int = 0
    facts: frozenset[EventFact] = frozenset()

    @property
    def order(self) -> tuple[int, int, str, str]:
        """Where it comes."""
        place = _LAST if self.place is None else self.place
        return (place, self.claimed_unix_ms, *identity_of(self.record))


def identity_of(record: Signed) -> Identity:
    """(record id, key fingerprint): the unit that is counted (law 8)."""
    return record.record_id, record.key.fingerprint


def events_of(
    scope_hash: str,
    launch_window_id: str,
    effective: EffectiveRecords,
    verdicts: VerdictSet,
    blockers: Blockers,
    places: Places,
    now_unix_ms: int | None = None,
) -> tuple[Event, ...]:
    """The events of one window, sorted.

    Args:
        scope_hash, launch_window_id: which window.
        effective: the records, those of this policy that count.
        verdicts: the verdicts by holders who may sign one.
        blockers: those of the launch.
        places: identity to the index in the ledger; {} where there is no ledger.
        now_unix_ms: the reader's time, after which nothing was made; None for no such time.
    """
    found: list[Event] = []
    for record in effective.verified:
        trigger = trigger_of(record)
        about = record.launch_window_id in ("", launch_window_id)
        if trigger and about and record.scope_hash == scope_hash:
            found.append(_event((trigger,), record.record_id, record, effective, places))
    for verdict in verdicts.verdicts:
        statement = verdict.statement
        if (statement.scope_hash, verdict.launch_window_id) != (scope_hash, launch_window_id):
            continue
        if triggers := triggers_of(verdict):
            passed = triggers[-1] not in _NOT_PASSED
            key = statement.checkpoint.checkpoint_class if passed else verdict.record_id
            found.append(_event(triggers, key, verdict, effective, places))
    found += _of_blockers(blockers, effective, places)
    found = _appended(found, effective, verdicts, places)
    if now_unix_ms is not None:
        found = [
            replace(
                event,
                claimed_unix_ms=min(event.claimed_unix_ms, now_unix_ms),
                appended_unix_ms=min(event.appended_unix_ms, now_unix_ms),
            )
            for event in found
        ]
    return tuple(sorted(_before_their_proceed(found), key=lambda event: event.order))


def _appended(
    events: list[Event], effective: EffectiveRecords, verdicts: VerdictSet, places: Places
) -> list[Event]:
    """The events, each with the time from which on it was appended: by every entry before it, also
    by those that are nothing to this window, such as the keeper's heartbeats.
    """
    records: tuple[Signed, ...] = (*effective.verified, *verdicts.verdicts)
    dated = sorted(
        (places[identity_of(record)], claimed_unix_ms(record) - AHEAD_MS)
        for record in records
        if identity_of(record) in places
    )
    latest = tuple(accumulate((made for _, made in dated), max))
    found = []
    for event in events:
        before = 0 if event.place is None else bisect_left(dated, (event.place, 0))
        found.append(replace(event, appended_unix_ms=latest[before - 1]) if before else event)
    return found


def _before_their_proceed(events: list[Event]) -> Iterator[Event]:
    """The events; a hold that only the folder has comes before the first proceed that names it.

    A ledger does not take what is dated ahead of its keeper's clock. Who ends such a hold knew it.
    """
    ends: dict[str, Event] = {}
    for event in sorted(events, key=lambda each: each.order):
        if event.triggers == ("proceed-after-hold",):
            ends.setdefault(_named(event, "prior_hold_id"), event)
    for event in events:
        end = ends.get(_named(event, "hold_id"))
        if end is None or event.triggers != ("hold",) or event.place is not None:
            yield event
            continue
        place = None if end.place is None else end.place - 1
        made = min(event.claimed_unix_ms, end.claimed_unix_ms - 1)
        yield replace(event, place=place, claimed_unix_ms=made)


def _named(event: Event, field: str) -> str:
    """A field of its record, "" where it has none."""
    return getattr(getattr(event.record, "body", None), field, None) or ""


def _of_blockers(
    blockers: Blockers, effective: EffectiveRecords, places: Places
) -> Iterator[Event]:
    for opening in blockers.openings:
        if severity_of(opening) != "critical":
            continue
        yield _event(("blocker",), opening.record_id, opening, effective, places)
        key = opening.record_id + " closed"
        # One that was revoked after the start closed it all the same.
        for closing in blockers.revoked_closings.get(opening.identity, ()):
            yield _event(("close-blocker",), key, closing, effective, places)
        closings = [
            _event(("close-blocker",), key, closing, effective, places)
            for closing in blockers.closings_of(opening)
        ]
        yield from sorted(closings, key=lambda event: event.order)[:1]


def _event(
    triggers: tuple[Trigger, ...],
    key: str,
    record: Signed,
    effective: EffectiveRecords,
    places: Places,
) -> Event:
    if isinstance(record, HeldVerdict):
        negative = not record.statement.passed
    else:
        negative = record.is_negative
    voided = None if negative else _voided_at(record, effective, places)
    place, claimed = places.get(identity_of(record)), claimed_unix_ms(record)
    return Event(triggers, key, record, place, claimed, voided)


def claimed_unix_ms(record: Signed) -> int:
    """When its signer says that it was made."""
    if isinstance(record, HeldVerdict):
        return record.statement.checkpoint.timestamp_unix_ms
    return record.claimed_unix_ms


def _voided_at(
    record: Signed, effective: EffectiveRecords, places: Places
) -> tuple[int, int] | None:
    revocations = (*effective.record_revocations(record), *effective.key_revocations(record))
    found = (
        (places.get(identity_of(revocation), _LAST), revocation.claimed_unix_ms)
        for revocation in revocations
    )
    return min(found, default=None)


def trigger_of(record: VerifiedRecord) -> Trigger | None:
    """What a record is to a window, None where it is nothing to it."""
    return trigger_of_body(record.kind, record.body)


def trigger_of_body(kind: str, body: Any) -> Trigger | None:  # noqa: ANN401 - of one of many kinds
    """What a record is to a window once it is signed; as `trigger_of`."""
    if kind == "launch-proceed":
        return "proceed" if body.prior_hold_id is None else "proceed-after-hold"
    if kind == "go-no-go-decision":
        return "decide-go" if body.decision == "GO" else "decide-no-go"
    if kind == "role-activation":
        return "activate-next" if body.action == "activate" else "restart"
    if isinstance(body, LaunchObservation):
        if LAUNCH_OBSERVATION.is_negative(body):
            return "observe-objection"
        # What was not looked at has not passed (AZ-11.3): such an observation is only kept.
        return None if unknown_answers(body.answers) else "observe"
    if isinstance(body, LaunchAnomaly):
        return "anomaly" if stops_launch(body) else None
    return _BY_KIND.get(kind)


def stops_launch(anomaly: LaunchAnomaly) -> bool:
    """Whether an anomaly stops a window until it is resolved: a critical one does, and where its
    severity is not named, one whose guidance is not CONTINUE.
    """
    if anomaly.severity is None:
        return anomaly.guidance != "CONTINUE"
    return anomaly.severity == "critical"


def triggers_of(verdict: HeldVerdict) -> tuple[Trigger, ...]:
    """What a verdict is to its window, () where it is nothing to it."""
    checkpoint = verdict.statement.checkpoint
    name, passed = checkpoint.checkpoint_class, verdict.statement.passed
    if name == FREEZE:
        return ("freeze",) if passed else ()
    if name == FINAL:
        if passed:
            return ("final-check", "final-check-passed")
        if verdict.statement.finds_broken_truth:
            return ("final-check", "scope-invalidated")
        return ("final-check", "final-check-not-passed")
    positive, negative = _CHECKPOINTS[name]
    if passed:
        return (positive,)
    return (negative,) if negative else ()


def trigger_of_pass(checkpoint_class: CheckpointClass) -> Trigger:
    """The step that a passed checkpoint of one of the six further classes is."""
    return _CHECKPOINTS[checkpoint_class][0]


_NOT_PASSED: Final[frozenset[Trigger]] = frozenset(
    {"final-check-not-passed", "scope-invalidated", "go-hold-not-reviewed", "exit-not-ready"}
)
_BY_KIND: Final[Mapping[str, Trigger]] = {
    "launch-hold": "hold",
    "launch-authorization": "authorize",
    "bootstrap-start-instruction": "instruct",
    "restricted-posture-entry": "enter-posture",
    "restricted-posture-exit": "exit-posture",
    "normalization": "normalize",
    "amendment": "amend",
    "anomaly-resolution": "resolve-anomaly",
    "launch-defer": "defer",
    "launch-abort": "abort",
}
_CHECKPOINTS: Final[Mapping[str, tuple[Trigger, Trigger | None]]] = {
    "go_hold_review_completed": ("go-hold-reviewed", "go-hold-not-reviewed"),
    "bootstrap_authorized": ("bootstrap-authorized", None),
    "first_blocks_healthy": ("first-blocks-healthy", None),
    "first_epoch_finalized": ("first-epoch-finalized", None),
    "restricted_posture_entered": ("posture-entered", None),
    "restricted_posture_exit_ready": ("exit-ready", "exit-not-ready"),
}
