"""The score of a checklist in this run, and how much of it is computed."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.value import frozen, replace
from aztrust.core.checklist.definitions import Checklist, Due
from aztrust.core.judge.checklist.areas import scored_areas
from aztrust.core.judge.checklist.items import by_of, decided_items, scored_items
from aztrust.core.judge.checklist.outcome import Asked
from aztrust.core.records.scorecard import Scorecard, concluded, explained

SECTIONS: Final = ("C", "D", "E", "G", "H", "I", "J")
"""The sections of the source whose items are counted."""


def make_score(asked: Asked, due: Due = "decision") -> Scorecard:
    """The score now.

    Args:
        asked: the launch; its areas are found here.
        due: the items before the decision with the sign-offs, or those of the closing.
    """
    asked = with_areas(asked, due)
    attempt = asked.attempt
    card = Scorecard(
        at_unix_ms=asked.now_unix_ms,
        checklist_digest=asked.records.digest,
        policy_digest=asked.context.policy_digest,
        scope_hash=attempt.scope_hash if attempt is not None else _NOTHING,
        due=due,
        areas=asked.areas if due == "decision" else (),
        items=tuple(scored_items(asked, due).values()),
        result="OPEN",
    )
    return card.model_copy(update={"result": concluded(explained(card))})


def with_areas(asked: Asked, due: Due) -> Asked:
    """The same with the sign-offs of its areas.

    At the closing they are compared with the states of the score that was decided on: what only
    time changed since then takes nothing back.
    """
    decided_on = decided_items(asked) if due == "close" else {}
    items = decided_on or scored_items(asked, "decision")
    kept = {id_ for item in decided_on.values() for id_ in item.evidence} if decided_on else None
    return replace(asked, areas=scored_areas(asked.records, items, kept))


_NOTHING: Final = f"sha256:{'0' * 64}"
"""The scope of a score before anything is frozen."""


@frozen
class Share:
    """How many items of the counted sections are computed.

    Args:
        computed: from bytes, clock and ledger, without a person in between.
        attested: by the record of a drill.
        of: all of them.
    """

    computed: int
    attested: int
    of: int

    @property
    def percent(self) -> int:
        """The computed ones in whole per cent, rounded down."""
        return self.computed * 100 // self.of if self.of else 0


def computed_share(checklist: Checklist) -> Share:
    """How many items of sections C, D, E, G, H, I and J are computed."""
    counted = [by_of(item) for item in checklist.item if item.section in SECTIONS]
    return Share(counted.count("computed"), counted.count("attested"), len(counted))
