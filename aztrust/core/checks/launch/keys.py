"""Is every key the policy lists available here, and what it claims to be?

Keys are found by fingerprint, so a file swapped for another under the same name is a missing key.
Each must re-encode to itself (named curve, uncompressed point): two encodings of one key would be
two fingerprints for one signature.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import KEY_MALFORMED, KEY_MISSING
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import KEYS, Context


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    findings = context.keyring.findings
    unread = context.evidence.unread(KEYS)
    if unread:
        # A key that is not found may be in there.
        findings = tuple(f for f in findings if f.code != KEY_MISSING.name)
        if not findings:
            return Answer(not_run=unread)
    return Answer(
        findings=findings,
        detail=f"{len(context.keyring.keys)} keys",
    )


CHECK = Check(
    id="keys",
    title="public keys",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.2",),
    codes=(
        KEY_MISSING,
        KEY_MALFORMED,
    ),
    ask=_ask,
)
