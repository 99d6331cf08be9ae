"""Records of holders who built an artifact themselves and compared the result."""

from __future__ import annotations

from typing import Annotated, Final

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Model
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import Policy
from aztrust.core.records.kind import KindText, Preimages, Reason, RecordKind, UnixMs


class BuildAttestation(Model):
    """One holder built one artifact of a release, and this is the digest of the result."""

    attested_at_unix_ms: UnixMs
    built_sha256: Sha256
    environment: Reason
    package_id: Sha256
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    policy_digest: Sha256
    sealed_sha256: Sha256


def _release(body: BuildAttestation, _: Preimages) -> tuple[str, str]:
    return "manifests/release.json", body.package_id


def _builders(policy: Policy, _: BuildAttestation) -> frozenset[str] | None:
    return frozenset(policy.reproduction.roles) if policy.reproduction is not None else None


BUILD_ATTESTATION: Final = RecordKind(
    name="build-attestation",
    model=BuildAttestation,
    time_field="attested_at_unix_ms",
    subject=_release,
    is_negative=lambda body: body.built_sha256 != body.sealed_sha256,
    may_sign=_builders,
    freeze_row="approvals",
    summary=lambda body: f"of release {body.package_id[7:15]}",
    text=KindText(
        about="A holder built an artifact, and compared the result with the sealed one.",
        subject="`manifests/release.json`, the package id of the release",
        signer="a holder of one of `[reproduction] roles`; any holder where the policy has none",
        negative="when `built_sha256` is not `sealed_sha256`",
        fields={
            "attested_at_unix_ms": "",
            "built_sha256": "SHA-256 of what the signer built",
            "environment": "what it was built with, 1 to 1000 characters",
            "package_id": "the release",
            "path": "the artifact's path in it",
            "policy_digest": "",
            "sealed_sha256": "SHA-256 of the artifact in the manifest",
        },
    ),
)
KINDS: Final = (BUILD_ATTESTATION,)
