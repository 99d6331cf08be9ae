"""Fixing the plan of a launch window: its times, channels and templates (RC-C, RC-F)."""

from __future__ import annotations

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.acts.fixing import require_before_the_final_checks
from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.checks.codes import PLAN_LATE
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.records.checklist_plan import CHECKLIST_PLAN, PLAN_CONTENTS, ChecklistPlan
from aztrust.core.records.checklist_plan import Plan as Times
from aztrust.core.records.checklist_plan_file import parse_plan
from aztrust.core.state.checklist.named import require_checklist
from aztrust.core.state.checklist.plan import fixed_plan
from aztrust.core.state.context import definitions_of
from aztrust.core.state.launch_state import Attempt


def read_plan(data: bytes, what: str) -> Times:
    """The plan in a TOML file.

    Raises:
        UsageError: it is not one.
    """
    try:
        return parse_plan(data, what)
    except Malformed as error:
        raise UsageError(
            f"it is not a plan: {error.message}",
            subject=what,
            mend=error.mend,
            details=error.details,
        ) from None


def plan_times(act: Act, times: Times, key: VerificationMaterial) -> Plan[ChecklistPlan, Attempt]:
    """The record of a plan, for the window that is open.

    Args:
        act: the launch.
        times: what the plan says.
        key: who signs.

    Raises:
        Refused: `checklist-plan-late`: a final check of this window has passed; no freeze is in
            force, the policy has expired, or the key was revoked.
        NothingToVerify, Malformed, CouldNotCheck: as `require_checklist`, or a record cannot be
            read.
    """
    require_checklist(act.context)
    holder = require_usable_signer(act.context, key)
    then, attempt = require_before_the_final_checks(act.context, PLAN_LATE.name, "the plan")
    body, preimages = PLAN_CONTENTS.make(
        ChecklistPlan,
        {
            "fixed_at_unix_ms": act.now_unix_ms,
            "launch_window_id": attempt.launch_window_id,
            "checklist_digest": definitions_of(act.context).digest,
            "policy_digest": act.context.policy_digest,
            "scope_hash": attempt.scope_hash,
        },
        {"plan": times},
    )
    before = fixed_plan(then).record
    is_same = before is not None and before.preimages["plan"] == preimages["plan"]
    return Plan(CHECKLIST_PLAN.name, body, holder, attempt, before if is_same else None, preimages)


def given_values(pairs: tuple[str, ...]) -> dict[str, str]:
    """What `--set KEY=VALUE` gives.

    Raises:
        UsageError: one of them is not a pair, is given twice, or has a sign that no line has.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not (key and mark):
            raise UsageError(
                f"--set takes KEY=VALUE, not {escape(pair)[:200]}",
                subject="--set",
                mend="--set impact=none",
            )
        if key in found:
            raise UsageError(f"--set {escape(key)} is there twice", subject="--set")
        if not value.isprintable():
            raise UsageError(
                f"the value of {escape(key)} is not one printable line", subject="--set"
            )
        found[key] = value
    return found
