"""The rules: one file each, and this list of them."""

from __future__ import annotations

from typing import Final

from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules import (
    absent,
    chain_id,
    clock_off,
    double_sign,
    early_start,
    errors_high,
    first_block,
    fork,
    genesis_served,
    genesis_unseen,
    no_finality,
    no_peers,
    node_behind,
    params_changed,
    params_split,
    participation_low,
    quorum_missing,
    restarted,
    rollback_cadence,
    rollback_errors,
    rollback_halt,
    rollback_participation,
    rollback_reconciliation,
    rounds_climb,
    slow_blocks,
    state_split,
    unseen,
    validators_changed,
    validators_split,
    vote_clock,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    module.RULE
    for module in (
        early_start,
        chain_id,
        genesis_served,
        genesis_unseen,
        first_block,
        fork,
        state_split,
        validators_split,
        params_split,
        double_sign,
        validators_changed,
        params_changed,
        unseen,
        absent,
        node_behind,
        no_peers,
        restarted,
        clock_off,
        vote_clock,
        participation_low,
        slow_blocks,
        no_finality,
        rounds_climb,
        quorum_missing,
        errors_high,
        rollback_halt,
        rollback_participation,
        rollback_cadence,
        rollback_errors,
        rollback_reconciliation,
    )
)
"""All of them. Each has its own code."""
