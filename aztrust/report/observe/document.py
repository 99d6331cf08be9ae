"""The facts document: what `aztrust observe -o facts.json` writes, and its reading.

It has no address of a node unless that is asked for. Shares are exact, as `3/4`; powers are texts,
because they may be larger than what a program's number holds. What is not known is null.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any, Final

from aztrust.core.base.canonical import dumps, loads
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import validate
from aztrust.core.base.version import __version__
from aztrust.core.chain.judge.signals import Signal
from aztrust.core.chain.observation import Observation, ProvenBlock
from aztrust.core.chain.picture import NodePicture
from aztrust.report.escape import visible
from aztrust.report.observe.model import (
    About,
    ObserveBlock,
    ObserveCommit,
    ObserveCriterion,
    ObserveExpected,
    ObserveNode,
    ObservePending,
    ObservePicture,
    ObserveProof,
    ObserveReport,
    ObserveSignal,
)

LIMIT: Final = 64 * 1024 * 1024
_SAFE: Final = 2**53 - 1
MEND: Final = "write it again: aztrust observe --once -o FILE"


def observe_report(seen: Observation, about: About, *, addresses: bool = False) -> ObserveReport:
    """The facts of one look.

    Args:
        seen: the look.
        about: the launch.
        addresses: whether the addresses of nodes are in it.
    """
    picture, expected = seen.picture, seen.expected
    listed = {node.name: node for node in seen.nodes}
    return ObserveReport(
        schema_="aztrust/observe",
        version_major=1,
        version_minor=0,
        command=about.command,
        aztrust_version=__version__,
        launch=visible(about.launch),
        chain_id=visible(about.chain_id),
        policy_digest=about.policy_digest,
        scope_hash=about.scope_hash,
        at_unix_ms=picture.at_ms,
        exit_code=seen.exit_code,
        phase=seen.phase,
        expected=ObserveExpected(
            genesis_sha256=about.genesis_sha256,
            convention=expected.genesis.convention,
            genesis_time_unix_ms=_whole(expected.genesis.time_ms) or 0,
            first_height=_whole(expected.first_height) or 0,
            validators=expected.validators,
            params=expected.params,
            members=len(expected.members),
            total_power=str(expected.total),
            notes=_texts(expected.notes),
        ),
        picture=ObservePicture(
            height=_whole(picture.height),
            finalized=_whole(picture.finalized),
            finalized_at_unix_ms=picture.risen_ms,
            participation=_share(picture.participation),
            # Rounded up, so that what is above a limit stays above it.
            block_time_ms=_whole(ceil(picture.block_time_ms)) if picture.block_time_ms else None,
            halted_blocks=_whole(picture.halted),
            round=_whole(picture.round),
            voted=_share(picture.voted),
            lowest_head=_whole(picture.lowest),
            highest_head=_whole(picture.highest),
            spread=_whole(picture.spread),
            answered_at_unix_ms=picture.answered_ms,
            answer_age_ms=picture.answer_age_ms,
            blind_power=_share(picture.blind),
            unlisted_power=_share(picture.unlisted),
            nodes=len(picture.nodes),
            answering=picture.answering,
        ),
        nodes=tuple(
            _node(
                node,
                picture.at_ms,
                listed[node.name].operator,
                listed[node.name].rpc.text if addresses else None,
            )
            for node in picture.nodes
        ),
        blocks=_blocks(seen),
        commits=_commits(seen),
        proofs=tuple(map(_proof, seen.proofs)),
        signals=tuple(map(_signal, seen.signals)),
        criteria=tuple(
            ObserveCriterion(
                criterion=one.criterion, state=one.state, detail=_text(one.detail) or None
            )
            for one in seen.criteria
        ),
        unknown=_texts(seen.unknown),
        not_asked=seen.unasked,
        differs=_texts(tuple(one.text for one in seen.differs)),
    )


def facts_bytes(report: ObserveReport) -> bytes:
    """The document as it is written: canonical JSON, and a line end."""
    return dumps(report.model_dump(mode="json")) + b"\n"


def read_facts(data: bytes, *, what: str) -> ObserveReport:
    """The facts in a document.

    Args:
        data: its bytes, as `aztrust observe` writes them or with other white space.
        what: its name, for messages.

    Raises:
        Malformed: it is not a facts document, or has a text with control characters.
    """
    if len(data) > LIMIT:
        raise Malformed(
            f"it has {len(data):,} bytes, and may have {LIMIT:,}", subject=what, mend=MEND
        )
    document = loads(data, what=what, code="", limit=LIMIT)
    report = validate(ObserveReport, document, what=what, code="", mend=MEND)
    seen = report.picture
    shares = (seen.participation, seen.voted, seen.blind_power, seen.unlisted_power)
    if any((read_share(share) or 0) > 1 for share in shares):
        raise Malformed("a share of power in it is more than all", subject=what, mend=MEND)
    if not _is_printable(document):
        # Its texts go into records and onto screens.
        raise Malformed(
            "a text in it has a character that aztrust writes escaped: someone edited it",
            subject=what,
            mend=MEND,
        )
    return report


def _is_printable(document: object) -> bool:
    """Whether no text in it ends a line, moves a cursor or turns the direction."""
    left = [document]
    while left:
        one = left.pop()
        if isinstance(one, str) and not one.isprintable():
            return False
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
    return True


def read_share(text: str | None) -> Fraction | None:
    """The share that a document has as `3/4`; None where it has none."""
    return Fraction(text) if text is not None else None


def _node(node: NodePicture, now: int, operator: str | None, address: str | None) -> ObserveNode:
    facts = node.facts
    pending = facts.pending if facts is not None else None
    peers = facts.peers if facts is not None else None
    return ObserveNode(
        name=node.name,
        operator=operator,
        address=address,
        reach=node.reach.value if node.reach is not None else None,
        fresh=node.is_fresh,
        answered_at_unix_ms=node.answered_ms,
        age_ms=max(0, now - node.answered_ms) if node.answered_ms is not None else None,
        silent_since_unix_ms=node.silent_ms,
        latency_ms=_whole(facts.latency_ms) if facts else None,
        clock_offset_ms=_signed(facts.clock_offset_ms) if facts else None,
        network=_known(facts.network) if facts else None,
        node_id=_known(facts.node_id) if facts else None,
        version=_known(facts.version) if facts else None,
        validator=_known(facts.validator) if facts else None,
        head=_whole(facts.head) if facts else None,
        finalized=_whole(facts.finalized) if facts else None,
        earliest=_whole(facts.earliest) if facts else None,
        syncing=facts.syncing if facts else None,
        started_at_unix_ms=_whole(facts.started_ms) if facts else None,
        peers=len(peers) if isinstance(peers, frozenset) else peers,
        genesis_altered=_texts(node.altered) if node.altered is not None else None,
        pending=ObservePending(
            height=_whole(pending.height) or 0,
            round=_whole(pending.round) or 0,
            step=_text(pending.step),
            voted=_share(pending.voted) or "0/1",
        )
        if pending is not None
        else None,
        metrics={visible(name): _text(value) for name, value in (facts.metrics if facts else ())},
        responses=facts.raw if facts else (),
        trouble=_text(node.trouble) or None,
    )


def _blocks(seen: Observation) -> tuple[ObserveBlock, ...]:
    """Each height, once for each block that is reported, with the nodes that report this block."""
    found: dict[tuple[object, ...], tuple[Any, list[str]]] = {}
    for name, node in seen.memory.nodes.items():
        for anchor in node.anchors:
            key = (anchor.height, anchor.id, anchor.parent, anchor.state_after, anchor.flags)
            more = (anchor.time_ms, anchor.state_before, anchor.validators, anchor.params)
            found.setdefault((*key, *more), (anchor, []))[1].append(name)
    made = [
        ObserveBlock(
            height=anchor.height,
            id=anchor.id,
            parent=anchor.parent,
            at_unix_ms=_whole(anchor.time_ms) or 0,
            state_before=anchor.state_before,
            state_after=anchor.state_after,
            validators=anchor.validators,
            params=anchor.params,
            finalized=anchor.finalized,
            flags=tuple(sorted(anchor.flags)),
            nodes=tuple(sorted(names)),
        )
        for anchor, names in found.values()
        if anchor.height <= _SAFE
    ]
    return tuple(sorted(made, key=lambda block: (block.height, block.id, block.nodes)))


def _commits(seen: Observation) -> tuple[ObserveCommit, ...]:
    return tuple(
        ObserveCommit(
            height=one.votes.height,
            round=_whole(one.votes.round),
            total=str(one.votes.total),
            signed=str(one.votes.signed),
            against=str(one.votes.against),
            absent=_texts(one.votes.absent) if one.votes.absent is not None else None,
            responses=one.raw,
        )
        for one in seen.memory.votes
        if one.votes.height <= _SAFE
    )


def _proof(one: ProvenBlock) -> ObserveProof:
    proof = one.proof
    return ObserveProof(
        height=_whole(proof.height) or 0,
        id=proof.id,
        at_unix_ms=_whole(proof.time_ms) or 0,
        round=_whole(proof.round) or 0,
        signed=str(proof.signed),
        total=str(proof.total),
        signers=_texts(proof.signers),
        holds=proof.holds,
        wrong=_texts(proof.wrong),
        unverified=_text(proof.unverified) or None,
        text=proof.text,
        node=one.node,
        responses=proof.raw,
    )


def _signal(signal: Signal) -> ObserveSignal:
    return ObserveSignal(
        code=signal.code,
        locus=signal.locus,
        subject=_text(signal.subject),
        anomaly=signal.anomaly,
        guidance=signal.guidance,
        clause=signal.clause,
        power=_share(signal.power),
        since_unix_ms=_whole(signal.since_ms) or 0,
        detail=_text(signal.detail),
        evidence=signal.evidence,
    )


def _share(share: Fraction | None) -> str | None:
    return None if share is None else f"{share.numerator}/{share.denominator}"


def _whole(number: int | None) -> int | None:
    """A number that JSON can hold exactly; a node can report any, and what is beyond is unknown."""
    return number if number is not None and 0 <= number <= _SAFE else None


def _signed(number: int | None) -> int | None:
    return number if number is not None and -_SAFE <= number <= _SAFE else None


def _text(text: str) -> str:
    return visible(text[:1000])[:2000]


def _known(text: str | None) -> str | None:
    return None if text is None else _text(text)


def _texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_text, texts))
