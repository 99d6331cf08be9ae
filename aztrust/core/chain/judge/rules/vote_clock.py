"""A validator's votes have times in the future (AZ-26.1).

They are held against the observer's clock: where half of the clocks are ahead, the median of the
votes would accuse the honest ones. A clock that is behind does not show, because the chain raises
the times of such votes. Where the votes of all are ahead alike, the observer's clock is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.memory import SeenVotes
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.names import name_of
from aztrust.core.chain.judge.rules.own_clock import OBSERVER, own_clock, own_clock_text
from aztrust.core.chain.judge.thresholds import CLOCK_MS
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    commits = view.memory.votes[-view.limits.commits :]
    if len(commits) < view.limits.commits:
        return
    ahead: dict[str, list[int]] = {}
    pace = _pace(commits, view.band.block_interval_ms)
    for seen in commits:
        # The next block carries a commit: its votes are at least about a block old.
        earliest = seen.at_ms - pace
        for validator, stamp in seen.votes.stamps_ms:
            ahead.setdefault(validator, []).append(stamp - earliest)
    least = [min(by) for by in ahead.values() if len(by) == len(commits)]
    own = own_clock(least, len(view.powers))
    # Votes that are old are those of a halted network, and say nothing of clocks.
    if own is not None and own > 0:
        shown = tuple(digest for seen in commits for digest in seen.raw)
        text = own_clock_text(f"the votes of {len(least)} validators", own)
        yield Condition(text, subject=OBSERVER, evidence=shown)
        return
    for validator, by in sorted(ahead.items()):
        # One delayed answer or one late vote accuses no one.
        if len(by) == len(commits) and min(by) > CLOCK_MS:
            nodes, who = name_of(view, validator)
            yield Condition(
                f"its votes are {min(by) / 1000:.0f} s ahead of the observer's clock",
                subject=who,
                nodes=nodes,
                validators=(validator,),
                evidence=tuple(digest for seen in commits for digest in seen.raw),
            )


def _pace(commits: Sequence[SeenVotes], most: int) -> int:
    """The usual time of a block, in ms. The band has the longest: blocks may be far faster."""
    gaps = sorted(
        (later.time_ms - earlier.time_ms) // (later.votes.height - earlier.votes.height)
        for earlier, later in pairwise(commits)
    )
    return max(0, min(most, gaps[len(gaps) // 2])) if gaps else 0


RULE = Rule(
    "vote-clock-ahead",
    "preflight-mismatch",
    "AZ-26.1",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
