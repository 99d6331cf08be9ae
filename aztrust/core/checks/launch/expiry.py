"""Is the policy still in force?

A policy may end by itself (`[launch] expires`), so that a forgotten launch directory cannot be
used long after its holders moved on. Passing time can only end it; nothing becomes valid by it.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import POLICY_PATH, PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    expires = context.policy.launch.expires
    if expires is None:
        return Answer(detail="the policy names no end")
    # Whole milliseconds, computed without a float.
    ends = int(expires.timestamp()) * 1000 + expires.microsecond // 1000
    if context.request.now_unix_ms < ends:
        return Answer()
    finding = Finding(
        "policy-expired",
        POLICY_PATH,
        f"the policy ended {expires.isoformat(sep=' ', timespec='minutes')}",
        mend="agree on a new policy and announce its digest; approvals are given again",
    )
    return Answer(findings=(finding,))


CHECK = Check(
    id="policy-expiry",
    title="policy in force",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-24.3",),
    codes=(
        Code(
            "policy-expired",
            "The time is past the policy's own end.",
            "Agree on a new policy and announce its digest.",
            guidance=Guidance.DEFER,
        ),
    ),
    ask=_ask,
)
