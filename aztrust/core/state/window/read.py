"""The state of one window, from the statements of a launch."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.value import frozen, replace
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.history.verdictset import VerdictSet
from aztrust.core.policy.authority import authority_rule, verdict_rule
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule
from aztrust.core.policy.window_limits import window_limits
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.summary import VERDICT
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.blockers import Blockers
from aztrust.core.state.window.definitions import Definitions
from aztrust.core.state.window.events import Event, events_of
from aztrust.core.state.window.facts import EventFact
from aztrust.core.state.window.fold import Roles, Rules, fold_window
from aztrust.core.state.window.row import SignedBy
from aztrust.core.state.window.state import Limits, WindowState


@frozen
class Statements:
    """What was signed for a launch, as far as it counts.

    Args:
        policy_digest: the policy in force; a verdict under another one counts nowhere.
        effective: the records.
        verdicts: the verdicts.
        blockers: what was opened and closed.
        places: identity of a statement to its index in the ledger, {} where there is none.
        definitions: of the checklist, as they are here.
    """

    policy_digest: str
    effective: EffectiveRecords
    verdicts: VerdictSet
    blockers: Blockers
    places: Mapping[tuple[str, str], int]
    definitions: Definitions = Definitions()


def read_window(
    policy: Policy,
    statements: Statements,
    scope_hash: str,
    launch_window_id: str,
    now_unix_ms: int | None = None,
) -> WindowState:
    """What has become of one window.

    Args:
        policy: says who may sign what, and its limits.
        statements: what was signed.
        scope_hash, launch_window_id: which window.
        now_unix_ms: the reader's time, at which waiting acts are judged; None for that of the last
            event. What claims a later time is judged as made now: a clock that is ahead opens
            nothing before its time (law 12).
    """
    begin, events = window_events(policy, statements, scope_hash, launch_window_id, now_unix_ms)
    return fold_window(begin, events, *signers_of(policy), now_unix_ms)


def window_events(
    policy: Policy,
    statements: Statements,
    scope_hash: str,
    launch_window_id: str,
    now_unix_ms: int | None = None,
) -> tuple[WindowState, tuple[Event, ...]]:
    """A window before anything was signed in it, and what was, sorted. Arguments: `read_window`."""
    verdicts = statements.verdicts
    counting = tuple(
        v
        for v in verdicts.verdicts
        if v.statement.policy_digest == statements.policy_digest
        and VERDICT.is_by_a_role(policy, v.holder, v.statement)
    )
    events = events_of(
        scope_hash,
        launch_window_id,
        statements.effective,
        replace(verdicts, verdicts=counting),
        statements.blockers,
        statements.places,
        now_unix_ms,
    )
    windows = (
        record
        for record in statements.effective.verified
        if isinstance(record.body, LaunchWindow)
        and (record.scope_hash, record.launch_window_id) == (scope_hash, launch_window_id)
        and statements.effective.is_effective(record)
    )
    limits = window_limits(policy)
    opened = next(windows, None)
    own = Limits(limits.max_final_check_age_ms, limits.min_posture_ms)
    begin = WindowState(
        launch_window_id, scope_hash, own, opened, by_checklist=policy.checklist is not None
    )
    return _with_checklist(policy, statements, begin, events)


def _with_checklist(
    policy: Policy, statements: Statements, begin: WindowState, events: tuple[Event, ...]
) -> tuple[WindowState, tuple[Event, ...]]:
    """Each GO with whether it rests on the checklist, and with where that was taken back."""
    rests: frozenset[EventFact] = frozenset({"checklist-decided"})
    if policy.checklist is None:
        return begin, tuple(
            replace(event, facts=rests) if event.triggers == ("decide-go",) else event
            for event in events
        )
    # Few launches have a checklist.
    from aztrust.core.state.window.checklist_basis import Basis as ChecklistBasis
    from aztrust.core.state.window.checklist_basis import checklist_faults, taken_back

    basis = ChecklistBasis(policy, statements.definitions, statements.effective, statements.places)
    found: list[Event] = []
    for event in events:
        record = event.record
        if event.triggers != ("decide-go",) or not isinstance(record, VerifiedRecord):
            found.append(event)
            continue
        faults = checklist_faults(basis, record)
        if faults:
            begin = replace(begin, checklist_text="; ".join(faults))
            found.append(event)
            continue
        gone = [at for at in (event.voided_at, taken_back(basis, record)) if at is not None]
        found.append(replace(event, facts=rests, voided_at=min(gone, default=None)))
    return begin, tuple(found)


def signers_of(policy: Policy) -> tuple[Rules, Roles]:
    """Who may sign what, and the roles of each holder, as the fold asks for them."""
    return (
        lambda act: rule_of(policy, act),
        lambda holder: frozenset(policy.holders[holder].roles),
    )


def rule_of(policy: Policy, act: SignedBy) -> ApprovalRule | None:
    """Who signs a step; None where no signature under this policy can."""
    if act == "verdict":
        return verdict_rule(policy)
    if act == "anyone":
        roles = {role: 0 for holder in policy.holders.values() for role in holder.roles}
        return ApprovalRule.model_construct(distinct_holders=1, roles=roles)
    if act == "a-verdict":
        # The events have only verdicts by holders who may sign one.
        return rule_of(policy, "anyone")
    return authority_rule(policy, act)
