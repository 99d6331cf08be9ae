"""The files of a new launch directory: a policy that explains itself, with blanks to fill in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, Literal, get_args

from aztrust.core.base.value import frozen
from aztrust.core.policy.holder_lines import role_of_blank, slot
from aztrust.core.policy.model import POLICY_PATH, NetworkClass, ProfileName
from aztrust.core.policy.profiles import PROFILES, TEAM_ROLES
from aztrust.core.policy.text import BLANK, blanks_and_values
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.policy.window_scaffold import window_text

Chain = Literal["cosmos", "ethereum", "solana", "substrate", "generic"]
CHAINS: Final[tuple[Chain, ...]] = get_args(Chain)

RELEASE_PATH: Final = "packages/release"
GENESIS_PATH: Final = "packages/genesis"

GITATTRIBUTES: Final = """\
# The bytes that were sealed are the bytes that everyone checks out: no line-end conversion.
* -text
"""
GITIGNORE: Final = """\
# Private keys never belong here; aztrust keeps them in your configuration directory.
*.key
*.p12
*.pfx
.DS_Store
*~
*.tmp

# In a package everything is content, whatever its name.
!/packages/**
"""


@frozen
class Installed:
    """A file of the release that hosts install; `member` is the file inside an archive."""

    path: str
    platform: str
    member: str = ""


@frozen
class Answers:
    """What is known about a launch when it is started; None where it is left blank.

    Args:
        installed: what hosts install; () for one blank.
        genesis_files: in order; () for what the chain has usually.
        chain_id_at: the JSON Pointer to the chain id.
    """

    chain: Chain = "generic"
    name: str | None = None
    network_class: NetworkClass | None = None
    chain_id: str | None = None
    profile: ProfileName | None = None
    installed: tuple[Installed, ...] = ()
    genesis_files: tuple[str, ...] = ()
    chain_id_at: str | None = None


@frozen
class _Genesis:
    """How one kind of chain writes its genesis, and how fast it is.

    `pace` is the time of a block, and how long nothing may be final early and later.
    """

    files: tuple[str, ...]
    chain_id_at: str
    note: str = 'JSON Pointer in the first of them; "" where there is none'
    convention: str = "raw"
    links: tuple[Mapping[str, str], ...] = ()
    pace: tuple[str, str, str] = ("6s", "2m", "5m")


_GENESIS: Final[Mapping[Chain, _Genesis]] = {
    "cosmos": _Genesis(
        ("genesis.json",), "#/chain_id", convention="jq-S-c", pace=("6s", "1m", "2m")
    ),
    "ethereum": _Genesis(
        ("genesis.json", "config.yaml", "genesis.ssz"),
        "#/config/chainId",
        links=(
            {
                "name": "both layers name one chain id",
                "left": "genesis:genesis.json#/config/chainId",
                "right": "genesis:config.yaml#/DEPOSIT_CHAIN_ID",
                "as": "integer",
            },
        ),
        pace=("12s", "20m", "30m"),
    ),
    "solana": _Genesis(
        ("genesis.bin",),
        "",
        'not JSON, so there is no place to look: ""',
        "declared",
        pace=("1s", "1m", "2m"),
    ),
    "substrate": _Genesis(("chain-spec-raw.json",), "#/id"),
    "generic": _Genesis(("genesis.json",), BLANK, 'such as "#/chain_id"; "" where there is none'),
}


def scaffold_policy(answers: Answers) -> bytes:
    """The text of a new `manifests/launch.toml`: valid TOML, wanting only its blanks."""
    genesis = _GENESIS[answers.chain]
    files = answers.genesis_files or genesis.files
    at = genesis.chain_id_at if answers.chain_id_at is None else answers.chain_id_at
    text = _POLICY.format(
        name=_line("name", answers.name or BLANK, "what people call it"),
        network_class=_line(
            "network_class", _network_class(answers) or BLANK, "mainnet | testnet | devnet"
        ),
        chain_id=_line("chain_id", answers.chain_id or BLANK, "exactly as in the genesis"),
        profile=_profile_line(answers.profile),
        release_path=_line("path", RELEASE_PATH, "relative to this launch directory"),
        artifacts="\n".join(map(_artifact, answers.installed)) or _BLANK_ARTIFACT,
        genesis_path=_line("path", GENESIS_PATH),
        genesis_files=_aligned(
            f"genesis_files = [{', '.join(map(_quoted, files))}]",
            "the first is the genesis",
        ),
        chain_id_at=_line("chain_id_at", at, genesis.note),
        convention=f"{f'# convention = {_quoted(genesis.convention)}':<39}",
        rules=_rules(answers),
        linkage="\n".join(map(_link, genesis.links)) if genesis.links else _LINKAGE,
        holders="\n".join(slot(role, does) for role, does in _roles(answers.profile)),
    )
    return text.encode()


def _network_class(answers: Answers) -> NetworkClass | None:
    if answers.network_class is not None or answers.profile is None:
        return answers.network_class
    return PROFILES[answers.profile].network_class


def _profile_line(profile: ProfileName | None) -> str:
    if profile is None:
        return '# profile = "testnet"                # solo | testnet | mainnet: what lint asks'
    return _line("profile", profile, "what policy lint holds this policy against")


def _rules(answers: Answers) -> str:
    if answers.profile is not None:
        origin = json.dumps(_origin(answers.chain_id))[1:-1]
        rules = PROFILES[answers.profile].rules.replace("{origin}", origin)
        return f"{rules}\n{window_text(answers.profile, *_GENESIS[answers.chain].pace)}"
    verdicts = _VERDICTS if answers.network_class == "mainnet" else _commented(_VERDICTS)
    return f"{_RULES}\n{verdicts}\n{_CHECKS}"


def _origin(chain_id: str | None) -> str:
    """A name for the ledger that its keeper's key can have: no blank and no plus sign in it."""
    if chain_id is None:
        return BLANK
    return "ledger." + "".join(c if c.isalnum() or c in "-_./" else "-" for c in chain_id)


def _roles(profile: ProfileName | None) -> tuple[tuple[str, str], ...]:
    return TEAM_ROLES if profile is None else PROFILES[profile].roles


def _artifact(file: Installed) -> str:
    member = f"member = {_quoted(file.member)}\n" if file.member else ""
    return (
        f"[[packages.release.artifact]]        # what hosts install\npath = {_quoted(file.path)}\n"
        f'{member}role = "node"\nplatform = {_quoted(file.platform)}\n'
    )


def chain_id_place(chain: Chain) -> str:
    """The JSON Pointer at which a chain's genesis has its id; "" where it is not JSON."""
    return _GENESIS[chain].chain_id_at


def count_blanks(policy: bytes) -> int:
    """How many places a scaffold leaves to its reader; having no holder is one of them.

    What the holders of a profile's roles fill by adding themselves is not counted.
    """
    document = read_toml(policy, what=POLICY_PATH)
    left = [value for _, value in blanks_and_values(document) if not role_of_blank(value)]
    waits = "profile" not in document["launch"] and not document.get("holders")
    return len(left) + waits


def _line(key: str, value: str, comment: str = "") -> str:
    return _aligned(f"{key} = {_quoted(value)}", comment)


def _aligned(text: str, comment: str) -> str:
    return f"{text:<36} # {comment}" if comment else text


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())


def _link(rule: Mapping[str, str]) -> str:
    lines = (f"{key} = {_quoted(value)}\n" for key, value in rule.items())
    return "[[linkage]]\n" + "".join(lines)


_BLANK_ARTIFACT: Final = f"""\
[[packages.release.artifact]]        # what hosts install; one such table per platform
{f'path = "{BLANK}"':<36} # such as "node-linux-amd64.tar.gz"
# member = "bin/node"                # where the path is an archive: the file inside it
role = "node"
platform = "linux/amd64"
"""

_RULES: Final = """\
[seal]                               # the role that says: these are the bytes
release = "release-manager"
genesis = "genesis-custodian"

[approvals.release]                  # who has looked, and says: I accept them
distinct_holders = 3
roles = { release-manager = 1, security-lead = 1, consensus-lead = 1 }

[approvals.genesis]
distinct_holders = 3
roles = { genesis-custodian = 1, security-lead = 1, consensus-lead = 1 }

[separation]                         # no holder may have both roles of a pair
pairs = [
  ["release-manager", "security-lead"],
  ["genesis-custodian", "security-lead"],
]

[revocation]                         # who may take back any record and any key
roles = ["security-lead"]
"""

_VERDICTS: Final = """\
[verdicts]                           # who signs freeze and final check; a mainnet asks for two
roles = { launch-coordinator = 1, security-lead = 1 }
"""

_CHECKS: Final = """\
# [ledger]                           # else the freeze makes one and names it
# origin = "ledger.example/launch"
# keeper = "sha256:…"                # the one key that signs its heads
# max_head_age = "15m"               # nothing passes without a younger head

# [checks.incident-path]             # who answers a row of the final checks, and for how long
# role = "incident-commander"        # the rows: docs/final-checks.md
# max_age = "1h"

# [window]                           # the limits of the launch window, each with a default
# max_hold = "2h"                    # all of them, and [authority], [anomalies], [early],
# min_posture = "24h"                # [steady], [rollback], [checklist]: docs/formats/policy.md

# [authority.proceed]                # who signs an act of the window; else, who signs verdicts
# distinct_holders = 2
# roles = { launch-coordinator = 1, security-lead = 1 }
"""

_LINKAGE: Final = """\
# [[linkage]]                        # what must be equal in both packages; one table per rule
# name = "chain id in the node's network file"
# left = "release:config/network.toml#/chain_id"
# right = "launch:chain_id"
"""

_POLICY: Final = """\
# The policy of this launch: who may say what, and how many of them it takes.
#
# The SHA-256 of this file is the launch's anchor (aztrust anchor show). Announce it where these
# files are NOT. From then on any change here, even of a comment, makes another policy, and seals
# and approvals have to be given again. Fill in what says TODO; then: aztrust policy lint

version = 1

[launch]
{name}
{network_class}
{chain_id}
{profile}
# expires = 2027-06-30T00:00:00Z     # from then on this policy allows nothing

# ---- what is launched ----------------------------------------------------------------------

[packages.release]                   # binaries, checksums, configuration: everything in it counts
{release_path}
exclude = []                         # literal paths, or "dir/", that sealing may leave out

{artifacts}
[packages.genesis]
{genesis_path}
exclude = []
{genesis_files}
{chain_id_at}

# [[packages.genesis.published_hash]]  only where the genesis is final already; a hash that is
{convention}published later is a record: aztrust announce
# sha256 = "64 hex digits"

# ---- how many it takes ---------------------------------------------------------------------

{rules}
{linkage}
# ---- who -----------------------------------------------------------------------------------
# One line per person or organisation, under the comment of its first role. Each of them runs
# `aztrust key generate NAME --role ROLE`, which writes the line and keys/NAME.pem, and keeps the
# private key. Two branches that add a line under two comments merge without a conflict.

[holders]

{holders}"""
