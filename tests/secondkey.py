"""A holder with two keys, for launches in memory."""

from __future__ import annotations

from tests.memory_launch import PEOPLE, Launch


def with_second_key(launch: Launch, holder: str, other: str = "mallory") -> Launch:
    """The same launch, in which a holder also has the key of a stranger. Before anything signed."""
    own, extra = PEOPLE[holder].public(), PEOPLE[other].public()
    listed = f'keys = ["{own.fingerprint}"]'
    assert listed.encode() in launch.policy
    both = f'keys = ["{own.fingerprint}", "{extra.fingerprint}"]'
    launch.policy = launch.policy.replace(listed.encode(), both.encode())
    launch.keys[f"{other}.pem"] = extra.pem
    return launch
