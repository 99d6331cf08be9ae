"""All checks, in the order a report shows them. Their answers do not depend on it."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.checks.check import Check, Code
from aztrust.core.checks.launch import (
    anchor,
    approvals,
    artifacts,
    chain_id,
    expiry,
    freeze,
    genesis_facts,
    genesis_hash,
    integrity,
    keys,
    linkage,
    manifest,
    policy,
    records,
    seal,
    separation,
    supersession,
)

CHECKS: tuple[Check, ...] = (
    policy.CHECK,
    anchor.CHECK,
    expiry.CHECK,
    separation.CHECK,
    keys.CHECK,
    records.CHECK,
    manifest.CHECK,
    seal.CHECK,
    integrity.CHECK,
    artifacts.CHECK,
    genesis_hash.CHECK,
    genesis_facts.CHECK,
    chain_id.CHECK,
    linkage.CHECK,
    supersession.CHECK,
    approvals.CHECK,
    freeze.CHECK,
)


def all_checks() -> tuple[Check, ...]:
    """These and the ones that `verify` need not even load: what is asked once something is frozen
    or there is a ledger, by preflight about a host, in the final checks, and at a gate.
    """
    from aztrust.core.checks.final import FINAL_CHECKS
    from aztrust.core.checks.gate import GATE_CHECKS
    from aztrust.core.checks.host import HOST_CHECKS
    from aztrust.core.checks.launch import drift, scope_state
    from aztrust.core.checks.ledger import ledger, records_fresh

    later = (drift.CHECK, scope_state.CHECK, ledger.CHECK, records_fresh.CHECK)
    return (*CHECKS, *later, *FINAL_CHECKS, *HOST_CHECKS, *GATE_CHECKS)


def codes() -> Mapping[str, tuple[Check, Code]]:
    """Every finding code with the check that defines it, in the order of the checks."""
    table: dict[str, tuple[Check, Code]] = {}
    for check in all_checks():
        for code in check.codes:
            table.setdefault(code.name, (check, code))
    return table
