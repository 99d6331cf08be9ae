"""The score of a checklist in this run."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.value import replace
from aztrust.core.checklist.definitions import Due
from aztrust.core.judge.checklist.areas import scored_areas
from aztrust.core.judge.checklist.items import decided_items, scored_items
from aztrust.core.judge.checklist.outcome import Asked
from aztrust.core.records.scorecard import Scorecard, concluded, explained


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
