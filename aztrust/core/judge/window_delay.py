"""What it means for this chain that a launch waits until a time (a hold), or goes on later (a
defer): once its genesis_time or its planned start is reached, programs act whatever people decided.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.times import format_minute, parse_rfc3339
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt

_BY_FORMAT: Final = {
    "cosmos": "CometBFT starts late with the same genesis, once two thirds of the voting power run",
    "ethereum": "every slot from then on is missed until its validator runs",
}
_UNKNOWN: Final = "what its nodes do then is for their documentation to answer"
BY_THEMSELVES: Final = "hosts that were started without `aztrust exec` start by themselves then"


def genesis_time_unix_ms(context: Context) -> int | None:
    """The genesis_time of the sealed genesis, in milliseconds; None where it states none."""
    manifest = context.manifests.get("genesis")
    instant = parse_rfc3339(manifest.genesis_time or "") if manifest is not None else None
    return None if instant is None else instant // 1_000_000


def delay_sentences(
    context: Context, attempt: Attempt, until_unix_ms: int | None
) -> tuple[str, ...]:
    """What the delay reaches, and what that means; () where it reaches nothing.

    Args:
        context: the launch.
        attempt: the scope and window.
        until_unix_ms: when the delay ends at the latest, None where it has no end.
    """
    found: list[str] = []
    window = attempt.window
    start = window.metadata.bootstrap_start_time_unix_ms if window is not None else None
    if start is not None and (until_unix_ms is None or until_unix_ms >= start):
        found.append(f"it reaches the planned start, {format_minute(start)}")
    genesis = genesis_time_unix_ms(context)
    if genesis is not None and (until_unix_ms is None or until_unix_ms >= genesis):
        past = genesis <= context.request.now_unix_ms
        when = f"genesis_time {format_minute(genesis)} {'is past' if past else 'is reached'}"
        manifest = context.manifests["genesis"]
        form = str((manifest.facts or {}).get("format", ""))
        found.append(f"{when}: {_BY_FORMAT.get(form, _UNKNOWN)}")
        if not past:
            found.append(BY_THEMSELVES)
    return tuple(found)
