"""Votes that were read before from the very same bytes: most nodes serve the same commits.

Two hundred nodes serve one commit of a hundred signatures two hundred times. What is read from a
response follows from its bytes, its height and the validator set alone, so it is read once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.chain.facts import Votes

MOST: Final = 64
"""As many are known: a few of the newest heights, as different nodes serve them."""


@frozen
class VotesKey:
    """What votes follow from.

    Args:
        digest: of the response.
        height: that the votes are for.
        canonical: as `Votes.canonical`.
        powers: of the validators, by address.
    """

    digest: str
    height: int
    canonical: bool
    powers: tuple[tuple[str, int], ...]


class KnownVotes:
    """Votes by what they follow from. It may be used by many threads."""

    def __init__(self) -> None:
        self._known: dict[VotesKey, Votes] = {}

    def get(self, key: VotesKey, read: Callable[[], Votes]) -> Votes:
        """The votes; they are read where they are not known. What `read` raises is not kept."""
        found = self._known.get(key)
        if found is None:
            found = read()
            if len(self._known) >= MOST:
                # Two threads may do so at once: both then begin anew.
                self._known = {}
            self._known[key] = found
        return found
