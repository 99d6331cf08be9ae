"""`aztrust checklist score`: what the checklist comes to, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.checklist.computations import COUNTED, Share
from aztrust.core.checklist.definitions import Due
from aztrust.core.judge.checklist.meeting import area_text
from aztrust.core.records.scorecard import (
    Result,
    Scorecard,
    comparable_digest,
    evidence_digest,
    explained,
    score_digest,
)
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

_NOTHING_DUE: Final[Mapping[Due, str]] = {
    "decision": "nothing is due before the decision",
    "close": "nothing is due at the closing",
}
_LABELS: Final[Mapping[Result, str]] = {"NO-GO": "no-go", "OPEN": "open", "GO": "noted"}


def score_lines(card: Scorecard, share: Share, *, verbose: bool = False) -> list[str]:
    """The score for a person; with `verbose` also each item that passes."""
    lines = labelled("score", visible(score_brief(card)))
    for line in explained(card):
        lines += labelled(_LABELS[line.result], visible(f"{line.subject}  {line.text}"))
    for area in card.areas:
        if area.status not in ("approve", "conditional"):
            continue  # a line above says so
        lines += labelled("area", visible(f"{area.area}  {area_text(area)}"))
    if verbose:
        for item in card.items:
            if item.status == "pass":
                lines += labelled("pass", visible(f"{item.item}  {item.by}: {item.detail}"))
    lines += labelled("computed", share_text(share), indent=9)
    # The score's own digest has the time in it, so no one else would see the same.
    lines += ["compare", f"  {comparable_digest(card)}", "evidence", f"  {evidence_digest(card)}"]
    return lines


def area_lines(card: Scorecard, area: str) -> list[str]:
    """The items of one area with their states: what its sign-off is over."""
    lines = labelled("area", visible(area))
    for item in card.items:
        if item.area == area:
            text = f"{item.item}  {item.priority} {item.by}: {item.detail}"
            lines += labelled(item.status[:8], visible(text))
    return lines


def share_text(share: Share) -> str:
    """`26 of 36 items of C, D, E, G, H, I, J (72%)`."""
    return f"{share.computed} of {share.items} items of {', '.join(COUNTED)} ({share.percent}%)"


def score_brief(card: Scorecard) -> str:
    """`GO: 8 of 9 items pass, 5 of 5 areas are signed off`; `OPEN: 2 lines are open`."""
    return f"{card.result}: {score_text(card)}"


def score_text(card: Scorecard) -> str:
    """What a score comes to, in words, after its result."""
    if card.result == "GO":
        signed = sum(area.status in ("approve", "conditional") for area in card.areas)
        areas = f", {signed} of {len(card.areas)} areas are signed off" if card.areas else ""
        passed = sum(item.status == "pass" for item in card.items)
        counted = f"{passed} of {len(card.items)} items pass"
        return f"{counted if card.items else _NOTHING_DUE[card.due]}{areas}"
    stops = sum(line.result == card.result for line in explained(card))
    if card.result == "NO-GO":
        return "1 line stops it" if stops == 1 else f"{stops} lines stop it"
    return "1 line is open" if stops == 1 else f"{stops} lines are open"


def score_document(card: Scorecard, share: Share, command: str) -> dict[str, object]:
    """The score for a program: the scorecard itself, its digests, and its explanation."""
    return {
        "schema": "aztrust/checklist-score",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "result": card.result,
        "lines": [
            {"result": line.result, "subject": line.subject, "text": line.text}
            for line in explained(card)
        ],
        "computed": {
            "computed": share.computed,
            "of": share.items,
            "percent": share.percent,
            "sections": list(COUNTED),
        },
        "score": card.model_dump(mode="json", exclude_none=True),
        "score_digest": score_digest(card),
        "comparable_digest": comparable_digest(card),
        "evidence_digest": evidence_digest(card),
    }
