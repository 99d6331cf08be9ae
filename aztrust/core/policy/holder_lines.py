"""One line for each holder, at a place of its own: two branches that add one each merge.

    [holders]

    # release-manager: seals the release and approves it
    rita = { roles = ["release-manager"], keys = ["sha256:…"] }

    # security-lead: approves both packages

Git takes two insertions for a conflict where they are at one place, or at neighbouring ones. The
comment of each role is a line of its own that no branch changes, and an empty line follows it, so
that insertions under two roles never touch (ADR 18). Nothing here decides anything: what is written
is read back, and must be the same document with this one holder more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aztrust.core.base.errors import Refused
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.text import BLANK
from aztrust.core.policy.tomldoc import read_toml

_HEADER: Final = re.compile(r"\s*\[\s*holders\s*\]\s*(#.*)?")
_TABLE: Final = re.compile(r"\s*\[")
_KEY_OF: Final = f"{BLANK} the key of "
_HOLDER_OF: Final = f"{BLANK} the holder of "
"""How the blanks begin that a role's first holder fills."""


def slot(role: str, does: str) -> str:
    """The comment under which the holders of a role are listed."""
    return f"# {role}: {does}\n"


def key_blank(role: str) -> str:
    """The blank that the key of the first holder of a role fills."""
    return f"{_KEY_OF}{role}"


def holder_blank(role: str) -> str:
    """The blank that the name of the first holder of a role fills."""
    return f"{_HOLDER_OF}{role}"


def role_of_blank(text: str) -> str:
    """The role whose first holder fills a blank; "" for any other text."""
    for start in (_KEY_OF, _HOLDER_OF):
        if text.startswith(start):
            return text.removeprefix(start)
    return ""


def holder_line(name: str, roles: Sequence[str], fingerprint: str) -> str:
    """The line of a holder in the table `[holders]`."""
    listed = ", ".join(f'"{role}"' for role in roles)
    # A dot is a separator of TOML keys.
    key = f'"{name}"' if "." in name else name
    return f'{key} = {{ roles = [{listed}], keys = ["{fingerprint}"] }}'


def add_holder_line(
    policy: bytes, name: str, roles: Sequence[str], fingerprint: str
) -> tuple[bytes, int]:
    """The policy with one more holder, and the number of the new line; every other line is kept.

    The line goes under the comment of the first role that has one, in the order of names; else to
    the end of `[holders]`, which is made where there is none. A blank that waits for the holder of
    one of the roles gets it.

    Raises:
        Malformed: `policy-malformed`: it is not TOML.
        Refused: it has a holder of that name, or that key, or is written so that no line can be
            added by a program.
    """
    document = read_toml(policy, what=POLICY_PATH)
    holders = document.get("holders", {})
    _refuse_known(holders, name, fingerprint)
    lines = policy.decode("utf-8").split("\n")
    new = holder_line(name, roles, fingerprint)
    at = _place(lines, roles, new)
    if at is None:
        while lines and not lines[-1].strip():
            lines.pop()
        lines += ["", "[holders]", new, ""]
        at = len(lines) - 2
    else:
        lines.insert(at, new)
    fills = {key_blank(role): fingerprint for role in roles}
    fills |= {holder_blank(role): name for role in roles}
    filled = "\n".join(lines)
    for blank, value in fills.items():
        filled = filled.replace(f'"{blank}"', f'"{value}"')
    result = filled.encode()
    wanted = {**document, "holders": {**holders, name: _entry(roles, fingerprint)}}
    if read_toml(result, what=POLICY_PATH) != _filled(wanted, fills):
        raise Refused(
            f"{POLICY_PATH} is written so that a line cannot be added to it by a program",
            subject=POLICY_PATH,
            mend=f"add it by hand, in the table [holders]: {new}",
        )
    return result, at + 1


def _refuse_known(holders: object, name: str, fingerprint: str) -> None:
    if not isinstance(holders, dict):
        return
    if name in holders:
        raise Refused(
            f"{POLICY_PATH} has a holder {name} already",
            subject=POLICY_PATH,
            mend=f"add the key to {name} under [holders] by hand, or choose another name",
        )
    for other, table in holders.items():
        if isinstance(table, dict) and fingerprint in _list(table.get("keys")):
            raise Refused(
                f"{POLICY_PATH} lists this key for {other} already",
                subject=POLICY_PATH,
                mend=f"give {other} the further role by hand; one key belongs to one holder",
            )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _entry(roles: Sequence[str], fingerprint: str) -> dict[str, Any]:
    return {"roles": list(roles), "keys": [fingerprint]}


def _place(lines: list[str], roles: Sequence[str], new: str) -> int | None:
    """The index at which the new line goes in; None without a table `[holders]`."""
    start = next((i for i, line in enumerate(lines) if _HEADER.fullmatch(line)), None)
    if start is None:
        return None
    after = (i for i in range(start + 1, len(lines)) if _TABLE.match(lines[i]))
    end = next(after, len(lines))
    for role in roles:
        slots = (i for i in range(start + 1, end) if lines[i].startswith(f"# {role}:"))
        at = next(slots, None)
        if at is None:
            continue
        at += 1
        while at < end and _is_holder(lines[at]) and lines[at] < new:
            at += 1
        return at
    while end > start + 1 and not _is_holder(lines[end - 1]):
        end -= 1
    return end


def _is_holder(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "["))


def _filled(value: object, fills: Mapping[str, str]) -> Any:  # noqa: ANN401 - TOML has any value
    """A document with these texts in place of blanks."""
    if isinstance(value, dict):
        return {key: _filled(item, fills) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, fills) for item in value]
    return fills.get(value, value) if isinstance(value, str) else value
