"""What became of records that several holders sign: where they are in the window now."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.acts.publish import Published
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.sitting import Draft
from aztrust.core.judge.window_next import quorum_of
from aztrust.core.policy.authority import missing_holders
from aztrust.core.records.records import KINDS
from aztrust.core.records.statements import body_statement
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.inputs import signed_act
from aztrust.core.state.window.state import WindowState
from aztrust.report.window.joint import JointRecord, Missing
from aztrust.report.window.status import needed


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
    waits = (a for a in basis.state.waiting if a.source.first.record_id == draft.record_id)
    quorum = next((quorum_of(basis.act.policy, act) for act in waits), None)
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
        need=needed(quorum.rule) if quorum is not None else None,
        missing=tuple(Missing(role=role, holders=names) for role, names in missing),
        in_effect=in_effect,
        pending=in_effect and draft.record_id not in effective,
        waits_for=tuple(f"{finding.subject}: {finding.message}" for finding in found.findings),
        expires_at_unix_ms=KINDS[record.kind].expires(record.body, record.preimages),
        say=say if say and in_effect and draft.record_id in effective else None,
    )
