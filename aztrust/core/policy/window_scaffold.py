"""The tables of the launch window that `init` writes, explained in place.

The blocks of a chain differ in their pace, so the thresholds have places to fill in. The people
differ by profile, so each profile has tables of its own. A launch of one person has no freeze, and
without a freeze no launch window opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.policy.model import ProfileName

_LIMITS: Final = """\
[window]                             # the limits of the launch window
max_hold = "2h"                      # a hold ends by then: proceed, defer or abort
max_update = "30m"                   # a hold promises its next update within this time
change_cutoff = "2h"                 # no replan begins later than this before the start: one hour
                                     # to sign everything again, one for fresh final checks
max_final_check_age = "1h"           # how old the final check may be that an act rests on
proposal_max_age = "2h"              # how long a proposed act waits for its countersignatures
min_posture = "{posture}"                  # the restricted posture lasts at least this long
snapshot_every = "6h"                # how often a snapshot is due during it
activation_order = ["validation-only", "proposer", "verifier", "notary", "observer"]

# Who signs each act of the window together. The acts: docs/formats/policy.md. An act without a
# table is signed as a verdict is; any one holder who signs something here may hold.
"""

_BANDS: Final = """\
[early]                              # what counts as normal in the first hours: no value may
block_interval = "{block}"                # allow more than that of [steady]
max_error_rate = "1%"                # of what is validated
min_participation = "80%"            # of the voting power
startup_delay = "10m"                # how late a role may start
max_no_finality = "{early}"              # how long nothing may be final

[steady]                             # what counts as normal later
block_interval = "{block}"
max_error_rate = "2%"
min_participation = "67%"
startup_delay = "15m"
max_no_finality = "{steady}"
"""

_ANOMALIES: Final = """\
# [anomalies.bvm-anomaly]            # each class has a default: docs/formats/policy.md
# runbook = "docs/runbooks/bvm.md"
# escalation = "consensus-lead"      # the role that is called
# evidence = "the transaction, its trace on two hosts, and the state root before it"
# guidance = "HOLD"                  # HOLD | DEFER | ABORT
"""

_ROLLBACK: Final = """\
[rollback.halt]                      # any of these: do not start, or roll back
blocks = 3                           # more consecutive halted blocks than this
within = "10m"

[rollback.participation]
least = "67%"                        # less voting power than this
lasting = "10m"                      # for longer than this

[rollback.cadence]
most = "2x"                          # a block time above this many times steady.block_interval
lasting = "20m"
"""

_TESTNET_AUTHORITY: Final = """\
[authority.proceed]                  # from the final checks to the authorization, and after a hold
distinct_holders = 2
roles = { release-manager = 1, genesis-custodian = 1 }

[authority.decide]                   # GO or NO_GO
distinct_holders = 2
roles = { release-manager = 1, genesis-custodian = 1 }

[authority.authorize]                # the start of this chain with this genesis
distinct_holders = 2
roles = { release-manager = 1, genesis-custodian = 1 }
"""

_TESTNET_ROLLBACK: Final = """\
[rollback.errors]
not_applicable = "a testnet without such a service"

[rollback.reconciliation]
not_applicable = "a testnet without billing"
"""

_MAINNET_AUTHORITY: Final = """\
[authority.proceed]                  # from the final checks to the authorization, and after a hold
distinct_holders = 2
roles = { security-lead = 1, launch-coordinator = 1 }

[authority.decide]                   # GO or NO_GO; they may abort after the start, too
distinct_holders = 3
roles = { security-lead = 1, launch-coordinator = 1, consensus-lead = 1 }

[authority.authorize]                # the start of this chain with this genesis
distinct_holders = 2
roles = { security-lead = 1, launch-coordinator = 1 }

[authority.instruct]                 # when the hosts start, and in which order
distinct_holders = 2
roles = { launch-coordinator = 1, ops-lead = 1 }

[authority.activate]                 # each role of the order, once the one before it was seen
distinct_holders = 2
roles = { launch-coordinator = 1, ops-lead = 1 }

[authority.observe]                  # what the first epochs showed
distinct_holders = 1
roles = { consensus-lead = 1 }

[authority.resolve-anomaly]          # an anomaly that no longer stops the launch
distinct_holders = 2
roles = { incident-commander = 1, security-lead = 1 }

[authority.amend]                    # a reviewed change in the restricted posture
distinct_holders = 3
roles = { release-manager = 1, security-lead = 1, consensus-lead = 1 }

[authority.exit-posture]             # the end of the restricted posture
distinct_holders = 3
roles = { security-lead = 1, launch-coordinator = 1, consensus-lead = 1 }
"""

_MAINNET_ROLLBACK: Final = """\
[rollback.errors]
metric = "error rate of the critical service"
most = "2%"
lasting = "15m"
# not_applicable = "…"               # where the launch has no such service

[rollback.reconciliation]
metric = "reconciliation mismatch of the billing"
most = "0.5%"
workflow = "dispute workflow"        # its failure counts, too
# not_applicable = "…"               # where the launch has no billing
"""

_SOLO: Final = """\
# No freeze, so no launch window: [window], [authority], [early], [steady] and [rollback] are for
# launches of two and more, with [verdicts].
"""

_TABLES: Final[Mapping[ProfileName, tuple[str, ...]]] = {
    "solo": (_SOLO,),
    "testnet": (
        _LIMITS.replace("{posture}", "2h"),
        _TESTNET_AUTHORITY,
        _ANOMALIES,
        _BANDS,
        _ROLLBACK,
        _TESTNET_ROLLBACK,
    ),
    "mainnet": (
        _LIMITS.replace("{posture}", "24h"),
        _MAINNET_AUTHORITY,
        _ANOMALIES,
        _BANDS,
        _ROLLBACK,
        _MAINNET_ROLLBACK,
    ),
}


def window_text(profile: ProfileName, block: str, early: str, steady: str) -> str:
    """The tables of the window for a profile, as TOML.

    Args:
        profile: whose people sign.
        block: how long a block takes on this kind of chain, a span.
        early: how long nothing may be final in the first hours, a span.
        steady: how long nothing may be final later, a span.
    """
    text = "\n".join(_TABLES[profile])
    for name, span in (("block", block), ("early", early), ("steady", steady)):
        text = text.replace(f'"{{{name}}}"', f'"{span}"')
    return "\n".join(map(_aligned, text.split("\n")))


def _aligned(line: str) -> str:
    """A value and its comment, the comment in its column."""
    value, hash_, comment = line.partition(" # ")
    if not hash_ or not value.strip():
        return line
    return f"{value.rstrip():<36} # {comment}"
