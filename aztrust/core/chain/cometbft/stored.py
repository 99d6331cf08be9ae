"""Whether the genesis that a CometBFT node stored is the one in a file, field by field.

The node parses the file, fills in defaults and writes the document anew (CometBFT 0.38: the value
of `genesisDoc` in its state database), as it writes the one that it serves: both are compared by
the same projection. What the file leaves to the node's defaults cannot be compared, and is never
taken to be equal.
"""

from __future__ import annotations

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.chain.cometbft.projection import PARAMS, project
from aztrust.core.chain.facts import GenesisFact, altered_genesis


@frozen
class Comparison:
    """`differs` names the fields that differ; `unknown` says why the rest could not be compared."""

    differs: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def same(self) -> bool:
        """Whether everything could be compared and nothing differs."""
        return not self.differs and not self.unknown


def compare_stored(sealed: bytes, stored: bytes) -> Comparison:
    """Compares a genesis file with the document that a node made of one. Never raises.

    Args:
        sealed: the file's bytes.
        stored: the document in the node's database.
    """
    try:
        ours = project(sealed, "the genesis file")
        theirs = project(stored, "the stored genesis")
    except Malformed as error:
        return Comparison(unknown=f"{error.subject} cannot be read: {error.message}")
    named = dict(ours.parts)
    altered = altered_genesis(ours, theirs)
    # On a host that did not start yet, a parameter that only the node has may be its default.
    added = [name for name in altered if name.startswith(f"{PARAMS}/") and name not in named]
    differs = tuple(name for name in altered if name not in added)
    return Comparison(differs, _unknown(ours, added))


def _unknown(ours: GenesisFact, added: list[str]) -> str:
    if PARAMS in ours.unknown:
        return "the genesis file leaves the consensus parameters to the node's defaults"
    if added:
        return f"the node added {', '.join(added[:3])}"
    return "the genesis file has no genesis_time" if ours.unknown else ""
