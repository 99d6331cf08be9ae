"""Is every key the policy lists available here, and what it claims to be?

Keys are found by fingerprint, so a file swapped for another under the same name is a missing key.
Each must re-encode to itself (named curve, uncompressed point): two encodings of one key would be
two fingerprints for one signature.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Guidance
from aztrust.core.checks.check import Answer, Check, Code
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


KEY_MISSING = Code(
    "key-missing",
    "A key that the policy lists is in no file of keys/, so what it signed cannot be checked.",
    "Put the holder's public key back.",
    guidance=Guidance.HOLD,
)

CHECK = Check(
    id="keys",
    title="public keys",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.2",),
    codes=(
        KEY_MISSING,
        Code(
            "key-malformed",
            "A file in keys/ is not one public key in its one encoding.",
            "Fetch the file again from its holder.",
            guidance=Guidance.HOLD,
        ),
    ),
    ask=_ask,
)
