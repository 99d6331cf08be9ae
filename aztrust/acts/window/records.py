"""The records of the go/hold point and of the start, as they are proposed.

    record = proceed(basis, reason="all checks pass")

Each is complete and unsigned; whether the window allows it is decided later (`sitting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from aztrust.acts.act import checked_text
from aztrust.acts.ids import that_begin, typed_digits
from aztrust.acts.window.basis import Basis
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_duration, format_minute, parse_duration
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.policy.window_tables import ACTIVATION_ORDER
from aztrust.core.records.bootstrap import (
    ACTIVATION_CONTENTS,
    AUTHORIZATION_CONTENTS,
    INSTRUCTION_CONTENTS,
    BootstrapStartInstruction,
    LaunchAuthorization,
    RoleActivation,
    RoleActivationOrder,
    RoleStep,
    StartWindow,
)
from aztrust.core.records.go_hold import (
    DECISION_CONTENTS,
    HOLD_CONTENTS,
    PROCEED_CONTENTS,
    ExpectedResolution,
    GoNoGoDecision,
    HoldReason,
    LaunchHold,
    LaunchProceed,
    Minutes,
    ProceedJustification,
)
from aztrust.core.records.kind import Severity
from aztrust.core.records.records import Unsigned, VerifiedRecord
from aztrust.core.state.window.row import Trigger
from aztrust.core.state.window.state import Signed


def hold(
    basis: Basis,
    reason: str,
    *,
    lasts: str | None = None,
    update: str | None = None,
    severity: Severity = "major",
    anomaly_class: AnomalyClass | None = None,
    resolution: str | None = None,
) -> Unsigned:
    """A pause with a boundary, and a promised time of the next update.

    Args:
        lasts: how long, None for the longest that the policy allows.
        update: when the next update comes, None for the latest that the policy allows.

    Raises:
        UsageError: a text is too long, a span is not one.
        Refused: it would last longer than `[window] max_hold`, or `max_update`.
    """
    now = basis.now_unix_ms
    ends = _limited(basis, lasts, "--for", "max_hold")
    most = min(basis.limits.max_update_ms, ends)
    soon = most if update is None else _limited(basis, update, "--update", "max_update")
    if soon > ends:
        raise UsageError(
            "the next update would come after the end of the hold",
            subject="--update",
            mend=f"at most {format_duration(ends)}",
        )
    preimage = HoldReason(
        **basis.bound,
        reason=checked_text(reason, "REASON"),
        anomaly_class=anomaly_class,
        ends_at_unix_ms=now + ends,
        next_update_unix_ms=now + soon,
    )
    expected = (
        None
        if resolution is None
        else ExpectedResolution(text=checked_text(resolution, "--resolution"))
    )
    fields = {
        "launch_window_id": basis.attempt.launch_window_id,
        "severity": severity,
        "timestamp_unix_ms": now,
    }
    made = {"hold_reason": preimage, "expected_resolution_scope": expected}
    return Unsigned("launch-hold", *HOLD_CONTENTS.make(LaunchHold, fields, made))


def proceed(basis: Basis, reason: str, prior_hold: VerifiedRecord | None = None) -> Unsigned:
    """To the bootstrap authorization; with a hold: the launch continues after it.

    Raises:
        UsageError: the reason is empty or too long.
    """
    trigger: Trigger = "proceed" if prior_hold is None else "proceed-after-hold"
    justification = ProceedJustification(
        **basis.proposal(trigger),
        reason=checked_text(reason, "--reason"),
        outcome="PROCEED_TO_BOOTSTRAP_AUTH" if prior_hold is None else "CONTINUE",
    )
    fields = {
        "launch_window_id": basis.attempt.launch_window_id,
        "prior_hold_id": None if prior_hold is None else getattr(prior_hold.body, "hold_id", None),
        "timestamp_unix_ms": basis.now_unix_ms,
    }
    made = {"justification": justification}
    return Unsigned("launch-proceed", *PROCEED_CONTENTS.make(LaunchProceed, fields, made))


def open_hold(basis: Basis, text: str) -> VerifiedRecord:
    """The open hold that an id, or its beginning, names: the record's id or the hold's own.

    Raises:
        UsageError: none is named by it, or several are.
    """
    digits = typed_digits(text)
    found = [
        record
        for record in basis.state.holds
        if that_begin((record.record_id, getattr(record.body, "hold_id", "")), digits)
    ]
    if len({record.record_id for record in found}) == 1:
        return found[0]
    here = tuple(f"{r.record_id[7:15]}  by {r.holder}" for r in basis.state.holds)
    raise UsageError(
        f"{escape(text)[:80]} names no open hold of this window"
        if not found
        else f"{escape(text)[:80]} names {len(found)} holds",
        subject="HOLD_ID",
        mend="give the digits of one of these" if here else "no hold is open",
        details=here,
    )


def decision(
    basis: Basis,
    outcome: str,
    reason: str,
    *,
    score: str | None = None,
    checklist: str | None = None,
    evidence: str | None = None,
    minutes: Minutes | None = None,
    more: Iterable[str] = (),
) -> Unsigned:
    """The decision at the go/hold point.

    Args:
        outcome: `GO`, `NO_GO` or `DEFER`.
        score, checklist, evidence: digests of what was decided on.
        minutes: of the meeting.
        more: ids of further records that it rests on.

    Raises:
        UsageError: the reason is empty or too long.
    """
    proposal = basis.proposal("decide-go" if outcome == "GO" else "decide-no-go")
    body, made = DECISION_CONTENTS.make(
        GoNoGoDecision,
        {
            **proposal,
            "rests_on": tuple(sorted({*proposal["rests_on"], *more})),
            "decision": outcome,
            "launch_window_id": basis.attempt.launch_window_id,
            "reason": checked_text(reason, "--reason"),
            "score_digest": score,
            "checklist_digest": checklist,
            "evidence_digest": evidence,
            "decided_at_unix_ms": basis.now_unix_ms,
        },
        {"minutes": minutes},
    )
    return Unsigned("go-no-go-decision", body, made)


def authorization(basis: Basis, decision_id: str, proceed_id: str) -> Unsigned:
    """The bootstrap of this scope is authorized.

    Args:
        decision_id, proceed_id: the record ids of what it is for.

    Raises:
        NothingToVerify: the record of the window is not here.
    """
    target = basis.target
    body, made = AUTHORIZATION_CONTENTS.make(
        LaunchAuthorization,
        {
            **basis.proposal("authorize"),
            **target,
            "launch_window_id": basis.attempt.launch_window_id,
            "decision_id": decision_id,
            "proceed_id": proceed_id,
            "release_package_id": basis.attempt.release_package_id,
            "authorized_at_unix_ms": basis.now_unix_ms,
        },
    )
    return Unsigned("launch-authorization", body, made)


def earliest_time(basis: Basis) -> int:
    """The earliest time that a proposal may name for its effect, in Unix milliseconds."""
    return basis.now_unix_ms - basis.limits.proposal_max_age_ms


def instruction(
    basis: Basis, authorization_id: str, opens: int, closes: int, order: Sequence[str]
) -> Unsigned:
    """When roles start, and in which order.

    Args:
        authorization_id: the record id of the authorization.
        opens, closes: the start window, in milliseconds since the epoch.
        order: the roles, the first one first.

    Raises:
        UsageError: the start window is empty or past, it opens longer ago than a proposal counts,
            a role is named twice, or the launch has no such role.
        NothingToVerify: the record of the window is not here.
    """
    if closes <= opens or closes <= basis.now_unix_ms:
        what = "is before --opens" if closes <= opens else "is past"
        raise UsageError(
            f"--closes {format_minute(closes)} {what}",
            subject="--closes",
            mend="give the start window as --opens TIME --closes TIME",
        )
    if opens < earliest_time(basis):
        raise UsageError(
            f"--opens {format_minute(opens)} is longer ago than a proposal counts:"
            f" {basis.table.proposal_max_age}",
            subject="--opens",
            mend="give the time from which on roles may start",
        )
    _require_roles(basis, order)
    window = StartWindow(
        **basis.proposal("instruct"),
        launch_window_id=basis.attempt.launch_window_id,
        opens_at_unix_ms=opens,
        closes_at_unix_ms=closes,
    )
    steps = RoleActivationOrder(order=tuple(RoleStep(role=role) for role in order))
    fields = {
        **basis.target,
        "launch_authorization_id": authorization_id,
        "timestamp_unix_ms": basis.now_unix_ms,
    }
    made = {"start_window": window, "role_activation_order": steps}
    body, preimages = INSTRUCTION_CONTENTS.make(BootstrapStartInstruction, fields, made)
    return Unsigned("bootstrap-start-instruction", body, preimages)


def _require_roles(basis: Basis, order: Sequence[str]) -> None:
    """Refuse an order with a role twice, or with one that the launch does not have."""
    twice = sorted({role for role in order if list(order).count(role) > 1})
    if twice:
        raise UsageError(f"--order names {twice[0]} twice", subject="--order", mend="name it once")
    roles = _release_roles(basis)
    known = dict.fromkeys((*basis.limits.activation_order, *roles))
    strange = [role for role in order if role not in known]
    # Where the release is not here, its roles are unknown.
    if strange and roles:
        raise UsageError(
            f"--order names {escape(strange[0])[:80]}: no artifact of the release has that role",
            subject="--order",
            mend=f"name roles of these: {', '.join(map(escape, known))}",
        )


def _release_roles(basis: Basis) -> tuple[str, ...]:
    """The roles of the release's artifacts, each once; () where the release is not here."""
    release = basis.context.manifests.get("release")
    return tuple(dict.fromkeys(a.role for a in release.artifacts)) if release is not None else ()


def default_order(basis: Basis) -> tuple[str, ...]:
    """The roles in the order in which they start, where none is named.

    The policy's own `activation_order`; else the roles of the release's artifacts, those of AZ-9.2
    in its order and the others after them; else the order of AZ-9.2.
    """
    listed = basis.table.activation_order
    if listed != ACTIVATION_ORDER:
        return listed
    roles = _release_roles(basis)
    known = [role for role in listed if role in roles]
    return (*known, *(role for role in roles if role not in known)) or listed


def require_in_force(basis: Basis, trigger: Trigger, what: str) -> VerifiedRecord:
    """The record of an earlier step that a new one names.

    Raises:
        Refused: `precondition-unmet`: none is in force.
    """
    found = basis.state.records.get(trigger)
    if found is not None and basis.state.is_in_force(found):
        return found
    raise Refused(
        f"{what} is not in force, and this record names it",
        subject="names-present-records",
        code="precondition-unmet",
        mend="aztrust window next",
    )


def find_anomaly(basis: Basis, text: str, option: str = "--anomaly") -> Signed:
    """The anomaly of this window that an id, or its beginning, names: also a final check that found
    broken truth after the start.

    Args:
        basis: the window.
        text: the id.
        option: what it was given with, for the error.

    Raises:
        UsageError: none is, or several are.
    """
    state = basis.state
    known: tuple[Signed, ...] = (*state.every_anomaly, *state.broken)
    every = {signed.record_id: signed for signed in known}
    found = that_begin(every, typed_digits(text))
    if len(found) == 1:
        return every[found[0]]
    raise UsageError(
        f"{escape(text)[:80]} names {len(found) or 'no'} anomalies of this window",
        subject=option,
        mend="give the digits of one of these" if every else "no anomaly is recorded",
        details=tuple(f"{id_[7:15]}  by {record.holder}" for id_, record in every.items()),
    )


def activation(
    basis: Basis, role: str, observed: str = "", *, anomaly_id: str | None = None
) -> Unsigned:
    """A role starts, or may start again after an anomaly.

    Args:
        role: in the order of the instruction.
        observed: what was seen of the step before.
        anomaly_id: of a restart: the record id of the anomaly.

    Raises:
        Refused: no instruction is in force.
        UsageError: the remark is too long.
    """
    given = require_in_force(basis, "instruct", "the bootstrap instruction")
    fields = {
        **basis.bound,
        "action": "activate" if anomaly_id is None else "restart",
        "activated_at_unix_ms": basis.now_unix_ms,
        "anomaly_id": anomaly_id,
        "instruction_id": given.record_id,
        "launch_window_id": basis.attempt.launch_window_id,
        "observed": checked_text(observed, "--observed", empty=True),
        "role": role,
    }
    return Unsigned("role-activation", *ACTIVATION_CONTENTS.make(RoleActivation, fields))


def _limited(
    basis: Basis, text: str | None, option: str, name: Literal["max_hold", "max_update"]
) -> int:
    """A span of the command line in milliseconds, at most what the policy allows."""
    most = basis.limits.max_hold_ms if name == "max_hold" else basis.limits.max_update_ms
    limit = basis.table.max_hold if name == "max_hold" else basis.table.max_update
    span = most if text is None else parse_duration(text, option)
    if span > most:
        raise Refused(
            f"{option} {text} is longer than the policy allows: {limit}",
            subject=option,
            mend=f"at most {option} {limit}; [window] {name} in the policy is the limit",
        )
    return span
