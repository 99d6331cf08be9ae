"""What may leave in a kit: files of the kind that their place holds, without a private key.

A file of no known kind is refused whatever it is: a key can be written in more ways than a search
can cover, and a kit is published. What is signed wrongly, or by an unknown signer, is still packed:
it may be a revocation.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.chain.bundle import read_bundle
from aztrust.core.checklist.path import CHECKLIST_LIMIT, CHECKLIST_PATH
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.formats.private_keys import private_key_form
from aztrust.core.kit.archive import KEY_LIMIT, OBSERVATIONS, member_limit
from aztrust.core.package.entries import Fault
from aztrust.core.package.manifest import MANIFEST_LIMIT, parse_manifest
from aztrust.core.policy.chain_table import PROOF_LIMIT
from aztrust.core.policy.model import POLICY_LIMIT, POLICY_PATH
from aztrust.core.state.evidence import Evidence

_BUNDLE: Final = frozenset({"dsseEnvelope", "mediaType", "verificationMaterial"})


def require_packable(
    evidence: Evidence, sealed: Mapping[str, bytes], bundles: Mapping[str, bytes]
) -> None:
    """Refuse to pack a launch with a file that must not be published, or of no known kind.

    Args:
        evidence: the launch directory's own files.
        sealed: every manifest ever sealed, by file name.
        bundles: the verdicts that only other tools read, by file name.

    Raises:
        Refused: a file is not of the kind its folder holds, holds a private key, or is over its
            limit; `details` lists each.
    """
    offenders = tuple(_offenders(evidence, sealed, bundles))
    if offenders:
        raise Refused(
            "something here must not leave in a kit",
            subject=offenders[0][0],
            mend="move it away, out of the launch directory; a private key that was here for others"
            " to read is revoked with: aztrust revoke FINGERPRINT --reason compromised",
            details=tuple(f"{path}: {cause}" for path, cause in offenders),
        )


def _offenders(
    evidence: Evidence, sealed: Mapping[str, bytes], bundles: Mapping[str, bytes]
) -> Iterator[tuple[str, str]]:
    manifests = {
        f"{package_class}.json": data for package_class, data in evidence.manifests.items()
    }
    checklist = (
        {CHECKLIST_PATH: evidence.checklist} if isinstance(evidence.checklist, bytes) else {}
    )
    folders: tuple[tuple[str, Mapping[str, bytes], int, Callable[[str, bytes], str]], ...] = (
        ("", {POLICY_PATH: evidence.policy}, POLICY_LIMIT, lambda _name, _data: ""),
        ("", checklist, CHECKLIST_LIMIT, _no_checklist),
        ("keys/", evidence.keys, KEY_LIMIT, _no_key),
        ("manifests/", manifests, MANIFEST_LIMIT, _no_manifest),
        (OBSERVATIONS, evidence.observations, PROOF_LIMIT, _no_proof),
        ("manifests/policies/", evidence.policies, POLICY_LIMIT, _not_frozen),
        ("manifests/records/", evidence.records, canonical.RECORD_LIMIT, _no_envelope),
        ("manifests/sealed/", sealed, MANIFEST_LIMIT, _not_sealed),
        ("manifests/verdicts/", evidence.verdicts, canonical.RECORD_LIMIT, _no_envelope),
        ("manifests/verdicts/", bundles, canonical.RECORD_LIMIT, _no_bundle),
    )
    for folder, files, limit, judge in folders:
        for name, data in sorted(files.items()):
            path = escape(f"{folder}{name}")
            if len(data) > limit:
                yield path, f"it has more than {limit:,} bytes"
            elif cause := _private(data) or judge(name, data):
                yield path, cause
    if isinstance(evidence.checklist, Fault):
        yield evidence.checklist.path, evidence.checklist.detail
    # They are in no kit; who packs is the last to see them before the launch is published.
    yield from ((fault.path, fault.detail) for fault in evidence.exposed)


def _private(data: bytes) -> str:
    """That it holds a private key, and in which form; "" where none is found."""
    form = private_key_form(data)
    return f"it holds a private key ({form})" if form else ""


def _no_key(name: str, data: bytes) -> str:
    try:
        parse_public_key(data, name=name)
    except Malformed as error:
        return f"it is not a public key: {error.message}"
    return ""


def _no_manifest(name: str, data: bytes) -> str:
    try:
        parse_manifest(data, what=name)
    except Malformed as error:
        return f"it is not a manifest: {error.message}"
    return ""


def _no_checklist(name: str, data: bytes) -> str:
    from aztrust.core.checklist.definitions import parse_checklist  # few launches have one

    try:
        parse_checklist(data, what=name)
    except Malformed as error:
        return f"it is not a checklist: {error.message}"
    return ""


def _not_sealed(name: str, data: bytes) -> str:
    if name != f"{sha256_id(data)[7:]}.json":
        return "it is not a sealed manifest: its name is not the SHA-256 of its bytes"
    return _no_manifest(name, data)


def _not_frozen(name: str, data: bytes) -> str:
    if name != f"{sha256_id(data)[7:]}.toml":
        return "it is not a policy that was frozen: its name is not the SHA-256 of its bytes"
    return ""


def _no_proof(name: str, data: bytes) -> str:
    if member_limit(OBSERVATIONS + name) is None:
        return "a kit has no file of that name"
    try:
        read_bundle(data, what=name)
    except Malformed as error:
        return f"it is not a proof of a block: {error.message}"
    return ""


def _no_envelope(name: str, data: bytes) -> str:
    try:
        payload = parse_envelope(data, name=name).payload
    except Malformed as error:
        return f"it is not a signed record: {error.message}"
    return _no_payload(payload)


def _no_bundle(name: str, data: bytes) -> str:
    """A Sigstore bundle may have any signature in it; what was signed is what a record may say."""
    try:
        bundle = canonical.loads(data, what=name, code="record-malformed", floats=True)
    except Malformed as error:
        return f"it is not a Sigstore bundle: {error.message}"
    envelope = bundle.get("dsseEnvelope") if isinstance(bundle, dict) else None
    payload = envelope.get("payload") if isinstance(envelope, dict) else None
    if not isinstance(bundle, dict) or bundle.keys() != _BUNDLE or not isinstance(payload, str):
        return (
            "it is not a Sigstore bundle: not made of dsseEnvelope, mediaType, verificationMaterial"
        )
    try:
        return _no_payload(binascii.a2b_base64(payload, strict_mode=True))
    except ValueError:
        return "it is not a Sigstore bundle: its payload is not base64"


def _no_payload(payload: bytes) -> str:
    try:
        canonical.loads(payload, what="", code="record-malformed", floats=True)
    except Malformed as error:
        return f"it is not a signed record: its payload {error.message}"
    return _private(payload)
