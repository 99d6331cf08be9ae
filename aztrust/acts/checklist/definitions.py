"""Writing the definitions of a checklist, and reading those that a person names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, Refused, UsageError
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.checklist.definitions import Checklist, checklist_digest, parse_checklist
from aztrust.core.checklist.lint import missing_roles, roles_of
from aztrust.core.checklist.path import CHECKLIST_LIMIT, CHECKLIST_PATH
from aztrust.core.policy.model import Policy
from aztrust.core.policy.validate import parse_policy_structure
from aztrust.storage.durable import create_exclusive
from aztrust.storage.launch import open_launch, read_policy
from aztrust.storage.presence import is_present

_ROLE_LINE: Final = re.compile(r'^(approver|owner) = "([a-z0-9._-]+)"$', re.MULTILINE)


TEMPLATES: Final = ("readiness", "operator", "stabilization")
"""The checklists that aztrust carries: the source's, and two of what follows it (AZ-44)."""


@frozen
class Written:
    """Definitions that were written.

    Args:
        path: where.
        digest: what the policy is to name.
        missing: roles that no holder has, and what each answers.
    """

    path: Path
    digest: str
    checklist: Checklist
    missing: Mapping[str, tuple[str, ...]]


def source_definitions(template: str = "readiness") -> bytes:
    """The definitions of a template, as they were installed; one of `TEMPLATES`.

    Raises:
        CouldNotCheck: the installation lacks its file.
    """
    from pkgutil import get_data

    data = get_data("aztrust.storage", f"{template}.toml")
    if data is None:
        raise CouldNotCheck(
            f"aztrust is installed without its checklist {template}: install it again"
        )
    return data


def write_definitions(
    launch: Path, roles: Mapping[str, str], template: str = "readiness"
) -> Written:
    """Write a checklist that aztrust carries into a launch directory.

    Args:
        launch: the launch directory.
        template: one of `TEMPLATES`.
        roles: a role of the source to the role of the policy that takes its place.

    Raises:
        Refused: there is a checklist already.
        UsageError: a role that the source does not have.
        CouldNotCheck: the file cannot be written.
    """
    path = launch / CHECKLIST_PATH
    if is_present(path):
        raise Refused(
            f"there is a checklist already: {CHECKLIST_PATH}",
            subject=CHECKLIST_PATH,
            mend="look at it: aztrust checklist lint",
        )
    policy = policy_of(launch)
    data = with_roles(source_definitions(template), roles)
    checklist = parse_checklist(data)
    create_exclusive(path, data, within=launch)
    missing = missing_roles(checklist, policy) if policy is not None else {}
    return Written(path, checklist_digest(data), checklist, missing)


def with_roles(data: bytes, roles: Mapping[str, str]) -> bytes:
    """Definitions in which roles have other names.

    Raises:
        UsageError: a role that they do not have.
    """
    known = roles_of(parse_checklist(data))
    for role in roles:
        if role not in known:
            raise UsageError(
                f"the checklist has no role {escape(role)}{did_you_mean(role, sorted(known))}",
                subject="--role",
                mend=f"name one of {', '.join(sorted(known))}",
            )

    def renamed(found: re.Match[str]) -> str:
        return f'{found[1]} = "{roles.get(found[2], found[2])}"'

    return _ROLE_LINE.sub(renamed, data.decode("utf-8")).encode()


def read_definitions(source: Path | None, file: Path | None) -> tuple[bytes, str]:
    """(bytes, name) of the definitions in a file, or of a launch directory or kit.

    Raises:
        NothingToVerify: the launch has none.
        CouldNotCheck: they cannot be read.
    """
    if file is not None:
        name = escape(str(file))
        try:
            with open(file, "rb") as opened:
                return opened.read(CHECKLIST_LIMIT + 1), name
        except OSError as failure:
            raise CouldNotCheck(
                f"cannot read {name}: {failure.strerror or failure}",
                subject=name,
                mend="name a file of definitions",
            ) from None
    if source is None:
        raise NothingToVerify("there is no launch here", mend="aztrust checklist lint FILE")
    held = open_launch(source).evidence().checklist
    if held is None:
        raise NothingToVerify(
            f"there are no definitions of a checklist: {CHECKLIST_PATH} is not here",
            subject=CHECKLIST_PATH,
            mend="write them: aztrust checklist init",
        )
    if not isinstance(held, bytes):
        raise CouldNotCheck(held.detail, subject=held.path)
    return held, CHECKLIST_PATH


def policy_of(source: Path) -> Policy | None:
    """The policy that definitions are compared with; None while it is a draft with blanks.

    Raises:
        CouldNotCheck: it cannot be read.
    """
    try:
        return parse_policy_structure(read_policy(source))
    except Malformed:
        return None
