"""A signed verdict, shown: its contents, and what is and is not verified about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import validate
from aztrust.core.history.opening import Signers
from aztrust.core.history.reconcile import KEEP
from aztrust.core.history.verdictset import read_verdicts
from aztrust.core.records.summary import Payload
from aztrust.core.state.context import Context
from aztrust.report.signedverdict import verdict_document


def verdict_fields(statement: object) -> Mapping[str, Any]:
    """The verdict's contents with its matrix; nothing where it does not have the form of one."""
    try:
        payload = validate(Payload, statement, what="", code="record-malformed")
    except Malformed:
        return {}
    return verdict_document(payload.predicate.launch_checkpoint)


def verdict_sentences(
    data: bytes, context: Context, signers: Signers
) -> tuple[list[str], list[str]]:
    """What is known about who signed it, as (verified, unverified) sentences.

    It counts by its signer's role, which `verify` judges.
    """
    effective = context.records.effective
    found = read_verdicts(signers, effective, {"it": data})
    if not found.verdicts:
        why = next((f.message for f in (*found.findings, *found.notices)), "it does not count")
        return [], [f"this verdict: {why}; all below is a claim"]
    verdict = found.verdicts[0]
    verified = [f"the signature, by {verdict.holder} under this launch's policy"]
    unverified = ["that its signer may sign verdicts, and that it is about these files: verify"]
    if not found.is_effective(verdict):
        verified.append("that it was REVOKED and no longer counts")
    elif all(held.record_id != verdict.record_id for held in context.verdicts.verdicts):
        why = pending_or(context, verdict.record_id, "verdicts")
        unverified.insert(0, f"that it counts: {why}")
    else:
        verified.append("that nothing here revokes it")
    return verified, [*unverified, "the time: it is the signer's claim"]


def pending_or(context: Context, record_id: str, what: str) -> str:
    """Why a record does not count yet, where it waits for the ledger; else that it is unknown.

    Args:
        context: the launch.
        record_id: which record.
        what: what it would be among: records or verdicts.
    """
    for pending in context.pending:
        if pending.ref.record_id == record_id and not pending.counts:
            return f"{pending.sentence}: {KEEP}"
    return f"it is not among this launch's {what}"
