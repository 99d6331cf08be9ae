"""From files to verdicts: every file of `manifests/verdicts` is opened, and each ends as a verdict,
a finding or a notice. Contents decide; file names and their order never do (design 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import field, frozen
from aztrust.core.formats.dsse import VerifiedPayload
from aztrust.core.history.opening import Signers, signer_unknown
from aztrust.core.history.reconcile import Differences, InTray, RecordRef
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.summary import VERDICT

if TYPE_CHECKING:
    from aztrust.core.formats.keys import VerificationMaterial
    from aztrust.core.history.leaf import LedgerRecord
    from aztrust.core.history.replay import LedgerReading
    from aztrust.core.records.verdict import VerdictStatement


@frozen
class HeldVerdict:
    """One verdict by one key of one holder: the unit that is counted (law 8)."""

    record_id: str
    holder: str
    statement: VerdictStatement

    @property
    def key(self) -> VerificationMaterial:
        """The key that signed it."""
        return self.statement.key

    @property
    def launch_window_id(self) -> str:
        """The window that it is about."""
        return self.statement.checkpoint.launch_window_id


@frozen
class VerdictSet:
    """All verdicts by holders of the policy, and which of them records revoke.

    Args:
        verdicts: sorted by id.
        effective: the records, whose revocations decide which verdicts are in force.
        findings: files that are not verdicts.
        notices: what does not count.
        apart: what only the folder, or only the ledger, has.
        waiting: positive verdicts that are only in the folder; they do not count.
    """

    verdicts: tuple[HeldVerdict, ...] = ()
    effective: EffectiveRecords = field(default_factory=EffectiveRecords)
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    apart: Differences = Differences()
    waiting: tuple[HeldVerdict, ...] = ()

    def is_effective(self, verdict: HeldVerdict) -> bool:
        """Whether neither it nor its key was revoked; also of one that is not in this set.

        Only what may be relied on can be revoked: a pass, or a conditional one where that is
        allowed. What a verdict stops stays stopped (law 9).
        """
        return not verdict.statement.may_pass or self.effective.is_effective(verdict)

    def revocations_of(self, verdict: HeldVerdict) -> tuple[VerifiedRecord, ...]:
        """The revocations of this very verdict; () where only its key was revoked, or neither."""
        return self.effective.record_revocations(verdict)


def read_verdicts(
    signers: Signers,
    effective: EffectiveRecords,
    files: Mapping[str, bytes],
    ledger: LedgerReading | None = None,
) -> VerdictSet:
    """Open every verdict under a policy, and apply the revocations among the records.

    Args:
        signers: whose signatures count.
        effective: all records, folded; no verdict is among them.
        files: name to bytes; copies of one file are reported under its first name.
        ledger: the launch's ledger, replayed; what it holds is read, too.
    """
    if not files and ledger is None:
        return VerdictSet(effective=effective)
    tray = InTray(ledger, signers.opener, signers.policy, verdicts=True)
    found: dict[str, HeldVerdict] = {}
    waiting: dict[str, HeldVerdict] = {}
    findings: list[Finding] = []
    notices: list[Finding] = []
    for what, data, copies in tray.to_read(files, "manifests/verdicts"):
        try:
            opened = _opened(data, what, signers)
            if isinstance(opened, Finding):
                notices.append(opened)
                continue
            payload, holder = opened
            statement = signers.opener.verdict(payload)
            ref = RecordRef(
                payload.record_id,
                payload.key.fingerprint,
                VERDICT.name,
                holder,
                is_negative=VERDICT.is_negative(statement),
            )
            # A verdict names its key, so no two keys can have made one id.
            held = HeldVerdict(payload.record_id, holder, statement)
            (found if tray.counts(data, ref, what) else waiting)[payload.record_id] = held
        except Malformed as error:
            code = error.code or "record-malformed"
            mend = error.mend or "remove the file, ask its signer for it again"
            findings.append(Finding(code, what, error.message + copies, mend=mend))
    verdicts = tuple(found[record_id] for record_id in sorted(found))
    return VerdictSet(
        verdicts=verdicts,
        effective=effective,
        findings=tuple(findings),
        notices=(*notices, *_without_effect(effective, verdicts)),
        apart=tray.apart(),
        waiting=tuple(waiting[record_id] for record_id in sorted(waiting)),
    )


def _opened(
    data: bytes | LedgerRecord, what: str, signers: Signers
) -> tuple[VerifiedPayload, str] | Finding:
    if isinstance(data, bytes):
        return signers.open_file(data, what)
    # A ledger may have been replayed under a policy with other holders than this one's.
    holder = signers.holder(data.fingerprint)
    return (data.verified, holder) if holder else signer_unknown(what, data.fingerprint)


def _without_effect(
    effective: EffectiveRecords, verdicts: Iterable[HeldVerdict]
) -> Iterator[Finding]:
    """Revocations of a verdict that take nothing back."""
    for verdict in verdicts:
        for revocation in effective.revocations.get(verdict.record_id, ()):
            if not verdict.statement.may_pass:
                yield _nothing(revocation, "what did not pass cannot be taken back")
            elif not effective.may_revoke(revocation.holder, verdict):
                who = f"{revocation.holder} may not revoke the verdict {verdict.record_id}"
                yield _nothing(revocation, who)


def _nothing(revocation: VerifiedRecord, cause: str) -> Finding:
    return Finding(
        "signer-not-in-role",
        revocation.record_id,
        f"{cause}; the revocation counts nowhere",
        mend="ask its signer, or a holder of a [revocation] role, for a verdict or a revocation",
    )
