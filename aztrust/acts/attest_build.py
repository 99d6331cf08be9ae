"""Attesting that a holder built an artifact: what was built is hashed and compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.core.base.errors import NothingToVerify, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import Policy
from aztrust.core.records.build import BUILD_ATTESTATION, BuildAttestation
from aztrust.core.state.seals import seals_in_force
from aztrust.storage.tree.hashing import hash_file


def builder_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may attest a build."""
    if policy.reproduction is None:
        return policy.key_holders()
    return policy.keys_of_roles(frozenset(policy.reproduction.roles))


def plan_build(
    act: Act, path: str, built: Path, environment: str, key: VerificationMaterial
) -> Plan[BuildAttestation, None]:
    """The record of one build; it is negative where the result has other bytes.

    Args:
        act: the launch.
        path: the artifact's path in the release.
        built: the file that the signer built.
        environment: what it was built with.
        key: who signs.

    Raises:
        NothingToVerify: the release is not sealed.
        UsageError: the release installs no such file.
        Refused: its seal does not hold, the policy has expired, or the key was revoked.
        CouldNotCheck: the file, or a record, cannot be read.
    """
    context = act.context
    holder = require_usable_signer(context, key)
    manifest = context.manifests.get("release")
    if manifest is None:
        raise NothingToVerify(
            "the release is not sealed: there is nothing to compare a build with",
            subject="manifests/release.json",
            mend="aztrust seal release",
        )
    if not seals_in_force(context, "release"):
        raise Refused(
            "the release's seal is not in force",
            subject="manifests/release.json",
            code="seal-missing",
            mend="look at what is wrong with it: aztrust verify",
        )
    sealed = _sealed(manifest, path)
    body = BuildAttestation(
        attested_at_unix_ms=act.now_unix_ms,
        built_sha256=hash_file(built).sha256,
        environment=environment,
        package_id=context.manifest_ids["release"],
        path=path,
        policy_digest=context.policy_digest,
        sealed_sha256=sealed,
    )
    return Plan(BUILD_ATTESTATION.name, body, holder, None)


def _sealed(manifest: Manifest, path: str) -> str:
    names = sorted({artifact.path for artifact in manifest.artifacts})
    entry = manifest.file(path)
    if path not in names or entry is None:
        raise UsageError(
            f"{escape(path)[:200]} is not an artifact of the release",
            subject="PATH",
            mend=f"artifacts: {', '.join(map(escape, names)) or 'none'}",
        )
    return entry.sha256
