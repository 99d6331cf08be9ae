"""Opening the launch window of an attempt (AZ-16): one record for one exact scope."""

from __future__ import annotations

from aztrust.acts.sign import SignedRecord, sign_record
from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import frozen
from aztrust.core.judge.checkpoint_draft import require_scope
from aztrust.core.records.window import LaunchWindow, window_id
from aztrust.core.state.context import Context, require_policy
from aztrust.signers import Signer

_UNKNOWN = "sha256:" + "0" * 64


@frozen
class NewWindow:
    """A launch window that was just signed, and is not stored yet."""

    launch_window_id: str
    record: SignedRecord
    decide_by_unix_ms: int | None = None


def sign_window(
    context: Context, signer: Signer, now_unix_ms: int, decide_by_unix_ms: int | None = None
) -> NewWindow:
    """A window for the scope of the files here, with status OPEN.

    Args:
        context: the launch.
        signer: of a verdict role.
        now_unix_ms: when it opens.
        decide_by_unix_ms: until when missing answers are waited for; None for no such time.

    Raises:
        NothingToVerify: there is no scope.
    """
    scope, policy = require_scope(context), require_policy(context)
    metadata: dict[str, object] = {
        "policy_digest": context.policy_digest,
        "scope_hash": scope.hash,
    }
    if decide_by_unix_ms is not None:
        metadata["decide_by_unix_ms"] = decide_by_unix_ms
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
    return NewWindow(window.launch_window_id, record, decide_by_unix_ms)
