"""A validator as people know it: its node of the list, or its name in the genesis."""

from __future__ import annotations

from aztrust.core.chain.judge.view import View


def name_of(view: View, validator: str) -> tuple[tuple[str, ...], str]:
    """(the nodes that reported this validator as their own, a name for people)."""
    nodes = tuple(
        sorted(name for name, node in view.memory.nodes.items() if node.validator == validator)
    )
    if nodes:
        return nodes, nodes[0]
    for member in view.expected.members:
        if member.id == validator and member.shown:
            return (), member.shown
    return (), validator
