"""The heights whose blocks have a mark, and the nodes that report it."""

from __future__ import annotations

from aztrust.core.chain.judge.view import View


def flagged(view: View, flag: str) -> dict[int, list[str]]:
    """The heights after the first block with this mark, ascending, with the nodes that report it.

    The first block may announce what the genesis has anyway.
    """
    found: dict[int, list[str]] = {}
    for name, node in view.memory.nodes.items():
        if node.good is None or node.good.network != view.expected.network:
            continue
        for anchor in node.anchors:
            if flag in anchor.flags and anchor.height > view.expected.first_height:
                found.setdefault(anchor.height, []).append(name)
    return dict(sorted(found.items()))
