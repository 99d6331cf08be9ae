"""A node does not answer, and nothing shows that its role is missing: blindness (AZ-26.2).

Before T0 silence is normal. Two thirds of the power must be seen; without that the monitoring path
is lost (AZ-29.1).
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.facts import Reach
from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.memory import NodeMemory
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.signing import is_signing
from aztrust.core.chain.judge.view import View

_CAUSES = {
    Reach.REFUSED: "refuses connections: its process is down",
    Reach.TIMEOUT: "does not answer in time: it is paused, or packets are lost",
    Reach.OK: "was not asked for too long",
    Reach.PARTIAL: "was not asked for too long",
}


def how_silent(node: NodeMemory) -> str:
    """The way in which a node does not answer, for people."""
    return _CAUSES.get(node.reach, f"does not answer: {node.reach}")


def _ask(view: View) -> Iterator[Condition]:
    seen = {facts.validator for facts in view.fresh.values()}
    for name, silent in view.silent.items():
        node = silent.node
        if node.validator is not None and node.validator in seen:
            # Another node of the same validator answers.
            continue
        signing = is_signing(view, silent)
        if signing in ("absent", "soon"):
            continue
        more = ", and its validator signs" if signing == "signing" else ""
        yield Condition(
            f"{how_silent(node)}{more}", subject=name, nodes=(name,), since_ms=silent.since_ms
        )


RULE = Rule(
    "node-unseen",
    "telemetry-blindness-anomaly",
    "AZ-26.2",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
