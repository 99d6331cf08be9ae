"""The profiles of a launch: one person, two people, or all that a mainnet takes.

A profile is a policy to begin with, and a goal. The policy that `init` writes has its name in
`[launch] profile`, and `policy lint` says what keeps the policy from that goal
(`policy.profile_goal`). It gives no authority: what counts is what the tables say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.policy.model import NetworkClass, ProfileName

KEEPER_ROLE: Final = "launch-coordinator"
"""Who keeps the ledger of a mainnet."""

DEPUTY_ROLE: Final = "audit-scribe"
"""Who keeps it when the keeper cannot."""

_NOT_ON_A_TESTNET: Final = "a testnet: its people run the hosts and see that they are up"


@frozen
class Profile:
    """What a profile writes into a new policy, and how many people it takes.

    Args:
        network_class: unless another one is given.
        people: how many different holders approve at least.
        roles: every role and what it does, in the order of the file.
        rules: the tables about authority, as TOML.
    """

    name: ProfileName
    network_class: NetworkClass
    people: int
    roles: tuple[tuple[str, str], ...]
    rules: str


_SOLO: Final = Profile(
    "solo",
    "testnet",
    1,
    (("owner", "seals and approves both packages, may take back any record and any key"),),
    """\
[seal]                               # the role that states: these are the bytes
release = "owner"
genesis = "owner"

[approvals.release]
distinct_holders = 1
roles = { owner = 1 }

[approvals.genesis]
distinct_holders = 1
roles = { owner = 1 }

[revocation]                         # who may take back any record and any key
roles = ["owner"]

[freeze]                             # every report shows this reason
not_applicable = "one person approves and starts: no second person confirms a freeze"
""",
)

_TESTNET: Final = Profile(
    "testnet",
    "testnet",
    2,
    (
        ("release-manager", "seals the release, approves both, signs the freeze"),
        ("genesis-custodian", "seals the genesis, approves both"),
    ),
    f"""\
[seal]                               # the role that states: these are the bytes
release = "release-manager"
genesis = "genesis-custodian"

[approvals.release]                  # who has looked, and states: I accept them
distinct_holders = 2
roles = {{ release-manager = 1, genesis-custodian = 1 }}

[approvals.genesis]
distinct_holders = 2
roles = {{ release-manager = 1, genesis-custodian = 1 }}

[separation]                         # no holder may have both roles of a pair
pairs = [["release-manager", "genesis-custodian"]]

[revocation]                         # who may take back any record and any key
roles = ["release-manager", "genesis-custodian"]

[verdicts]                           # who signs freeze and final check
roles = {{ release-manager = 1 }}

# [ledger]                           # else the freeze makes one, and its signer keeps it
# origin = "ledger.example/launch"
# keeper = "sha256:…"                # the one key that signs its heads

[checks.operator-preflight]          # who answers a row of the final checks
role = "release-manager"

[checks.blocker-review]
role = "genesis-custodian"

[checks.advisory-review]
role = "genesis-custodian"

[checks.operator-readiness]          # rows that a testnet does without, and why
not_applicable = "{_NOT_ON_A_TESTNET}"

[checks.role-readiness]
not_applicable = "two people, who both approved"

[checks.monitoring-live]
not_applicable = "{_NOT_ON_A_TESTNET}"

[checks.incident-path]
not_applicable = "two people, who call one another"
""",
)

_MAINNET: Final = Profile(
    "mainnet",
    "mainnet",
    3,
    (
        ("release-manager", "seals the release and approves it"),
        ("genesis-custodian", "seals the genesis and approves it"),
        ("security-lead", "approves both, signs verdicts, reads advisories, may revoke"),
        ("consensus-lead", "approves both"),
        ("launch-coordinator", "signs verdicts, runs the window, keeps the ledger"),
        ("ops-lead", "answers for hosts, operators and monitoring"),
        ("incident-commander", "answers for the incident path"),
        ("audit-scribe", "deputy: keeps the ledger when the coordinator cannot"),
    ),
    f"""\
[seal]                               # the role that states: these are the bytes
release = "release-manager"
genesis = "genesis-custodian"

[approvals.release]                  # who has looked, and states: I accept them
distinct_holders = 3
roles = {{ release-manager = 1, security-lead = 1, consensus-lead = 1 }}

[approvals.genesis]
distinct_holders = 3
roles = {{ genesis-custodian = 1, security-lead = 1, consensus-lead = 1 }}

[separation]                         # no holder may have both roles of a pair
pairs = [
  ["release-manager", "security-lead"],
  ["genesis-custodian", "security-lead"],
  ["launch-coordinator", "security-lead"],
  ["{KEEPER_ROLE}", "{DEPUTY_ROLE}"],
]

[revocation]                         # who may take back any record and any key
roles = ["security-lead"]

[verdicts]                           # who signs freeze and final check: two people
roles = {{ launch-coordinator = 1, security-lead = 1 }}

[ledger]
origin = "{{origin}}"
# max_head_age = "1h"                # a head must be younger: an old one can hide an abort

[[ledger.keepers]]                   # who signs its heads
holder = "TODO the holder of {KEEPER_ROLE}"
keys = ["TODO the key of {KEEPER_ROLE}"]

[[ledger.keepers]]                   # the deputy, who takes over when the keeper cannot
holder = "TODO the holder of {DEPUTY_ROLE}"
keys = ["TODO the key of {DEPUTY_ROLE}"]

[readiness]                          # how many operators are enough, once any is enrolled
registrar = "ops-lead"               # the role that enrols them
min_power = "80%"                    # of the voting power; no chain goes on with 2/3 or less
# min_notaries = 2
# mandatory = ["OPERATOR"]           # nothing starts without these
max_age = "1h"                       # how long a confirmation counts
collapse = "67%"                     # once ready: below this the launch is aborted

[checks.operator-preflight]          # who answers a row of the final checks, and for how long
role = "ops-lead"
max_age = "1h"

[checks.operator-readiness]
role = "ops-lead"

[checks.role-readiness]
role = "launch-coordinator"

[checks.monitoring-live]             # or a probe: docs/final-checks.md
role = "ops-lead"

[checks.incident-path]
role = "incident-commander"

[checks.blocker-review]
role = "launch-coordinator"

[checks.advisory-review]
role = "security-lead"
""",
)

PROFILES: Final[Mapping[ProfileName, Profile]] = {
    profile.name: profile for profile in (_SOLO, _TESTNET, _MAINNET)
}

TEAM_ROLES: Final = (
    ("release-manager", "seals the release and approves it"),
    ("security-lead", "approves both packages, may take back any record and any key"),
    ("consensus-lead", "approves both packages"),
    ("genesis-custodian", "seals the genesis and approves it"),
    ("launch-coordinator", "signs freeze and final check"),
)
"""The roles of a policy without a profile."""
