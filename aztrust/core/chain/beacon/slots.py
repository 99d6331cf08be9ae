"""The new slots of a node: its blocks, and who voted in an epoch, as its blocks carry it.

Each active validator votes once in each epoch. Votes are counted when the epoch is over and a few
slots more have passed, because a vote may come late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen, replace
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Unreachable
from aztrust.core.chain.beacon.answers import Header, Session
from aztrust.core.chain.beacon.bits import Seat, aggregated, unnamed
from aztrust.core.chain.beacon.genesis import MAX_VALIDATORS
from aztrust.core.chain.facts import Anchor, Votes
from aztrust.core.chain.session import NotServed
from aztrust.core.linkage.jsondoc import JsonValue, get

LATE: Final = 4
"""So many slots after the end of an epoch its votes are counted."""
_MAX_OPERATIONS: Final = 4096
_EVIDENCE: Final = ("proposer_slashings", "attester_slashings")
_CHANGES: Final = ("deposits", "voluntary_exits", "bls_to_execution_changes")

Voter = int | Seat
Committees = Mapping[tuple[int, int], tuple[int, ...]]
"""The validators of a committee, in its order, by (slot, index)."""


@frozen
class Clock:
    """When slots are.

    Args:
        genesis_ms: the start of slot 0, in milliseconds since 1970.
        slot_ms: the length of a slot.
        slots_per_epoch: slots of one epoch.
    """

    genesis_ms: int
    slot_ms: int
    slots_per_epoch: int

    def time_ms(self, slot: int) -> int:
        """When a slot begins."""
        return self.genesis_ms + slot * self.slot_ms

    def start(self, epoch: int) -> int:
        """The first slot of an epoch."""
        return epoch * self.slots_per_epoch

    def epoch(self, slot: int) -> int:
        """The epoch of a slot."""
        return slot // self.slots_per_epoch


@frozen
class Tally:
    """The votes of one epoch so far.

    Args:
        epoch: the epoch.
        target: the block that a right vote is for, "" where it is not known.
        committees: of the epoch, None where the node does not serve them.
        right: the votes for the target: indices of validators, or seats of committees where the
            committees are not known; None where not even those can be counted.
        wrong: the votes for another block.
    """

    epoch: int
    target: str
    committees: Committees | None
    right: frozenset[Voter] | None = frozenset()
    wrong: frozenset[Voter] = frozenset()


@frozen
class SlotMemo:
    """What the slots read so far leave.

    Args:
        next: the slot to read next.
        last: the root of the last block, "" for none.
        tallies: of the epochs that are not counted yet, ascending.
        powers: of all validators by index, None where they are not known.
        alike: the power of each, where all have the same; else None.
    """

    next: int = 0
    last: str = ""
    tallies: tuple[Tally, ...] = ()
    powers: tuple[int, ...] | None = None
    alike: int | None = None


@frozen
class Slots:
    """Anchors and votes of the slots read now."""

    anchors: tuple[Anchor, ...]
    votes: tuple[Votes, ...]
    memo: SlotMemo


def read_slots(
    session: Session, clock: Clock, head: int, memo: SlotMemo, trouble: list[str]
) -> Slots:
    """Read the slots up to the head, at most two epochs of them.

    A reader that begins, or was away, begins with the epoch before the one of the head, so that it
    soon has all votes of an epoch.

    Args:
        session: asks the node.
        clock: of the chain.
        head: the slot of its newest block.
        memo: of the read before.
        trouble: gets the cause where a slot cannot be read. What was read before it counts.
    """
    begin = clock.start(max(0, clock.epoch(head) - 1))
    if memo.next < begin:
        memo = replace(memo, next=begin, last="", tallies=())
    anchors: list[Anchor] = []
    try:
        for slot in range(memo.next, head + 1):
            memo = _slot(session, clock, slot, memo, anchors)
    except _Replaced:
        # Blocks were replaced: what was counted of them does not count.
        anchors, memo = [], replace(memo, next=begin, last="", tallies=())
    except (Malformed, NotServed, Unreachable) as error:
        trouble.append(error.message)
    votes, memo = _counted(session, clock, memo)
    return Slots(tuple(anchors), votes, memo)


class _Replaced(Exception):
    """A block does not follow the one that was read before it."""


def _slot(
    session: Session, clock: Clock, slot: int, memo: SlotMemo, anchors: list[Anchor]
) -> SlotMemo:
    header: Header | None = None
    try:
        header = session.header(str(slot))
    except NotServed:
        # A slot without a block is normal.
        header = None
    if header is not None and memo.last and header.parent != memo.last:
        raise _Replaced
    last = header.id if header is not None else memo.last
    tallies = memo.tallies
    epoch = clock.epoch(slot)
    if slot == clock.start(epoch):
        tallies = (*tallies, Tally(epoch, last, _committees(session, clock, epoch)))
    if header is not None and slot > 0:
        body = _body(session, header)
        tallies = _with_votes(tallies, body, clock)
        anchors.append(anchor_of(header, clock, _flags(body), finalized=False))
    return replace(memo, next=slot + 1, last=last, tallies=tallies)


def anchor_of(
    header: Header, clock: Clock, flags: frozenset[str], *, finalized: bool, slot: int | None = None
) -> Anchor:
    """What a node reports about a slot.

    Args:
        header: of its block.
        clock: of the chain.
        flags: see `Anchor`.
        finalized: whether it is the block of a finalized checkpoint.
        slot: of the checkpoint, whose block may be of an earlier slot.
    """
    height = header.slot if slot is None else slot
    return Anchor(
        height=height,
        id=header.id,
        parent=header.parent,
        time_ms=clock.time_ms(height),
        state_before=None,
        state_after=header.state,
        validators=None,
        params=None,
        finalized=finalized,
        flags=flags,
    )


def _body(session: Session, header: Header) -> JsonValue:
    place = f"the block of slot {header.slot}"
    message = typed.below(session.ask(f"/eth/v2/beacon/blocks/{header.id}"), place, "message")
    if (
        typed.whole(get(message, "slot"), f"{place}.slot") != header.slot
        or get(message, "parent_root") != header.parent
        or get(message, "state_root") != header.state
    ):
        typed.refuse(place, "is not the one of its header")
    return typed.below(message, place, "body")


def _flags(body: JsonValue) -> frozenset[str]:
    found = set()
    if any(_operations(body, name) for name in _EVIDENCE):
        found.add("evidence")
    requests = get(body, "execution_requests")
    if any(_operations(body, name) for name in _CHANGES) or any(
        _operations(requests, name) for name in ("deposits", "withdrawals", "consolidations")
    ):
        found.add("validator_updates")
    return frozenset(found)


def _operations(body: JsonValue, name: str) -> list[JsonValue]:
    return typed.listed(get(body, name), name, _MAX_OPERATIONS)


def _committees(session: Session, clock: Clock, epoch: int) -> Committees | None:
    """The committees of an epoch; None where the node does not serve them.

    Some versions serve them with slots that are not of the epoch: those are not known either.
    """
    try:
        return _read_committees(session, clock, epoch)
    except (Malformed, NotServed):
        return None


def _read_committees(session: Session, clock: Clock, epoch: int) -> Committees:
    answer = session.ask(f"/eth/v1/beacon/states/head/committees?epoch={epoch}")
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for item in typed.listed(answer, "committees", MAX_VALIDATORS):
        slot = typed.whole(get(item, "slot"), "committees.slot")
        index = typed.whole(get(item, "index"), "committees.index", most=63)
        if clock.epoch(slot) != epoch or (slot, index) in found:
            typed.refuse("committees", f"has a committee {index} of slot {slot} that cannot be")
        members = typed.listed(get(item, "validators"), "committees.validators", MAX_VALIDATORS)
        found[slot, index] = tuple(
            typed.whole(one, "committees.validators", most=MAX_VALIDATORS) for one in members
        )
    begin, end = clock.start(epoch), clock.start(epoch + 1)
    if {slot for slot, _ in found} != set(range(begin, end)):
        typed.refuse("committees", "are not those of every slot of the epoch")
    everyone = [one for committee in found.values() for one in committee]
    if len(everyone) != len(set(everyone)):
        typed.refuse("committees", "has one validator twice")
    return found


def _with_votes(tallies: Sequence[Tally], body: JsonValue, clock: Clock) -> tuple[Tally, ...]:
    by_epoch = {tally.epoch: tally for tally in tallies}
    for attestation in _operations(body, "attestations"):
        data = typed.below(attestation, "attestation", "data")
        slot = typed.whole(get(data, "slot"), "attestation.slot")
        tally = by_epoch.get(clock.epoch(slot))
        if tally is None or (right := tally.right) is None:
            continue
        voters: frozenset[Voter] | None
        if tally.committees is not None:
            voters = frozenset(aggregated(attestation, slot, tally.committees))
        else:
            voters = unnamed(attestation, slot)
        if voters is None:
            by_epoch[tally.epoch] = replace(tally, right=None)
            continue
        target = typed.text(get(data, "target", "root"), "attestation.target.root")
        if tally.target and target != tally.target:
            tally = replace(tally, wrong=tally.wrong | voters)
        else:
            tally = replace(tally, right=right | voters)
        by_epoch[tally.epoch] = tally
    return tuple(by_epoch.values())


def _counted(session: Session, clock: Clock, memo: SlotMemo) -> tuple[tuple[Votes, ...], SlotMemo]:
    """The votes of the epochs that are complete."""
    found, left = [], []
    for tally in memo.tallies:
        if memo.next <= clock.start(tally.epoch + 1) + LATE:
            left.append(tally)
            continue
        votes = _votes(tally, memo, clock)
        if votes is not None:
            found.append(votes)
    return tuple(found), replace(memo, tallies=tuple(left))


def _votes(tally: Tally, memo: SlotMemo, clock: Clock) -> Votes | None:
    if tally.right is None or memo.powers is None:
        return None
    absent: tuple[str, ...] | None = None
    if tally.committees is None:
        if memo.alike is None:
            return None
        powers: Mapping[Voter, int] = dict.fromkeys(tally.right | tally.wrong, memo.alike)
        total = memo.alike * len(memo.powers)
    else:
        everyone = {one for committee in tally.committees.values() for one in committee}
        if not everyone or max(everyone) >= len(memo.powers):
            return None
        powers = {one: memo.powers[one] for one in everyone}
        total = sum(powers.values())
        absent = tuple(str(one) for one in sorted(everyone - tally.right - tally.wrong))
    return Votes(
        height=clock.start(tally.epoch + 1) - 1,
        round=None,
        total=total,
        signed=sum(powers[one] for one in tally.right),
        against=sum(powers[one] for one in tally.wrong - tally.right),
        absent=absent,
        canonical=True,
        stamps_ms=(),
        begun_ms=clock.time_ms(clock.start(tally.epoch)),
    )
