"""What would become of a window if records were signed: the same fold, with more statements.

A record is put through it before the first signature: with the envelopes of everyone who may sign
it, made now. What then takes no effect, takes none however many sign it, and the fold gives the
reason.
So no condition is written a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.opening import Keyring
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.model import Policy
from aztrust.core.records.checkpoint import Checkpoint, CheckpointClass
from aztrust.core.records.records import Unsigned, VerifiedRecord
from aztrust.core.records.verdict import VerdictStatement
from aztrust.core.state.window.events import Event, identity_of
from aztrust.core.state.window.fold import fold_window, not_possible
from aztrust.core.state.window.read import Statements, rule_of, signers_of, window_events
from aztrust.core.state.window.row import SignedBy, Trigger
from aztrust.core.state.window.state import WindowState

NOTHING = "sha256:" + "0" * 64


@frozen
class Launch:
    """What a rehearsal needs of a launch.

    Args:
        policy: says who may sign what.
        keyring: the public keys of its holders.
        statements: what was signed.
        scope_hash, launch_window_id: which window.
        now_unix_ms: when the records would be signed.
    """

    policy: Policy
    keyring: Keyring
    statements: Statements
    scope_hash: str
    launch_window_id: str
    now_unix_ms: int


@frozen
class Rehearsed:
    """One of the records after a rehearsal.

    Args:
        record_id: of the record.
        takes_effect: whether it does once enough have signed.
        findings: why it does not; () where it does.
    """

    record_id: str
    takes_effect: bool
    findings: tuple[Finding, ...] = ()


def rehearse(
    launch: Launch, records: Sequence[Unsigned], checkpoints: Iterable[CheckpointClass] = ()
) -> tuple[Rehearsed, ...]:
    """What each of these records would do if all who may sign them did, now.

    Args:
        launch: the window, and who may sign.
        records: of one sitting; one may make another one possible.
        checkpoints: verdicts that would pass in between.
    """
    named = [(record.record_id, record) for record in records]
    more = [env for record_id, record in named for env in _envelopes(launch, record_id, record)]
    passed = [v for name in checkpoints for v in _verdicts(launch, name)]
    statements = launch.statements
    effective, verdicts = statements.effective, statements.verdicts
    known = {identity_of(record) for record in effective.verified}
    new = tuple(record for record in more if identity_of(record) not in known)
    supposed = replace(
        statements,
        effective=replace(effective, verified=(*effective.verified, *new)),
        verdicts=replace(verdicts, verdicts=(*verdicts.verdicts, *passed)),
    )
    # Not at the reader's time: a clock that is behind opens nothing again by an act of its own.
    begin, events = window_events(
        launch.policy, supposed, launch.scope_hash, launch.launch_window_id
    )
    supposed_ids = {identity_of(record) for record in new} | {identity_of(v) for v in passed}
    timed = (_now(event, supposed_ids, launch.now_unix_ms) for event in events)
    ordered = tuple(sorted(timed, key=lambda event: event.order))
    state = fold_window(begin, ordered, *signers_of(launch.policy), launch.now_unix_ms)
    return tuple(_judged(state, record_id, trigger_in(events, record_id)) for record_id, _ in named)


def supposing(statements: Statements, verdict: HeldVerdict) -> Statements:
    """The statements of a launch with one more verdict; themselves where it is among them."""
    verdicts = statements.verdicts
    if identity_of(verdict) in {identity_of(known) for known in verdicts.verdicts}:
        return statements
    more = replace(verdicts, verdicts=(*verdicts.verdicts, verdict))
    return replace(statements, verdicts=more)


def trigger_in(events: Iterable[Event], record_id: str) -> Trigger | None:
    """What a record is to the window; None where it is nothing to it."""
    return next((e.triggers[-1] for e in events if e.record.record_id == record_id), None)


def _now(event: Event, added: set[tuple[str, str]], now_unix_ms: int) -> Event:
    """A supposed statement is made now, also where its payload is from before."""
    if identity_of(event.record) not in added:
        return event
    return replace(event, claimed_unix_ms=max(event.claimed_unix_ms, now_unix_ms))


def _judged(state: WindowState, record_id: str, trigger: Trigger | None) -> Rehearsed:
    if any(step.source.first.record_id == record_id for step in state.steps):
        return Rehearsed(record_id, takes_effect=True)
    for unused in state.unused:
        if unused.source.first.record_id == record_id:
            return Rehearsed(record_id, takes_effect=False, findings=unused.findings)
    for act in state.waiting:
        if act.source.first.record_id != record_id:
            continue
        found = act.missing
        if not found and act.quorum is None:
            found = (not_possible(act.trigger, state),)
        return Rehearsed(record_id, takes_effect=False, findings=found or (_short(act.trigger),))
    found = (_short(trigger),) if trigger is not None else ()
    return Rehearsed(record_id, takes_effect=False, findings=found)


def _short(trigger: Trigger | None) -> Finding:
    return Finding(
        "threshold-unmet",
        trigger or "record",
        "the holders whose signatures can still count cannot sign enough for it",
        mend="aztrust policy lint",
    )


def _envelopes(launch: Launch, record_id: str, record: Unsigned) -> Iterator[VerifiedRecord]:
    """The record by every key of every holder: a vote without a role of the act counts nothing."""
    for holder in launch.policy.holders:
        for key in _keys(launch, holder):
            yield record.by(holder, key, record_id)


def _verdicts(launch: Launch, checkpoint_class: CheckpointClass) -> Iterator[HeldVerdict]:
    """A pass of a checkpoint by every key that may sign a verdict."""
    for holder in able(launch.policy, "verdict"):
        for key in _keys(launch, holder):
            checkpoint = Checkpoint(
                checkpoint_id=NOTHING,
                launch_window_id=launch.launch_window_id,
                checkpoint_class=checkpoint_class,
                checkpoint_scope_hash=launch.scope_hash,
                verdict="pass",
                timestamp_unix_ms=launch.now_unix_ms,
            )
            policy_digest = launch.statements.policy_digest
            statement = VerdictStatement(key, checkpoint, (), policy_digest, (), (), {})
            yield HeldVerdict(f"supposed {checkpoint_class} {holder}", holder, statement)


def able(policy: Policy, act: SignedBy) -> tuple[str, ...]:
    """The holders who may sign a step, sorted."""
    rule = rule_of(policy, act)
    roles = () if rule is None else tuple(rule.roles)
    return tuple(sorted({name for role in roles for name in policy.holders_of_role(role)}))


def _keys(launch: Launch, holder: str) -> tuple[VerificationMaterial, ...]:
    keys, named = launch.keyring.keys, launch.policy.holders[holder].keys
    return tuple(keys[key] for key in named if key in keys)
