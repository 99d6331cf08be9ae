"""From files to effective records: every record file is opened, and each becomes a verified record,
a finding or a notice. Contents decide; file names never do (design 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.opening import Signers, signer_unknown
from aztrust.core.history.operators import NO_ROSTER, Confirmation, NodeReport, Roster
from aztrust.core.history.reconcile import Differences, InTray, RecordRef
from aztrust.core.history.revocations import EffectiveRecords, fold
from aztrust.core.history.roster import (
    Places,
    Unknown,
    open_confirmation,
    read_roster,
    seated,
    seated_reports,
)
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.node_facts import NODE_FACTS
from aztrust.core.records.records import VerifiedRecord

if TYPE_CHECKING:
    from aztrust.core.history.leaf import LedgerRecord
    from aztrust.core.history.replay import LedgerReading
    from aztrust.core.policy.model import Policy


@frozen
class RecordSet:
    """All records and which are effective, and what was wrong with files that do not count.

    `apart` lists what only the folder, or only the ledger, has. `waiting` are the positive records
    that only the folder has; they do not count until the ledger has them.

    What operators confirmed is apart from the records: `confirmations` are by the keys of `roster`,
    in the order of their ids, and `unentered` those that only the folder has, which do not count
    yet. `node_reports` is what operators saw of their nodes, and `unentered_reports` the same of
    the folder alone.
    """

    effective: EffectiveRecords = EffectiveRecords()
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    apart: Differences = Differences()
    waiting: tuple[VerifiedRecord, ...] = ()
    roster: Roster = NO_ROSTER
    confirmations: tuple[Confirmation, ...] = ()
    unentered: tuple[Confirmation, ...] = ()
    node_reports: tuple[NodeReport, ...] = ()
    unentered_reports: tuple[NodeReport, ...] = ()

    def with_effective(
        self, policy: Policy, effective: EffectiveRecords, places: Places
    ) -> RecordSet:
        """The same with other effective records: their enrolments make another roster."""
        roster = read_roster(policy, effective, places)
        return replace(
            self,
            effective=effective,
            roster=roster,
            confirmations=seated(self.confirmations, roster),
            unentered=seated(self.unentered, roster),
            node_reports=seated_reports(self.node_reports, roster),
            unentered_reports=seated_reports(self.unentered_reports, roster),
        )


def read_records(
    signers: Signers, files: Mapping[str, bytes], ledger: LedgerReading | None = None
) -> RecordSet:
    """Open every record under a policy; the order of files changes nothing.

    Args:
        signers: whose statements count; those bound to another policy count nowhere (law 15).
        files: name to bytes; copies of one file are reported under its first name.
        ledger: the launch's ledger, replayed; what it holds is read, too.
    """
    tray = InTray(ledger, signers.opener, signers.policy, verdicts=False)
    verified: list[VerifiedRecord] = []
    waiting: list[VerifiedRecord] = []
    findings: list[Finding] = []
    notices: list[Finding] = []
    unknown: list[Unknown] = []
    for what, data, copies in tray.to_read(files, "manifests/records"):
        try:
            record = _opened(data, what, signers)
        except Malformed as error:
            code, message = error.code or "record-malformed", error.message + copies
            findings.append(Finding(code, what, message, mend=error.mend))
            continue
        if isinstance(record, Finding):
            unknown.append(Unknown(what, data, record))
        elif not record.counts_under(signers.policy_digest):
            notices.append(_other_policy(record, signers.policy_digest, what))
        else:
            counts = tray.counts(data, _reference(record), what)
            (verified if counts else waiting).append(record)
    effective = fold(signers.policy, verified)
    # Only now it is known which keys are enrolled.
    roster = read_roster(signers.policy, effective, tray.places)
    confirmed: dict[tuple[str, str], Confirmation] = {}
    unentered: dict[tuple[str, str], Confirmation] = {}
    reported: dict[tuple[str, str], NodeReport] = {}
    unentered_reports: dict[tuple[str, str], NodeReport] = {}
    for each in unknown:
        confirmation = open_confirmation(each, roster, signers, tray.places)
        if isinstance(confirmation, Finding):
            notices.append(confirmation)
            continue
        ref = _of_operator(confirmation)
        counts = tray.counts(each.data, ref, each.what)
        if isinstance(confirmation, NodeReport):
            (reported if counts else unentered_reports)[ref.identity] = confirmation
        else:
            (confirmed if counts else unentered)[ref.identity] = confirmation
    return RecordSet(
        effective,
        tuple(findings),
        (*notices, *effective.notices, *roster.findings),
        tray.apart(),
        tuple(waiting),
        roster,
        tuple(confirmed[identity] for identity in sorted(confirmed)),
        tuple(unentered[identity] for identity in sorted(unentered)),
        tuple(reported[identity] for identity in sorted(reported)),
        tuple(unentered_reports[identity] for identity in sorted(unentered_reports)),
    )


def _reference(record: VerifiedRecord) -> RecordRef:
    return RecordRef(
        record.record_id,
        record.key.fingerprint,
        record.kind,
        record.holder,
        is_negative=record.is_negative,
        about=getattr(record.body, "check", "") or getattr(record.body, "package_class", ""),
    )


def _of_operator(signed: Confirmation | NodeReport) -> RecordRef:
    confirmed = isinstance(signed, Confirmation)
    return RecordRef(
        *signed.identity,
        OPERATOR_CONFIRMATION.name if confirmed else NODE_FACTS.name,
        signed.seat.title,
        is_negative=isinstance(signed, Confirmation) and signed.is_negative,
    )


def _opened(data: bytes | LedgerRecord, what: str, signers: Signers) -> VerifiedRecord | Finding:
    if isinstance(data, bytes):
        # 1. to 3. Envelope, signer, signature.
        opened = signers.open_file(data, what)
        if isinstance(opened, Finding):
            return opened
        payload, holder = opened
        # 4. The statement,
        statement = signers.opener.statement(payload)
        # and 5. the record it carries.
        return signers.opener.record(statement, holder, what=what)
    # A ledger may have been replayed under a policy with other holders than this one's.
    ledger_holder = signers.holder(data.fingerprint)
    if ledger_holder is None:
        return signer_unknown(what, data.fingerprint)
    # Its replay did 1 to 4.
    statement = data.statement or signers.opener.statement(data.verified)
    return signers.opener.record(statement, ledger_holder, what=what)


def _other_policy(record: VerifiedRecord, digest: str, what: str) -> Finding:
    return Finding(
        "approval-other-scope",
        what,
        f"{record.kind} by {record.holder} under another policy; it counts nowhere",
        expected=digest,
        actual=record.policy_digest,
        mend="make it again under this policy, or verify with the policy it was made for",
    )
