"""Is every key the policy lists available here, and what it claims to be?

Keys are found by fingerprint, so a file swapped for another under the same name is a missing key.
Each must re-encode to itself (named curve, uncompressed point): two encodings of one key would be
two fingerprints for one signature. A private key in keys/, under whatever name and in any common
form, is a notice: it signs nothing here, and everyone who has the launch has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import KEY_MALFORMED, KEY_MISSING
from aztrust.core.formats.private_keys import private_key_form
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import KEYS, Context


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    findings = context.keyring.findings
    notices = tuple(_exposed(context))
    unread = context.evidence.unread(KEYS)
    if unread:
        # A key that is not found may be in there.
        findings = tuple(f for f in findings if f.code != KEY_MISSING.name)
        if not findings:
            return Answer(not_run=unread, notices=notices)
    return Answer(
        findings=findings,
        notices=notices,
        detail=f"{len(context.keyring.keys)} keys",
    )


def _exposed(context: Context) -> Iterator[Finding]:
    """The private keys in keys/: in a file that should be a public one, and in any other."""
    among = (
        (f"{KEYS}/{escape(name)}", private_key_form(data))
        for name, data in sorted(context.evidence.keys.items())
    )
    others = ((fault.path, fault.detail) for fault in context.evidence.exposed)
    held = ((path, f"it holds a private key ({form})") for path, form in among if form)
    for path, message in (*held, *others):
        yield Finding(
            PRIVATE_KEY_EXPOSED.name,
            path,
            message,
            mend="move it out of the launch directory; where others could read it, also: aztrust"
            " revoke FINGERPRINT --reason compromised",
        )


PRIVATE_KEY_EXPOSED = Code(
    "private-key-exposed",
    "A file in keys/, where public keys are published, holds a private key.",
    "Move it away, also out of the repository's history, and revoke the key as compromised.",
)

CHECK = Check(
    id="keys",
    title="public keys",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.2",),
    codes=(
        KEY_MISSING,
        KEY_MALFORMED,
        PRIVATE_KEY_EXPOSED,
    ),
    ask=_ask,
)
