"""What an operator's own observer saw, as the record that its enrolled key signs."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from aztrust.acts.operators.confirm import KitScope
from aztrust.core.base.errors import Refused
from aztrust.core.base.times import AHEAD_MS, format_minute
from aztrust.core.base.version import __version__
from aztrust.core.records.node_facts import (
    MAX_BLOCKS,
    MAX_NODES,
    NodeFactsRecord,
    ReportedBlock,
    ReportedNode,
)
from aztrust.report.observe.document import LIMIT, read_facts
from aztrust.report.observe.model import ObserveBlock, ObserveNode, ObserveReport
from aztrust.storage.config import shown
from aztrust.storage.folders import read_bounded

MAX_AGE_MS: Final = 3_600_000
"""How old facts may be that an operator signs."""
_WORD: Final = 120
_SIGNALS: Final = 64
_AGAIN: Final = "look again: aztrust observe --once -o FILE"


def node_facts(
    frozen: KitScope, path: Path, now_unix_ms: int, *, addresses: bool = False
) -> NodeFactsRecord:
    """The record of a facts document.

    Args:
        frozen: what is frozen.
        path: the document (`observe -o FILE`).
        now_unix_ms: when it is signed.
        addresses: whether the addresses of nodes are in it; the document must have them.

    Raises:
        Malformed: it is not a facts document.
        Refused: it is of another launch, too old, from the future, or has too many nodes.
        CouldNotCheck: it cannot be read.
    """
    name = shown(path)
    facts = read_facts(read_bounded(path, LIMIT), what=name)
    _require_ours(frozen, facts, now_unix_ms, name)
    if len(facts.nodes) > MAX_NODES or not facts.nodes:
        raise Refused(
            f"it has {len(facts.nodes)} nodes, and a record has from 1 to {MAX_NODES}",
            subject=name,
            mend="observe your own nodes alone: aztrust observe NODE… --once -o FILE",
        )
    return NodeFactsRecord(
        aztrust_version=__version__,
        blocks=tuple(map(_block, facts.blocks[-MAX_BLOCKS:])),
        chain_id=frozen.scope.chain_id,
        genesis_sha256=facts.expected.genesis_sha256,
        launch_window_id=frozen.attempt.launch_window_id,
        nodes=tuple(
            _node(node, addresses=addresses)
            for node in sorted(facts.nodes, key=lambda node: node.name)
        ),
        policy_digest=frozen.context.policy_digest,
        scope_hash=frozen.scope.hash,
        seen_at_unix_ms=facts.at_unix_ms,
        signals=tuple(sorted({signal.code for signal in facts.signals}))[:_SIGNALS],
    )


def _require_ours(frozen: KitScope, facts: ObserveReport, now_unix_ms: int, name: str) -> None:
    for what, seen, ours in (
        ("policy", facts.policy_digest, frozen.context.policy_digest),
        ("scope", facts.scope_hash, frozen.scope.hash),
    ):
        if seen != ours:
            raise Refused(
                f"these facts are of the {what} {seen[7:15]}, and the launch has {ours[7:15]}",
                subject=name,
                mend=_AGAIN,
            )
    age = now_unix_ms - facts.at_unix_ms
    if age > MAX_AGE_MS or age < -AHEAD_MS:
        why = "they are older than an hour" if age > 0 else "that is in the future"
        raise Refused(
            f"these facts are of {format_minute(facts.at_unix_ms)}: {why}",
            subject=name,
            mend=_AGAIN,
        )


def _node(node: ObserveNode, *, addresses: bool) -> ReportedNode:
    genesis: Literal["sealed", "other", "unknown"] = "unknown"
    if node.fresh and node.genesis_altered is not None:
        genesis = "other" if node.genesis_altered else "sealed"
    return ReportedNode(
        name=_word(node.name) or "-",
        reach=node.reach or "timeout",
        genesis=genesis,
        head=node.head,
        finalized=node.finalized,
        network=_word(node.network),
        version=_word(node.version),
        validator=_word(node.validator),
        syncing=node.syncing,
        peers=node.peers,
        address=_word(node.address) if addresses else None,
    )


def _block(block: ObserveBlock) -> ReportedBlock:
    return ReportedBlock(
        height=block.height,
        id=_word(block.id) or "-",
        state_after=_word(block.state_after),
        validators=_word(block.validators),
    )


def _word(text: str | None) -> str | None:
    """As a record has it: printable ASCII, and short; None for nothing."""
    if not text:
        return None
    return "".join(one if " " <= one <= "~" else "?" for one in text)[:_WORD]
