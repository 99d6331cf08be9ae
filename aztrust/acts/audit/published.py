"""The ledger as a launch carries it: its published files, and nothing that this machine knows."""

from __future__ import annotations

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.history.published import PublishedLedger, read_published
from aztrust.core.history.replay import LedgerReading
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.ledger import unavailable
from aztrust.core.state.ledger.log_identity import named_keeping
from aztrust.core.state.ledger.may_sign import keys_that_may_sign


def with_own_ledger(evidence: Evidence, request: Request) -> Evidence:
    """The same evidence with the ledger of its own files, replayed from record 0.

    Whose ledger it is the policy says, or a freeze. Unlike `acts.ledger.reading` it asks no store,
    no configuration and no kept head.

    Args:
        evidence: the launch's own files.
        request: the time, and the policy's own digest as the anchor.
    """
    context = read_context(request, evidence)
    if context.policy is None:
        return evidence
    reading = _read(context)
    return evidence if reading is None else replace(evidence, ledger=reading)


def _read(context: Context) -> LedgerReading | None:
    evidence = context.evidence
    part: PublishedLedger | None = max(
        evidence.published, key=lambda p: (p.size, p.name), default=None
    )
    name = part.name if part is not None else ""
    try:
        keeping = named_keeping(context)
    except Malformed as error:
        return unavailable.unusable(name, error)
    if keeping is None:
        return unavailable.unnamed(name, insists=False) if part is not None else None
    if part is None:
        return unavailable.absent(keeping, ["the policy or a verdict"], ())
    heads = {p.head_name: p.checkpoint for p in evidence.published if p is not part}
    files = (*evidence.records.values(), *evidence.verdicts.values())
    return read_published(
        part, keeping.trust(context), files, heads, keys_that_may_sign(context), {}
    )
