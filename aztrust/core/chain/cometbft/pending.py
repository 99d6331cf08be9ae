"""The height that a node has not finished: its round, and how much power has voted in it.

A commit always carries more than two thirds of the power, so a network that has less shows it only
here: the votes of the unfinished round stay below. A node that cast a vote waits for two thirds of
the power to do the same before it goes on: the votes that it waits for show who is there. A
validator that ended before has its votes in the round before, or a prevote and no precommit.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from aztrust.core.chain import typed
from aztrust.core.chain.cometbft.answers import Session
from aztrust.core.chain.facts import Pending
from aztrust.core.linkage.jsondoc import JsonValue, get

_HEIGHT: Final = re.compile(r"([0-9]{1,19})/([0-9]{1,10})/([0-9]{1,2})")
_VOTED: Final = re.compile(r" ([0-9]{1,19})/([1-9][0-9]{0,18}) = ")
_STEPS: Final = {
    1: "new height",
    2: "new round",
    3: "propose",
    4: "prevote",
    5: "prevote wait",
    6: "precommit",
    7: "precommit wait",
    8: "commit",
}
_PREVOTE: Final = 4
_PRECOMMIT: Final = 6
_MAX_ROUNDS: Final = 10_000
_MAX_TEXT: Final = 100_000


def read_pending(session: Session) -> Pending:
    """The state of a node's consensus.

    Raises:
        Unreachable, NotServed, Malformed: as `Session.ask`.
    """
    return pending(get(session.ask("/consensus_state"), "round_state"))


def pending(state: JsonValue) -> Pending:
    """From the value `round_state`.

    `voted` is of the precommits of this round where the node has cast its own, of the best votes of
    this round where it has cast its prevote, otherwise of the best of this round and the one before
    it.

    Raises:
        Malformed: it is not one.
    """
    written = typed.text(get(state, "height/round/step"), "round_state.height/round/step")
    match = _HEIGHT.fullmatch(written)
    if match is None:
        typed.refuse("round_state.height/round/step", "is not three whole numbers")
    height, round_, step = (int(part) for part in match.groups())
    sets = typed.listed(get(state, "height_vote_set"), "height_vote_set", _MAX_ROUNDS)
    cast = (step >= _PREVOTE) + (step >= _PRECOMMIT)
    kinds = ("precommits",) if cast == 2 else ("prevotes", "precommits")
    # A round that just began has no votes yet; the one before shows who is there.
    rounds = (round_,) if cast else (round_ - 1, round_)
    shares = [
        _share(votes, kind)
        for votes in sets
        if typed.whole(get(votes, "round"), "height_vote_set.round") in rounds
        for kind in kinds
    ]
    voted = max(shares, default=Fraction(0))
    return Pending(height, round_, _STEPS.get(step, str(step)), voted, cast)


def _share(votes: JsonValue, kind: str) -> Fraction:
    name = f"{kind}_bit_array"
    match = _VOTED.search(typed.text(get(votes, name), name, _MAX_TEXT))
    if match is None:
        typed.refuse(name, "does not end with the power that voted and the total")
    return Fraction(int(match[1]), int(match[2]))
