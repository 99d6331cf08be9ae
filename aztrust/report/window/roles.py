"""`aztrust window roles`: the card of each actor, for a person and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aztrust.core.policy.actors import ActorCard
from aztrust.report.escape import visible
from aztrust.report.lines import joined, labelled


def roles_lines(cards: Sequence[ActorCard], *, verbose: bool = False) -> list[str]:
    """A card each: who, backup, what it does, may confirm, and never decides alone (AZ-14.2).

    Args:
        cards: in the order in which they are shown.
        verbose: whether actors without a holder are shown in full, too.
    """
    lines: list[str] = []
    vacant: list[str] = []
    for card in cards:
        if not card.holders and not verbose:
            vacant.append(card.role)
            continue
        lines += _card(card)
    if vacant:
        lines += labelled("vacant", visible(f"{', '.join(vacant)}: see aztrust window roles -v"))
    return lines


def _card(card: ActorCard) -> list[str]:
    title = card.actor.title if card.actor is not None else "not an actor of AZ-14.1"
    lines = [visible(f"{card.role}  ({title})")]
    lines += _line("who", joined(card.holders) if card.holders else "no holder")
    lines += _line("backup", joined(card.backup) if card.backup else "none")
    if card.acts:
        lines += _line("signs", ", ".join(card.acts))
    if card.places:
        lines += _line("asked", ", ".join(card.places))
    if card.actor is not None:
        for label, texts in (
            ("does", card.actor.responsibilities),
            ("confirms", card.actor.may_confirm),
            ("never", card.actor.may_not_improvise),
            ("calls", card.actor.escalation),
        ):
            lines += _line(label, "; ".join(texts))
    return [*lines, ""]


def _line(label: str, text: str) -> list[str]:
    return [f"  {line}" for line in labelled(label, visible(text), width=78, indent=10)]


def roles_document(cards: Sequence[ActorCard], policy_digest: str, command: str) -> dict[str, Any]:
    """The cards as a JSON value."""
    return {
        "schema": "aztrust/window-roles",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "policy_digest": policy_digest,
        "roles": [
            {
                "role": card.role,
                "title": card.actor.title if card.actor is not None else None,
                "holders": list(card.holders),
                "backup": list(card.backup),
                "acts": list(card.acts),
                "places": list(card.places),
                "responsibilities": list(card.actor.responsibilities) if card.actor else [],
                "escalation": list(card.actor.escalation) if card.actor else [],
                "may_confirm": list(card.actor.may_confirm) if card.actor else [],
                "may_not_improvise": list(card.actor.may_not_improvise) if card.actor else [],
            }
            for card in cards
        ],
    }
