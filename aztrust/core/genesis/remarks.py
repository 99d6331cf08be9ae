"""Warnings for a reviewer of a genesis: facts about the file that are not a reason to refuse it.

The sealer and every approver see the same sentences, and the review that an approver signs has
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aztrust.core.base.paths import escape
from aztrust.core.base.remark import Remark

TIME_PAST = "genesis-time-past"
NO_VALIDATOR = "genesis-without-validator"
IDENTITIES_UNCOMPARED = "identities-not-compared"
SIGNATURES_UNVERIFIED = "gentx-signatures-unverified"


def genesis_remarks(facts: Mapping[str, Any] | None, now_unix_ms: int) -> Iterator[Remark]:
    """The warnings about a genesis.

    Args:
        facts: in the form of `GenesisFacts.to_json`; None where there are none to review.
        now_unix_ms: the time that the run is made for, in milliseconds since the epoch.
    """
    if facts is None:
        return
    starts = facts.get("genesis_time_unix_ms")
    if type(starts) is int and starts < now_unix_ms:
        when = escape(str(facts.get("genesis_time", "")))
        yield Remark(
            TIME_PAST, f"genesis_time {when} is in the past: hosts start as soon as they have it"
        )
    if facts.get("format") not in ("cosmos", "ethereum"):
        yield Remark(
            IDENTITIES_UNCOMPARED,
            "it is neither a Cosmos nor an Ethereum genesis: that no validator, key or account is"
            " in it twice was looked at in the lists of a Substrate specification alone",
        )
    if facts.get("format") != "cosmos":
        return
    power = facts.get("power")
    if not isinstance(power, dict) or not power.get("validators"):
        yield Remark(
            NO_VALIDATOR,
            "there is no gen_tx and no validator in it: it starts no chain alone",
        )
    elif power.get("gen_txs"):
        yield Remark(
            SIGNATURES_UNVERIFIED,
            "the signatures of the gen_txs were not verified: the chain's own tool does it",
        )
