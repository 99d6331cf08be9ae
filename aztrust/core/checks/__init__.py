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

SEAL_CHECKS: tuple[Check, ...] = (manifest.CHECK, seal.CHECK)
"""Whether a manifest can be relied on, without a look into its package."""

CURRENT_CHECKS: tuple[Check, ...] = (seal.CHECK, supersession.CHECK)
"""Whether a package is the current one, and is to stay it."""

UNSEALED_CHECKS: tuple[Check, ...] = (chain_id.CHECK,)
"""What a genesis answers before it is sealed."""

AUDIT_CHECKS: tuple[Check, ...] = (policy.CHECK, anchor.CHECK, keys.CHECK)
"""What a ledger is audited under: the announced policy and its keys."""

SIGNED_CHECKS: tuple[Check, ...] = (*AUDIT_CHECKS, records.CHECK)
"""The same, and whether every signed file is what it should be: what an audit of a launch asks."""


def scope_checks(*, whole: bool) -> tuple[Check, ...]:
    """What is asked once something may have been frozen: of a whole launch also whether anything
    changed since.
    """
    from aztrust.core.checks.launch import drift, scope_state

    return (drift.CHECK, scope_state.CHECK) if whole else (scope_state.CHECK,)


def build_checks(*, provenance: bool, reproduction: bool) -> tuple[Check, ...]:
    """What is asked about who built the release: where the policy names a builder, and where it
    asks for holders who build it themselves, or one of them did.
    """
    asked: tuple[Check, ...] = ()
    if provenance:
        from aztrust.core.checks.launch import provenance as built

        asked = (built.CHECK,)
    if reproduction:
        from aztrust.core.checks.launch import reproduction as rebuilt

        asked = (*asked, rebuilt.CHECK)
    return asked


def network_checks(*, proofs: bool, reports: bool) -> tuple[Check, ...]:
    """What is asked about the running network: once there are proofs of its blocks, and once
    operators signed what their nodes answered.
    """
    asked: tuple[Check, ...] = ()
    if proofs:
        from aztrust.core.checks.launch import network_proof

        asked = (network_proof.CHECK,)
    if reports:
        from aztrust.core.checks.launch import observers_agree

        asked = (*asked, observers_agree.CHECK)
    return asked


def checklist_checks() -> tuple[Check, ...]:
    """What is asked about the definitions of a readiness checklist, where there are some."""
    from aztrust.core.checks.launch import checklist

    return (checklist.CHECK,)


def ledger_checks(*, present: bool, asks_age: bool) -> tuple[Check, ...]:
    """What is asked of a ledger that is here, and of its age where the policy bounds it."""
    asked: tuple[Check, ...] = ()
    if present:
        from aztrust.core.checks.ledger import ledger

        asked = (ledger.CHECK,)
    if asks_age:
        from aztrust.core.checks.ledger import records_fresh

        asked = (*asked, records_fresh.CHECK)
    return asked


def all_checks() -> tuple[Check, ...]:
    """These and the ones that `verify` need not even load: what is asked once something is frozen
    or there is a ledger, by preflight about a host, in the final checks, and at a gate.
    """
    from aztrust.core.checks.final import FINAL_CHECKS
    from aztrust.core.checks.gate import GATE_CHECKS
    from aztrust.core.checks.host import HOST_CHECKS

    built = build_checks(provenance=True, reproduction=True)
    scope = (*scope_checks(whole=True), *network_checks(proofs=True, reports=True))
    later = (*built, *scope, *checklist_checks(), *ledger_checks(present=True, asks_age=True))
    return (*CHECKS, *later, *FINAL_CHECKS, *HOST_CHECKS, *GATE_CHECKS)


def codes() -> Mapping[str, tuple[Check, Code]]:
    """Every finding code with the check that defines it, in the order of the checks."""
    table: dict[str, tuple[Check, Code]] = {}
    for check in all_checks():
        for code in check.codes:
            table.setdefault(code.name, (check, code))
    return table
