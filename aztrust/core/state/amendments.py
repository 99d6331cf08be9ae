"""The reviewed changes of a restricted posture that are in force, and the files that they approve.

An amendment is in force while its window was not given up, once enough holders signed it under the
ledger, from its effective time on, and until one of its signatures is revoked. What it approves
counts in addition to the release: the launch scope stays (AZ-12.2, AZ-34).
"""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.package.manifest import Artifact
from aztrust.core.records.posture import Amendment
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.core.state.present_window import present_window


@frozen
class InForce:
    """An amendment in force: its record, and what it says."""

    record: VerifiedRecord
    body: Amendment

    @property
    def text(self) -> str:
        """It in a few words: `amendment 9e44c1d2 of a binary, from height 1000 on`."""
        height = self.body.effective_height
        since = f", from height {height} on" if height is not None else ""
        return f"amendment {self.record.record_id[7:15]} of a {self.body.change}{since}"


def amendments_in_force(context: Context) -> tuple[InForce, ...]:
    """The amendments of the scope here, in the order in which they took effect.

    The height of a network is not known here: what is effective from a height on is in force once
    it is signed, so that hosts have it before that.
    """
    policy = context.policy
    windows = {
        (record.scope_hash, record.launch_window_id)
        for record in context.records.effective.verified
        if isinstance(record.body, Amendment)
    }
    if policy is None or not windows:
        return ()
    scope, found = context.scope, []
    for attempt in context.state.attempts:
        if (attempt.scope_hash, attempt.launch_window_id) not in windows:
            continue
        if scope is not None and attempt.scope_hash != scope.hash:
            continue
        state = present_window(context, attempt)
        for record in state.amendments:
            body = record.body
            if isinstance(body, Amendment) and state.is_in_force(record):
                found.append(InForce(record, body))
    now = context.request.now_unix_ms
    return tuple(each for each in found if (each.body.effective_at_unix_ms or 0) <= now)


def amended_artifacts(context: Context) -> dict[Artifact, InForce]:
    """The files that amendments in force approve, each with its amendment.

    Path and member say in which place of the release it is, as a host names it.
    """
    return {
        Artifact.model_validate(amended.model_dump(exclude_none=True)): each
        for each in amendments_in_force(context)
        for amended in each.body.artifacts
    }
