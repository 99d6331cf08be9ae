"""The public keys of a launch directory, found by fingerprint and never by file name."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import field, frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.opener import Opener
from aztrust.core.policy.model import Policy


@frozen
class Keyring:
    """The policy's keys that are available here, and what is wrong with the files in `keys/`."""

    keys: Mapping[str, VerificationMaterial] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_keyring(policy: Policy, files: Mapping[str, bytes], opener: Opener) -> Keyring:
    """Every key the policy lists, parsed; a missing or malformed one is a finding."""
    found: dict[str, VerificationMaterial] = {}
    findings = []
    for name in sorted(files):
        try:
            key = opener.key(files[name], name=f"keys/{escape(name)}")
        except Malformed as error:
            findings.append(
                Finding(
                    "key-malformed",
                    f"keys/{escape(name)}",
                    error.message,
                    mend=error.mend or "fetch the file again from its holder",
                )
            )
            continue
        found[key.fingerprint] = key
    holders = policy.key_holders()
    findings += [
        Finding(
            "key-missing",
            f"keys/ ({holders[fingerprint]})",
            f"no file in keys/ holds the key that the policy lists for {holders[fingerprint]}",
            expected=fingerprint,
            mend="put the holder's public key back; aztrust key fingerprint FILE tells which it is",
        )
        for fingerprint in sorted(holders, key=lambda f: (holders[f], f))
        if fingerprint not in found
    ]
    return Keyring({f: key for f, key in found.items() if f in holders}, tuple(findings))
