"""Can every record be read, and does every signature hold?

A file that is not a record, or whose signature does not fit its bytes, fails: it was put there by
someone. A record of a kind or version this aztrust does not know is an error, because it may
revoke something. Signers the policy does not name, other policies and other packages are notices
and do not count.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Status
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import (
    KEY_MISSING,
    RECORD_MALFORMED,
    RECORD_UNKNOWN,
    SIGNATURE_INVALID,
)
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import KEYS, MEND, Context


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    unreadable = tuple(
        Finding("record-unreadable", fault.path, fault.detail, mend=MEND)
        for fault in context.evidence.unreadable
    )
    verified = context.records.effective.verified
    findings = context.records.findings
    if context.evidence.unread(KEYS):
        # The key that is not found may be in there.
        findings = tuple(f for f in findings if f.code != KEY_MISSING.name)
    return Answer(
        findings=(*findings, *unreadable),
        notices=context.records.notices,
        evidence=tuple(u.record_id for u in verified),
        detail=f"{len(verified)} records",
    )


CHECK = Check(
    id="records",
    title="records and signatures",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-15.2", "AZ-2.4"),
    codes=(
        RECORD_MALFORMED,
        SIGNATURE_INVALID,
        RECORD_UNKNOWN,
        Code(
            "record-unreadable",
            "A file of the launch directory exists and cannot be read.",
            "Make it readable: it may be a revocation.",
            status=Status.ERROR,
        ),
        KEY_MISSING,
        Code(
            "signer-unknown",
            "A record is signed by a key that no holder has; it counts nowhere.",
            "Nothing, or ask the holder to sign with a key the policy lists.",
        ),
        Code(
            "approval-other-scope",
            "A record was made under another policy or for another package; it counts nowhere.",
            "Ask for it again under this policy.",
        ),
        Code(
            "enrolment-conflict",
            "An enrolment lists a holder's key, a key or a validator of two operators, or no key.",
            "Enrol those operators again; until then what is in conflict counts for none of them.",
        ),
    ),
    ask=_ask,
)
