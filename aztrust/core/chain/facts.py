"""What one node of a running network reports, in the same shape for every chain.

A field that is `None` is one that the chain or the node does not report: it is unknown, and never
counts as good. Times are milliseconds since 1970. Digests of responses are `sha256:…`.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import Literal

from aztrust.core.base.value import frozen


class Reach(StrEnum):
    """How far a node answered. `REFUSED` is a stopped process, `TIMEOUT` a paused or lost one."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    RESET = "reset"
    DNS = "dns"
    TLS = "tls"
    HTTP = "http"
    MALFORMED = "malformed"

    @property
    def answered(self) -> bool:
        """Whether the node gave at least its status."""
        return self in (Reach.OK, Reach.PARTIAL)


@frozen
class Traits:
    """How a kind of chain behaves: what makes the same facts mean something else.

    Args:
        silent_before_t0: whether nodes answer nothing before the genesis time.
        finality: `instant`, a block is final with its commit; `checkpoint`, blocks go on without
            two thirds of the power and become final later.
        names_validators: whether a node reports which validator is its own. Where it does not, the
            power behind a node is unknown, but for those whose validator the list of nodes names.
        proves_signatures: whether the signatures of validators are verified. Where they are not,
            no block is ever proven.
    """

    silent_before_t0: bool = True
    finality: Literal["instant", "checkpoint"] = "instant"
    names_validators: bool = True
    proves_signatures: bool = True


@frozen
class GenesisFact:
    """A genesis, projected so that a file and what a node serves can be compared.

    Args:
        convention: the name of the projection; parts of two conventions are never equal.
        parts: (field, value or digest), sorted by field, each field once.
        time_ms: the genesis time.
        unknown: fields that a file leaves to the defaults of a node, or that a node does not serve.
            They cannot be compared.
    """

    convention: str
    parts: tuple[tuple[str, str], ...]
    time_ms: int
    unknown: tuple[str, ...] = ()


@frozen
class Anchor:
    """What one node reports about one height.

    Args:
        height: of the block.
        id: the block's hash.
        parent: the hash of the block before it, "" for the first.
        time_ms: of the block's header.
        state_before: the state root in the header, which is the one before this block.
        state_after: the state root after this block was executed.
        validators: the hash of the validator set that signs this block.
        params: the hash of the consensus parameters.
        finalized: whether the chain cannot replace this block any more.
        flags: `validator_updates`, `consensus_param_updates`, `evidence`, where the block has them.
    """

    height: int
    id: str
    parent: str
    time_ms: int
    state_before: str | None
    state_after: str | None
    validators: str | None
    params: str | None
    finalized: bool
    flags: frozenset[str]


@frozen
class Votes:
    """Who voted for the block of one height.

    Args:
        height: of the block that the votes are for.
        round: of the commit, None where the chain has no rounds.
        total: the power of all validators of this height.
        signed: the power that voted for the block. Signatures are not verified here: see `Proof`.
        against: the power that voted for no block.
        absent: the validators without a vote, None where the node does not report who they are.
        canonical: whether the commit is the one that the next block carries. The latest commit of
            a node is not: late votes are missing in it.
        stamps_ms: (validator, the time in its vote).
        begun_ms: when the first of these votes was cast, where the chain's own clock says it.
    """

    height: int
    round: int | None
    total: int
    signed: int
    against: int
    absent: tuple[str, ...] | None
    canonical: bool
    stamps_ms: tuple[tuple[str, int], ...]
    begun_ms: int | None = None


@frozen
class Pending:
    """The height that is not finished: `voted` is the share of power in the votes of its round.

    A round has two votes on some chains; the second begins after enough power has cast the first.
    `cast` is how many of them the node has cast. `voted` is of the last one that it cast; before
    the first, of the round before it, too.
    """

    height: int
    round: int
    step: str
    voted: Fraction
    cast: int = 0


@frozen
class NodeFacts:
    """One answer of one node.

    Args:
        node: its name in the list of nodes.
        at_ms: the observer's clock when the answer arrived, or when the attempt ended.
        reach: how far the node answered.
        latency_ms: of its status.
        clock_offset_ms: the node's clock minus the observer's, as exact as the node reports it.
        network: the chain id.
        node_id: of its peer-to-peer key.
        version: of its software, as it reports it.
        validator: its validator, None where it is not known.
        head: the newest height.
        finalized: the newest height that cannot be replaced.
        earliest: the oldest height that it still has.
        syncing: whether it is catching up.
        started_ms: when its process started.
        peers: their node ids, or only how many.
        genesis: the genesis that it serves.
        pending: the unfinished height.
        anchors: heights read now, each height once, ascending.
        votes: of the heights read now, ascending.
        raw: digests of the responses that these facts are read from, in the order of arrival.
        metrics: (series, value as written) of the metrics that were asked for.
        trouble: where `reach` is PARTIAL or MALFORMED, what could not be read, in a sentence.
    """

    node: str
    at_ms: int
    reach: Reach
    latency_ms: int = 0
    clock_offset_ms: int | None = None
    network: str | None = None
    node_id: str | None = None
    version: str | None = None
    validator: str | None = None
    head: int | None = None
    finalized: int | None = None
    earliest: int | None = None
    syncing: bool | None = None
    started_ms: int | None = None
    peers: frozenset[str] | int | None = None
    genesis: GenesisFact | None = None
    pending: Pending | None = None
    anchors: tuple[Anchor, ...] = ()
    votes: tuple[Votes, ...] = ()
    raw: tuple[str, ...] = ()
    metrics: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


@frozen
class Member:
    """A validator of the sealed genesis.

    Args:
        id: its name in votes (CometBFT: the address, hex in capitals).
        power: as the chain counts it.
        key: its public key, in hex.
        key_type: the curve, as `ed25519`.
        shown: its name for people.
    """

    id: str
    power: int
    key: str
    key_type: str
    shown: str


@frozen
class Expected:
    """What a network must report that started from the sealed genesis.

    Args:
        network: the chain id.
        first_height: of the first block.
        genesis: the projection of the sealed file; its time is T0 of the chain.
        members: the first validator set, empty where the file does not say it.
        validators: the hash of that set, None where it cannot be computed.
        params: the hash of the consensus parameters, None where it cannot be computed.
        notes: what could not be derived from the file, and why, in sentences.
        first_block: the hash of the first block, None where it does not follow from the file.
    """

    network: str
    first_height: int
    genesis: GenesisFact
    members: tuple[Member, ...]
    validators: str | None
    params: str | None
    notes: tuple[str, ...] = ()
    first_block: str | None = None

    @property
    def total(self) -> int:
        """All voting power of the first validator set."""
        return sum(member.power for member in self.members)


@frozen
class Proof:
    """What the signatures under one block prove, from the sealed genesis alone.

    Args:
        height: of the block.
        id: its hash, computed from its header.
        time_ms: of its header.
        round: of the commit.
        signed: the power of the valid signatures for this block, each validator once.
        total: the power of the validator set.
        signers: the validators whose signatures are valid.
        wrong: why it is not proven, in sentences; empty where it is.
        next_validators: the hash of the set that signs the next block.
        raw: digests of the responses.
        members: the validator set, for the proof of the next block.
        unverified: why the signatures were not verified, "" where they were. Nothing may be wrong
            and the block is still not proven.
    """

    height: int
    id: str
    time_ms: int
    round: int
    signed: int
    total: int
    signers: tuple[str, ...]
    wrong: tuple[str, ...]
    next_validators: str
    raw: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    unverified: str = ""

    @property
    def holds(self) -> bool:
        """Whether more than two thirds of the power signed, and nothing is wrong."""
        return not self.wrong and not self.unverified and self.signed * 3 > self.total * 2

    @property
    def text(self) -> str:
        """`306 of 406 signed block 1`."""
        return f"{self.signed} of {self.total} signed block {self.height}"


def altered_genesis(expected: GenesisFact, served: GenesisFact) -> tuple[str, ...]:
    """The fields in which a served genesis differs from the sealed one, sorted; empty where none.

    Fields that either side does not know are not compared, and neither are those below them: ask
    for them before you call two genesis files equal.
    """
    if expected.convention != served.convention:
        return ("convention",)
    ours, theirs = dict(expected.parts), dict(served.parts)
    names = sorted(ours.keys() | theirs.keys())
    unknown = (*expected.unknown, *served.unknown)
    return tuple(
        name
        for name in names
        if ours.get(name) != theirs.get(name) and not _is_below(name, unknown)
    )


def _is_below(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(place + "/") for place in places)
