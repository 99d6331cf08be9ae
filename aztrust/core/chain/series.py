"""The Prometheus series that an observer exports, by name and label.

The alert rules that are written from a policy, the file that an observer writes and the answer of
the server to `/metrics` all take the names from here. Every series has the label `policy`, so that
two launches that one Prometheus collects are not mixed. What is unknown has no sample: a rule over
it stays silent, and the rules about blindness fire instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from aztrust.core.base.value import field, frozen

POLICY_LABEL: Final = "policy"
POLICY_DIGITS: Final = 16
"""How many hexadecimal digits of the policy's digest the label `policy` has."""


@frozen
class Family:
    """A gauge.

    Args:
        name: of the series.
        text: what it is, for the reader of the exported text.
        labels: in addition to `policy`, in the order in which they are written.
    """

    name: str
    text: str
    labels: tuple[str, ...] = ()


@frozen
class Sample:
    """One value of a family. `labels` has a value for each label of the family."""

    family: Family
    value: int | Fraction
    labels: Mapping[str, str] = field(default_factory=dict)


def policy_label(digest: str) -> str:
    """The value of the label `policy`.

    >>> policy_label("sha256:" + 64 * "ab")
    'abababababababab'

    Args:
        digest: of the policy, as `sha256:…`.
    """
    return digest.removeprefix("sha256:")[:POLICY_DIGITS]


INFO: Final = Family(
    "aztrust_chain_info", "1 for the network that is observed.", ("network", "version")
)
HEARTBEAT: Final = Family(
    "aztrust_observer_heartbeat_timestamp_seconds", "When the observer looked last."
)
PHASE: Final = Family(
    "aztrust_chain_phase",
    "1 for the phase whose thresholds count: early until the first finalized epoch was checked,"
    " then steady.",
    ("phase",),
)
NODES: Final = Family("aztrust_observer_nodes", "Nodes in the list of the observer.")
ANSWERING: Final = Family("aztrust_observer_nodes_answering", "Nodes that answer now.")
GENESIS_TIME: Final = Family(
    "aztrust_chain_genesis_timestamp_seconds", "The genesis time of the sealed genesis."
)
HEIGHT: Final = Family("aztrust_chain_height", "The height that two nodes have reached.")
FINAL_HEIGHT: Final = Family(
    "aztrust_chain_final_height", "The final height that two nodes have reached."
)
FINALITY_TIME: Final = Family(
    "aztrust_chain_finality_timestamp_seconds",
    "When the observer saw something become final last; the genesis time before the first block.",
)
PROVEN_HEIGHT: Final = Family(
    "aztrust_chain_proven_height",
    "The highest block whose signatures were verified from the sealed genesis.",
)
PARTICIPATION: Final = Family(
    "aztrust_chain_participation_ratio",
    "The share of voting power that takes part: of commits, or of the votes of an unfinished"
    " height.",
)
BLOCK_TIME: Final = Family(
    "aztrust_chain_block_time_seconds",
    "The mean block time, with the gap that is open now.",
)
HALTED_BLOCKS: Final = Family(
    "aztrust_chain_halted_blocks",
    "Target slots in a row in which nothing became final although nodes answered.",
)
ROUND: Final = Family("aztrust_chain_round", "The round of the unfinished height.")
HEAD_SPREAD: Final = Family(
    "aztrust_chain_head_spread", "Blocks between the highest and the lowest node that answers."
)
BLIND_POWER: Final = Family(
    "aztrust_chain_blind_power_ratio",
    "The share of voting power of nodes that should answer and do not.",
)
NODE_UP: Final = Family("aztrust_node_up", "1 while the node answers.", ("node",))
NODE_ANSWER_TIME: Final = Family(
    "aztrust_node_answer_timestamp_seconds", "When the node answered last.", ("node",)
)
NODE_HEIGHT: Final = Family("aztrust_node_height", "The newest height of the node.", ("node",))
NODE_GENESIS: Final = Family(
    "aztrust_node_genesis_sealed",
    "1 where the node serves the sealed genesis, 0 where it serves another one.",
    ("node",),
)
SIGNAL: Final = Family(
    "aztrust_signal",
    "1 for each thing that is wrong now, or was and must be explained.",
    ("code", "subject", "locus", "aztrust_class", "guidance", "clause"),
)
CRITERION: Final = Family(
    "aztrust_rollback_criterion",
    "1 for the state in which a rollback criterion is: met, not-met, unknown, not-applicable.",
    ("criterion", "state"),
)

FAMILIES: Final[tuple[Family, ...]] = (
    INFO,
    HEARTBEAT,
    PHASE,
    NODES,
    ANSWERING,
    GENESIS_TIME,
    HEIGHT,
    FINAL_HEIGHT,
    FINALITY_TIME,
    PROVEN_HEIGHT,
    PARTICIPATION,
    BLOCK_TIME,
    HALTED_BLOCKS,
    ROUND,
    HEAD_SPREAD,
    BLIND_POWER,
    NODE_UP,
    NODE_ANSWER_TIME,
    NODE_HEIGHT,
    NODE_GENESIS,
    SIGNAL,
    CRITERION,
)
"""All of them, in the order in which they are written."""
