"""The shape of the facts document: what an observer saw, for programs."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, VersionOne
from aztrust.core.base.schema import Field
from aztrust.core.chain.judge.criteria import State
from aztrust.core.chain.judge.signals import Locus, Suggestion
from aztrust.core.chain.judge.thresholds import Phase
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.policy.window_limits import Criterion
from aztrust.core.records.observation import Clause
from aztrust.report.model import Milliseconds

_SAFE: Final = 2**53 - 1

Units = Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]
"""Power, as text."""
Share = Annotated[str, Field(pattern=r"^[0-9]{1,40}/[1-9][0-9]{0,39}$")]
"""A share from 0/1 to 1/1, exact."""
Reached = Literal["ok", "partial", "refused", "timeout", "reset", "dns", "tls", "http", "malformed"]
"""The values of `core.chain.facts.Reach`."""
Height = Annotated[int, Field(ge=0, le=_SAFE)]
Hash = Annotated[str, Field(max_length=8192)]
"""As the chain writes it; a node may report one that is far too long."""
Text = Annotated[str, Field(max_length=2000)]


class ObserveExpected(Model):
    """What the sealed genesis says; `notes` is what could not be derived from it."""

    genesis_sha256: Sha256
    convention: str
    genesis_time_unix_ms: Milliseconds
    first_height: Height
    validators: Hash | None
    params: Hash | None
    members: Annotated[int, Field(ge=0)]
    total_power: Units
    notes: Items[Text]


class ObservePending(Model):
    """The unfinished height of a node; `voted` is the share of power in its votes."""

    height: Height
    round: Height
    step: Text
    voted: Share


class ObserveNode(Model):
    """One node of the list and its last answer; what only an answer has is null without one.

    `reach` and `trouble` are those of the last attempt. `genesis_altered` names the fields of the
    genesis it serves that differ from the sealed one: empty where none does, null where the genesis
    was not seen.
    """

    name: str
    operator: str | None
    address: str | None
    reach: Reached | None
    fresh: bool
    answered_at_unix_ms: Milliseconds | None
    age_ms: Milliseconds | None
    silent_since_unix_ms: Milliseconds | None
    latency_ms: Milliseconds | None
    clock_offset_ms: Annotated[int, Field(ge=-_SAFE, le=_SAFE)] | None
    network: Text | None
    node_id: Text | None
    version: Text | None
    validator: Text | None
    head: Height | None
    finalized: Height | None
    earliest: Height | None
    syncing: bool | None
    started_at_unix_ms: Milliseconds | None
    peers: Annotated[int, Field(ge=0)] | None
    genesis_altered: Items[Text] | None
    pending: ObservePending | None
    metrics: dict[str, Text]
    responses: Items[Sha256]
    trouble: Text | None


class ObserveBlock(Model):
    """One height as some nodes report it; several for one height where nodes disagree."""

    height: Height
    id: Hash
    parent: Hash
    at_unix_ms: Milliseconds
    state_before: Hash | None
    state_after: Hash | None
    validators: Hash | None
    params: Hash | None
    finalized: bool
    flags: Items[Text]
    nodes: Items[str]


class ObserveCommit(Model):
    """Who voted for one height, as the next block carries it; signatures are not verified here."""

    height: Height
    round: Height | None
    total: Units
    signed: Units
    against: Units
    absent: Items[Text] | None
    responses: Items[Sha256]


class ObservePicture(Model):
    """The network in a few numbers; see `core.chain.picture.Picture`."""

    height: Height | None
    finalized: Height | None
    finalized_at_unix_ms: Milliseconds | None
    participation: Share | None
    block_time_ms: Milliseconds | None
    halted_blocks: Height | None
    round: Height | None
    voted: Share | None
    lowest_head: Height | None
    highest_head: Height | None
    spread: Height | None
    answered_at_unix_ms: Milliseconds | None
    answer_age_ms: Milliseconds | None
    blind_power: Share | None
    unlisted_power: Share | None
    nodes: Annotated[int, Field(ge=0)]
    answering: Annotated[int, Field(ge=0)]


class ObserveProof(Model):
    """What the signatures under one block prove from the sealed genesis.

    Where `holds` is false, `wrong` says what is not as it must be, and `unverified` why signatures
    were not verified.
    """

    height: Height
    id: Hash
    at_unix_ms: Milliseconds
    round: Height
    signed: Units
    total: Units
    signers: Items[Text]
    holds: bool
    wrong: Items[Text]
    unverified: Text | None
    text: Text
    node: str
    responses: Items[Sha256]


class ObserveSignal(Model):
    """Something that is wrong; see `core.chain.judge.signals.Signal`."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,80}$")]
    locus: Locus
    subject: Text
    anomaly: AnomalyClass
    guidance: Suggestion
    clause: Clause
    power: Share | None
    since_unix_ms: Milliseconds
    detail: Text
    evidence: Items[Sha256]


class ObserveCriterion(Model):
    """One of the five rollback criteria (RC-C)."""

    criterion: Criterion
    state: State
    detail: Text | None


class ObserveReport(Model):
    """What `aztrust observe --format json` gives, and what `-o facts.json` writes.

    `unknown` is what should be known and is not: with it the exit code is not 0. `not_asked` are
    the codes of rules for which the policy has no limit. `differs` is where operators, or the
    proofs of the launch, show something else than this observer saw.
    """

    schema_: Annotated[Literal["aztrust/observe"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    aztrust_version: str
    launch: str
    chain_id: str
    policy_digest: Sha256
    scope_hash: Sha256
    at_unix_ms: Milliseconds
    exit_code: Annotated[int, Field(ge=0, le=255)]
    phase: Phase
    expected: ObserveExpected
    picture: ObservePicture
    nodes: Items[ObserveNode]
    blocks: Items[ObserveBlock]
    commits: Items[ObserveCommit]
    proofs: Items[ObserveProof]
    signals: Items[ObserveSignal]
    criteria: Items[ObserveCriterion]
    unknown: Items[Text]
    not_asked: Items[str]
    differs: Items[Text] = ()


class About(Model):
    """What a look was about: the launch, by its digests."""

    command: str
    launch: str
    chain_id: str
    policy_digest: Sha256
    scope_hash: Sha256
    genesis_sha256: Sha256
