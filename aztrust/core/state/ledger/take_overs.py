"""Take-overs that a ledger goes on without: signed by a deputy, and not the entry they must be.

A take-over is an entry at the index that it states. Where its record is in the folder and the
ledger has something else there, two keepers continued one log.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import Finding
from aztrust.core.history.replay import LedgerReading
from aztrust.core.records.administration import TakeOver
from aztrust.core.state.context import Context


def take_overs_by(context: Context, keys: frozenset[str]) -> Iterator[tuple[str, str, TakeOver]]:
    """(record id, fingerprint, body) of the take-overs by these keys, in the ledger or not."""
    for record in (*context.records.effective.verified, *context.records.waiting):
        if isinstance(record.body, TakeOver) and record.key.fingerprint in keys:
            yield record.record_id, record.key.fingerprint, record.body


def judge_take_overs(context: Context, reading: LedgerReading) -> tuple[Finding, ...]:
    """Each take-over by a keeper of the policy that is not where it must be.

    Args:
        context: the launch, its records read.
        reading: its ledger, which holds by itself.
    """
    kept = {(reign.start, reign.keeper.fingerprint) for reign in reading.reigns}
    holders = context.policy.key_holders() if context.policy is not None else {}
    findings = []
    for record_id, key, body in take_overs_by(context, frozenset(reading.keepers)):
        if body.origin != reading.origin or (body.size, key) in kept:
            continue
        who = holders.get(key, key[7:15])
        forked = body.size < reading.size
        goes_on = f"goes on without that, with {reading.size} entries"
        findings.append(
            Finding(
                "ledger-equivocation" if forked else "ledger-inconsistent",
                record_id,
                f"{who} took this ledger over after {body.size} entries, and the ledger here"
                f" {goes_on if forked else f'has {reading.size}'}",
                mend=f"keep this copy, and get the ledger that {who} published; compare both"
                if forked
                else f"git pull; {who} publishes it: aztrust ledger keep",
            )
        )
    return tuple(findings)
