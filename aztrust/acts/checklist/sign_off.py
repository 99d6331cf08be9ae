"""Signing off an area: whose key, and over which states."""

from __future__ import annotations

from typing import Literal

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.checklist.lookup import require_open
from aztrust.acts.checklist.scoring import Scored
from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.checklist.definitions import Area
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.checklist.areas import area_state
from aztrust.core.records.checklist import AreaState, ChecklistSignOff
from aztrust.core.records.observation import is_clause
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.signed import sign_off_of, signed_state

Decision = Literal["approve", "conditional", "reject"]


def plan_sign_off(  # noqa: PLR0913 - what a sign-off consists of
    act: Act,
    scored: Scored,
    area: Area,
    decision: Decision,
    reason: str,
    key: VerificationMaterial,
    *,
    owner: str | None = None,
    due_unix_ms: int | None = None,
    cites: str | None = None,
) -> Plan[ChecklistSignOff, AreaState]:
    """The sign-off of an area over what it is now.

    Args:
        act: the launch.
        scored: the same, as it was scored in this run.
        area: which.
        decision: what is signed.
        reason: why.
        key: who signs.
        owner, due_unix_ms: of a conditional one: who meets the condition, and until when.
        cites: of a rejection: the item or the clause that it rests on.

    Raises:
        UsageError: an option is missing, is too many, or names nothing.
        Refused: the checklist is closed; the key was revoked; the policy has expired.
        CouldNotCheck: an item of the area could not be looked at here.
    """
    context, records = scored.context, scored.asked.records
    require_open(context, records)
    _check_options(scored, decision, owner, due_unix_ms, cites)
    if decision == "reject":
        holder = context_holder(act, key)
    else:
        holder = require_usable_signer(act.context, key)
        _refuse_unknown(scored, area)
    items = {item.item: item for item in scored.card.items}
    state = area_state(records, items, area.id)
    held = state.model_dump(mode="json", exclude_none=True)
    body = ChecklistSignOff(
        area=area.id,
        checklist_digest=records.digest,
        cites=cites,
        decision=decision,
        due_unix_ms=due_unix_ms,
        mitigation_owner=owner,
        policy_digest=context.policy_digest,
        reason=reason,
        role=area.approver,
        signed_at_unix_ms=act.now_unix_ms,
        state_hash=sha256_id(canonical.dumps(held)),
    )
    earlier = _earlier(scored, body, holder, state)
    return Plan("checklist-sign-off", body, holder, state, earlier, {"state": held})


def context_holder(act: Act, key: VerificationMaterial) -> str:
    """The holder of a key for what stops something: an expired policy does not hinder it.

    Raises:
        Refused: the key was revoked.
    """
    holder = act.policy.key_holders()[key.fingerprint]
    refuse_revoked_key(act.context, key, holder)
    return holder


def _check_options(
    scored: Scored,
    decision: Decision,
    owner: str | None,
    due_unix_ms: int | None,
    cites: str | None,
) -> None:
    given = owner is not None and due_unix_ms is not None
    if decision == "conditional" and not given:
        raise UsageError(
            "a conditional sign-off counts as a P1 warning: it needs an owner and a due time",
            subject="conditional",
            mend="give --owner NAME --due TIME",
        )
    if decision != "conditional" and (owner is not None or due_unix_ms is not None):
        raise UsageError(
            f"{decision} has no condition to meet",
            subject="--owner",
            mend="drop --owner and --due, or sign off conditional",
        )
    if due_unix_ms is not None and due_unix_ms <= scored.context.request.now_unix_ms:
        raise UsageError("--due is past", subject="--due", mend="give a later time")
    if decision == "reject" and cites is None:
        raise UsageError(
            "a rejection rests on an item of the checklist or on a clause, and names it",
            subject="reject",
            mend="give --cites with an item of the area, or a clause such as RC-D",
        )
    if decision != "reject" and cites is not None:
        raise UsageError(
            f"{decision} cites nothing", subject="--cites", mend="drop --cites, or reject"
        )
    if cites is None or scored.asked.checklist.item_named(cites) is not None or is_clause(cites):
        return
    raise UsageError(
        f"{escape(cites)[:80]} is neither an item of the checklist nor a clause",
        subject="--cites",
        mend="name a clause such as RC-D, or an item: aztrust checklist show",
    )


def _refuse_unknown(scored: Scored, area: Area) -> None:
    """What was not looked at is not signed off (law 2)."""
    unknown = [i for i in scored.card.items if i.area == area.id and i.status == "unknown"]
    if unknown:
        raise CouldNotCheck(
            f"{len(unknown)} items of {area.id} could not be looked at here",
            subject=unknown[0].item,
            mend="put there what is missing, then: aztrust checklist score",
            details=tuple(f"{item.item}: {item.detail}" for item in unknown),
        )


def _earlier(
    scored: Scored, body: ChecklistSignOff, holder: str, state: AreaState
) -> VerifiedRecord | None:
    """The holder's own sign-off of the same, which still counts."""
    for record in scored.asked.records.areas[body.area].sign_offs:
        if record.holder != holder:
            continue
        known = sign_off_of(record)
        before = (known.decision, known.mitigation_owner, known.due_unix_ms, known.cites)
        same = (body.decision, body.mitigation_owner, body.due_unix_ms, body.cites)
        if before == same and signed_state(record) == state:
            return record
    return None
