"""What preflight asks: about the host it runs on, and about the launch without its packages."""

from __future__ import annotations

from aztrust.core.checks.check import Check
from aztrust.core.checks.host import (
    binary,
    bootstrap,
    chain_id,
    genesis,
    kit_current,
    kits,
    node_key,
    state,
)
from aztrust.core.checks.launch import (
    anchor,
    approvals,
    expiry,
    freeze,
    genesis_hash,
    keys,
    manifest,
    policy,
    records,
    seal,
    separation,
    supersession,
)

HOST_CHECKS: tuple[Check, ...] = (
    binary.CHECK,
    genesis.CHECK,
    chain_id.CHECK,
    state.CHECK,
    node_key.CHECK,
    kits.CHECK,
    kit_current.CHECK,
    bootstrap.CHECK,
)

START_CHECKS: tuple[Check, ...] = (bootstrap.CHECK,)
"""What is asked in addition before this host starts."""

RECORD_CHECKS: tuple[Check, ...] = (
    policy.CHECK,
    anchor.CHECK,
    expiry.CHECK,
    separation.CHECK,
    keys.CHECK,
    records.CHECK,
    manifest.CHECK,
    seal.CHECK,
    genesis_hash.CHECK,
    supersession.CHECK,
    approvals.CHECK,
    freeze.CHECK,
)
"""The questions about a launch that its policy, manifests and records answer without a package.

The published genesis hash is among them because the host's genesis, once its bytes are the sealed
ones, is as good as the package's.
"""


def preflight_checks(*, node_key_named: bool, kits_given: int) -> tuple[Check, ...]:
    """The questions of one run: what the caller did not ask about is left out."""
    asked = [
        *RECORD_CHECKS,
        *(binary.CHECK, genesis.CHECK, chain_id.CHECK, state.CHECK, kit_current.CHECK),
    ]
    if node_key_named:
        asked.append(node_key.CHECK)
    if kits_given > 1:
        asked.append(kits.CHECK)
    return tuple(asked)
