"""What operators signed about their nodes: for who signs it, and for who coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aztrust.core.chain.agreement import Disagreement
from aztrust.core.history.operators import Seat
from aztrust.core.policy.describe import plural
from aztrust.core.records.node_facts import NodeFactsRecord
from aztrust.core.state.node_reports import OperatorFacts
from aztrust.report.age import age
from aztrust.report.confirmation import signer_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled
from aztrust.report.text import utc

_STATES = {
    "too-old": "too old",
    "pending": "not in the ledger yet",
    "future": "from the future",
    "other-scope": "of another scope",
    "other-window": "of another window",
    "key-revoked": "its key is revoked",
}


def node_facts_lines(body: NodeFactsRecord, seat: Seat) -> list[str]:
    """What is signed, for a person."""
    lines = signer_lines(seat)
    lines += labelled("nodes", plural(len(body.nodes), "node"))
    for node in body.nodes:
        lines += labelled("", visible(_node_text(node.name, node.reach, node.head, node.genesis)))
    if any(node.address for node in body.nodes):
        lines += labelled("note", "the addresses of your nodes are in it, as you asked")
    if body.signals:
        lines += labelled("signals", visible(", ".join(body.signals)))
    lines += labelled("seen", utc(body.seen_at_unix_ms))
    return [*lines, *labelled("scope", ""), f"  {body.scope_hash}"]


def _node_text(name: str, reach: str, head: int | None, genesis: str) -> str:
    height = f"height {head}" if head is not None else "no height"
    return f"{name}: {reach}, {height}, genesis {genesis}"


def signed_document(
    record_id: str, body: NodeFactsRecord, seat: Seat, *, path: str, submitted: bool
) -> dict[str, Any]:
    """The result as `--format json` gives it."""
    return {
        "schema": "aztrust/node-facts-signed",
        "version_major": 1,
        "version_minor": 0,
        "record_id": record_id,
        "path": visible(path),
        "operator": seat.operator,
        "key": seat.key.fingerprint,
        "submitted": submitted,
        "facts": body.model_dump(mode="json", exclude_none=True),
    }


def operator_facts_lines(found: Iterable[OperatorFacts]) -> list[str]:
    """What operators signed, each with its age. These are not answers of nodes."""
    lines: list[str] = []
    for facts in found:
        body = facts.report.body
        heads = [node.head for node in body.nodes if node.head is not None]
        text = f"{facts.report.seat.title}: {plural(len(body.nodes), 'node')}, "
        text += f"height {max(heads)}, " if heads else "no height, "
        text += f"{age(facts.age_ms)}, signed"
        if facts.state != "current":
            text += f"; does not count: {_STATES[facts.state]}"
        lines += labelled("" if lines else "facts", visible(text))
    return lines


def disagreement_lines(found: Iterable[Disagreement]) -> list[str]:
    """Where observers differ."""
    lines: list[str] = []
    for one in found:
        lines += labelled("" if lines else "DIFFERS", visible(one.text))
    return lines


def operator_facts_document(found: Iterable[OperatorFacts]) -> list[dict[str, Any]]:
    """The same as JSON values; `state` says whether it counts, `age_ms` how old it is."""
    return [
        {
            "record_id": facts.report.record_id,
            "operator": facts.report.seat.operator,
            "state": facts.state,
            "age_ms": facts.age_ms,
            "seen_at_unix_ms": facts.report.body.seen_at_unix_ms,
            "signals": list(facts.report.body.signals),
            "nodes": [
                node.model_dump(mode="json", exclude_none=True) for node in facts.report.body.nodes
            ],
        }
        for facts in found
    ]


def disagreements_document(found: Iterable[Disagreement]) -> list[dict[str, Any]]:
    """Where observers differ, as JSON values."""
    return [
        {
            "topic": one.topic,
            "height": one.height,
            "sides": [{"seen": value, "by": list(who)} for value, who in one.sides],
        }
        for one in found
    ]
