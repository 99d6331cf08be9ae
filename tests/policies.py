"""Policies made for tests: a sound one, and one edit at a time away from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aztrust.core.base.digest import sha256_id
from aztrust.core.policy.model import Policy
from aztrust.core.policy.validate import parse_policy

HOLDERS: Mapping[str, Sequence[str]] = {
    "rita": ["release-manager"],
    "sonia": ["security-lead"],
    "cosmin": ["consensus-lead"],
    "gabi": ["genesis-custodian"],
    "luca": ["launch-coordinator"],
}


def key(name: str) -> str:
    """A fingerprint that is nobody's but this name's."""
    return sha256_id(name.encode())


def holder(name: str, roles: Sequence[str], keys: Sequence[str] | None = None) -> str:
    listed = ", ".join(f'"{k}"' for k in ([key(name)] if keys is None else keys))
    named = ", ".join(f'"{role}"' for role in roles)
    return f"[holders.{name}]\nkeys = [{listed}]\nroles = [{named}]\n"


def text(
    *,
    holders: Mapping[str, Sequence[str]] = HOLDERS,
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
    rest: str = '[separation]\npairs = [["release-manager", "security-lead"]]\n'
    '[revocation]\nroles = ["security-lead"]\n'
    "[verdicts]\nroles = { launch-coordinator = 1, security-lead = 1 }\n",
) -> str:
    """The text of a policy; without arguments a sound one."""
    people = "".join(holder(name, roles) for name, roles in holders.items())
    return (
        f"version = 1\n[launch]\n{launch}\n[packages.release]\n{release}\n{artifact}\n"
        f"[packages.genesis]\n{genesis}\n{people}"
        f"[approvals.release]\n{release_rule}\n[approvals.genesis]\n{genesis_rule}\n{rest}"
    )


def policy(**parts: object) -> Policy:
    """The policy parsed; it must be one without contradictions."""
    return parse_policy(text(**parts).encode())  # type: ignore[arg-type]
