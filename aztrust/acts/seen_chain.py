"""What the observer on this machine saw last of a launch's chain: read, never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.state.context import Context
from aztrust.core.state.current import current_attempt

if TYPE_CHECKING:
    from aztrust.report.observe.seen import LastSeen, SeenChain

NOTHING = "no observer ran here"
WHAT = "the observer's facts"


def last_seen(context: Context) -> LastSeen | None:
    """What an observer of this user on this machine wrote last.

    Nothing of the launch rests on it; it is read anew each time.

    Args:
        context: the launch.

    Returns:
        None where the policy has no table `[chain]`, so that nothing is asked.
    """
    policy = context.policy
    if policy is None or policy.chain is None:
        return None
    # Few launches are observed; the others load nothing of this.
    from aztrust.report.observe.document import read_facts
    from aztrust.report.observe.seen import LastSeen
    from aztrust.storage.chainfacts import read_kept_facts

    try:
        data = read_kept_facts(context.policy_digest)
        if data is None:
            return LastSeen(None, NOTHING)
        # A board is made every second, also where the observer has stopped.
        opener = context.evidence.opener
        report = opener.last(lambda: read_facts(data, what=WHAT), read_facts, data)
    except (CouldNotCheck, Malformed) as error:
        return LastSeen(None, f"what it wrote cannot be read: {error.message}")
    if report.policy_digest != context.policy_digest:
        return LastSeen(None, "what is kept here is of another policy")
    attempt = current_attempt(context)
    if attempt is not None and report.scope_hash != attempt.scope_hash:
        return LastSeen(None, f"the observer here saw another scope, {report.scope_hash[7:15]}")
    return LastSeen(report)


def present_chain(context: Context, now_unix_ms: int, *, is_now: bool) -> SeenChain | None:
    """What an observer on this machine sees of the chain, for a screen.

    Args:
        context: the launch.
        now_unix_ms: the time of the screen, in milliseconds since the epoch.
        is_now: whether that is the present; of another time nothing is kept.

    Returns:
        None where the policy has no table `[chain]`.
    """
    last = last_seen(context)
    if last is None:
        return None
    from aztrust.report.observe.seen import NOT_THEN, LastSeen, seen_chain

    return seen_chain(last if is_now else LastSeen(None, NOT_THEN), now_unix_ms)
