"""From files to standing: every record file is opened, and each ends as an utterance, a finding
or a notice. Contents decide; file names never do (design 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import open_envelope, parse_envelope
from aztrust.core.formats.statement import Statement, parse_statement
from aztrust.core.history.keyring import Keyring
from aztrust.core.history.opening import signer_unknown
from aztrust.core.history.reconcile import Apart, InTray, Said
from aztrust.core.history.revocations import EffectiveRecords, fold
from aztrust.core.policy.model import Policy
from aztrust.core.records.records import VerifiedRecord, read_typed_record

if TYPE_CHECKING:
    from aztrust.core.history.leaf import LedgerRecord
    from aztrust.core.history.reading import LedgerReading


@frozen
class RecordSet:
    """The standing of all records, and what was wrong with files that could not be counted.

    `apart` lists what only the folder, or only the ledger, has.
    """

    effective: EffectiveRecords = EffectiveRecords()
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    apart: Apart = Apart()


def read_records(
    policy: Policy,
    digest: str,
    keyring: Keyring,
    files: Mapping[str, bytes],
    ledger: LedgerReading | None = None,
) -> RecordSet:
    """Open every record under a policy; the order of files changes nothing.

    Args:
        policy: whose holders may speak.
        digest: the policy's digest; statements bound to another one count nowhere (law 15).
        keyring: the keys at hand.
        files: name to bytes; copies of one file are told of under its first name.
        ledger: the launch's ledger, replayed; what it holds is read, too.
    """
    holders = policy.key_holders()
    tray = InTray(ledger, verdicts=False)
    verified: list[VerifiedRecord] = []
    findings: list[Finding] = []
    notices: list[Finding] = []
    for what, data, copies in tray.to_read(files, "manifests/records"):
        try:
            record = _opened(data, what, holders, keyring)
        except Malformed as error:
            code, message = error.code or "record-malformed", error.message + copies
            findings.append(Finding(code, what, message, mend=error.mend))
            continue
        if isinstance(record, Finding):
            notices.append(record)
        elif record.policy_digest != digest and not record.descriptor.counts_under_any_policy:
            notices.append(_other_policy(record, digest, what))
        elif tray.counts(data, _said(record), what):
            verified.append(record)
    effective = fold(policy, verified)
    return RecordSet(effective, tuple(findings), (*notices, *effective.notices), tray.apart())


def _said(record: VerifiedRecord) -> Said:
    text = f"the {record.kind} by {record.holder}"
    fingerprint = record.key.fingerprint
    return Said(record.record_id, fingerprint, text, is_negative=record.is_negative)


def _opened(
    data: bytes | LedgerRecord, what: str, holders: Mapping[str, str], keyring: Keyring
) -> VerifiedRecord | Finding:
    if not isinstance(data, bytes):
        # A ledger may have been replayed under a policy with other holders than this one's.
        if data.fingerprint not in holders:
            return signer_unknown(what, data.fingerprint)
        # Its replay did 1 to 4.
        return _read(data.statement or parse_statement(data.verified), what, holders)
    # 1. The envelope is parsed strictly; its payload is not looked at (law 7).
    envelope = parse_envelope(data, name=what)
    fingerprint = f"sha256:{envelope.keyid}"
    # 2. Who claims to speak: nobody the policy names is a notice, and nothing more is read.
    holder = holders.get(fingerprint)
    if holder is None:
        return signer_unknown(what, fingerprint)
    key = keyring.keys.get(fingerprint)
    if key is None:
        raise Malformed(
            f"signed by {holder}, whose key is not in keys/: it cannot be checked",
            subject=what,
            code="key-missing",
            mend="put the holder's public key back into keys/",
        )
    # 3. The signature; only then 4. the statement,
    return _read(parse_statement(open_envelope(envelope, key)), what, holders)


def _read(statement: Statement, what: str, holders: Mapping[str, str]) -> VerifiedRecord:
    # and 5. the record it carries.
    return read_typed_record(statement, holders[statement.key.fingerprint], what=what)


def _other_policy(record: VerifiedRecord, digest: str, what: str) -> Finding:
    return Finding(
        "approval-other-scope",
        what,
        f"{record.kind} by {record.holder} under another policy; it counts nowhere",
        expected=digest,
        actual=record.policy_digest,
        mend="make it again under this policy, or verify with the policy it was made for",
    )
