"""The records of a launch window: its opening and its ends.

What AZ-028 names has exactly its fields. Everything else names the scope and the policy that it
belongs to, so that it does not count for another attempt. Times are claims (law 12).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Model, VersionOne, VersionZero
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import NetworkClass
from aztrust.core.policy.window_tables import Act
from aztrust.core.records.contents import Contents, bound_in, own_id, read_preimage, scope_in
from aztrust.core.records.kind import (
    KindText,
    Preimages,
    Reason,
    RecordKind,
    UnixMs,
    about_scope,
    act_roles,
    signers_of,
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

ABORT_TRIGGERS: Final[tuple[AbortTrigger, ...]] = get_args(AbortTrigger)

WindowPhase = Literal[
    "FREEZE_CONFIRMED",
    "FINAL_CHECKS",
    "GO_HOLD_POINT",
    "BOOTSTRAP_AUTH",
    "NETWORK_START",
    "FIRST_BLOCKS",
    "FIRST_EPOCHS",
    "RESTRICTED_POSTURE",
    "NORMALIZATION",
]
"""The nine of AZ-4.1, in their order, without `LW_PHASE_` and the number."""

ChainId = Annotated[str, Field(min_length=1, max_length=200)]


class LaunchWindow(Model):
    """The LaunchWindowRecord, with exactly the fields of AZ-16.1.

    `launch_window_id` is `sha256:` of the canonical record without it. The preimage of
    `metadata_hash` is a `WindowMetadata`.
    """

    version_major: VersionOne
    version_minor: VersionZero
    launch_window_id: Sha256
    target_network_class: NetworkClass
    target_chain_id: ChainId
    target_genesis_hash: Sha256
    authorized_release_package_id: Sha256
    authorized_genesis_package_id: Sha256
    window_open_time_unix_ms: UnixMs
    restricted_posture_expected_end_hash: Sha256 | None = None
    status: WindowStatus
    metadata_hash: Sha256


def window_id(window: LaunchWindow) -> str:
    """The id that a window has by its contents: SHA-256 of its canonical form without one."""
    return own_id(window, "launch_window_id")


class WindowMetadata(Model):
    """What `metadata_hash` of a launch window is over.

    The times are what the window plans; the first of AZ-3.2 is `window_open_time_unix_ms` of the
    record. `decide_by_unix_ms` is the boundary for readiness, `change_cutoff_unix_ms` the last
    moment for a changed package, `script_hash` the digest of the window's script.
    """

    policy_digest: Sha256
    scope_hash: Sha256
    decide_by_unix_ms: UnixMs | None = None
    bootstrap_authorization_time_unix_ms: UnixMs | None = None
    bootstrap_start_time_unix_ms: UnixMs | None = None
    early_epoch_observation_end_time_unix_ms: UnixMs | None = None
    restricted_posture_end_time_unix_ms: UnixMs | None = None
    change_cutoff_unix_ms: UnixMs | None = None
    script_hash: Sha256 | None = None


class LaunchDefer(Model):
    """The window ends, its scope may be tried again (AZ-28.3)."""

    deferred_at_unix_ms: UnixMs
    launch_window_id: Sha256
    policy_digest: Sha256
    reason: Reason
    scope_hash: Sha256


class AfterStart(Model):
    """How a network that has started is given up.

    `criterion` is the rule of the launch that asks for it, `state_handling` what happens to the
    state and the signing data of the network that started.
    """

    criterion: Reason
    measure: Literal["halt", "rollback"]
    state_handling: Reason


class LaunchAbort(Model):
    """The window ends, and its scope with it (AZ-28.4).

    `after_start` is there if the network had started.
    """

    aborted_at_unix_ms: UnixMs
    launch_window_id: Sha256
    policy_digest: Sha256
    reason: Reason
    scope_hash: Sha256
    trigger: AbortTrigger
    after_start: AfterStart | None = None


def window_metadata(preimages: Preimages) -> WindowMetadata:
    """The metadata of a window whose record was checked."""
    return read_preimage(preimages, "metadata", WindowMetadata)


PLANNED_TIMES: Final = (
    "bootstrap_authorization_time_unix_ms",
    "bootstrap_start_time_unix_ms",
    "early_epoch_observation_end_time_unix_ms",
    "restricted_posture_end_time_unix_ms",
)
"""The times of AZ-3.2 that a window plans, in their order; the first one, when the window opens, is
a field of the record itself.
"""


def _out_of_order(body: LaunchWindow, parts: Mapping[str, Any]) -> Iterator[str]:
    yield from times_out_of_order(body.window_open_time_unix_ms, parts["metadata"])


def times_out_of_order(opened_at_unix_ms: int, metadata: WindowMetadata) -> Iterator[str]:
    """The faults of a plan in which a later time of AZ-3.2 comes before an earlier one.

    Args:
        opened_at_unix_ms: when the window opens.
        metadata: what it plans.
    """
    before, latest = "window_open_time_unix_ms", opened_at_unix_ms
    for name in PLANNED_TIMES:
        planned = getattr(metadata, name)
        if planned is None:
            continue
        if planned < latest:
            yield f"its {name} is before its {before}"
        before, latest = name, planned


WINDOW_CONTENTS: Final = Contents(
    own_id="launch_window_id",
    preimages={"metadata": WindowMetadata},
    faults=_out_of_order,
    # `restricted_posture_expected_end_hash` may have a preimage of any shape.
    closed=False,
)


def _abort_act(body: LaunchAbort) -> Act:
    return "abort" if body.after_start is None else "abort-started"


_SIGNER: Final = "a holder of a role in the policy's `[verdicts]`"
_SCOPE: Final = "`scope`, the scope hash"

LAUNCH_WINDOW: Final = RecordKind(
    name="launch-window",
    model=LaunchWindow,
    time_field="window_open_time_unix_ms",
    subject=scope_in("metadata"),
    may_sign=verdict_roles,
    bound_to=bound_in("metadata"),
    check=WINDOW_CONTENTS.check,
    preimages=WINDOW_CONTENTS.preimages,
    freeze_row="scope",
    effect="opens-window",
    text=KindText(
        about="The LaunchWindowRecord of AZ-16.1, with exactly its fields. Its policy is in"
        " `preimages.metadata`, the preimage of `metadata_hash`: `policy_digest`, `scope_hash`,"
        " and what the window plans, each optional: `decide_by_unix_ms` (after it readiness that is"
        " short is a DEFER and not a HOLD), the later four times of AZ-3.2 in their order"
        " (`bootstrap_authorization_time_unix_ms`, `bootstrap_start_time_unix_ms`,"
        " `early_epoch_observation_end_time_unix_ms`, `restricted_posture_end_time_unix_ms`),"
        " `change_cutoff_unix_ms` (the last moment for a changed package) and `script_hash`"
        " (`sha256:` of the window's script).",
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
    may_sign=act_roles("defer"),
    freeze_row="scope",
    effect="ends-window",
    text=KindText(
        about="The window ends, and its scope may be tried again in another.",
        subject=_SCOPE,
        signer=signers_of("defer"),
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
    may_sign=act_roles(_abort_act),
    freeze_row="scope",
    effect="ends-scope",
    text=KindText(
        about="The window ends, and its scope for good.",
        subject=_SCOPE,
        signer=signers_of("abort")
        + "; if the network had started, `[authority.abort-started]`, else `[authority.decide]`",
        negative="always",
        fields={
            "aborted_at_unix_ms": "",
            "launch_window_id": "",
            "policy_digest": "",
            "reason": "",
            "scope_hash": "",
            "after_start": "only of a network that has started:"
            ' `{"criterion", "measure", "state_handling"}`; `measure` is `halt` or `rollback`,'
            " `criterion` the rule that asks for it, `state_handling` what happens to the state and"
            " the signing data",
            "trigger": "one of the eight of AZ-29.1 in short, or `other`",
        },
    ),
)
KINDS: Final = (LAUNCH_WINDOW, LAUNCH_DEFER, LAUNCH_ABORT)
