"""What became of records that several holders sign: where they are in the window now."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.acts.publish import Published
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.sitting import Draft
from aztrust.core.policy.authority import missing_holders
from aztrust.core.policy.quorum import Quorum, count_votes
from aztrust.core.records.records import KINDS, VerifiedRecord
from aztrust.core.records.statements import body_statement
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.events import trigger_of
from aztrust.core.state.window.inputs import signed_act
from aztrust.core.state.window.read import rule_of
from aztrust.core.state.window.state import WindowState
from aztrust.core.state.window.table import TABLE
from aztrust.report.window.joint import JointRecord, Missing


def records_now(
    basis: Basis, drafts: tuple[Draft, ...], published: Mapping[str, Published]
) -> tuple[JointRecord, ...]:
    """Each record of a sitting as it is now.

    Args:
        basis: the window, read again after the signatures.
        drafts: what there was to sign.
        published: record id to what was signed and where it is; {} where nothing was.
    """
    present = present_window(basis.act.context, basis.attempt)
    return tuple(
        _record(basis, draft, published.get(draft.record_id), _ids(present)) for draft in drafts
    )


def _ids(state: WindowState) -> frozenset[str]:
    """The ids of the records that took effect."""
    return frozenset(record.record_id for step in state.steps for record in step.source.records)


def _record(
    basis: Basis, draft: Draft, published: Published | None, effective: frozenset[str]
) -> JointRecord:
    found = signed_act(basis.state, draft.record_id)
    record = draft.record
    quorum = found.quorum or (None if found.in_effect else _count(basis, draft, found.holders))
    missing = (
        ()
        if quorum is None
        else missing_holders(basis.act.policy, quorum, basis.context.revoked_keys)
    )
    attempt = basis.attempt
    say = body_statement(
        record.kind, record.body, record.preimages, release_package_id=attempt.release_package_id
    )
    in_effect = found.in_effect
    return JointRecord(
        record_id=draft.record_id,
        kind=record.kind,
        path=published.record.path if published is not None else None,
        ledger_entry=published.entry if published is not None else None,
        signed_by=found.holders,
        need=quorum.rule.distinct_holders if quorum is not None else None,
        missing=tuple(Missing(role=role, holders=names) for role, names in missing),
        in_effect=in_effect,
        pending=in_effect and draft.record_id not in effective,
        waits_for=tuple(f"{finding.subject}: {finding.message}" for finding in found.findings),
        expires_at_unix_ms=KINDS[record.kind].expires(record.body, record.preimages),
        say=say if say and in_effect and draft.record_id in effective else None,
    )


def _count(basis: Basis, draft: Draft, holders: tuple[str, ...]) -> Quorum | None:
    """The count of an act that is not possible yet, against the rule of its step."""
    signed = _signed(basis, draft)
    trigger = trigger_of(signed[0]) if signed else None
    acts = {row.act for row in TABLE if row.trigger == trigger}
    rule = rule_of(basis.act.policy, acts.pop()) if len(acts) == 1 else None
    if rule is None:
        return None
    policy = basis.act.policy
    votes = (
        (r.holder, r.key.material, frozenset(policy.holders[r.holder].roles))
        for r in signed
        if r.holder in holders
    )
    return count_votes(rule, votes)


def _signed(basis: Basis, draft: Draft) -> tuple[VerifiedRecord, ...]:
    """The envelopes of a record that are here."""
    known = basis.context.records.effective.verified
    return tuple(record for record in known if record.record_id == draft.record_id)
