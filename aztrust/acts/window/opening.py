"""Opening the launch window of an attempt (AZ-16): one record for one exact scope."""

from __future__ import annotations

from aztrust.acts.sign import SignedRecord, sign_record
from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import UsageError
from aztrust.core.base.value import frozen
from aztrust.core.judge.checkpoint_draft import require_scope
from aztrust.core.judge.window_cutoff import cutoff_before
from aztrust.core.judge.window_delay import genesis_time_unix_ms
from aztrust.core.judge.window_script import Script
from aztrust.core.records.window import (
    LaunchWindow,
    WindowMetadata,
    times_out_of_order,
    window_id,
)
from aztrust.core.state.context import Context, require_policy
from aztrust.signers import Signer

_UNKNOWN = "sha256:" + "0" * 64


@frozen
class NewWindow:
    """A launch window that was just signed, and is not stored yet."""

    launch_window_id: str
    record: SignedRecord
    decide_by_unix_ms: int | None = None


@frozen
class WindowPlan:
    """What a window plans when it opens: times, in milliseconds since the epoch, None for none.

    Args:
        decide_by: until when missing answers are waited for.
        bootstrap_authorization, bootstrap_start, early_epoch_end, posture_end: the times of
            AZ-3.2 after the first one, which is when the window opens.
    """

    decide_by: int | None = None
    bootstrap_authorization: int | None = None
    bootstrap_start: int | None = None
    early_epoch_end: int | None = None
    posture_end: int | None = None


def planned_metadata(context: Context, plan: WindowPlan, now_unix_ms: int) -> WindowMetadata:
    """What `metadata_hash` of a new window is over, the digest of its script included.

    The last moment for a changed package is `change_cutoff` of the policy before the start that is
    planned, or else before the genesis time; without `[window]` there is none.

    Args:
        context: the launch.
        plan: the times.
        now_unix_ms: when it opens.

    Raises:
        NothingToVerify: there is no scope.
        UsageError: a later time comes before an earlier one.
    """
    scope, policy = require_scope(context), require_policy(context)
    metadata = WindowMetadata(
        policy_digest=context.policy_digest,
        scope_hash=scope.hash,
        decide_by_unix_ms=plan.decide_by,
        bootstrap_authorization_time_unix_ms=plan.bootstrap_authorization,
        bootstrap_start_time_unix_ms=plan.bootstrap_start,
        early_epoch_observation_end_time_unix_ms=plan.early_epoch_end,
        restricted_posture_end_time_unix_ms=plan.posture_end,
        change_cutoff_unix_ms=_cutoff(context, plan),
    )
    for fault in times_out_of_order(now_unix_ms, metadata):
        raise UsageError(
            f"the times of the window are not in order: {fault.removeprefix('its ')}",
            subject="freeze",
            mend="give them in the order of AZ-3.2: authorization, start, end of the early epochs,"
            " end of the restricted posture",
        )
    script = Script(policy, scope, now_unix_ms, metadata)
    return metadata.model_copy(update={"script_hash": script.digest})


def _cutoff(context: Context, plan: WindowPlan) -> int | None:
    policy, start = require_policy(context), plan.bootstrap_start
    if start is None:
        start = genesis_time_unix_ms(context)
    return None if policy.window is None or start is None else cutoff_before(policy, start)


def sign_window(
    context: Context, signer: Signer, now_unix_ms: int, plan: WindowPlan = WindowPlan()
) -> NewWindow:
    """A window for the scope of the files here, with status OPEN.

    Args:
        context: the launch.
        signer: of a verdict role.
        now_unix_ms: when it opens.
        plan: its times.

    Raises:
        NothingToVerify, UsageError: as `planned_metadata`.
    """
    scope, policy = require_scope(context), require_policy(context)
    metadata = planned_metadata(context, plan, now_unix_ms).model_dump(
        mode="json", exclude_none=True
    )
    window = LaunchWindow(
        version_major=1,
        version_minor=0,
        launch_window_id=_UNKNOWN,
        target_network_class=policy.launch.network_class,
        target_chain_id=scope.chain_id,
        target_genesis_hash=scope.genesis_hash,
        authorized_release_package_id=scope.release_package_id,
        authorized_genesis_package_id=scope.genesis_package_id,
        window_open_time_unix_ms=now_unix_ms,
        status="OPEN",
        metadata_hash=sha256_id(canonical.dumps(metadata)),
    )
    window = window.model_copy(update={"launch_window_id": window_id(window)})
    record = sign_record("launch-window", window, {"metadata": metadata}, signer)
    return NewWindow(window.launch_window_id, record, plan.decide_by)
