"""What a seal needs before it is signed: records that are valid, a place of its own, for a genesis
its release, and a key that others have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aztrust.acts.approvers import refuse_revoked_key
from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import Finding
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.seal_errors import seal_findings
from aztrust.core.package.compare import compare
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, Policy
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.evidence import PackageReading
from aztrust.storage.tree.overlap import entangled


def refuse_broken_records(context: Context) -> None:
    """Refuse to add to records while one of them is invalid: it may be the last seal.

    Raises:
        Refused: `details` lists each.
    """
    findings = context.records.findings
    if findings:
        raise Refused(
            "a record of this launch is not valid, so it is unknown what was sealed before",
            subject=findings[0].subject,
            code=findings[0].code,
            mend=findings[0].mend,
            details=tuple(f"{f.code}  {f.subject}: {f.message}" for f in findings),
        )


def package_conflicts(
    launch: Path, policy: Policy, package_class: PackageClass
) -> Iterator[Finding]:
    """The places that the package shares with another package."""
    others = tuple(policy.package(c).path for c in PACKAGE_CLASSES if c != package_class)
    for sentence in entangled(launch, policy.package(package_class).path, others):
        yield Finding(
            "link-escapes",
            f"packages.{package_class}.path",
            sentence,
            mend="put the package into a directory of its own",
        )


def release_for_genesis(context: Context) -> str:
    """The id of the release that a genesis sealed now is for: it must be sealed itself.

    Raises:
        Refused: it is not sealed, or its seal is not valid.
    """
    findings = seal_findings(context, "release")
    release_id = context.manifest_ids.get("release")
    if release_id is None or findings:
        raise Refused(
            "a genesis is sealed for one exact release, and the release is not sealed"
            if release_id is None
            else "a genesis is sealed for one exact release, and the release's seal is not valid",
            subject="manifests/release.json",
            code=findings[0].code if findings else "seal-missing",
            mend="aztrust seal release",
            details=tuple(f"{f.code}  {f.subject}: {f.message}" for f in findings),
        )
    return release_id


def release_changes(context: Context, reading: PackageReading) -> Iterator[Finding]:
    """The release next to the genesis must be the sealed one, or its values prove nothing."""
    if reading.tree is None:
        yield Finding("unreadable", "release package", reading.fault, mend="make it readable")
    else:
        yield from compare("release", context.manifests["release"], reading.tree)


def require_usable_key(context: Context, key: VerificationMaterial) -> None:
    """Refuse a key whose seal could not be verified.

    Raises:
        Refused: `key-revoked`, or `key-missing` in keys/.
    """
    holder = require_policy(context).key_holders().get(key.fingerprint, "")
    refuse_revoked_key(context, key, holder)
    if key.fingerprint not in context.keyring.keys:
        raise Refused(
            f"the public key of {holder or 'this signer'} is not in keys/; without it no one can"
            " verify the seal",
            subject="keys/",
            code="key-missing",
            mend=f"put its .pem there: {key.fingerprint}",
        )
