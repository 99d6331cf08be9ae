"""The definitions of a launch's checklist and its records, for what is nothing without them."""

from __future__ import annotations

from aztrust.core.base.errors import NothingToVerify
from aztrust.core.checklist.definitions import Checklist
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.state.checklist.records import ChecklistRecords, fold_checklist
from aztrust.core.state.context import Context, definitions_of


def require_checklist(context: Context) -> Checklist:
    """The definitions of a launch, for acts that are nothing without them.

    Raises:
        NothingToVerify: its policy names none.
        Malformed: `checklist-changed`, `checklist-malformed`: the file is another one, or none.
        CouldNotCheck: the file is not here, or cannot be read.
    """
    if context.checklist is not None:
        return context.checklist
    if context.checklist_error is not None:
        raise context.checklist_error
    raise NothingToVerify(
        "this launch has no checklist: its policy has no [checklist]",
        subject=POLICY_PATH,
        mend="write the definitions, and name them in the policy: aztrust checklist init",
    )


def checklist_records(context: Context) -> ChecklistRecords:
    """The records of a launch's checklist.

    Raises:
        NothingToVerify, Malformed, CouldNotCheck: as `require_checklist`.
    """
    checklist = require_checklist(context)
    return fold_checklist(context, checklist, definitions_of(context).digest)
