"""Is the policy still in force?

A policy may end by itself (`[launch] expires`), so that a forgotten launch directory cannot be
used long after its holders moved on. Passing time can only end it; nothing becomes valid by it.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Guidance
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context, policy_end_finding


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    if context.policy.launch.expires is None:
        return Answer(detail="the policy names no end")
    finding = policy_end_finding(context)
    return Answer((finding,) if finding is not None else ())


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
