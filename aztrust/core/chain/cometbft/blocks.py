"""The new heights of a node: blocks, results, and who voted for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.chain import typed
from aztrust.core.chain.adapter import Unreachable
from aztrust.core.chain.cometbft.answers import Session
from aztrust.core.chain.cometbft.hashes import header_hash, validators_hash
from aztrust.core.chain.cometbft.known import KnownVotes, VotesKey
from aztrust.core.chain.cometbft.projection import MAX_VALIDATORS, parameter_leaves
from aztrust.core.chain.cometbft.sets import served_members
from aztrust.core.chain.facts import Anchor, Member, Votes
from aztrust.core.chain.session import NotServed
from aztrust.core.linkage.jsondoc import JsonValue, get

HEIGHTS: Final = 20
"""At most so many heights in one read."""
BEHIND: Final = 200
"""A reader that is further behind goes on near the head, and leaves heights out."""
_MAX_UPDATES: Final = 10_000
_SETS: Final = 2
_NIL: Final = 3
_FOR_BLOCK: Final = 2
_MILLISECOND: Final = 1_000_000

Powers = tuple[tuple[str, int], ...]


@frozen
class BlockMemo:
    """What the heights read so far leave.

    Args:
        height: the last one read, 0 for none.
        validators: the hash of the set that signs that height.
        params: the consensus parameters in force, None where they are not known.
        sets: the newest validator sets by their hash.
    """

    height: int = 0
    validators: str = ""
    params: Mapping[str, str] | None = None
    sets: tuple[tuple[str, Powers], ...] = ()


@frozen
class Heights:
    """Anchors and votes of the heights read now."""

    anchors: tuple[Anchor, ...]
    votes: tuple[Votes, ...]
    memo: BlockMemo


class _Reader:
    """Reads heights upwards; what was read before an error counts."""

    def __init__(self, session: Session, memo: BlockMemo, known: KnownVotes) -> None:
        self.session = session
        self.known = known
        self.height, self.validators = memo.height, memo.validators
        self.params = memo.params
        self.sets = dict(memo.sets)
        self.anchors: list[Anchor] = []
        self.votes: list[Votes] = []

    def read(self, height: int, earliest: int, head: int) -> None:
        answer = self.session.ask(f"/block?height={height}")
        block = typed.below(answer, "block", "block")
        header = typed.below(block, "block", "header")
        id_ = header_hash(header)
        if typed.whole(get(header, "height"), "header.height") != height:
            typed.refuse(f"the block of height {height}", "has a header of another height")
        if typed.text(get(answer, "block_id", "hash"), "block_id.hash").upper() != id_:
            typed.refuse(f"the block of height {height}", "has another hash than its header")
        digest = self.session.raw[-1]
        results = self.session.ask(f"/block_results?height={height}")
        validators = _hash(header, "validators_hash")
        if height - 1 >= max(earliest, 1):
            self._canonical_votes(height - 1, get(block, "last_commit"), digest)
        flags, params = self._flags(block, results)
        self.anchors.append(
            Anchor(
                height=height,
                id=id_,
                parent=typed.text(get(header, "last_block_id", "hash"), "last_block_id.hash"),
                time_ms=typed.instant(get(header, "time"), "header.time") // _MILLISECOND,
                state_before=_hash(header, "app_hash"),
                state_after=_state_after(results),
                validators=validators,
                params=_hash(header, "consensus_hash"),
                finalized=True,
                flags=flags,
            )
        )
        self.height, self.validators, self.params = height, validators, params
        if height == head:
            self._latest_votes(height, validators)

    def _canonical_votes(self, height: int, commit: JsonValue, digest: str) -> None:
        if self.height != height:
            answer = self.session.ask(f"/header?height={height}")
            self.validators = _hash(get(answer, "header"), "validators_hash")
        self._read_votes(height, commit, digest, self.validators, canonical=True)

    def _latest_votes(self, height: int, validators: str) -> None:
        answer = self.session.ask(f"/commit?height={height}")
        digest = self.session.raw[-1]
        commit = get(answer, "signed_header", "commit")
        canonical = get(answer, "canonical") is True
        self._read_votes(height, commit, digest, validators, canonical=canonical)

    def _read_votes(
        self, height: int, commit: JsonValue, digest: str, validators: str, *, canonical: bool
    ) -> None:
        powers = self._set(height, validators)
        self.votes.append(
            self.known.get(
                VotesKey(digest, height, canonical, powers),
                lambda: votes(height, commit, powers, canonical=canonical),
            )
        )

    def _set(self, height: int, hash_: str) -> Powers:
        if hash_ not in self.sets:
            served = served_members(self.session, height)
            if validators_hash(served) not in (None, hash_):
                typed.refuse(f"the validator set of height {height}", "has not the hash it must")
            self.sets[hash_] = powers_of(served)
            while len(self.sets) > _SETS:
                del self.sets[next(iter(self.sets))]
        return self.sets[hash_]

    def _flags(
        self, block: JsonValue, results: JsonValue
    ) -> tuple[frozenset[str], Mapping[str, str] | None]:
        flags = set()
        updates = get(results, "validator_updates")
        if typed.listed(updates, "block_results.validator_updates", _MAX_UPDATES):
            flags.add("validator_updates")
        evidence = get(block, "evidence", "evidence")
        if typed.listed(evidence, "block.evidence", _MAX_UPDATES):
            flags.add("evidence")
        # An application of the Cosmos SDK repeats its parameters in every block: only another
        # value is an update. Where the values before are not known, nothing is claimed.
        named = parameter_leaves(get(results, "consensus_param_updates"))
        params = self.params
        if named and params is not None:
            if any(params.get(path) != value for path, value in named.items()):
                flags.add("consensus_param_updates")
            params = {**params, **named}
        return frozenset(flags), params


def read_heights(
    session: Session,
    head: int,
    earliest: int,
    memo: BlockMemo,
    trouble: list[str],
    known_votes: KnownVotes,
) -> Heights:
    """The heights that a node has and that were not read yet, oldest first.

    Args:
        session: of this read.
        head: the node's height; 0 where it has none.
        earliest: the oldest that it has.
        memo: of the read before.
        trouble: gets why a height could not be read. It is tried again at the next read.
        known_votes: those that were read before, of any node.
    """
    # A node that was reset begins again.
    known = memo.height if memo.height <= head else 0
    reader = _Reader(session, memo, known_votes)
    first = max(known + 1, earliest, 1)
    if head - first >= BEHIND:
        first = head - HEIGHTS + 1
    for height in range(first, min(head, first + HEIGHTS - 1) + 1):
        try:
            reader.read(height, earliest, head)
        except (Malformed, NotServed, Unreachable) as error:
            trouble.append(error.message)
            break
    sets = tuple(reader.sets.items())
    left = BlockMemo(reader.height, reader.validators, reader.params, sets)
    return Heights(tuple(reader.anchors), tuple(reader.votes), left)


def powers_of(members: Sequence[Member]) -> Powers:
    """The address and power of each validator."""
    return tuple((member.id, member.power) for member in members)


def votes(height: int, commit: JsonValue, powers: Powers, *, canonical: bool) -> Votes:
    """Who voted in a commit; each validator counts once, whatever the commit repeats.

    Raises:
        Malformed: it is not a commit of this height.
    """
    if typed.whole(get(commit, "height"), "commit.height") != height:
        typed.refuse(f"the commit of height {height}", "is for another height")
    flags: dict[str, int] = {}
    stamps: dict[str, int] = {}
    items: Sequence[JsonValue] = typed.listed(
        get(commit, "signatures"), "commit.signatures", MAX_VALIDATORS
    )
    for item in items:
        flag = typed.whole(get(item, "block_id_flag"), "commit.block_id_flag")
        if flag not in (_FOR_BLOCK, _NIL):
            continue
        address = typed.text(get(item, "validator_address"), "commit.validator_address").upper()
        flags.setdefault(address, flag)
        stamp = typed.instant(get(item, "timestamp"), "commit.timestamp")
        stamps.setdefault(address, stamp // _MILLISECOND)
    known = [address for address, _ in powers]
    return Votes(
        height=height,
        round=typed.whole(get(commit, "round"), "commit.round", most=2**31 - 1),
        total=sum(power for _, power in powers),
        signed=sum(power for address, power in powers if flags.get(address) == _FOR_BLOCK),
        against=sum(power for address, power in powers if flags.get(address) == _NIL),
        absent=tuple(address for address in known if address not in flags),
        canonical=canonical,
        stamps_ms=tuple((address, stamps[address]) for address in known if address in stamps),
    )


def _state_after(results: JsonValue) -> str | None:
    written = get(results, "app_hash")
    if written is None:
        return None
    return typed.base64_bytes(written, "block_results.app_hash").hex().upper()


def _hash(header: JsonValue, name: str) -> str:
    return typed.hexadecimal(get(header, name), f"header.{name}").hex().upper()
