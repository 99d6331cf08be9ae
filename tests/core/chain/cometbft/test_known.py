"""Votes are read once from the same bytes, and never taken for those of others."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.cometbft.known import MOST, KnownVotes, VotesKey
from aztrust.core.chain.facts import Votes
from tests.core.chain.cometbft.fake_node import FakeNode

KEY = VotesKey("sha256:a", 3, True, (("A", 1), ("B", 2)))


def votes(height: int) -> Votes:
    return Votes(height, 0, 3, 3, 0, (), True, ())


def test_the_same_is_read_once():
    known, reads = KnownVotes(), []

    def read() -> Votes:
        reads.append(1)
        return votes(3)

    assert known.get(KEY, read) is known.get(replace(KEY), read)
    assert len(reads) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"digest": "sha256:b"},
        {"height": 4},
        {"canonical": False},
        {"powers": (("A", 1), ("B", 3))},
    ],
)
def test_anything_else_is_read(other):
    known = KnownVotes()
    known.get(KEY, lambda: votes(3))
    assert known.get(replace(KEY, **other), lambda: votes(9)).height == 9


def test_what_cannot_be_read_is_read_again():
    known = KnownVotes()
    with pytest.raises(ValueError, match="no votes"):
        known.get(KEY, _refuse)
    assert known.get(KEY, lambda: votes(3)).height == 3


def _refuse() -> Votes:
    raise ValueError("no votes")


def test_only_a_few_are_known():
    known = KnownVotes()
    for number in range(3 * MOST):
        known.get(replace(KEY, height=number), lambda: votes(1))
    assert len(known._known) <= MOST


def test_two_nodes_with_other_votes_for_one_height_keep_their_own():
    """The second node's commit lacks a vote: what the first one served is not taken for it."""
    adapter = CometBFT()
    one, _ = adapter.read("a", FakeNode([1, 1, 1]), adapter.fresh())
    other, _ = adapter.read("b", FakeNode([1, 1, 1], silent={2: 1}), adapter.fresh())
    assert [seen.signed for seen in one.votes] == [3, 3, 3]
    assert [seen.signed for seen in other.votes] == [2, 2, 2]
    again, _ = adapter.read("c", FakeNode([1, 1, 1]), adapter.fresh())
    assert again.votes == one.votes
