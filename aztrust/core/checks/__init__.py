"""All checks, in the order a report shows them. Their answers do not depend on it."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.check import Check, Code
from aztrust.core.checks import (
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
    """These and the ones preflight asks about a host, which `verify` need not even load."""
    from aztrust.core.checks.host import HOST_CHECKS

    return (*CHECKS, *HOST_CHECKS)


def codes() -> Mapping[str, tuple[Check, Code]]:
    """Every finding code with the check that defines it, in the order of the checks."""
    table: dict[str, tuple[Check, Code]] = {}
    for check in all_checks():
        for code in check.codes:
            table.setdefault(code.name, (check, code))
    return table
