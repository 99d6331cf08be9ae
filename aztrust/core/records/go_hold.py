"""The records of the go/hold point: a hold, a proceed, and the decision.

A hold and a proceed have exactly the fields of AZ-028; their reasons are preimages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, Name, SomeItems
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.records.contents import (
    Contents,
    Proposal,
    bound_in,
    expired_when_made,
    expires_in,
    read_preimage,
    scope_in,
)
from aztrust.core.records.kind import (
    KindText,
    Preimages,
    Reason,
    RecordKind,
    Severity,
    UnixMs,
    about_scope,
    act_roles,
    signers_of,
)
from aztrust.core.records.scorecard import Scorecard, evidence_digest, score_digest, score_faults


class LaunchHold(Model):
    """The LaunchHoldRecord, with exactly the fields of AZ-18.2."""

    hold_id: Sha256
    launch_window_id: Sha256
    hold_reason_hash: Sha256
    severity: Severity
    expected_resolution_scope_hash: Sha256 | None = None
    timestamp_unix_ms: UnixMs


class HoldReason(Model):
    """What `hold_reason_hash` is over. A hold has an end and a promised time of the next update."""

    policy_digest: Sha256
    scope_hash: Sha256
    reason: Reason
    anomaly_class: AnomalyClass | None = None
    ends_at_unix_ms: UnixMs
    next_update_unix_ms: UnixMs


class ExpectedResolution(Model):
    """What `expected_resolution_scope_hash` is over: what has to be cleared up."""

    text: Reason


class LaunchProceed(Model):
    """The LaunchProceedRecord, with exactly the fields of AZ-19.2.

    `signature_envelopes` is absent: the envelopes are the files of the same record. `prior_hold_id`
    is the `hold_id` of the hold that it ends.
    """

    proceed_id: Sha256
    launch_window_id: Sha256
    prior_hold_id: Sha256 | None = None
    justification_hash: Sha256
    timestamp_unix_ms: UnixMs


class ProceedJustification(Proposal):
    """What `justification_hash` of a proceed is over."""

    reason: Reason
    outcome: Literal["PROCEED_TO_BOOTSTRAP_AUTH", "CONTINUE"]


class Attendee(Model):
    """One who was at the meeting, and in which role."""

    holder: Name
    role: Name


class FollowUp(Model):
    """What is to be done after a decision, by whom and until when."""

    action: Reason
    owner: Name
    due_unix_ms: UnixMs


class Minutes(Model):
    """What `minutes_hash` is over: the meeting that decided (RC-I).

    Args:
        chair: who led it.
        attendees: sorted by holder and role.
        inputs: what was in front of them, in words.
        conditions: what the decision depends on.
        blockers: ids of the blockers that were open, sorted.
        score: the score of the checklist that they decided on.
    """

    chair: Name
    attendees: SomeItems[Attendee]
    inputs: Items[Reason] = ()
    conditions: Items[Reason] = ()
    follow_ups: Items[FollowUp] = ()
    blockers: Items[Sha256] = ()
    score: Scorecard | None = None


def minutes_in(preimages: Preimages) -> Minutes | None:
    """The minutes of a decision whose kind checked them; None where it has none."""
    return read_preimage(preimages, "minutes", Minutes) if "minutes" in preimages else None


class GoNoGoDecision(Proposal):
    """The decision; the three digests are of documents that were in front of those who decided."""

    decision: Literal["GO", "NO_GO", "DEFER"]
    launch_window_id: Sha256
    reason: Reason
    score_digest: Sha256 | None = None
    checklist_digest: Sha256 | None = None
    evidence_digest: Sha256 | None = None
    minutes_hash: Sha256 | None = None
    decided_at_unix_ms: UnixMs


def _open_ended(body: LaunchHold, parts: Mapping[str, Any]) -> Iterator[str]:
    reason: HoldReason = parts["hold_reason"]
    if reason.ends_at_unix_ms <= body.timestamp_unix_ms:
        yield "its ends_at_unix_ms is not later than the hold"
    if not body.timestamp_unix_ms < reason.next_update_unix_ms <= reason.ends_at_unix_ms:
        yield "its next_update_unix_ms is not between the hold and its end"


def _proceeds_otherwise(body: LaunchProceed, parts: Mapping[str, Any]) -> Iterator[str]:
    justification: ProceedJustification = parts["justification"]
    if (justification.outcome == "CONTINUE") != (body.prior_hold_id is not None):
        yield "continues after a hold exactly if it names the hold, and this one does not"
    yield from expired_when_made(body.timestamp_unix_ms, justification.expires_at_unix_ms)


def _decision_faults(body: GoNoGoDecision, parts: Mapping[str, Any]) -> Iterator[str]:
    yield from expired_when_made(body.decided_at_unix_ms, body.expires_at_unix_ms)
    minutes: Minutes | None = parts.get("minutes")
    if minutes is None:
        return
    seats = [(attendee.holder, attendee.role) for attendee in minutes.attendees]
    if seats != sorted(set(seats)):
        yield "its attendees are not sorted by holder and role, each once"
    if minutes.chair not in {holder for holder, _ in seats}:
        yield "its chair is not among its attendees"
    if minutes.score is not None:
        yield from _decided_on(body, minutes.score)


def _decided_on(body: GoNoGoDecision, score: Scorecard) -> Iterator[str]:
    """What is wrong with a score as the one that a decision rests on, as clauses."""
    yield from score_faults(score)
    own = (body.policy_digest, body.scope_hash, body.checklist_digest)
    if own != (score.policy_digest, score.scope_hash, score.checklist_digest):
        yield "its score is about another policy, scope or checklist"
    if (body.score_digest, body.evidence_digest) != (score_digest(score), evidence_digest(score)):
        yield "its score_digest or evidence_digest is not of its score"
    if score.due != "decision":
        yield "its score is not of what is due before a decision"
    if body.decision == "GO" and score.result != "GO":
        yield f"it decides GO on a score that is {score.result}"


HOLD_CONTENTS: Final = Contents(
    own_id="hold_id",
    preimages={"hold_reason": HoldReason, "expected_resolution_scope": ExpectedResolution},
    faults=_open_ended,
)
PROCEED_CONTENTS: Final = Contents(
    own_id="proceed_id",
    preimages={"justification": ProceedJustification},
    faults=_proceeds_otherwise,
)
DECISION_CONTENTS: Final = Contents(preimages={"minutes": Minutes}, faults=_decision_faults)

_SCOPE: Final = "`scope`, the scope hash"
_RESTS_ON: Final = "ids of the records and verdicts that it rests on, sorted, each once"
_HEAD: Final = "optional: the head of the ledger that the proposer knew"

LAUNCH_HOLD: Final = RecordKind(
    name="launch-hold",
    model=LaunchHold,
    time_field="timestamp_unix_ms",
    subject=scope_in("hold_reason"),
    is_negative=lambda _: True,
    may_sign=act_roles("hold"),
    bound_to=bound_in("hold_reason"),
    check=HOLD_CONTENTS.check,
    preimages=HOLD_CONTENTS.preimages,
    final_part="none",
    summary=lambda body: f"{body.severity} {body.hold_id[7:15]}",
    text=KindText(
        about="The LaunchHoldRecord of AZ-18.2, with exactly its fields: the launch pauses, at most"
        " until an end. `preimages.hold_reason` has `policy_digest`, `scope_hash`, `reason`,"
        " `anomaly_class` (optional), `ends_at_unix_ms`, later than the record, and"
        " `next_update_unix_ms`, when the next update is promised, not after the end."
        " `preimages.expected_resolution_scope` is there exactly if the record has its hash, and"
        " has a `text`.",
        subject=_SCOPE,
        signer=signers_of("hold"),
        negative="always",
        fields={
            "hold_id": "`sha256:` of the canonical record without this field",
            "launch_window_id": "",
            "hold_reason_hash": "SHA-256 of the canonical `preimages.hold_reason`",
            "severity": "`critical`, `major` or `minor`",
            "expected_resolution_scope_hash": "optional: SHA-256 of the canonical"
            " `preimages.expected_resolution_scope`",
            "timestamp_unix_ms": "",
        },
    ),
)
LAUNCH_PROCEED: Final = RecordKind(
    name="launch-proceed",
    model=LaunchProceed,
    time_field="timestamp_unix_ms",
    subject=scope_in("justification"),
    may_sign=act_roles("proceed"),
    bound_to=bound_in("justification"),
    expires=expires_in("justification"),
    check=PROCEED_CONTENTS.check,
    preimages=PROCEED_CONTENTS.preimages,
    final_part="none",
    summary=lambda body: (
        f"after hold {body.prior_hold_id[7:15]}" if body.prior_hold_id is not None else ""
    ),
    text=KindText(
        about="The LaunchProceedRecord of AZ-19.2, with exactly its fields and without"
        " `signature_envelopes`: the envelopes are the files with the same record."
        " `preimages.justification` has `policy_digest`, `scope_hash`, `reason`, `rests_on`, `head`"
        " (optional), `expires_at_unix_ms` and `outcome`: `CONTINUE` after a hold, which"
        " `prior_hold_id` then names, otherwise `PROCEED_TO_BOOTSTRAP_AUTH`.",
        subject=_SCOPE,
        signer=signers_of("proceed"),
        fields={
            "proceed_id": "`sha256:` of the canonical record without this field",
            "launch_window_id": "",
            "prior_hold_id": "after a hold: its `hold_id`; otherwise absent",
            "justification_hash": "SHA-256 of the canonical `preimages.justification`",
            "timestamp_unix_ms": "",
        },
    ),
)
GO_NO_GO_DECISION: Final = RecordKind(
    name="go-no-go-decision",
    model=GoNoGoDecision,
    time_field="decided_at_unix_ms",
    subject=about_scope,
    is_negative=lambda body: body.decision != "GO",
    may_sign=act_roles("decide"),
    check=DECISION_CONTENTS.check,
    preimages=DECISION_CONTENTS.preimages,
    final_part="none",
    summary=lambda body: body.decision,
    text=KindText(
        about="The decision at the go/hold point. `preimages.minutes` is there exactly if the"
        " record has its hash: `chair`, `attendees` (`holder`, `role`), `inputs`, `conditions`,"
        " `follow_ups` (`action`, `owner`, `due_unix_ms`), `blockers`, the ids of those that were"
        " open, and `score` (optional), the score of the checklist: `score_digest` and"
        " `evidence_digest` are those of this score, and a GO needs one that comes to GO.",
        subject=_SCOPE,
        signer=signers_of("decide"),
        negative="unless `decision` is `GO`",
        fields={
            "decision": "`GO`, `NO_GO` or `DEFER`",
            "launch_window_id": "",
            "policy_digest": "",
            "scope_hash": "",
            "reason": "",
            "rests_on": _RESTS_ON,
            "head": _HEAD,
            "score_digest": "optional: of the score that was decided on",
            "checklist_digest": "optional: of the checklist",
            "evidence_digest": "optional: of the evidence",
            "minutes_hash": "optional: SHA-256 of the canonical `preimages.minutes`",
            "decided_at_unix_ms": "",
            "expires_at_unix_ms": "when the proposal expires, later than the record",
        },
    ),
)
KINDS: Final = (LAUNCH_HOLD, LAUNCH_PROCEED, GO_NO_GO_DECISION)
