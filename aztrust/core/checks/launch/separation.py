"""Does any holder have both roles of a pair that the policy keeps apart?

Two signatures by one person are one opinion. Roles are compared by holder, not by key, so a
second key under the same name changes nothing.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import POLICY_PATH, PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    findings = tuple(
        Finding(
            "separation-violated",
            f"{POLICY_PATH} holders.{name}",
            f"{name} has the roles {left} and {right}, which no holder may have together",
            mend=f"give one of the two roles to another holder than {name}",
        )
        for left, right in policy.separation.pairs
        for name in sorted(policy.holders)
        if left in policy.holders[name].roles and right in policy.holders[name].roles
    )
    return Answer(findings=findings)


CHECK = Check(
    id="separation",
    title="separation of roles",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-14.1",),
    codes=(
        Code(
            "separation-violated",
            "One holder has two roles that the policy keeps apart.",
            "Give one of the roles to another holder.",
            guidance=Guidance.DEFER,
        ),
    ),
    ask=_ask,
)
