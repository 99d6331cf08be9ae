"""Handing a launch window over: a note of what is open, for the person who goes on.

plan = plan_handover(act, key, to="sonia")
"""

from __future__ import annotations

from aztrust.acts.act import TEXT_LIMIT, Act, Plan, require_usable_signer
from aztrust.acts.holders import require_holder
from aztrust.core.base.errors import NothingToVerify, UsageError
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.window_handover import handover_text
from aztrust.core.judge.window_view import WindowView, view_window
from aztrust.core.records.administration import Note


def plan_handover(act: Act, key: VerificationMaterial, *, to: str) -> Plan[Note, WindowView]:
    """A note about the window that this run is about.

    Args:
        act: the launch.
        key: of the holder who hands over.
        to: the holder who goes on.

    Raises:
        NothingToVerify: no window was opened.
        UsageError: the policy names no such holder, or the signer itself.
        Refused, CouldNotCheck: as `require_usable_signer`.
    """
    holder = require_usable_signer(act.context, key)
    require_holder(act.policy, to, "--to")
    if to == holder:
        raise UsageError(
            f"{holder} cannot hand over to {holder}", subject="--to", mend="name another holder"
        )
    view = view_window(act.context)
    if view is None:
        raise NothingToVerify(
            "no launch window was opened here",
            subject="window",
            mend="a freeze opens one: aztrust freeze",
        )
    body = Note(
        policy_digest=act.context.policy_digest,
        said_at_unix_ms=act.now_unix_ms,
        text=handover_text(view, holder, to, TEXT_LIMIT),
    )
    return Plan("note", body, holder, view)
