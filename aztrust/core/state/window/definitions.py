"""The definitions of a checklist, as far as a window's state needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aztrust.core.base.value import frozen

if TYPE_CHECKING:
    from aztrust.core.checklist.definitions import Checklist


@frozen
class Definitions:
    """The definitions that the policy names.

    Args:
        checklist: None where the file is not here, or is not the one that the policy names.
        digest: as the policy has it, "" where it names none.
    """

    checklist: Checklist | None = None
    digest: str = ""
