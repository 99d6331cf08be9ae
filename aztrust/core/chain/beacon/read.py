"""One read of a beacon node: its answers, as facts. Nothing that it answers raises an error.

What a read costs the node is bounded: its genesis, sync state, head and finality at each read; its
name, version, peers and metrics at every fifth or while its head does not rise; the genesis state,
validators and configuration once after each silence; and at most two epochs of new slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Get, Reply, Unreachable
from aztrust.core.chain.beacon.answers import Session, data_of
from aztrust.core.chain.beacon.expected import SET, hexadecimal
from aztrust.core.chain.beacon.genesis import read_genesis
from aztrust.core.chain.beacon.slots import Clock, SlotMemo, anchor_of, read_slots
from aztrust.core.chain.facts import Anchor, GenesisFact, NodeFacts, Reach, Votes
from aztrust.core.chain.session import NotServed, Turn, attempt, clock_offset_ms, silent, unread
from aztrust.core.linkage.jsondoc import JsonValue, get

_GENESIS: Final = "/eth/v1/beacon/genesis"
_MAX_SLOTS_PER_EPOCH: Final = 64
_MAX_SLOT_MS: Final = 600_000
_MAX_TIME: Final = 2**40
_MAX_PEERS: Final = 1_000_000


@frozen
class Memo:
    """What is remembered about one node between two reads.

    Args:
        turn: which read it was.
        clock: of its configuration, None where it is not known yet.
        genesis: that it serves; None where it is not known yet.
        before: the genesis that the slots were read with.
        genesis_refused: why it cannot be read, until the node falls silent.
        genesis_shown: whether the block of slot 0 is among the facts already.
        epoch: the finalized epoch of the read before, -1 for none.
        node_id, version, peers: as it reported them last.
        started_ms: when its process started.
        metrics: of the policy.
        slots: what the slots read so far leave.
    """

    turn: Turn = Turn()
    clock: Clock | None = None
    genesis: GenesisFact | None = None
    before: GenesisFact | None = None
    genesis_refused: str = ""
    genesis_shown: bool = False
    epoch: int = -1
    node_id: str | None = None
    version: str | None = None
    peers: int | None = None
    started_ms: int | None = None
    metrics: tuple[tuple[str, str], ...] = ()
    slots: SlotMemo = field(default_factory=SlotMemo)


@frozen
class _Genesis:
    """The first answer: what the node started from."""

    time: int
    set_root: bytes


def read(
    node: str, get_: Get, memo: Memo, metrics: Mapping[str, str] | None = None
) -> tuple[NodeFacts, Memo]:
    """Ask one node once; see `Adapter.read`.

    Args:
        node: its name.
        get_: asks it. `/metrics` may be at another address, and may be refused.
        memo: of the read before.
        metrics: the series to read, by name.
    """
    session = Session(get_)
    try:
        reply = session.fetch(_GENESIS)
    except Unreachable as error:
        return silent(node, error), _silenced(memo)
    try:
        genesis = _read_start(data_of(reply, _GENESIS))
    except NotServed as error:
        return unread(node, reply, Reach.PARTIAL, error.message, session), _silenced(memo)
    except Unreachable as error:
        return unread(node, reply, error.reach, error.message, session), _silenced(memo)
    except Malformed as error:
        return unread(node, reply, Reach.MALFORMED, error.message, session), _silenced(memo)
    return _read_on(node, session, reply, genesis, memo, metrics or {})


def _silenced(memo: Memo) -> Memo:
    """After a silence the genesis is read again. If it is the same, slots read before count."""
    before = memo.genesis or memo.before
    return Memo(Turn(head=memo.turn.head), memo.clock, before=before, slots=memo.slots)


def _read_on(
    node: str,
    session: Session,
    reply: Reply,
    genesis: _Genesis,
    memo: Memo,
    metrics: Mapping[str, str],
) -> tuple[NodeFacts, Memo]:
    trouble: list[str] = []
    syncing = attempt(lambda: _read_syncing(session, trouble), trouble)
    head = attempt(lambda: session.header("head").slot, trouble)
    memo = replace(memo, turn=memo.turn.next(head))
    if memo.turn.is_full:
        memo = _read_offers(session, memo, metrics, trouble)
    memo = _read_clock(session, genesis, memo, trouble)
    memo = _read_genesis(session, genesis, memo, trouble)
    anchors: list[Anchor] = []
    finalized: int | None = None
    votes: tuple[Votes, ...] = ()
    clock = memo.clock
    if clock is not None and head is not None:
        memo = _show_genesis(session, clock, memo, anchors, trouble)
        memo, finalized = _read_finality(session, clock, memo, anchors, trouble)
        slots = read_slots(session, clock, head, memo.slots, trouble)
        memo, votes = replace(memo, slots=slots.memo), slots.votes
        shown = {anchor.height for anchor in anchors}
        anchors += [anchor for anchor in slots.anchors if anchor.height not in shown]
    facts = NodeFacts(
        node=node,
        at_ms=reply.at_ms,
        reach=Reach.PARTIAL if trouble else Reach.OK,
        latency_ms=reply.latency_ms,
        clock_offset_ms=clock_offset_ms(reply),
        network=hexadecimal(genesis.set_root),
        node_id=memo.node_id,
        version=memo.version,
        head=head,
        finalized=finalized,
        syncing=syncing,
        started_ms=memo.started_ms,
        peers=memo.peers,
        genesis=memo.genesis,
        anchors=tuple(sorted(anchors, key=lambda anchor: anchor.height)),
        votes=votes,
        raw=tuple(session.raw),
        metrics=memo.metrics,
        trouble="; ".join(trouble),
    )
    return facts, memo


def _read_start(answer: JsonValue) -> _Genesis:
    return _Genesis(
        time=typed.whole(get(answer, "genesis_time"), "genesis.genesis_time", most=_MAX_TIME),
        set_root=typed.prefixed(
            get(answer, "genesis_validators_root"), "genesis.genesis_validators_root", 32
        ),
    )


def _read_syncing(session: Session, trouble: list[str]) -> bool:
    answer = session.ask("/eth/v1/node/syncing")
    syncing = get(answer, "is_syncing")
    if not isinstance(syncing, bool):
        typed.refuse("syncing.is_syncing", "is not true or false")
    if get(answer, "is_optimistic") is True:
        trouble.append("its execution client has not verified the head")
    if get(answer, "el_offline") is True:
        trouble.append("its execution client does not answer it")
    return syncing


def _read_offers(
    session: Session, memo: Memo, metrics: Mapping[str, str], trouble: list[str]
) -> Memo:
    def peers() -> int:
        answer = session.ask("/eth/v1/node/peer_count")
        return typed.whole(get(answer, "connected"), "peer_count.connected", most=_MAX_PEERS)

    def version() -> str:
        answer = session.ask("/eth/v1/node/version")
        return typed.text(get(answer, "version"), "version.version")

    def node_id() -> str:
        answer = session.ask("/eth/v1/node/identity")
        return typed.text(get(answer, "peer_id"), "identity.peer_id")

    started, found = session.metrics(metrics)
    if started is not None and memo.started_ms not in (None, started):
        # A process that started again may have another genesis.
        memo = replace(_silenced(memo), turn=replace(memo.turn, still=0))
    return replace(
        memo,
        node_id=attempt(node_id, trouble),
        version=attempt(version, trouble),
        peers=attempt(peers, trouble),
        started_ms=started,
        metrics=found,
    )


def _read_clock(session: Session, genesis: _Genesis, memo: Memo, trouble: list[str]) -> Memo:
    genesis_ms = genesis.time * 1000
    if memo.clock is not None and memo.clock.genesis_ms == genesis_ms:
        return memo
    return replace(
        memo,
        clock=attempt(lambda: served_clock(session, genesis_ms), trouble),
        genesis=None,
        before=None,
    )


def served_clock(session: Session, genesis_ms: int) -> Clock:
    """The lengths of slots and epochs, by the configuration that a node serves.

    Raises:
        Unreachable, NotServed, Malformed: as `Session.ask`.
    """
    answer = session.ask("/eth/v1/config/spec")
    seconds, place = get(answer, "SECONDS_PER_SLOT"), "spec.SECONDS_PER_SLOT"
    if seconds is None:
        written, place = get(answer, "SLOT_DURATION_MS"), "spec.SLOT_DURATION_MS"
        slot_ms = typed.whole(written, place, least=1, most=_MAX_SLOT_MS)
    else:
        slot_ms = 1000 * typed.whole(seconds, place, least=1, most=_MAX_SLOT_MS // 1000)
    slots = typed.whole(
        get(answer, "SLOTS_PER_EPOCH"), "spec.SLOTS_PER_EPOCH", least=1, most=_MAX_SLOTS_PER_EPOCH
    )
    return Clock(genesis_ms, slot_ms, slots)


def _read_genesis(session: Session, genesis: _Genesis, memo: Memo, trouble: list[str]) -> Memo:
    if memo.clock is None:
        return memo
    set_root = hexadecimal(genesis.set_root)
    if memo.genesis is not None and dict(memo.genesis.parts)[SET] == set_root:
        return memo
    if memo.genesis_refused:
        trouble.append(memo.genesis_refused)
        return memo
    slots_per_epoch = memo.clock.slots_per_epoch
    try:
        served = read_genesis(session, genesis.time, genesis.set_root, slots_per_epoch)
    except (Unreachable, NotServed) as error:
        trouble.append(error.message)
        return memo
    except Malformed as error:
        trouble.append(error.message)
        return replace(memo, genesis_refused=error.message)
    slots = memo.slots if served.fact == (memo.genesis or memo.before) else SlotMemo()
    slots = replace(slots, powers=served.powers, alike=served.alike)
    return replace(memo, genesis=served.fact, before=served.fact, slots=slots)


def _show_genesis(
    session: Session, clock: Clock, memo: Memo, anchors: list[Anchor], trouble: list[str]
) -> Memo:
    """The block of slot 0, which is final from the start."""
    if memo.genesis_shown:
        return memo
    header = attempt(lambda: session.header("0"), trouble)
    if header is None:
        return memo
    anchors.append(anchor_of(header, clock, frozenset(), finalized=True))
    return replace(memo, genesis_shown=True)


def _read_finality(
    session: Session, clock: Clock, memo: Memo, anchors: list[Anchor], trouble: list[str]
) -> tuple[Memo, int | None]:
    """The slot of the finalized checkpoint, and its block where it is a new one."""

    def ask() -> tuple[int, str]:
        answer = session.ask("/eth/v1/beacon/states/head/finality_checkpoints")
        epoch = typed.whole(get(answer, "finalized", "epoch"), "finalized.epoch", most=2**40)
        root = typed.prefixed(get(answer, "finalized", "root"), "finalized.root", 32)
        return epoch, hexadecimal(root)

    def checkpoint(epoch: int, root: str) -> Anchor:
        header, slot = session.header(root), clock.start(epoch)
        if header.slot > slot:
            typed.refuse("finalized.root", f"is a block of slot {header.slot}, after {slot}")
        return anchor_of(header, clock, frozenset(), finalized=True, slot=slot)

    found = attempt(ask, trouble)
    if found is None:
        return memo, None
    epoch, root = found
    # Epoch 0 is final by definition, and has no root of its own yet.
    if epoch > max(memo.epoch, 0):
        anchor = attempt(lambda: checkpoint(epoch, root), trouble)
        if anchor is None:
            return memo, None
        anchors.append(anchor)
    return replace(memo, epoch=epoch), clock.start(epoch)
