"""Is `manifests/checklist.toml` the readiness checklist that the policy names?

The policy has the digest of the file in `[checklist]`, so that an item is not dropped, and a
must-pass item not made a minor one, without another policy. The file is looked at as it is: the
same bytes, or another file. Without the file the checklist cannot be judged, and the question stays
open. A file that no policy names has no effect; that is a notice, and does not fail.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.checklist.definitions import MALFORMED, checklist_digest
from aztrust.core.checklist.path import CHECKLIST_PATH
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import PLAN_LATE
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.checklist.plan import fixed_plan
from aztrust.core.state.checklist_file import CHANGED
from aztrust.core.state.context import Context

UNNAMED = "checklist-unnamed"


def _ask(context: Context, _: PackageClass) -> Answer:
    table = context.policy.checklist if context.policy is not None else None
    held = context.evidence.checklist
    if table is None:
        if held is None:
            return Answer(not_applicable="the policy names no checklist")
        notice = Finding(
            UNNAMED,
            CHECKLIST_PATH,
            "the policy names no checklist, so this file has no effect",
            mend="put its digest into the policy: aztrust checklist lint",
        )
        return Answer(notices=(notice,))
    error = context.checklist_error
    if error is None:
        return Answer(notices=tuple(_late_plans(context)), evidence=(table.digest,))
    if not isinstance(error, Malformed):
        return Answer(not_run=f"{error.message}; {error.mend}")
    if error.code == CHANGED and isinstance(held, bytes):
        found = Finding(
            CHANGED,
            CHECKLIST_PATH,
            error.message,
            expected=table.digest,
            actual=checklist_digest(held),
            mend=error.mend,
        )
        return Answer(findings=(found,))
    problems = error.details or (error.message,)
    return Answer(
        findings=tuple(
            Finding(MALFORMED, CHECKLIST_PATH, problem, mend=error.mend) for problem in problems
        )
    )


def _late_plans(context: Context) -> Iterator[Finding]:
    """Plans that came after a final check that passed: they count nowhere."""
    for record in fixed_plan(context).late:
        yield Finding(
            PLAN_LATE.name,
            record.record_id,
            f"{record.holder} fixed a plan after a final check had passed; it counts nowhere",
            mend="it can be fixed in the next window, before its final checks",
        )


CHECK = Check(
    id="checklist",
    title="definitions of the checklist",
    check_class=CheckClass.TRUTH,
    clauses=("RC-pre",),
    codes=(
        Code(
            CHANGED,
            "The definitions of the checklist are not the ones that the policy names.",
            "Put the file back, or announce a policy that names the digest of this one.",
        ),
        Code(
            MALFORMED,
            "The definitions of the checklist break their format or contradict each other.",
            "Run aztrust checklist lint, and announce a policy that names the mended file.",
        ),
        Code(
            UNNAMED,
            "There are definitions of a checklist, and the policy names none.",
            "Put the digest of the file into [checklist] of the policy, or move the file away.",
            guidance=Guidance.CONTINUE,
        ),
        PLAN_LATE,
    ),
    ask=_ask,
)
