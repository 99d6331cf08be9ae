"""Halted blocks: target slots in which nothing became final although nodes answered (RC-C)."""

from __future__ import annotations

from aztrust.core.base.value import frozen


@frozen
class Slots:
    """The slots since finality last rose.

    Args:
        index: of the running slot, counted from T0.
        seen: whether an answer arrived in it.
        rose: whether finality rose in it.
        halted: how many slots in a row ended with answers and without a rise.
        unknown: how many ended without an answer in the same time.
    """

    index: int
    seen: bool = False
    rose: bool = False
    halted: int = 0
    unknown: int = 0


def count_slot(slots: Slots | None, index: int, *, seen: bool, rose: bool) -> Slots | None:
    """The slots after one more look at the network.

    A slot without an answer is unknown: it neither counts as halted nor ends the row. Before the
    first rise nothing is halted: how long that may take is `max_no_finality`.

    Args:
        slots: before it; None before the first rise.
        index: of the slot in which the look is, never an earlier one.
        seen: whether a node answered now.
        rose: whether something more is final than ever before.
    """
    if slots is None:
        return Slots(index, seen=seen, rose=True) if rose else None
    if index <= slots.index:
        reset = rose or slots.rose
        return Slots(
            slots.index,
            seen=seen or slots.seen,
            rose=reset,
            halted=0 if reset else slots.halted,
            unknown=0 if reset else slots.unknown,
        )
    if rose:
        return Slots(index, seen=seen, rose=True)
    ended_halted = slots.seen and not slots.rose
    ended_unknown = not slots.seen and not slots.rose
    return Slots(
        index,
        seen=seen,
        halted=slots.halted + ended_halted,
        unknown=slots.unknown + ended_unknown + index - slots.index - 1,
    )
