"""What several observers saw of one network, compared: a disagreement is always a finding.

Nothing decides who is right. What one of them did not see is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from aztrust.core.base.value import frozen

Topic = Literal["genesis", "block", "state", "validators"]
TOPICS: Final[tuple[Topic, ...]] = ("genesis", "block", "state", "validators")


@frozen
class SeenBlock:
    """One height as an observer saw it; None is what it did not see."""

    height: int
    id: str
    state_after: str | None = None
    validators: str | None = None


@frozen
class Sight:
    """What one observer saw.

    Args:
        who: how it is named to a person.
        genesis_sha256: of the genesis that it compared with; None where it does not say.
        blocks: in any order; it may have seen several at one height.
    """

    who: str
    genesis_sha256: str | None
    blocks: tuple[SeenBlock, ...]


@frozen
class Disagreement:
    """That observers saw different things.

    Args:
        topic: of what.
        height: of the block; None where it is about the genesis.
        sides: (what was seen, who saw it), sorted by what was seen.
    """

    topic: Topic
    height: int | None
    sides: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def text(self) -> str:
        """`block 7: AB12CD34 (operator ada), 99FF0011 (operator bob)`."""
        seen = ", ".join(f"{value[:8]} ({', '.join(who)})" for value, who in self.sides)
        place = f"{self.topic} " if self.height is None else ""
        if self.height is not None:
            what = {"block": "", "state": "state after ", "validators": "validators of "}
            place = f"{what.get(self.topic, '')}block {self.height}"
        return f"{place.strip()}: {seen}"


def disagreements(sights: Iterable[Sight]) -> tuple[Disagreement, ...]:
    """Every height and topic on which two of them differ, the genesis first, then by height."""
    found: dict[tuple[int, int], dict[str, set[str]]] = {}

    def add(topic: Topic, height: int, value: str | None, who: str) -> None:
        if value is not None:
            sides = found.setdefault((height, TOPICS.index(topic)), {})
            sides.setdefault(value, set()).add(who)

    for sight in sights:
        genesis = sight.genesis_sha256
        add("genesis", -1, genesis.removeprefix("sha256:") if genesis else None, sight.who)
        for block in sight.blocks:
            add("block", block.height, block.id, sight.who)
            add("state", block.height, block.state_after, sight.who)
            add("validators", block.height, block.validators, sight.who)
    return tuple(
        Disagreement(
            TOPICS[topic],
            height if height >= 0 else None,
            tuple((value, tuple(sorted(who))) for value, who in sorted(sides.items())),
        )
        for (height, topic), sides in sorted(found.items())
        if len(sides) > 1
    )
