"""Whose file is it, and did they sign it? The first steps for every signed file, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.formats.dsse import VerifiedPayload, open_envelope, parse_envelope
from aztrust.core.history.keyring import Keyring
from aztrust.core.policy.model import Policy


def distinct(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes, str]]:
    """Each content once, under its first name: (name, bytes, what to say of the copies).

    Thousands of copies of one file must cost one signature check. What is said is "" for a file
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


def open_file(
    data: bytes, what: str, policy: Policy, keyring: Keyring
) -> tuple[VerifiedPayload, str] | Finding:
    """The payload of a signed file and the holder who signed it, or a notice about a stranger.

    Args:
        data: the envelope's bytes.
        what: the file, for messages.
        policy: whose holders may speak.
        keyring: the keys at hand.

    Raises:
        Malformed: as `parse_envelope` and `open_envelope`, and `key-missing`.
    """
    # 1. The envelope is parsed strictly; its payload is not looked at (law 7).
    envelope = parse_envelope(data, name=what)
    fingerprint = f"sha256:{envelope.keyid}"
    # 2. Who claims to speak: nobody the policy names is a notice, and nothing more is read.
    holder = policy.key_holders().get(fingerprint)
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
    # 3. The signature holds, or nothing of the payload is parsed.
    return open_envelope(envelope, key), holder


def signer_unknown(what: str, fingerprint: str) -> Finding:
    """The notice about a file by nobody whom the policy names."""
    return Finding(
        "signer-unknown",
        what,
        "signed by a key that no holder of this policy has; it counts nowhere",
        actual=fingerprint,
    )
