"""The block time: from the times in headers, and from how long the next block is overdue."""

from __future__ import annotations

from fractions import Fraction

from aztrust.core.chain.judge.thresholds import INTERVALS
from aztrust.core.chain.judge.view import View


def block_time_ms(view: View) -> Fraction | None:
    """The mean block time of the last blocks, in milliseconds; None where it is not known.

    The open gap counts as one more interval where that makes the pace slower: a chain that stops
    must not keep the pace that it had. The time of a height is the median of those reported.
    """
    if not view.fresh:
        return None
    times: dict[int, list[int]] = {}
    for name, _ in view.on_network():
        for anchor in view.memory.nodes[name].anchors:
            if anchor.height <= view.memory.head:
                times.setdefault(anchor.height, []).append(anchor.time_ms)
    heights = sorted(times)[-(INTERVALS + 1) :]
    if not heights:
        return None
    first, last = (sorted(times[h])[len(times[h]) // 2] for h in (heights[0], heights[-1]))
    count = heights[-1] - heights[0]
    opened = Fraction(view.at_ms - first, count + 1)
    return max(Fraction(last - first, count), opened) if count else opened
