"""The keys of a launch, and the first steps for every signed file: whose is it, did they sign it?

Keys are found by fingerprint and never by file name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import field, frozen
from aztrust.core.formats.dsse import VerifiedPayload
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.opener import Opener
from aztrust.core.policy.authority import registrar_keys
from aztrust.core.policy.model import Policy


@frozen
class Keyring:
    """The policy's keys that are available here, and what is wrong with the files in `keys/`.

    `registrars` are the fingerprints of those whose holders enrol operators.
    """

    keys: Mapping[str, VerificationMaterial] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    registrars: frozenset[str] = frozenset()


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
            mend="put the holder's public key back; to see which one a file is: aztrust key"
            " fingerprint FILE",
        )
        for fingerprint in sorted(holders, key=lambda f: (holders[f], f))
        if fingerprint not in found
    ]
    return Keyring(
        {f: key for f, key in found.items() if f in holders},
        tuple(findings),
        registrar_keys(policy),
    )


def distinct(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes, str]]:
    """Each content once, under its first name: (name, bytes, a note about the copies).

    Thousands of copies of one file must cost one signature check. The note is "" for a file
    without copies.
    """
    copies: dict[bytes, int] = {}
    for data in files.values():
        copies[data] = copies.get(data, -1) + 1
    for name in sorted(files):
        # Popped, so that every later name of these bytes finds nothing.
        more = copies.pop(files[name], None)
        if more is not None:
            plural = "copy" if more == 1 else "copies"
            yield name, files[name], f" (+{more:,} {plural})" if more else ""


@frozen
class Signers:
    """Whose signatures count under one policy, and how their files are opened.

    Args:
        policy: names the holders and their keys.
        policy_digest: its digest; what is bound to another one counts nowhere (law 15).
        keyring: the public keys that were found.
        opener: opens each content once in a run.
    """

    policy: Policy
    policy_digest: str
    keyring: Keyring
    opener: Opener = field(default_factory=Opener)

    def open_file(self, data: bytes, what: str) -> tuple[VerifiedPayload, str] | Finding:
        """The payload of a signed file and the holder who signed it, or a notice about a stranger.

        Args:
            data: the envelope's bytes.
            what: the file, for messages.

        Raises:
            Malformed: as `parse_envelope` and `open_envelope`, and `key-missing`.
        """
        # 1. The envelope is parsed strictly; its payload is not looked at (law 7).
        envelope = self.opener.envelope(data, name=what)
        fingerprint = f"sha256:{envelope.keyid}"
        # 2. Who claims to sign: a key that the policy does not name is a notice; no more is read.
        holder = self.holder(fingerprint)
        if holder is None:
            return signer_unknown(what, fingerprint)
        # 3. The signature holds, or nothing of the payload is parsed.
        return self.opener.payload(envelope, self.key(fingerprint, holder, what)), holder

    def holder(self, fingerprint: str) -> str | None:
        """The holder whose key this is; None where the policy names no such key."""
        return self.policy.key_holders().get(fingerprint)

    def key(self, fingerprint: str, holder: str, what: str) -> VerificationMaterial:
        """The public key of a holder.

        Raises:
            Malformed: `key-missing`: no file has it, so that `what` cannot be checked.
        """
        key = self.keyring.keys.get(fingerprint)
        if key is None:
            raise Malformed(
                f"signed by {holder}, whose key is not in keys/: it cannot be checked",
                subject=what,
                code="key-missing",
                mend="put the holder's public key back into keys/",
            )
        return key


def signer_unknown(what: str, fingerprint: str) -> Finding:
    """The notice about a file whose signer the policy does not name."""
    return Finding(
        "signer-unknown",
        what,
        "signed by a key that no holder of this policy has; it counts nowhere",
        actual=fingerprint,
    )
