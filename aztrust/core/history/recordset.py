"""From files to effective records: every record file is opened, and each becomes a verified record,
a finding or a notice. Contents decide; file names never do (design 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION, Enrolment
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
    known = _Known(signers)
    verified: list[VerifiedRecord] = []
    waiting: list[VerifiedRecord] = []
    findings: list[Finding] = []
    notices: list[Finding] = []
    unknown: list[Unknown] = []
    for what, data, copies in tray.to_read(files, "manifests/records"):
        record = known.opened(data, what)
        if isinstance(record, Malformed):
            code, message = record.code or "record-malformed", record.message + copies
            findings.append(Finding(code, what, message, mend=record.mend))
        elif isinstance(record, Finding):
            unknown.append(Unknown(what, data, record))
        elif not record.counts_under(signers.policy_digest):
            notices.append(_other_policy(record, signers.policy_digest, what))
        else:
            counts = tray.counts(data, _reference(record), what)
            (verified if counts else waiting).append(record)
    effective = known.effective(verified)
    # Only now it is known which keys are enrolled.
    roster = known.roster(effective, tray.places)
    confirmation_of = known.confirmations(roster)
    confirmed: dict[tuple[str, str], Confirmation] = {}
    unentered: dict[tuple[str, str], Confirmation] = {}
    reported: dict[tuple[str, str], NodeReport] = {}
    unentered_reports: dict[tuple[str, str], NodeReport] = {}
    for each in unknown:
        found = confirmation_of(each, tray.places)
        if isinstance(found, Finding):
            notices.append(found)
            continue
        confirmation, ref = found
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


class _Known:
    """What the same opener read before under the same signers: launches are read again and again.

    Args:
        signers: whose statements count.
    """

    def __init__(self, signers: Signers) -> None:
        self._signers = signers
        self._under = (signers.policy, signers.policy_digest, signers.keyring)
        self._opened: dict[tuple[str, bytes], VerifiedRecord | Finding | Malformed]
        self._opened = signers.opener.last(dict, _opened, *self._under)

    def opened(self, data: bytes | LedgerRecord, what: str) -> VerifiedRecord | Finding | Malformed:
        """The record in a file or an entry, what is to be noticed, or why it is refused."""
        key = (what, data if isinstance(data, bytes) else data.envelope)
        found = self._opened.get(key)
        if found is None:
            try:
                found = _opened(data, what, self._signers)
            except Malformed as error:
                found = error
            self._opened[key] = found
        return found

    def effective(self, verified: list[VerifiedRecord]) -> EffectiveRecords:
        """Which of these records are effective."""
        policy = self._signers.policy
        return self._signers.opener.last(lambda: fold(policy, verified), fold, policy, *verified)

    def roster(self, effective: EffectiveRecords, places: Places) -> Roster:
        """The operators that are enrolled."""
        policy = self._signers.policy
        of_enrolments = (
            places.get(r.identity, -1) for r in effective.verified if isinstance(r.body, Enrolment)
        )
        return self._signers.opener.last(
            lambda: read_roster(policy, effective, places),
            *(read_roster, policy, effective, *of_enrolments),
        )

    def confirmations(
        self, roster: Roster
    ) -> Callable[[Unknown, Places], tuple[Confirmation | NodeReport, RecordRef] | Finding]:
        """What opens confirmations under a roster: each at its present place."""
        known: dict[tuple[str, bytes], tuple[Confirmation | NodeReport, RecordRef] | Finding]
        known = self._signers.opener.last(dict, open_confirmation, *self._under, roster)

        def confirmation_of(
            one: Unknown, places: Places
        ) -> tuple[Confirmation | NodeReport, RecordRef] | Finding:
            key = (one.what, one.data if isinstance(one.data, bytes) else one.data.envelope)
            found = known.get(key)
            if found is None:
                opened = open_confirmation(one, roster, self._signers, places)
                found = opened if isinstance(opened, Finding) else (opened, _of_operator(opened))
                known[key] = found
            if isinstance(found, Finding):
                return found
            confirmation, ref = found
            place = places.get(ref.identity)
            if confirmation.place == place:
                return found
            known[key] = moved = (replace(confirmation, place=place), ref)
            return moved

        return confirmation_of


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
