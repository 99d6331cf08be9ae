"""The policy as text that a person edits: the blanks left in it, and the table to paste.

Nothing here decides anything. A policy that is half filled in is not a policy yet, so these
functions look at the TOML and not at the format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aztrust.core.policy.model import ANSWERED_ROWS, PACKAGE_CLASSES, POLICY_PATH, SealTable
from aztrust.core.policy.profiles import DEPUTY_ROLE
from aztrust.core.policy.tomldoc import read_toml

BLANK = "TODO"
"""What a blank is filled with: as a whole value, or as the start of one."""

IS_BLANK = f"is still {BLANK}"
"""How a blank is complained about, after its place."""


def holder_table(name: str, roles: Iterable[str], fingerprint: str) -> tuple[str, ...]:
    """The lines of `[holders.NAME]`, at most 80 columns wide."""
    listed = ", ".join(f'"{role}"' for role in roles)
    # A dot is a separator of TOML keys.
    key = f'"{name}"' if "." in name else name
    return (f"[holders.{key}]", f"roles = [{listed}]", "keys = [", f' "{fingerprint}",', "]")


def blanks(document: object) -> Iterator[str]:
    """The dotted place of every value that is still a blank, in the order of the file."""
    return (place for place, _ in blanks_and_values(document))


def blanks_and_values(document: object, place: str = "") -> Iterator[tuple[str, str]]:
    """The same, each place with its value."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from blanks_and_values(value, f"{place}.{key}" if place else str(key))
    elif isinstance(document, (list, tuple)):
        for index, value in enumerate(document):
            yield from blanks_and_values(value, f"{place}[{index}]")
    elif isinstance(document, str) and document.partition(" ")[0] == BLANK:
        yield place, document


def vacant_roles(policy: bytes) -> tuple[str, ...]:
    """Roles that the policy asks for and that no holder has yet, in asking order.

    Raises:
        Malformed: `policy-malformed`: it is not TOML.
    """
    document = read_toml(policy, what=POLICY_PATH)
    held = {
        role
        for holder in _table(document, "holders").values()
        if isinstance(holder, dict)
        for role in _strings(holder.get("roles"))
    }
    return tuple(role for role in _asked(document) if role not in held)


def known_roles(policy: bytes) -> tuple[str, ...]:
    """Every role that has an effect under the policy, in asking order.

    Raises:
        Malformed: `policy-malformed`: it is not TOML.
    """
    document = read_toml(policy, what=POLICY_PATH)
    further = [
        *_row_roles(document),
        *_strings(_table(document, "revocation").get("roles")),
        *_strings(_table(document, "reproduction").get("roles")),
        *_window_roles(document),
        *(role for pair in _pairs(document) for role in _strings(pair)),
    ]
    return tuple(dict.fromkeys((*_asked(document), *further)))


def _asked(document: dict[str, Any]) -> tuple[str, ...]:
    """Roles that a launch cannot do without: sealing, approving, verdicts and their rows."""
    seal, approvals = _table(document, "seal"), _table(document, "approvals")
    defaults = SealTable()
    asked = [seal.get("release", defaults.release)]
    for package_class in PACKAGE_CLASSES:
        asked += _table(_table(approvals, package_class), "roles")
    verdicts = _table(_table(document, "verdicts"), "roles")
    asked += [seal.get("genesis", defaults.genesis), *verdicts]
    profile = _table(document, "launch").get("profile")
    # Without a profile a policy is a draft whose rows no one has looked at yet.
    if verdicts and profile is not None:
        asked += _row_roles(document)
        asked += [DEPUTY_ROLE] if profile == "mainnet" else []
    return tuple(dict.fromkeys(_strings(asked)))


def _row_roles(document: dict[str, Any]) -> Iterator[str]:
    checks = _table(document, "checks")
    for row, owner in ANSWERED_ROWS.items():
        table = _table(checks, row)
        if table.keys().isdisjoint(("not_applicable", "probe", "prometheus")):
            yield table.get("role", owner)


def _window_roles(document: dict[str, Any]) -> tuple[str, ...]:
    """The roles that sign acts of the window, and those that anomalies are escalated to."""
    authority, anomalies = _table(document, "authority"), _table(document, "anomalies")
    signers = [role for act in authority for role in _table(_table(authority, act), "roles")]
    called = [_table(anomalies, name).get("escalation") for name in anomalies]
    return _strings([*signers, *called])


def _pairs(document: dict[str, Any]) -> list[object]:
    pairs = _table(document, "separation").get("pairs")
    return pairs if isinstance(pairs, list) else []


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()
