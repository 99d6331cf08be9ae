"""RC-C: less power takes part than tolerated, for longer than tolerated.

While blocks come, by the last commit. A commit has more than two thirds of the power on chains with
instant finality, so while none comes, by the votes of the unfinished height.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from aztrust.core.base.rates import WHOLE, format_percent, share_of
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.view import View


def participation(view: View) -> Fraction | None:
    """The share of power that votes now; None where it is not known."""
    if not any(view.on_network()):
        return None
    if view.is_stuck:
        return view.memory.stuck.voted if view.memory.stuck is not None else None
    if not view.memory.votes:
        return None
    votes = view.memory.votes[-1].votes
    return Fraction(votes.signed, votes.total)


def _ask(view: View) -> Iterator[Condition]:
    share = participation(view)
    if share is not None and share * WHOLE >= view.limits.least_power:
        return
    shown = (
        format_percent(share_of(share.numerator, share.denominator)) if share is not None else ""
    )
    yield Condition(
        f"{shown or 'an unknown part'} of the power takes part (height {view.memory.head + 1})",
        power=1 - share if share is not None else None,
        evidence=view.raw_of(view.fresh),
        lasting_ms=view.limits.low_power_ms,
        known=share is not None,
        at_least="DEFER",
    )


RULE = Rule("rollback-participation", "role-readiness-gap", "RC-C.rollback", _ask)
