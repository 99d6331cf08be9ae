"""A confirmation by an operator, shown: what is and is not verified about it."""

from __future__ import annotations

from aztrust.acts.show_verdict import pending_or
from aztrust.core.base.findings import Finding
from aztrust.core.history.opening import Signers, signer_unknown
from aztrust.core.history.operators import NodeReport, Seat
from aztrust.core.history.roster import Unknown, open_confirmation
from aztrust.core.state.context import Context


def _report_sentences(report: NodeReport, context: Context) -> tuple[list[str], list[str]]:
    seat = report.seat
    verified = [f"the signature, by {seat.title}, whose key {seat.registrar} enrolled"]
    unverified = [
        "that the nodes answered so: it is the operator's claim, and so is the time",
        "that it is about what was frozen, and not too old: aztrust window status",
        "that this policy is the announced one",
    ]
    if seat.revoked:
        verified.append(f"that it counts nowhere: {seat.revoked}")
    elif all(each.identity != report.identity for each in context.records.node_reports):
        unverified.insert(0, f"that it counts: {pending_or(context, report.record_id, 'records')}")
    return verified, unverified


def confirmation_sentences(
    data: bytes, seat: Seat, context: Context, signers: Signers
) -> tuple[list[str], list[str]]:
    """What is known about what the key of an operator signed, as (verified, unverified) sentences.

    Whether it is about what was frozen, and new enough, the roll-call says.
    """
    unknown = Unknown("it", data, signer_unknown("it", seat.key.fingerprint))
    opened = open_confirmation(unknown, context.roster, signers, {})
    if isinstance(opened, Finding):
        return [], [f"this record: {opened.message}; all below is a claim"]
    verified = [f"the signature, by {seat.title}, whose key {seat.registrar} enrolled"]
    if isinstance(opened, NodeReport):
        return _report_sentences(opened, context)
    unverified = [
        "that the host is as it says: it is the operator's claim, and so is the time",
        "that it is about what was frozen, and not too old: aztrust readiness",
        "that this policy is the announced one",
    ]
    if seat.revoked:
        verified.append(f"that it counts nowhere: {seat.revoked}")
    elif all(each.identity != opened.identity for each in context.confirmations):
        unverified.insert(0, f"that it counts: {pending_or(context, opened.record_id, 'records')}")
    else:
        verified.append("that nothing here revokes the key")
    return verified, unverified
