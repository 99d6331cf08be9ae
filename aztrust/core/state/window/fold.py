"""The state of one launch window: a fold over its events, by the rows of the table.

An act counts when enough holders signed it. It takes effect when its conditions hold: at once, or,
where its row says so, as soon as they do, so that the acts of one sitting take effect in the order
of the table. What takes effect is not undone by a later event, with one exception: until the
network has started, a revocation takes a signature back as if it had never been there (law 9).
After the start the history stays, because the network does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.policy.quorum import ApprovalRule, Quorum, Vote, count_votes
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.window.effects import changed, expires_at, facts_of
from aztrust.core.state.window.events import Event, Identity, identity_of
from aztrust.core.state.window.row import PLACE, Row, SignedBy, Trigger
from aztrust.core.state.window.state import (
    JointAct,
    Source,
    Step,
    Unused,
    WindowState,
)
from aztrust.core.state.window.table import TABLE, row_of, rows_of

NOT_POSSIBLE: Final = "step-not-possible"
EXPIRED: Final = "act-expired"

Rules = Callable[[SignedBy], ApprovalRule | None]
"""The rule of an act under a policy; None where no signature can do it."""
Roles = Callable[[str], frozenset[str]]
"""The roles of a holder."""


@frozen
class _Pending:
    """An act with the signatures that it has so far, the last one of each key."""

    trigger: Trigger
    events: tuple[Event, ...]

    @property
    def first(self) -> Any:  # noqa: ANN401 - a record or a verdict of any kind
        return self.events[0].record


def fold_window(
    begin: WindowState,
    events: Sequence[Event],
    rules: Rules,
    roles: Roles,
    now_unix_ms: int | None = None,
) -> WindowState:
    """The state that the events lead to.

    Args:
        begin: the window before any of them.
        events: sorted; every prefix gives the state at that place.
        rules: who may sign what.
        roles: of each holder.
        now_unix_ms: a time at which waiting acts are judged, None for that of the last event.
    """
    voided: frozenset[Identity] = frozenset()
    refused: dict[tuple[Trigger, Identity], Unused] = {}
    while True:
        run = _Run(begin, rules, roles, voided, refused)
        again = run.over(events)
        if again is None:
            return run.end(now_unix_ms)
        voided |= again
        refused |= run.refused


class _Run:
    """One pass over the events; it ends early where a revocation changes what came before."""

    def __init__(
        self,
        begin: WindowState,
        rules: Rules,
        roles: Roles,
        voided: frozenset[Identity],
        refused: Mapping[tuple[Trigger, Identity], Unused],
    ) -> None:
        self.state = begin
        self.acts: dict[tuple[Trigger, str], _Pending] = {}
        self.refused: dict[tuple[Trigger, Identity], Unused] = {}
        self._rules, self._roles, self._voided = rules, roles, voided
        # A revocation lets nothing happen: what had no effect before it has none after it.
        self._refused_before = refused
        self._unused: dict[tuple[Trigger, tuple[Identity, ...]], Unused] = {}
        self._done: dict[tuple[Trigger, str], int] = {}

    def over(self, events: Sequence[Event]) -> frozenset[Identity] | None:
        """Take every event; what was revoked before the start, where a new pass is needed."""
        takes_back = sorted(
            (event.voided_at, identity_of(event.record))
            for event in events
            if event.voided_at is not None and identity_of(event.record) not in self._voided
        )
        due = 0
        for event in events:
            while due < len(takes_back) and takes_back[due][0] <= event.order[:2]:
                if not self.state.has_started:
                    return _with_one_revocation(takes_back[due:])
                self._withdraw(takes_back[due][1])
                due += 1
            self._take(event)
        if due < len(takes_back) and not self.state.has_started:
            return _with_one_revocation(takes_back[due:])
        for _, identity in takes_back[due:]:
            self._withdraw(identity)
        return None

    def _withdraw(self, identity: Identity) -> None:
        """After the start: what took effect stays, and what did not loses this signature."""
        self.state = replace(self.state, withdrawn=self.state.withdrawn | {identity})
        for key, act in list(self.acts.items()):
            left = tuple(e for e in act.events if identity_of(e.record) != identity)
            if not left:
                del self.acts[key]
            elif left != act.events:
                self.acts[key] = _Pending(act.trigger, left)

    def _take(self, event: Event) -> None:
        identity = identity_of(event.record)
        if identity in self._voided or identity in self.state.withdrawn:
            return
        now = max(self.state.now_unix_ms, event.claimed_unix_ms, event.appended_unix_ms)
        self.state = replace(self.state, now_unix_ms=now)
        for trigger in event.triggers:
            if trigger == "final-check" and self.state.status != "OPEN":
                # Only the first one is a step of its own.
                continue
            if trigger in _TAKES_BACK:
                for other in _TAKES_BACK[trigger]:
                    self._forget(other)
            before = self._refused_before.get((trigger, identity))
            if before is not None:
                self._refuse(before)
                continue
            key = (trigger, event.key)
            if key in self._done and isinstance(event.record, VerifiedRecord):
                self._join(self._done[key], event.record)
                continue
            others = self.acts[key].events if key in self.acts else ()
            kept = tuple(e for e in others if e.record.key != event.record.key)
            self.acts[key] = _Pending(trigger, (*kept, event))
            self._settle(key)

    def _join(self, place: int, record: VerifiedRecord) -> None:
        """A signature of an act that took effect: it is listed there, and does nothing again."""
        steps = list(self.state.steps)
        source = steps[place].source
        joined = replace(source, records=(*source.records, record))
        steps[place] = replace(steps[place], source=joined)
        self.state = replace(self.state, steps=tuple(steps))

    def _forget(self, trigger: Trigger) -> None:
        for key in [key for key in self.acts if key[0] == trigger]:
            del self.acts[key]

    def _settle(self, latest: tuple[Trigger, str]) -> None:
        """Let the latest act take effect, or wait where it may; then every other one that can.

        What waits can begin only after another step: neither a later time nor a revocation lets it.
        """
        if self._takes_effect(latest):
            while any(map(self._takes_effect, sorted(self.acts, key=self._order))):
                pass
            return
        act = self.acts.get(latest)
        if act is None:
            return
        row, quorum, missing = self._judged(act)
        if row is None:
            if not _may_come(act.trigger, self.state):
                self._drop(latest, (not_possible(act.trigger, self.state),))
        elif quorum is not None and quorum.met and missing and not row.waits:
            self._drop(latest, missing)

    def _takes_effect(self, key: tuple[Trigger, str]) -> bool:
        """Whether an act was done now; one that has expired is dropped."""
        act = self.acts[key]
        row, quorum, missing = self._judged(act)
        if row is None or quorum is None or not quorum.met or missing:
            return False
        if _is_expired(act, self.state.now_unix_ms):
            self._drop(key, (_expired(act),))
            return False
        del self.acts[key]
        self._done[key] = len(self.state.steps)
        self._apply(row, act)
        return True

    def _order(self, key: tuple[Trigger, str]) -> tuple[int, tuple[int, int, str, str]]:
        return _TABLE_ORDER[key[0]], self.acts[key].events[0].order

    def _judged(
        self, act: _Pending, at_unix_ms: int | None = None
    ) -> tuple[Row | None, Quorum | None, tuple[Finding, ...]]:
        """The row that an act is, its count, and the conditions that are missing.

        At the place of the last event, with the times that its own signers claim; or at a time.
        """
        trigger = act.trigger
        now, made = self.state.now_unix_ms, min(event.claimed_unix_ms for event in act.events)
        if at_unix_ms is not None:
            now = made = at_unix_ms
        facts = self.state.facts_at(now, made) | facts_of(trigger, act.first, self.state)
        facts |= act.events[-1].facts
        if trigger == "activate-next":
            trigger = self.state.activation
        chosen = row_of(trigger, self.state.status, facts)
        if chosen is None:
            return None, None, ()
        rule = self._rules(chosen.act)
        quorum = None if rule is None else count_votes(rule, self._votes(act))
        missing = tuple(n.finding(self.state) for n in chosen.needs if not n.holds(facts))
        return chosen, quorum, missing

    def _votes(self, act: _Pending) -> Iterable[Vote]:
        for event in act.events:
            record = event.record
            yield record.holder, record.key.material, self._roles(record.holder)

    def _drop(self, key: tuple[Trigger, str], findings: tuple[Finding, ...]) -> None:
        act = self.acts.pop(key)
        unused = Unused(act.trigger, self._source(act), findings)
        self.refused |= {(act.trigger, identity_of(e.record)): unused for e in act.events}
        self._refuse(unused)

    def _refuse(self, unused: Unused) -> None:
        signed = tuple(identity_of(record) for record in unused.source.records)
        self._unused.setdefault((unused.trigger, signed), unused)

    def _source(self, act: _Pending) -> Source:
        last = act.events[-1]
        records = tuple(event.record for event in act.events)
        return Source(records, self.state.now_unix_ms, last.place)

    def _apply(self, row: Row, act: _Pending) -> None:
        source = self._source(act)
        made = min(event.claimed_unix_ms for event in act.events)
        self.state = changed(self.state, row, act.trigger, made, source)
        self._enter(row, source)
        if row.trigger == "final-check":
            self._forget("final-check")
        if row.trigger == "instruct":
            # The scope is confirmed by checks that were signed after the instruction.
            self._forget("final-check-passed")
        if row.trigger == "activate-first" and len(self.state.order) == 1:
            # The only role is the first and the last one: one record is both steps.
            (last,) = rows_of("activate-last", self.state.status)
            self.state = replace(self.state, facts=self.state.facts | set(last.sets))
            self._enter(last, source)

    def _enter(self, row: Row, source: Source) -> None:
        """The status and phase after a step, and the step among those that took effect."""
        state = self.state
        status = row.enters or state.status
        phase = row.phase if row.phase >= 0 else state.phase
        step = Step(row, source, status, phase)
        self.state = replace(state, status=status, phase=phase, steps=(*state.steps, step))

    def end(self, now_unix_ms: int | None) -> WindowState:
        """The state, with what still waits and what had no effect."""
        now = self.state.now_unix_ms if now_unix_ms is None else now_unix_ms
        waiting = []
        for key in sorted(self.acts, key=self._order):
            act = self.acts[key]
            row, quorum, missing = self._judged(act, now)
            if row is None and not _may_come(act.trigger, self.state):
                findings = (not_possible(act.trigger, self.state),)
                self._refuse(Unused(act.trigger, self._source(act), findings))
                continue
            if _is_expired(act, now):
                self._refuse(Unused(act.trigger, self._source(act), (_expired(act),)))
                continue
            expires = expires_at(act.first)
            waiting.append(JointAct(act.trigger, self._source(act), quorum, missing, expires))
        return replace(self.state, waiting=tuple(waiting), unused=tuple(self._unused.values()))


def _with_one_revocation(
    takes_back: Sequence[tuple[tuple[int, int], Identity]],
) -> frozenset[Identity]:
    """What the first revocation of these takes back: of a key, several at once."""
    return frozenset(what for where, what in takes_back if where == takes_back[0][0])


_TABLE_ORDER: Final[dict[Trigger, int]] = {
    row.trigger: place for place, row in reversed(tuple(enumerate(TABLE)))
}
_TAKES_BACK: Final[dict[Trigger, tuple[Trigger, ...]]] = {
    # What was proposed rests on the final check before: it is decided again.
    "final-check-not-passed": (
        *("final-check-passed", "proceed", "go-hold-reviewed", "decide-go"),
        *("authorize", "bootstrap-authorized", "instruct"),
    ),
    "scope-invalidated": ("final-check-passed",),
    "go-hold-not-reviewed": ("go-hold-reviewed",),
    "exit-not-ready": ("exit-ready",),
}
"""What a negative verdict takes back from what waits."""


def _may_come(trigger: Trigger, state: WindowState) -> bool:
    """Whether an act that is not possible in this status can still become so."""
    return state.is_running and any(
        row.trigger == trigger and row.waits and PLACE[row.possible_in[-1]] >= PLACE[state.status]
        for row in TABLE
    )


def not_possible(trigger: Trigger, state: WindowState) -> Finding:
    """That a step is not possible in the present status."""
    where = [s for row in TABLE if row.trigger == trigger for s in row.possible_in]
    wanted = ", ".join(dict.fromkeys(where))
    clauses = ", ".join(
        dict.fromkeys(c for row in TABLE if row.trigger == trigger for c in row.clauses)
    )
    return Finding(
        NOT_POSSIBLE,
        trigger,
        f"the window is {state.status}, and this step is possible in {wanted} ({clauses})",
        expected=wanted,
        actual=state.status,
        mend="aztrust window next",
    )


def _expired(act: _Pending) -> Finding:
    return Finding(
        EXPIRED,
        act.trigger,
        "the proposal expired before its signatures and conditions were complete",
        mend="propose it again: aztrust window next",
    )


def _is_expired(act: _Pending, now_unix_ms: int) -> bool:
    expires = expires_at(act.first)
    return expires is not None and now_unix_ms > expires
