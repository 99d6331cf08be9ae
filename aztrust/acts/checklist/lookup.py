"""Which item or area of a checklist is meant, and whose keys may sign about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.nearest import nearest
from aztrust.core.base.paths import escape
from aztrust.core.checklist.definitions import Area, Checklist, Item
from aztrust.core.policy.model import POLICY_PATH, Policy
from aztrust.core.state.checklist.closed import closing_of
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.core.state.context import Context


def find_item(checklist: Checklist, text: str) -> Item:
    """The item with this id.

    Raises:
        UsageError: there is none; the mend names those that are spelled alike.
    """
    found = checklist.item_named(text)
    if found is not None:
        return found
    known = [item.id for item in checklist.item]
    near = [name for name in known if name.lower() == text.lower()] or nearest(text, known, 2)
    raise UsageError(
        f"{escape(text)[:80]} is not an item of the checklist",
        mend=f"did you mean {' or '.join(near)}?" if near else f"items: {', '.join(known[:40])}",
    )


def find_area(checklist: Checklist, name: str) -> Area:
    """The area that a person typed.

    Raises:
        UsageError: the checklist has no such area; the mend names the nearest.
    """
    found = checklist.area_named(name)
    if found is not None:
        return found
    known = [area.id for area in checklist.area]
    near = nearest(name.lower(), known, 2)
    raise UsageError(
        f"{escape(name)[:80]} is not an area of the checklist",
        subject="AREA",
        mend=f"did you mean {' or '.join(near)}?" if near else f"areas: {', '.join(known)}",
    )


def keys_of_roles(policy: Policy, roles: Iterable[str], what: str) -> Mapping[str, str]:
    """Fingerprint to holder, of every key of a holder with one of these roles.

    Args:
        policy: which roles its holders have.
        roles: those that the definitions ask.
        what: what they would sign, as the subject of the refusal.

    Raises:
        Refused: no holder has any of them.
    """
    wanted = set(roles)
    keys = policy.keys_of_roles(wanted)
    if not keys:
        named = " or ".join(sorted(wanted))
        raise Refused(
            f"it is signed as {named}, and no holder has that role",
            subject=what,
            code="signer-not-in-role",
            mend=f"the launch needs a policy with a holder of {named}; it has another anchor"
            f" ({POLICY_PATH})",
        )
    return keys


def require_open(context: Context, records: ChecklistRecords) -> None:
    """Refuse what would count nowhere: a record after the end of its checklist.

    Raises:
        Refused: the checklist is closed.
    """
    if closing_of(context, records.digest) is not None:
        raise Refused(
            "the checklist is closed: what is signed now counts nowhere",
            subject="checklist",
            mend="see what it came to: aztrust checklist score; a revocation still counts: aztrust"
            " revoke ID --reason T",
        )
