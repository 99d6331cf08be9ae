"""One read of a CometBFT node: its answers, as facts. Nothing that it answers raises an error.

What a read costs the node is bounded: the status and the state of its consensus at each read, its
peers and metrics at every fifth or while its height does not rise, its genesis once after each
silence, and at most `HEIGHTS` new heights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Get, Unreachable
from aztrust.core.chain.cometbft.answers import Session, result
from aztrust.core.chain.cometbft.blocks import BlockMemo, Powers, powers_of, read_heights
from aztrust.core.chain.cometbft.expected import listed_members
from aztrust.core.chain.cometbft.hashes import validators_hash
from aztrust.core.chain.cometbft.known import KnownVotes
from aztrust.core.chain.cometbft.pending import read_pending
from aztrust.core.chain.cometbft.projection import (
    consensus_params,
    parameter_leaves,
    parse_genesis,
    project,
)
from aztrust.core.chain.facts import GenesisFact, NodeFacts, Pending, Reach
from aztrust.core.chain.session import NotServed, Turn, attempt, clock_offset_ms, silent, unread
from aztrust.core.genesis.validators import listed_validators
from aztrust.core.linkage.jsondoc import JsonValue, get

CHUNK_BYTES: Final = 16 * 1024 * 1024
"""How a node cuts its genesis."""
MAX_GENESIS_BYTES: Final = 512 * 1024 * 1024
_MAX_PEERS: Final = 10_000


@frozen
class Memo:
    """What is remembered about one node between two reads.

    Args:
        answered: whether it answered the read before.
        turn: which read it was.
        genesis: that it serves; None where it is not known yet.
        genesis_refused: why it cannot be read, until the node falls silent.
        peers: their node ids.
        started_ms: when its process started.
        metrics: of the policy.
        blocks: what the heights read so far leave.
    """

    answered: bool = False
    turn: Turn = Turn()
    genesis: GenesisFact | None = None
    genesis_refused: str = ""
    peers: frozenset[str] | None = None
    started_ms: int | None = None
    metrics: tuple[tuple[str, str], ...] = ()
    blocks: BlockMemo = field(default_factory=BlockMemo)


@frozen
class _Status:
    network: str
    node_id: str
    version: str
    validator: str
    head: int
    earliest: int
    syncing: bool


def read(
    node: str,
    get_: Get,
    memo: Memo,
    metrics: Mapping[str, str] | None = None,
    known: KnownVotes | None = None,
) -> tuple[NodeFacts, Memo]:
    """Ask one node once; see `Adapter.read`.

    Args:
        node: its name.
        get_: asks it. `/metrics` may be at another address, and may be refused.
        memo: of the read before.
        metrics: the series to read, by name.
        known: votes that were read before, of any node.
    """
    session = Session(get_)
    try:
        reply = session.fetch("/status")
    except Unreachable as error:
        return silent(node, error), replace(memo, answered=False)
    try:
        status = _read_status(result(reply, "/status"))
    except Unreachable as error:
        facts = unread(node, reply, error.reach, error.message, session)
        return facts, replace(memo, answered=False)
    except (Malformed, NotServed) as error:
        facts = unread(node, reply, Reach.MALFORMED, error.message, session)
        return facts, replace(memo, answered=False)
    if not memo.answered:
        turn = Turn(head=memo.turn.head)
        memo = replace(memo, answered=True, turn=turn, genesis=None, genesis_refused="")
    memo = replace(memo, turn=memo.turn.next(status.head))
    trouble: list[str] = []
    if memo.turn.is_full:
        memo = _read_metrics(session, memo, metrics or {})
        memo = _read_peers(session, memo, trouble)
    memo = _read_genesis(session, memo, trouble)
    pending: Pending | None = attempt(lambda: read_pending(session), trouble)
    heights = read_heights(
        session, status.head, status.earliest, memo.blocks, trouble, known or KnownVotes()
    )
    memo = replace(memo, blocks=heights.memo)
    facts = NodeFacts(
        node=node,
        at_ms=reply.at_ms,
        reach=Reach.PARTIAL if trouble else Reach.OK,
        latency_ms=reply.latency_ms,
        clock_offset_ms=clock_offset_ms(reply),
        network=status.network,
        node_id=status.node_id,
        version=status.version,
        validator=status.validator or None,
        head=status.head,
        # With its commit a block is final.
        finalized=status.head,
        earliest=status.earliest,
        syncing=status.syncing,
        started_ms=memo.started_ms,
        peers=memo.peers,
        genesis=memo.genesis,
        pending=pending,
        anchors=heights.anchors,
        votes=heights.votes,
        raw=tuple(session.raw),
        metrics=memo.metrics,
        trouble="; ".join(trouble),
    )
    return facts, memo


def _read_status(answer: JsonValue) -> _Status:
    node, sync = typed.below(answer, "status", "node_info"), get(answer, "sync_info")
    syncing = get(sync, "catching_up")
    if not isinstance(syncing, bool):
        typed.refuse("status.sync_info.catching_up", "is not true or false")
    return _Status(
        network=typed.text(get(node, "network"), "status.node_info.network"),
        node_id=typed.text(get(node, "id"), "status.node_info.id"),
        version=typed.text(get(node, "version") or "", "status.node_info.version"),
        validator=typed.text(get(answer, "validator_info", "address") or "", "status.validator"),
        head=typed.whole(get(sync, "latest_block_height"), "status.latest_block_height"),
        earliest=typed.whole(
            get(sync, "earliest_block_height") or 0, "status.earliest_block_height"
        ),
        syncing=syncing,
    )


def _read_metrics(session: Session, memo: Memo, wanted: Mapping[str, str]) -> Memo:
    started, found = session.metrics(wanted)
    if started is not None and memo.started_ms not in (None, started):
        # A process that started again may have another genesis.
        memo = replace(memo, genesis=None, genesis_refused="")
    return replace(memo, started_ms=started, metrics=found)


def _read_peers(session: Session, memo: Memo, trouble: list[str]) -> Memo:
    def ask() -> frozenset[str]:
        answer = session.ask("/net_info")
        peers = typed.listed(get(answer, "peers"), "net_info.peers", _MAX_PEERS)
        return frozenset(
            typed.text(get(peer, "node_info", "id"), "net_info.peers.id") for peer in peers
        )

    return replace(memo, peers=attempt(ask, trouble))


def _read_genesis(session: Session, memo: Memo, trouble: list[str]) -> Memo:
    if memo.genesis is not None:
        return memo
    if memo.genesis_refused:
        trouble.append(memo.genesis_refused)
        return memo
    try:
        data = served_genesis(session)
        document = parse_genesis(data, "the served genesis")
        fact = project(data, "the served genesis", document)
    except (Unreachable, NotServed) as error:
        trouble.append(error.message)
        return memo
    except Malformed as error:
        trouble.append(error.message)
        return replace(memo, genesis_refused=error.message)
    params = parameter_leaves(consensus_params(document))
    blocks = replace(memo.blocks, params=params, sets=_first_set(document) or memo.blocks.sets)
    return replace(memo, genesis=fact, blocks=blocks)


def _first_set(document: JsonValue) -> tuple[tuple[str, Powers], ...]:
    """The set that a genesis lists, under its hash: it need not be asked for."""
    try:
        members = listed_members(listed_validators(document))
    except Malformed:
        return ()
    hash_ = validators_hash(members) if members else None
    return ((hash_, powers_of(members)),) if hash_ else ()


def served_genesis(session: Session) -> bytes:
    """The document that a node serves, from all its chunks.

    Raises:
        Unreachable, NotServed, Malformed: as `Session.ask`.
    """
    chunks: list[bytes] = []
    total = 1
    while len(chunks) < total:
        number = len(chunks)
        answer = session.ask(f"/genesis_chunked?chunk={number}")
        most = MAX_GENESIS_BYTES // CHUNK_BYTES
        total = typed.whole(get(answer, "total"), "genesis_chunked.total", least=1, most=most)
        if typed.whole(get(answer, "chunk"), "genesis_chunked.chunk") != number:
            typed.refuse("genesis_chunked.chunk", f"is not {number}, which was asked for")
        data = typed.chunk_bytes(get(answer, "data"), "genesis_chunked.data", CHUNK_BYTES)
        chunks.append(data)
    return b"".join(chunks)
