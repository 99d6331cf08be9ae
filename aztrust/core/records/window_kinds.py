"""The records of a launch window: its opening and its ends, and what people answer, open or see.

What AZ-028 names has exactly its fields. Everything else names the scope and the policy that it is
said under, so that nothing of it counts for another attempt. Times are claims (law 12).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import Blake3, Sha256, sha256_id
from aztrust.core.base.model import Items, Model, Name, SomeItems, VersionOne, VersionZero
from aztrust.core.base.schema import Field

_UnixMs = Annotated[int, Field(ge=0, le=2**53 - 1)]
_Reason = Annotated[str, Field(min_length=1, max_length=1000)]
_Note = Annotated[str, Field(max_length=1000)]

WindowStatus = Literal[
    "OPEN",
    "IN_FINAL_CHECKS",
    "AT_GO_HOLD_POINT",
    "BOOTSTRAP_AUTHORIZED",
    "NETWORK_STARTED",
    "EARLY_EPOCHS_ACTIVE",
    "RESTRICTED_POSTURE_ACTIVE",
    "NORMALIZED",
    "DEFERRED",
    "ABORTED",
]
"""The ten of AZ-16.2."""

AnomalyClass = Literal[
    "preflight-mismatch",
    "artifact-mismatch",
    "genesis-mismatch",
    "role-readiness-gap",
    "peer-compatibility-anomaly",
    "no-finality-anomaly",
    "contradictory-notarization-anomaly",
    "deterministic-replay-anomaly",
    "bvm-anomaly",
    "witness-proof-anomaly",
    "governance-activation-anomaly",
    "telemetry-blindness-anomaly",
]
"""The twelve of AZ-27.1."""

AbortTrigger = Literal[
    "binary-hash-mismatch",
    "genesis-hash-mismatch",
    "release-genesis-incompatibility",
    "readiness-collapse",
    "vulnerability-disclosed",
    "monitoring-unavailable",
    "deterministic-divergence",
    "conflicting-artifact-copies",
    "other",
]
"""The eight of AZ-29.1, and one for what it does not foresee."""

ABORT_TRIGGERS: Final[tuple[str, ...]] = (
    "binary-hash-mismatch",
    "genesis-hash-mismatch",
    "release-genesis-incompatibility",
    "readiness-collapse",
    "vulnerability-disclosed",
    "monitoring-unavailable",
    "deterministic-divergence",
    "conflicting-artifact-copies",
    "other",
)


class LaunchWindow(Model):
    """The LaunchWindowRecord, with exactly the fields of AZ-16.1.

    `launch_window_id` is `sha256:` of the canonical record without it. The preimage of
    `metadata_hash` has `policy_digest`, `scope_hash` and, where the window has a boundary for
    readiness, `decide_by_unix_ms`.
    """

    version_major: VersionOne
    version_minor: VersionZero
    launch_window_id: Sha256
    target_network_class: Literal["mainnet", "testnet", "devnet"]
    target_chain_id: Annotated[str, Field(min_length=1, max_length=200)]
    target_genesis_hash: Sha256
    authorized_release_package_id: Sha256
    authorized_genesis_package_id: Sha256
    window_open_time_unix_ms: _UnixMs
    restricted_posture_expected_end_hash: Sha256 | None = None
    status: WindowStatus
    metadata_hash: Sha256


def window_id(window: LaunchWindow) -> str:
    """The id that a window has by its contents: SHA-256 of its canonical form without one."""
    fields = window.model_dump(mode="json", exclude_none=True, exclude={"launch_window_id"})
    return sha256_id(canonical.dumps(fields))


class WindowMetadata(Model):
    """What `metadata_hash` of a launch window is over."""

    policy_digest: Sha256
    scope_hash: Sha256
    decide_by_unix_ms: _UnixMs | None = None


class EvidenceFile(Model):
    """A file that somebody shows: its name and its digests; the file itself stays where it is."""

    blake3: Blake3
    name: Annotated[str, Field(min_length=1, max_length=255)]
    sha256: Sha256
    size: _UnixMs


class CheckAttestation(Model):
    """An answer to one row of the final checks, by a holder of the role that owns it."""

    attested_at_unix_ms: _UnixMs
    check: Name
    evidence: Items[EvidenceFile]
    note: _Note
    policy_digest: Sha256
    role: Name
    scope_hash: Sha256
    status: Literal["pass", "fail"]


class Blocker(Model):
    """Something stands in the way, or does no more; `blocker` is the record that opened it."""

    action: Literal["open", "close"]
    blocker: Sha256 | None = None
    policy_digest: Sha256
    reason: _Reason
    said_at_unix_ms: _UnixMs
    severity: Literal["critical", "major", "minor"]


class AdvisoryReview(Model):
    """The advisories of these sources were read: they stop the launch, or they do not."""

    evidence: Items[EvidenceFile]
    note: _Note
    outcome: Literal["clear", "blocking"]
    policy_digest: Sha256
    reviewed_at_unix_ms: _UnixMs
    scope_hash: Sha256
    sources: SomeItems[Literal["private", "public"]]


class LaunchAnomaly(Model):
    """Something was seen that nobody expected, and what it suggests for the window (AZ-27)."""

    anomaly_class: AnomalyClass
    detail: _Reason
    guidance: Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]
    observed_at_unix_ms: _UnixMs
    policy_digest: Sha256
    scope_hash: Sha256


class LaunchDefer(Model):
    """The window ends, its scope may be tried again (AZ-28.3)."""

    deferred_at_unix_ms: _UnixMs
    launch_window_id: Sha256
    policy_digest: Sha256
    reason: _Reason
    scope_hash: Sha256


class LaunchAbort(Model):
    """The window ends, and its scope with it (AZ-28.4)."""

    aborted_at_unix_ms: _UnixMs
    launch_window_id: Sha256
    policy_digest: Sha256
    reason: _Reason
    scope_hash: Sha256
    trigger: AbortTrigger


class Note(Model):
    """A remark; of the ledger's keeper, a sign that it is there."""

    policy_digest: Sha256
    said_at_unix_ms: _UnixMs
    text: _Reason
