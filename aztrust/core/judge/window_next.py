"""The steps that a launch window can take next: who signs each, and which conditions it lacks.

Everything comes from the rows of the present status (`state.window.table`). `window next`,
`window status`, `todo`, `sign` and `status` show these steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.judge.window_commands import GO, IN_ONE_SITTING, command_of, countersign_command
from aztrust.core.policy.authority import able_holders, missing_holders
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule, Quorum, count_votes
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.window.events import identity_of
from aztrust.core.state.window.facts import OF_THE_RECORD, EventFact, Fact
from aztrust.core.state.window.read import rule_of
from aztrust.core.state.window.row import Row, SignedBy, Trigger
from aztrust.core.state.window.state import JointAct, WindowState
from aztrust.core.state.window.table import TABLE, first_row_of, row_of

StepKind = Literal["forward", "clears", "optional", "stops", "takes-back"]
_STOPS: Final[frozenset[Trigger]] = frozenset(
    {"hold", "anomaly", "blocker", "defer", "abort", "decide-no-go", "observe-objection"}
)
_TAKES_BACK: Final[frozenset[Trigger]] = frozenset(
    {"final-check-not-passed", "scope-invalidated", "go-hold-not-reviewed", "exit-not-ready"}
)
_CLEARS: Final[frozenset[Trigger]] = frozenset(
    {"proceed-after-hold", "resolve-anomaly", "close-blocker"}
)
_OPTIONAL: Final[frozenset[Trigger]] = frozenset({"restart", "amend"})
_BY_COMMAND: Final[frozenset[EventFact]] = frozenset(OF_THE_RECORD)
"""The conditions that the command of a step meets by what it writes into the record."""


@frozen
class Waiting:
    """An act that has signatures, and lacks some or a condition.

    Args:
        act: the act, what waits for the ledger included.
        quorum: the count against its rule; None where no signature under the policy can do it.
        missing: who can still sign: each role with too few, and its holders.
        in_folder: the holders whose signatures the ledger does not have.
        command: what adds a signature, "" where none is missing.
    """

    act: JointAct
    quorum: Quorum | None
    missing: tuple[tuple[str, tuple[str, ...]], ...]
    in_folder: tuple[str, ...]
    command: str

    @property
    def record_id(self) -> str:
        """Of the payload that all of them sign."""
        return self.act.source.first.record_id

    @property
    def holders(self) -> tuple[str, ...]:
        """Who can still sign, sorted."""
        return tuple(sorted({holder for _, holders in self.missing for holder in holders}))


@frozen
class NextStep:
    """A step that the status of a window allows.

    Args:
        row: of the transition table.
        kind: whether it leads on, ends a stop, is taken on demand, stops the launch, or takes an
            earlier step back.
        rule: who signs it; None where no signature under the policy can.
        holders: who can sign it, sorted: of one that lacks signatures, those who have not signed.
        missing: the conditions that do not hold now.
        done: whether everything that it sets is there already.
        command: what does it, or adds a signature that it lacks; "" where the command line has
            none.
        waiting: the acts of this kind that have signatures.
    """

    row: Row
    kind: StepKind
    rule: ApprovalRule | None
    holders: tuple[str, ...]
    missing: tuple[Finding, ...]
    done: bool
    command: str
    waiting: tuple[Waiting, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether it can be taken now."""
        return not self.missing and not self.done and self.rule is not None


def steps_from(
    policy: Policy,
    state: WindowState,
    then: WindowState,
    now_unix_ms: int,
    revoked: frozenset[str] = frozenset(),
) -> tuple[NextStep, ...]:
    """Every step that the present status allows, in the order of the table.

    Args:
        policy: says who signs.
        state: of the window, as it counts now.
        then: the same after the keeper's next append; no one signs twice because of a wait.
        now_unix_ms: the time at which conditions are judged.
        revoked: the keys (fingerprints) that sign nothing any more.
    """
    waiting = tuple(waiting_acts(policy, state, then, revoked))
    return tuple(
        _step(policy, state, row, now_unix_ms, waiting, revoked)
        for row in _rows(state, now_unix_ms)
        if _has_object(row, state)
    )


def waiting_acts(
    policy: Policy,
    state: WindowState,
    then: WindowState,
    revoked: frozenset[str] = frozenset(),
) -> Iterator[Waiting]:
    """The acts that wait, each with who can still sign it.

    An act that takes effect with the keeper's next append waits, too, for that append.
    """
    counted = {identity_of(record) for act in state.waiting for record in act.source.records}
    taken = {step.source.first.record_id: step.source for step in then.steps}
    appended = [act for act in state.waiting if act.source.first.record_id in taken]
    for act in (*then.waiting, *appended):
        source = taken.get(act.source.first.record_id, act.source)
        quorum = quorum_of(policy, replace(act, source=source))
        missing: tuple[tuple[str, tuple[str, ...]], ...] = ()
        if quorum is not None and not quorum.met:
            missing = missing_holders(policy, quorum, revoked)
        in_folder = tuple(
            record.holder for record in source.records if identity_of(record) not in counted
        )
        first = act.source.first
        if isinstance(first, VerifiedRecord):
            typed = countersign_command(first.record_id)
        else:
            row = row_of(act.trigger, state.status, state.facts | _BY_COMMAND)
            typed = command_of(row.id, state) if row is not None else ""
        yield Waiting(act, quorum, missing, in_folder, typed if missing else "")


def quorum_of(policy: Policy, act: JointAct) -> Quorum | None:
    """The count of an act, also where the status of the window allows no such act yet."""
    row = first_row_of(act.trigger)
    rule = rule_of(policy, row.act)
    if rule is None:
        return None
    return count_votes(
        rule,
        (
            (record.holder, record.key.material, frozenset(policy.holders[record.holder].roles))
            for record in act.source.records
        ),
    )


def holders_of(
    policy: Policy, act: SignedBy, revoked: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The holders who may sign a step, sorted; none whose keys were all `revoked`."""
    # One signer of verdicts is enough for some steps; the rule of those is in the events.
    rule = rule_of(policy, "verdict" if act == "a-verdict" else act)
    return able_holders(policy, rule.roles if rule is not None else (), revoked)


def kind_of(row: Row) -> StepKind:
    """What a row of the table is to a launch."""
    if row.trigger in _STOPS:
        return "stops"
    if row.trigger in _TAKES_BACK:
        return "takes-back"
    if row.trigger in _OPTIONAL:
        return "optional"
    return "clears" if row.trigger in _CLEARS else "forward"


def _rows(state: WindowState, now_unix_ms: int) -> Iterator[Row]:
    """Of each trigger the row that it would be now, in the order of the table."""
    facts: frozenset[Fact] = state.facts_at(now_unix_ms) | _BY_COMMAND
    seen: set[Trigger] = set()
    for row in TABLE:
        trigger = row.trigger
        if trigger in seen:
            continue
        seen.add(trigger)
        found = row_of(trigger, state.status, facts)
        is_another = trigger.startswith("activate-") and trigger != state.activation
        if found is not None and not is_another:
            yield found


def _has_object(row: Row, state: WindowState) -> bool:
    """Whether what the step is about is there: a hold to end, a role that is not active yet."""
    match row.trigger:
        case "proceed-after-hold":
            return bool(state.holds)
        case "resolve-anomaly":
            return bool(state.anomalies)
        case "close-blocker":
            return bool(state.blockers)
        case "restart":
            return bool(state.every_anomaly)
        case "activate-next" | "activate-last":
            return bool(state.next_role)
        case _:
            return True


def _step(
    policy: Policy,
    state: WindowState,
    row: Row,
    now_unix_ms: int,
    waiting: tuple[Waiting, ...],
    revoked: frozenset[str],
) -> NextStep:
    facts = state.facts_at(now_unix_ms) | _BY_COMMAND
    rule = rule_of(policy, row.act)
    mine = tuple(w for w in waiting if _is_of(w.act.trigger, row))
    kind = kind_of(row)
    command = command_of(row.id, state)
    sat = any(w.act.trigger in IN_ONE_SITTING for w in waiting)
    if row.id == IN_ONE_SITTING[0] and not sat:
        command = command_of(GO, state) or command
    holders = holders_of(policy, row.act, revoked)
    lacking = [w for w in mine if w.command and w.holders]
    if lacking:
        # A second proposal would split the signatures.
        command = lacking[0].command
        holders = tuple(sorted({h for w in lacking if w.command == command for h in w.holders}))
    return NextStep(
        row,
        kind,
        rule,
        holders,
        tuple(need.finding(state) for need in row.needs if not need.holds(facts)),
        kind == "forward" and _is_done(row, facts),
        command,
        mine,
    )


def _is_done(row: Row, facts: frozenset[Fact]) -> bool:
    """Whether everything that a step sets is there; a final check is made again once it is old."""
    is_old = row.trigger == "final-check-passed" and "final-checks-recent" not in facts
    return not row.enters and bool(row.sets) and facts.issuperset(row.sets) and not is_old


def _is_of(trigger: Trigger, row: Row) -> bool:
    same_kind = trigger == "activate-next" and row.trigger.startswith("activate-")
    return trigger == row.trigger or same_kind
