"""The text of every policy that tests make: a sound one, and one edit at a time away from it.

    text()                                     # valid; its keys are invented, so any network fits
    text(key_of=fingerprint)                   # the same with the keys of `tests.people`
    text(genesis_rule="distinct_holders = 9")  # one part is another one

The builders of launches (`tests.memory_launch`, `tests.disk_launch`) call `text` for theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aztrust.core.base.digest import sha256_id
from aztrust.core.policy.model import Policy
from aztrust.core.policy.validate import parse_policy
from tests.people import PEOPLE

REHEARSAL: Mapping[str, Sequence[str]] = {p.name: p.roles for p in PEOPLE.values() if p.roles}
"""The roles of all holders of the rehearsal."""
HOLDERS: Mapping[str, Sequence[str]] = {
    name: REHEARSAL[name] for name in ("rita", "sonia", "cosmin", "gabi", "luca")
}
"""Those whose roles a rule of the policy without arguments names: dan's is named by none."""
TEAM: Mapping[str, Sequence[str]] = {**HOLDERS, "otto": ["ops-lead"], "sara": ["security-lead"]}
"""The same with a holder whom no rule asks for, and a second one of a role."""
REVOCATION = '[revocation]\nroles = ["security-lead"]\n'
SEPARATION = '[separation]\npairs = [["release-manager", "security-lead"]]\n'


def key(name: str) -> str:
    """A fingerprint that is derived from a name; no key has it."""
    return sha256_id(name.encode())


def holder(name: str, roles: Sequence[str], keys: Sequence[str] | None = None) -> str:
    """The table of a holder, whose key is `key(name)` where no keys are given."""
    listed = ", ".join(f'"{k}"' for k in ([key(name)] if keys is None else keys))
    named = ", ".join(f'"{role}"' for role in roles)
    return f"[holders.{name}]\nkeys = [{listed}]\nroles = [{named}]\n"


def authority(act: str, count: int, **roles: int) -> str:
    """The table of who signs an act of a launch window; `security_lead=1` names a role."""
    listed = ", ".join(f"{role.replace('_', '-')} = {n}" for role, n in roles.items())
    return f"[authority.{act}]\ndistinct_holders = {count}\nroles = {{ {listed} }}\n"


def text(
    *,
    holders: Mapping[str, Sequence[str]] = HOLDERS,
    key_of: Callable[[str], str] = key,
    launch: str = 'name = "test"\nnetwork_class = "devnet"\nchain_id = "test-1"',
    release: str = 'path = "packages/release"',
    artifact: str = '[[packages.release.artifact]]\npath = "node"\nrole = "node"\n'
    'platform = "linux/amd64"',
    genesis: str = 'path = "packages/genesis"\ngenesis_files = ["genesis.json"]\n'
    'chain_id_at = "#/chain_id"',
    release_rule: str = "distinct_holders = 3\n"
    "roles = { release-manager = 1, security-lead = 1, consensus-lead = 1 }",
    genesis_rule: str = "distinct_holders = 2\n"
    "roles = { genesis-custodian = 1, consensus-lead = 1 }",
    rest: str = f"{SEPARATION}{REVOCATION}"
    "[verdicts]\nroles = { launch-coordinator = 1, security-lead = 1 }\n",
) -> str:
    """The text of a policy; without arguments a sound one.

    Args:
        holders: their roles, by name.
        key_of: the fingerprint of a holder's key.
        launch: the lines of this table, as those of `release`, `genesis` and the two rules.
        artifact: whole tables.
        rest: every table after the rules.
    """
    people = "".join(holder(name, roles, [key_of(name)]) for name, roles in holders.items())
    return (
        f"version = 1\n[launch]\n{launch}\n[packages.release]\n{release}\n{artifact}\n"
        f"[packages.genesis]\n{genesis}\n{people}\n"
        f"[approvals.release]\n{release_rule}\n[approvals.genesis]\n{genesis_rule}\n{rest}"
    )


def policy(more: str = "", **parts: object) -> Policy:
    """The policy parsed, with more tables; it must be one without contradictions."""
    return parse_policy((text(**parts) + more).encode())  # type: ignore[arg-type]
