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
    if view.limits.is_checkpoint:
        return _pace_of_slots(view)
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


def _pace_of_slots(view: View) -> Fraction | None:
    """The same where heights are slots, of which some have no block: the median of the nodes.

    Blocks are counted along their parents, so that a slot without a block makes the pace slower and
    one that was not read does not.
    """
    paces = []
    for name, _ in view.on_network():
        blocks = {anchor.id: anchor for anchor in view.memory.nodes[name].anchors}
        newest = max(blocks.values(), key=lambda anchor: anchor.height, default=None)
        if newest is None:
            continue
        oldest, count = newest, 0
        while count < INTERVALS and oldest.parent in blocks and oldest.height > 0:
            oldest, count = blocks[oldest.parent], count + 1
        opened = Fraction(view.at_ms - oldest.time_ms, count + 1)
        closed = Fraction(newest.time_ms - oldest.time_ms, count) if count else opened
        paces.append(max(closed, opened))
    return sorted(paces)[len(paces) // 2] if paces else None
