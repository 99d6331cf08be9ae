"""What a step does to the state of a window, and what a record itself says to its conditions."""

from __future__ import annotations

from typing import Any

from aztrust.core.base.value import replace
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.window.facts import Fact
from aztrust.core.state.window.row import Row, Trigger
from aztrust.core.state.window.state import Signed, Source, WindowState


def expires_at(record: object) -> int | None:
    """When an act can no longer take effect; None where it names no such time."""
    return record.expires_at_unix_ms if isinstance(record, VerifiedRecord) else None


def facts_of(trigger: Trigger, record: Any, state: WindowState) -> frozenset[Fact]:  # noqa: ANN401
    """The facts that a record itself gives: what it names, and what it says."""
    body = getattr(record, "body", None)
    found: set[Fact] = set()
    if body is None:
        return frozenset()
    if _names_present(trigger, body, state):
        found.add("names-present-records")
    if trigger == "activate-next":
        if body.role == state.next_role:
            found.add("is-next-role")
        if body.observed.strip():
            found.add("previous-step-observed")
    if trigger == "abort" and body.after_start is not None:
        found.add("criterion-named")
    return frozenset(found)


def _names_present(trigger: Trigger, body: Any, state: WindowState) -> bool:  # noqa: ANN401
    in_force = state.records
    if trigger == "proceed-after-hold":
        return any(body.prior_hold_id == _body(hold).hold_id for hold in state.holds)
    if trigger == "authorize":
        decision, proceed = in_force.get("decide-go"), in_force.get("proceed")
        if decision is None or proceed is None:
            return False
        named = (decision.record_id, proceed.record_id)
        is_named = (body.decision_id, body.proceed_id) == named
        return is_named and (state.window is None or _same_target(body, _body(state.window)))
    if trigger == "instruct":
        authorization = in_force.get("authorize")
        return _is(state, body.launch_authorization_id, authorization) and _same_target(
            body, _body(authorization)
        )
    if trigger == "activate-next":
        return _is(state, body.instruction_id, in_force.get("instruct"))
    if trigger == "restart":
        return any(body.anomaly_id == anomaly.record_id for anomaly in state.every_anomaly)
    if trigger == "normalize":
        return _is(state, body.exit_id, in_force.get("exit-posture"))
    if trigger == "resolve-anomaly":
        still: tuple[Signed, ...] = (*state.anomalies, *state.broken)
        return any(body.anomaly == open_.record_id for open_ in still)
    return False


def _is(state: WindowState, record_id: str, record: VerifiedRecord | None) -> bool:
    return record is not None and record.record_id == record_id and state.is_in_force(record)


def _same_target(body: Any, other: Any) -> bool:  # noqa: ANN401
    return all(
        getattr(body, field) == getattr(other, field)
        for field in ("target_network_class", "target_chain_id", "target_genesis_hash")
    )


def _body(record: Any) -> Any:  # noqa: ANN401 - the body of one of many kinds
    return record.body


def changed(
    state: WindowState, row: Row, trigger: Trigger, made_unix_ms: int, source: Source
) -> WindowState:
    """The state after the effect of one step on everything but status and phase."""
    state = _listed(state, row.trigger, source)
    open_lists = {
        "hold-open": state.holds,
        "anomaly-open": (*state.anomalies, *state.broken),
        "blocker-open": state.blockers,
    }
    # One of several that are open was closed: the fact stays.
    gone = {fact for fact in row.clears if not open_lists.get(fact)}
    state = replace(state, facts=(state.facts - gone) | set(row.sets))
    record = source.first
    if isinstance(record, VerifiedRecord):
        state = replace(state, records={**state.records, trigger: record})
        if row.trigger in ("activate-first", "activate-next", "activate-last"):
            state = replace(state, activated=(*state.activated, _body(record).role))
    if row.trigger == "final-check-passed":
        state = replace(state, final_at_unix_ms=made_unix_ms)
    if row.trigger == "posture-entered":
        state = replace(state, posture_since_unix_ms=source.at_unix_ms)
    return state


def _listed(state: WindowState, trigger: Trigger, source: Source) -> WindowState:
    """The state with what this opens, closes or adds."""
    record = source.first
    if not isinstance(record, VerifiedRecord):
        # Before the start broken truth is a fact of its own, which nothing takes back.
        if trigger == "scope-invalidated" and state.has_started:
            return replace(state, broken=(*state.broken, record))
        return state
    body = _body(record)
    match trigger:
        case "hold":
            return replace(state, holds=(*state.holds, record))
        case "proceed-after-hold":
            holds = tuple(h for h in state.holds if _body(h).hold_id != body.prior_hold_id)
            return replace(state, holds=holds)
        case "anomaly":
            every = (*state.every_anomaly, record)
            return replace(state, anomalies=(*state.anomalies, record), every_anomaly=every)
        case "resolve-anomaly":
            left = tuple(a for a in state.anomalies if a.record_id != body.anomaly)
            broken = tuple(v for v in state.broken if v.record_id != body.anomaly)
            return replace(state, anomalies=left, broken=broken)
        case "blocker":
            return replace(state, blockers=(*state.blockers, record))
        case "close-blocker":
            left = tuple(b for b in state.blockers if b.record_id != body.blocker)
            return replace(state, blockers=left)
        case "restart":
            return replace(state, restarts=(*state.restarts, record))
        case "amend":
            return replace(state, amendments=(*state.amendments, record))
        case _:
            return state
