"""The plan that is in force for a window: its times, and what is announced (RC-C, RC-F).

The change freeze is not the freeze of the scope. In a change freeze people change nothing but what
the plan allows; after a scope freeze the packages do not change at all, and every change of a byte
shows as drift. So for what is in the packages the allowed changes end where the scope freeze
begins; for everything else the change freeze goes on until its own end.
"""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.records.checklist_plan import CHECKLIST_PLAN, ChecklistPlan, Plan
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, definitions_of
from aztrust.core.state.current import current_attempt
from aztrust.core.state.fixed import fixed_for
from aztrust.core.state.launch_state import Attempt


@frozen
class FixedPlan:
    """The plan of an attempt.

    Args:
        record: what fixed it, None where none is fixed.
        plan: what it says; None with the record.
        late: plans that do not count: they came after a final check that passed.
    """

    record: VerifiedRecord | None = None
    plan: Plan | None = None
    late: tuple[VerifiedRecord, ...] = ()


def fixed_plan(context: Context) -> FixedPlan:
    """The plan of the attempt that this run is about: the last one of these very definitions."""
    attempt = current_attempt(context)
    return plan_of(context, attempt) if attempt is not None else FixedPlan()


def plan_of(context: Context, attempt: Attempt) -> FixedPlan:
    """The plan of any attempt, also of one that has ended."""
    plans = [u for u in context.records.effective.verified if u.kind == CHECKLIST_PLAN.name]
    named = definitions_of(context).digest
    of_these = [
        u for u in plans if isinstance(u.body, ChecklistPlan) and u.body.checklist_digest == named
    ]
    found = fixed_for(context, of_these, attempt)
    if found.last is None:
        return FixedPlan(late=found.late)
    return FixedPlan(found.last, found.last.preimage("plan", Plan), found.late)
