"""What a Sigstore bundle shows about a verdict's place in the launch's ledger."""

from __future__ import annotations

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.history.bundle import Bundle, open_inclusion
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.log_identity import named_keeping


def proof_sentences(
    bundle: Bundle, name: str, context: Context | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Verified and unverified sentences.

    Raises:
        Malformed: the head in it is not the keeper's.
    """
    inclusion = bundle.inclusion
    if inclusion is None:
        return (), ("that any ledger holds it: the bundle has no proof yet",)
    keeping = None
    if context is not None:
        try:
            keeping = named_keeping(context)
        except Malformed as error:
            return (), (f"its proof: {escape(error.message)}",)
    if keeping is None:
        return (), ("its proof: neither the policy nor a freeze here names this launch's ledger",)
    head = open_inclusion(inclusion, keeping.keepers, keeping.origin, name=name).head
    place = f"entry {inclusion.index} of the ledger {escape(head.origin)}"
    return (f"that it is {place}, under its keeper's head over {head.size}",), ()
