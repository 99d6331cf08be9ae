"""The definitions of the checklist that a policy names: those bytes and no others."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.checklist.definitions import Checklist, checklist_digest, parse_checklist
from aztrust.core.checklist.path import CHECKLIST_PATH
from aztrust.core.package.entries import Fault

CHANGED: Final = "checklist-changed"
_PUT_BACK: Final = (
    f"put back the {CHECKLIST_PATH} that the policy names, or announce a policy that names this"
    " one: aztrust checklist lint"
)


def named_checklist(
    digest: str, held: bytes | Fault | None
) -> tuple[Checklist | None, Malformed | CouldNotCheck | None]:
    """The definitions, or why they are not here.

    Args:
        digest: `sha256:` of the file, as the policy has it.
        held: its bytes, why they could not be read, or None where there is no file.
    """
    if held is None:
        cause = f"{CHECKLIST_PATH} is not here"
        return None, CouldNotCheck(cause, subject=CHECKLIST_PATH, mend=_PUT_BACK)
    if isinstance(held, Fault):
        cause = f"{CHECKLIST_PATH} cannot be read: {held.detail}"
        return None, CouldNotCheck(cause, subject=CHECKLIST_PATH, mend=_PUT_BACK)
    actual = checklist_digest(held)
    if actual != digest:
        cause = "the definitions of the checklist are not those that the policy names"
        details = (f"policy {digest}", f"here   {actual}")
        return None, Malformed(
            cause, subject=CHECKLIST_PATH, code=CHANGED, mend=_PUT_BACK, details=details
        )
    try:
        return parse_checklist(held), None
    except Malformed as error:
        return None, error
