"""The records of a launch window: its opening and its ends.

What AZ-028 names has exactly its fields. Everything else names the scope and the policy that it
belongs to, so that it does not count for another attempt. Times are claims (law 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.model import Model, VersionOne, VersionZero, validate
from aztrust.core.base.schema import Field
from aztrust.core.records.kind import (
    KindText,
    Preimages,
    Reason,
    RecordKind,
    UnixMs,
    about_scope,
    malformed,
    verdict_roles,
)

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
    window_open_time_unix_ms: UnixMs
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
    decide_by_unix_ms: UnixMs | None = None


class LaunchDefer(Model):
    """The window ends, its scope may be tried again (AZ-28.3)."""

    deferred_at_unix_ms: UnixMs
    launch_window_id: Sha256
    policy_digest: Sha256
    reason: Reason
    scope_hash: Sha256


class LaunchAbort(Model):
    """The window ends, and its scope with it (AZ-28.4)."""

    aborted_at_unix_ms: UnixMs
    launch_window_id: Sha256
    policy_digest: Sha256
    reason: Reason
    scope_hash: Sha256
    trigger: AbortTrigger


def window_metadata(preimages: Preimages) -> WindowMetadata:
    """The metadata of a window whose record was checked."""
    return WindowMetadata.model_validate(dict(preimages["metadata"]))


def _scope(body: LaunchWindow, preimages: Preimages) -> tuple[str, str]:
    metadata = preimages.get("metadata")
    scope = metadata.get("scope_hash") if isinstance(metadata, Mapping) else None
    return "scope", scope if isinstance(scope, str) else body.metadata_hash


def _bound(_: LaunchWindow, preimages: Preimages) -> tuple[str, str]:
    metadata = window_metadata(preimages)
    return metadata.policy_digest, metadata.scope_hash


def _check(body: LaunchWindow, preimages: Preimages, what: str) -> None:
    metadata = preimages.get("metadata")
    if not isinstance(metadata, dict):
        raise malformed("a launch window without its metadata", what)
    validate(WindowMetadata, metadata, what=what, code="record-malformed")
    if body.launch_window_id != window_id(body):
        raise malformed("its launch_window_id is not the digest of its record", what)


_SIGNER: Final = "a holder of a role in the policy's `[verdicts]`"
_SCOPE: Final = "`scope`, the scope hash"

LAUNCH_WINDOW: Final = RecordKind(
    name="launch-window",
    model=LaunchWindow,
    time_field="window_open_time_unix_ms",
    subject=_scope,
    may_sign=verdict_roles,
    bound_to=_bound,
    check=_check,
    freeze_row="scope",
    effect="opens-window",
    text=KindText(
        about="The LaunchWindowRecord of AZ-16.1, with exactly its fields. Its policy is in"
        " `preimages.metadata`, the preimage of `metadata_hash`:"
        ' `{"policy_digest", "scope_hash", "decide_by_unix_ms"?}`. After `decide_by_unix_ms`'
        " readiness that is short is a DEFER and not a HOLD.",
        subject=_SCOPE,
        signer=_SIGNER,
        fields={
            "version_major": "1",
            "version_minor": "0",
            "launch_window_id": "`sha256:` of the canonical record without this field",
            "target_network_class": "`mainnet`, `testnet` or `devnet`",
            "target_chain_id": "the scope's",
            "target_genesis_hash": "the scope's",
            "authorized_release_package_id": "the scope's",
            "authorized_genesis_package_id": "the scope's",
            "window_open_time_unix_ms": "",
            "restricted_posture_expected_end_hash": "optional",
            "status": "`OPEN`; the ten of AZ-16.2 are read",
            "metadata_hash": "SHA-256 of the canonical `preimages.metadata`",
        },
    ),
)
LAUNCH_DEFER: Final = RecordKind(
    name="launch-defer",
    model=LaunchDefer,
    time_field="deferred_at_unix_ms",
    subject=about_scope,
    is_negative=lambda _: True,
    may_sign=verdict_roles,
    freeze_row="scope",
    effect="ends-window",
    text=KindText(
        about="The window ends, and its scope may be tried again in another.",
        subject=_SCOPE,
        signer=_SIGNER,
        negative="always",
        fields={
            "deferred_at_unix_ms": "",
            "launch_window_id": "",
            "policy_digest": "",
            "reason": "",
            "scope_hash": "",
        },
    ),
)
LAUNCH_ABORT: Final = RecordKind(
    name="launch-abort",
    model=LaunchAbort,
    time_field="aborted_at_unix_ms",
    subject=about_scope,
    is_negative=lambda _: True,
    may_sign=verdict_roles,
    freeze_row="scope",
    effect="ends-scope",
    text=KindText(
        about="The window ends, and its scope for good.",
        subject=_SCOPE,
        signer=_SIGNER,
        negative="always",
        fields={
            "aborted_at_unix_ms": "",
            "launch_window_id": "",
            "policy_digest": "",
            "reason": "",
            "scope_hash": "",
            "trigger": "one of the eight of AZ-29.1 in short, or `other`",
        },
    ),
)
KINDS: Final = (LAUNCH_WINDOW, LAUNCH_DEFER, LAUNCH_ABORT)
