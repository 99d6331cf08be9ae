"""A decision by the checklist, before another holder signs it: the score is made again here."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.acts.act import Act
from aztrust.acts.checklist.scoring import score_launch
from aztrust.acts.verify import ReadOptions
from aztrust.core.base.errors import Refused
from aztrust.core.records.go_hold import GoNoGoDecision, minutes_in
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import Scorecard


def score_again(
    act: Act, records: Iterable[VerifiedRecord], read_options: ReadOptions
) -> tuple[str, ...]:
    """What the review says of the score of each GO among the records; () without one.

    An item that is otherwise here is refused. One that could not be looked at here, such as
    evidence that is on another machine, rests on the sign-off of its area, and is counted.

    Args:
        act: the launch.
        records: that others proposed.
        read_options: how to read the packages.

    Raises:
        Refused: `precondition-unmet`: an item has another status here; a copy of the definitions,
            or something else, as `score_launch`.
    """
    scores = [score for record in records if (score := _score_of(record)) is not None]
    if not scores or act.policy.checklist is None:
        return ()
    here = {
        item.item: item for item in score_launch(act, read_options, keeps_head=False).card.items
    }
    lines = []
    for score in scores:
        other, unseen = [], 0
        for item in score.items:
            found = here.get(item.item)
            if found is not None and found.status == "unknown" != item.status:
                unseen += 1
            elif found is None or found.status != item.status:
                now = "not an item" if found is None else f"{found.status}: {found.detail}"
                other.append(f"{item.item} is scored {item.status}, and here it is {now}")
        if other:
            raise Refused(
                other[0],
                subject=other[0].partition(" ")[0],
                code="precondition-unmet",
                mend="look again, then decide anew: aztrust checklist score",
                details=tuple(other[1:]),
            )
        count = len(score.items)
        rest = f"; {unseen} could not be looked at here and rest on sign-offs" if unseen else ""
        lines.append(f"{count - unseen} of {count} items are the same here{rest}")
    return tuple(lines)


def _score_of(record: VerifiedRecord) -> Scorecard | None:
    """The score of a GO, None for another record."""
    body = record.body
    if not isinstance(body, GoNoGoDecision) or body.decision != "GO":
        return None
    minutes = minutes_in(record.preimages)
    return minutes.score if minutes is not None else None
