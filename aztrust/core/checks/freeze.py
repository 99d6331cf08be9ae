"""Has the launch scope been frozen?

The freeze is the moment from which nothing may change any more. Before it, a launch can be
complete and approved and still be in motion.
"""

from __future__ import annotations

from aztrust.core.check import Answer, Check, Code, Stage
from aztrust.core.context import Context
from aztrust.core.outcome import CheckClass, Finding
from aztrust.core.policy import PackageClass


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    finding = Finding(
        "freeze-missing",
        "launch scope",
        "no freeze is recorded",
        mend="the launch coordinator freezes the scope once everything is approved",
    )
    return Answer((finding,))


CHECK = Check(
    id="freeze",
    title="scope frozen",
    check_class=CheckClass.READINESS,
    clauses=("AZ-5.2",),
    stage=Stage.FROZEN,
    codes=(
        Code(
            "freeze-missing",
            "No freeze of this scope is recorded.",
            "Freeze the scope once everything is approved.",
            unfinished=True,
        ),
    ),
    ask=_ask,
)
