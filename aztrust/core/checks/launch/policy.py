"""Is `manifests/launch.toml` a policy, and one that can be used?

Everything else is judged by the policy, so nothing else is answered while it cannot be read: an
unknown key, an empty table, a threshold of zero, a path that leaves the launch directory, two
packages inside one another, one key under two holders, a rehearsal key in a real launch.
`aztrust policy lint` lists all problems at once, and what is merely unwise as well.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import POLICY_PATH, PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    error = context.policy_error
    if error is None:
        return Answer(evidence=(context.policy_digest,))
    return Answer(
        findings=tuple(
            Finding("policy-malformed", POLICY_PATH, problem, mend=error.mend)
            for problem in error.details or (error.message,)
        )
    )


CHECK = Check(
    id="policy",
    title="policy well-formed",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-24.3",),
    codes=(
        Code(
            "policy-malformed",
            "The policy breaks its format or contradicts itself.",
            "Run aztrust policy lint, then announce the new digest; a change voids approvals.",
        ),
    ),
    ask=_ask,
)
