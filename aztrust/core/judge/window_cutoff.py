"""Until when a package may still be changed before a start: the cutoff of a launch window."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.value import frozen
from aztrust.core.judge.window_delay import genesis_time_unix_ms
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_limits import window_limits
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import Attempt


@frozen
class Deadline:
    """A time that a change has to be complete before.

    Args:
        name: what it is, for a person.
        at_unix_ms: when, in milliseconds since the epoch.
    """

    name: str
    at_unix_ms: int


def planned_start(context: Context, attempt: Attempt) -> Deadline | None:
    """When the network is to start: as its window plans, else the genesis_time; None for neither.

    Raises:
        Malformed: the policy is.
    """
    planned = attempt.window.metadata.bootstrap_start_time_unix_ms if attempt.window else None
    if planned is not None:
        return Deadline("the planned start", planned)
    genesis = genesis_time_unix_ms(context)
    return None if genesis is None else Deadline("genesis_time", genesis)


def change_cutoff(context: Context, attempt: Attempt) -> Deadline | None:
    """The last moment for a changed package: as the window's record has it, else `[window]
    change_cutoff` before the start; None where no time of a start is known.

    Raises:
        Malformed: the policy is.
    """
    own = attempt.window.metadata.change_cutoff_unix_ms if attempt.window else None
    if own is not None:
        return Deadline("the change cutoff", own)
    start = planned_start(context, attempt)
    if start is None:
        return None
    return Deadline("the change cutoff", cutoff_before(require_policy(context), start.at_unix_ms))


def cutoff_before(policy: Policy, start_unix_ms: int) -> int:
    """`[window] change_cutoff` before a start, in milliseconds since the epoch."""
    return max(start_unix_ms - window_limits(policy).change_cutoff_ms, 0)


def deadlines(context: Context, attempt: Attempt) -> Iterator[Deadline]:
    """Every time that is left to a change: the cutoff, the planned start, the genesis_time."""
    cutoff, start = change_cutoff(context, attempt), planned_start(context, attempt)
    if cutoff is not None:
        yield cutoff
    if start is not None:
        yield start
    genesis = genesis_time_unix_ms(context)
    if genesis is not None and (start is None or start.name != "genesis_time"):
        yield Deadline("genesis_time", genesis)


def is_past_cutoff(context: Context, attempt: Attempt) -> bool:
    """Whether it is too late for a changed package in this run."""
    cutoff = change_cutoff(context, attempt)
    return cutoff is not None and context.request.now_unix_ms > cutoff.at_unix_ms
