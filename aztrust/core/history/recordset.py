"""From files to effective records: every record file is opened, and each becomes a verified record,
a finding or a notice. Contents decide; file names never do (design 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.history.opening import Signers, signer_unknown
from aztrust.core.history.reconcile import Differences, InTray, RecordRef
from aztrust.core.history.revocations import EffectiveRecords, fold
from aztrust.core.records.records import VerifiedRecord

if TYPE_CHECKING:
    from aztrust.core.history.leaf import LedgerRecord
    from aztrust.core.history.replay import LedgerReading


@frozen
class RecordSet:
    """All records and which are effective, and what was wrong with files that do not count.

    `apart` lists what only the folder, or only the ledger, has. `waiting` are the positive records
    that only the folder has; they do not count until the ledger has them.
    """

    effective: EffectiveRecords = EffectiveRecords()
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    apart: Differences = Differences()
    waiting: tuple[VerifiedRecord, ...] = ()


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
    for what, data, copies in tray.to_read(files, "manifests/records"):
        try:
            record = _opened(data, what, signers)
        except Malformed as error:
            code, message = error.code or "record-malformed", error.message + copies
            findings.append(Finding(code, what, message, mend=error.mend))
            continue
        if isinstance(record, Finding):
            notices.append(record)
        elif not record.counts_under(signers.policy_digest):
            notices.append(_other_policy(record, signers.policy_digest, what))
        else:
            counts = tray.counts(data, _reference(record), what)
            (verified if counts else waiting).append(record)
    effective = fold(signers.policy, verified)
    return RecordSet(
        effective,
        tuple(findings),
        (*notices, *effective.notices),
        tray.apart(),
        tuple(waiting),
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
