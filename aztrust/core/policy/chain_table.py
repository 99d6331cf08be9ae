"""The table `[chain]`: how the network that starts is observed, and what one epoch is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from aztrust.core.base.model import Model, Name
from aztrust.core.base.schema import Field

ChainKind = Literal["cometbft", "ethereum"]

PROOF_LIMIT: Final = 16 * 2**20
"""The largest proof bundle, in bytes."""
PROOF_ENDING: Final = ".proof.json"
"""How the name of a proof bundle's file ends."""
_STATE: Final = ".ssz"
_SERIES: Final = r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}\n\\]+\})?"
Series = Annotated[str, Field(pattern=f"^{_SERIES}$", max_length=300)]
"""A Prometheus series: the name of a metric, with its labels as the node writes them or without."""


class ChainTable(Model):
    """`[chain]`: what kind of network the genesis starts.

    With it the checkpoints of the first blocks and of the first epoch rest on a proof from the
    sealed genesis. Without it they rest on what people show.

    Args:
        kind: which adapter reads its nodes.
        epoch_blocks: how many blocks are one epoch. The first epoch ends with this many blocks.
        power_reduction: how many of the smallest unit staked are one unit of voting power, where
            the first validators come from genesis transactions.
        metrics: series that nodes report about facts of this chain, by the name of the fact.
    """

    kind: ChainKind
    epoch_blocks: Annotated[int, Field(ge=1, le=1_000_000)]
    power_reduction: Annotated[int, Field(ge=1, le=2**63 - 1)] = 10**6
    metrics: dict[Name, Series] = {}  # noqa: RUF012 - as in a default of pydantic's


def genesis_of(chain: ChainTable | None, files: Sequence[str]) -> str:
    """The file of the genesis package that the observed nodes start from.

    It is the first one. For Ethereum, whose first one is that of the execution layer, it is the
    first state in SSZ; where there is none, the adapter refuses the first one and says why.

    Args:
        chain: the table, None where the policy has none.
        files: of the genesis package, at least one.
    """
    if chain is not None and chain.kind == "ethereum":
        return next((path for path in files if path.endswith(_STATE)), files[0])
    return files[0]


def is_series(text: str) -> bool:
    """Whether a text names a Prometheus series, as those of `[chain.metrics]` do."""
    return re.fullmatch(_SERIES, text) is not None
