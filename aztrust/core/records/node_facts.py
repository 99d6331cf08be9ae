"""What an operator saw of its own nodes, signed by the key that the registrar enrolled."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Model
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import Policy
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.kind import (
    KindText,
    Preimages,
    RecordKind,
    UnixMs,
    about_scope,
    malformed,
)

MAX_NODES: Final = 16
MAX_BLOCKS: Final = 16

Height = Annotated[int, Field(ge=0, le=2**53 - 1)]
Word = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[ -~]+$")]
"""Printable ASCII."""


class ReportedNode(Model):
    """One node of an operator, as it answered its own observer; what is absent is unknown."""

    name: Word
    reach: Literal[
        "ok", "partial", "refused", "timeout", "reset", "dns", "tls", "http", "malformed"
    ]
    genesis: Literal["sealed", "other", "unknown"]
    head: Height | None = None
    finalized: Height | None = None
    network: Word | None = None
    version: Word | None = None
    validator: Word | None = None
    syncing: bool | None = None
    peers: Height | None = None
    address: Word | None = None


class ReportedBlock(Model):
    """One height as the operator's nodes reported it."""

    height: Height
    id: Word
    state_after: Word | None = None
    validators: Word | None = None


class NodeFactsRecord(Model):
    """What an operator's nodes answered at one time. It is the operator's claim."""

    aztrust_version: Word
    blocks: Annotated[tuple[ReportedBlock, ...], Field(strict=False, max_length=MAX_BLOCKS)]
    chain_id: Annotated[str, Field(min_length=1, max_length=200)]
    genesis_sha256: Sha256
    launch_window_id: Sha256
    nodes: Annotated[
        tuple[ReportedNode, ...], Field(strict=False, min_length=1, max_length=MAX_NODES)
    ]
    policy_digest: Sha256
    scope_hash: Sha256
    seen_at_unix_ms: UnixMs
    signals: Annotated[tuple[Word, ...], Field(strict=False, max_length=64)]


def _no_holder(_: Policy, __: NodeFactsRecord) -> frozenset[str]:
    """The key of an operator signs it, and that key has no role."""
    return frozenset()


def _bounded(body: NodeFactsRecord, _: Preimages, what: str) -> None:
    names = [node.name for node in body.nodes]
    if names != sorted(set(names)):
        raise malformed("its nodes are not sorted by name, or one is there twice", what)
    heights = [block.height for block in body.blocks]
    if heights != sorted(heights):
        raise malformed("its blocks are not sorted by height", what)
    if list(body.signals) != sorted(set(body.signals)):
        raise malformed("its signals are not sorted, or one is there twice", what)


NODE_FACTS: Final = RecordKind(
    name="node-facts",
    model=NodeFactsRecord,
    time_field="seen_at_unix_ms",
    subject=about_scope,
    may_sign=_no_holder,
    check=_bounded,
    final_part="none",
    summary=lambda body: f"of {len(body.nodes)} {'node' if len(body.nodes) == 1 else 'nodes'}",
    text=KindText(
        about="What an operator saw of its own nodes (docs/observe.md). Its lists and texts are"
        " bounded: it has less than 32 KiB.",
        subject="`scope`, the scope hash",
        signer="the key of an operator in an enrolment; no holder",
        fields={
            "aztrust_version": "what made it",
            "blocks": 'the newest heights, sorted: `[{"height", "id", "state_after",'
            ' "validators"}]`, the last two where they are known',
            "chain_id": "",
            "genesis_sha256": "the digest of the sealed genesis that it was compared with",
            "launch_window_id": "",
            "nodes": 'sorted by name: `[{"name", "reach", "genesis", …}]`; `genesis` is `sealed`,'
            " `other` or `unknown`; `address` only where the operator asked for it",
            "policy_digest": "",
            "scope_hash": "",
            "seen_at_unix_ms": "when the observer looked",
            "signals": "codes of the observer's signals, sorted",
        },
    ),
)
OF_OPERATORS: Final = frozenset({OPERATOR_CONFIRMATION.name, NODE_FACTS.name})
"""The kinds that the keys of operators sign, and no holder does."""
KINDS: Final = (NODE_FACTS,)
